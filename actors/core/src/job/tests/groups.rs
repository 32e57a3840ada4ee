//! Jobs that stand in a group: published once, claimed by whoever is first, and a line below that tells the truth.

use super::*;
use crate::crew::{CrewGroup, Publish};
use crate::delivery::DropReason;
use crate::gates::Gate;
use crate::job::publication::PostState;
use crate::message::{Message, Notice, Over, Recipient};
use crate::plan::ClockStart;

const GROUP: &str = "movers";

fn in_group() -> Wave {
    Wave::new(Mode::Group(GROUP.into()), Duration::from_secs(600))
}

fn plan() -> Plan {
    Plan { waves: vec![in_group(), Wave::new(Mode::Everybody, Duration::from_secs(600))], ..Plan::default() }
}

fn desk() -> Desk {
    let mut desk = Desk::with(&["ana", "bo", "cy"]);
    desk.channels = &[ChannelKind::Console, ChannelKind::Telegram];
    let group = CrewGroup { chat: -5, topic: None, locale: None };
    desk.settings.crew.groups.insert(GROUP.into(), group);
    desk.settings.desk.telegram = Some(900);
    desk
}

/// Published, and its message stands in the group.
fn published() -> Desk {
    let mut desk = desk();
    desk.publish(new_job(plan()));
    desk.is_sent("17");
    desk
}

impl Desk {
    fn post(&self) -> &Publication {
        self.job().published_in(GROUP).expect("published")
    }

    fn count_owed(&self, topic: &Topic) -> usize {
        self.job().owed.iter().filter(|owed| owed.message.topic == *topic).count()
    }

    /// What became of the group's message.
    fn group_hears(&mut self, delivery: Delivery) {
        let no = self.post().no;
        let owed = self.job().owed.iter().find(|owed| owed.message.topic == Topic::CrewOffer(no)).expect("owed");
        let effect = owed.no;
        self.turn(|turn| turn.observe(Report::Delivery { effect, delivery }));
    }

    fn is_sent(&mut self, message: &str) {
        self.group_hears(Delivery::Sent(Receipt { channel: ChannelKind::Telegram, message: message.into() }));
    }

    /// The line below the message has been changed.
    fn line_is_sent(&mut self) {
        let no = self.post().no;
        let line = |owed: &&Owed| owed.message.topic == Topic::CrewStatus(no);
        let effects: Vec<_> = self.job().owed.iter().filter(line).map(|owed| owed.no).collect();
        assert_eq!(effects.len(), 1, "one line at a time");
        let receipt = Receipt { channel: ChannelKind::Telegram, message: "17".into() };
        self.turn(|turn| turn.observe(Report::Delivery { effect: effects[0], delivery: Delivery::Sent(receipt) }));
    }

    fn reads(&self) -> &'static str {
        self.job().standing(self.post()).as_str()
    }

    fn group_claims(&mut self, name: &str) -> Result<Answer, Refusal> {
        let (agent, no) = (id(name), self.post().no);
        let command = Command::Claim { agent, no, via: Some(ChannelKind::Telegram), heard: Heard::default() };
        let by = By { actor: Actor::Agent(agent), cause: Cause::Reply(ChannelKind::Telegram) };
        self.turn(|turn| turn.decide(Ask { command, by, key: None, expects: None }))
    }

    fn waits(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.turn(|turn| turn.observe(Report::Ring));
    }
}

const DONE: Result<Answer, Refusal> = Ok(Answer::Done);

#[test]
fn c7_a_wave_for_a_group_owes_it_one_message_and_nobody_else_any() {
    let mut desk = desk();
    desk.publish(new_job(plan()));
    let no = desk.post().no;
    let expected =
        Message { to: Recipient::Group, channel: ChannelKind::Telegram, topic: Topic::CrewOffer(no), lifetime: None };
    assert_eq!(desk.job().owed.iter().map(|owed| &owed.message).collect::<Vec<_>>(), [&expected]);
    assert_eq!(desk.job().next(), Next::Timer(desk.now + Duration::from_secs(600)));
    desk.is_sent("17");
    assert_eq!(desk.post().receipt.as_ref().map(|receipt| receipt.message.as_str()), Some("17"));
    assert!(desk.job().owed.is_empty(), "it reads what is true");
}

#[test]
fn c9_x13_whoever_claims_first_has_it_and_later_ones_stand_in_line() {
    let mut desk = published();
    assert_eq!(desk.group_claims("bo"), DONE);
    assert_eq!((desk.job().winner(), desk.reads()), (Some(id("bo")), "reserved"));
    assert_eq!(desk.group_claims("ana"), Err(Refusal::AlreadyClaimed { place: Some(1) }));
    assert_eq!(desk.group_claims("cy"), Err(Refusal::AlreadyClaimed { place: Some(2) }));
    assert_eq!(desk.group_claims("ana"), Err(Refusal::AlreadyClaimed { place: Some(1) }), "no place is lost");
    assert_eq!(desk.group_claims("bo"), Ok(Answer::Already));
    let no = desk.post().no;
    assert_eq!(desk.count_owed(&Topic::CrewStatus(no)), 1, "however much has changed");
    assert_eq!(desk.count_owed(&Topic::Notice(Notice::Asked(Gate::Confirm, id("bo")))), 1);
    desk.line_is_sent();
    // The winner gives it back: ana, then cy, then the group.
    desk.asks(Command::Withdraw { agent: None, reason: None }).expect("theirs");
    for next in ["ana", "cy"] {
        let (agent, no) = desk.job().seat_sought().expect("promoted");
        assert_eq!(agent, id(next));
        desk.asks(Command::Seat { agent, no }).expect("has room");
        assert_eq!((desk.job().winner(), desk.reads()), (Some(id(next)), "reserved"));
        desk.asks(Command::Withdraw { agent: None, reason: None }).expect("theirs");
    }
    assert_eq!((desk.post().status(), desk.reads()), ("open", "open"));
    assert_eq!(desk.count_owed(&Topic::CrewOffer(no)), 0, "the group has its message");
    desk.line_is_sent();
    assert_eq!(desk.group_claims("bo"), Err(Refusal::OfferClosed(refusal::OfferEnd::Lost)), "they had it");
}

#[test]
fn c10_who_cannot_do_it_is_refused_and_nothing_changes_but_the_ledger() {
    let mut desk = published();
    let no = desk.post().no;
    let agents = desk.roster.in_order().map(|known| match known.name.as_str() {
        "ana" => Agent { active: false, ..(**known).clone() },
        "bo" => Agent { takes_jobs: false, ..(**known).clone() },
        _ => (**known).clone(),
    });
    desk.roster = Roster::of(agents.collect::<Vec<_>>());
    let before = desk.job().clone();
    assert_eq!(desk.group_claims("ana"), Err(Refusal::AgentInactive));
    assert_eq!(desk.group_claims("bo"), Err(Refusal::NotForThem { rule: "takes-no-jobs" }));
    assert_eq!(desk.group_claims("nobody"), Err(Refusal::AgentNotFound));
    let after = desk.job().clone();
    assert_eq!(after.ledger.count, 3);
    assert_eq!(Job { version: before.version, ledger: before.ledger, ..after }, before);
    desk.job.as_mut().expect("published").plan.waves[0].tags = vec!["crane".into()];
    assert_eq!(desk.group_claims("cy"), Err(Refusal::NotForThem { rule: "missing-tag" }));
    assert_eq!(desk.count_owed(&Topic::CrewStatus(no)), 0);
}

#[test]
fn c8_a_message_of_which_nobody_knows_is_sent_again_by_the_desk_alone() {
    let mut desk = desk();
    desk.publish(new_job(plan()));
    let no = desk.post().no;
    desk.group_hears(Delivery::Unsure);
    assert_eq!((desk.count_owed(&Topic::CrewOffer(no)), desk.post().status()), (0, "doubtful"));
    assert_eq!(desk.count_owed(&Topic::Notice(Notice::PublicationDoubtful)), 1);
    // It may be there, and then it can be claimed; and who presses its button shows that it is.
    let receipt = Receipt { channel: ChannelKind::Telegram, message: "17".into() };
    let mut seen = published();
    seen.job = desk.job.clone();
    seen.turn(|turn| turn.observe(Report::SeenInGroup { no, receipt: receipt.clone() }));
    assert_eq!((seen.post().status(), seen.post().receipt.as_ref()), ("open", Some(&receipt)));
    assert_eq!(seen.count_owed(&Topic::Notice(Notice::PublicationDoubtful)), 0);
    assert_eq!(seen.group_claims("ana"), DONE);
    // Or the desk says so.
    assert_eq!(desk.asks(Command::Publish), DONE);
    assert_eq!(desk.count_owed(&Topic::CrewOffer(no)), 1);
    assert!(desk.post().doubtful, "there may be two: the second says so");
    desk.is_sent("18");
    assert!(!desk.post().doubtful);
    assert_eq!(desk.asks(Command::Publish), Ok(Answer::Already));
}

#[test]
fn c7_where_the_group_cannot_be_written_to_everybody_is_asked_in_private() {
    let asked = |desk: &Desk| desk.job().open_offers().count();
    let mut refused = desk();
    refused.publish(new_job(plan()));
    refused.group_hears(Delivery::Failed { class: "recipient".into(), reason: "kicked".into() });
    assert_eq!((refused.post().status(), asked(&refused)), ("failed", 3));
    assert_eq!(refused.count_owed(&Topic::Notice(Notice::NotPublished)), 1);
    let mut without = desk();
    without.settings.crew.groups.clear();
    without.publish(new_job(plan()));
    assert_eq!((without.job().publications.len(), asked(&without)), (0, 3));
    let mut elsewhere = desk();
    elsewhere.channels = &[ChannelKind::Console];
    elsewhere.publish(new_job(plan()));
    assert_eq!((elsewhere.job().publications.len(), asked(&elsewhere)), (0, 3));
}

#[test]
fn c14_when_its_time_is_over_the_next_wave_asks_and_the_group_reads_it() {
    let mut desk = published();
    desk.waits(600);
    assert_eq!((desk.post().status(), desk.reads()), ("timed_out", "shut"));
    assert_eq!(desk.job().open_offers().count(), 3, "the next wave asks");
    desk.line_is_sent();
    assert_eq!(desk.group_claims("ana"), Err(Refusal::OfferClosed(refusal::OfferEnd::Over(Over::TimedOut))));
    let mut search = desk_searching_for(300);
    search.waits(300);
    assert_eq!((search.job().status(), search.reads()), ("expired", "expired"));
    search.line_is_sent();
    let mut cancelled = published();
    cancelled.asks(Command::Cancel { reason: None }).expect("open");
    assert_eq!(cancelled.reads(), "cancelled");
    cancelled.line_is_sent();
    assert_eq!(cancelled.group_claims("ana"), Err(Refusal::JobClosed { ended: Ending::Cancelled }));
}

fn desk_searching_for(seconds: u64) -> Desk {
    let mut desk = desk();
    desk.publish(new_job(Plan { search_for: Some(Duration::from_secs(seconds)), ..plan() }));
    desk.is_sent("17");
    desk
}

#[test]
fn what_was_not_sent_in_time_is_not_sent_and_what_is_sent_late_says_how_it_stands() {
    let mut desk = desk();
    desk.publish(new_job(plan()));
    let no = desk.post().no;
    assert_eq!(desk.group_claims("ana"), DONE, "by the code that the desk told them");
    assert_eq!(desk.count_owed(&Topic::CrewOffer(no)), 1, "only its channel can tell that it has not left");
    let mut late = published();
    late.job = desk.job.clone();
    late.is_sent("17");
    assert_eq!((late.reads(), late.count_owed(&Topic::CrewStatus(no))), ("reserved", 1));
    desk.group_hears(Delivery::Dropped(DropReason::OfferOver));
    assert_eq!(desk.count_owed(&Topic::CrewOffer(no)), 0);
    desk.asks(Command::Withdraw { agent: None, reason: None }).expect("theirs");
    assert_eq!((desk.count_owed(&Topic::CrewOffer(no)), desk.post().status()), (1, "open"), "now it is owed again");
}

#[test]
fn the_desk_publishes_where_the_tenant_says_so() {
    let mut desk = desk();
    desk.settings.crew.publish = Publish::Person;
    desk.publish(new_job(plan()));
    assert!(desk.job().publications.is_empty());
    assert_eq!(desk.job().next(), Next::Party(Party::Operator));
    assert_eq!(desk.count_owed(&Topic::Notice(Notice::PublishWanted)), 1);
    desk.waits(5_000);
    assert_eq!(desk.asks(Command::Publish), DONE);
    assert_eq!(desk.post().closes_at(), Some(desk.now + Duration::from_secs(600)));
    assert_eq!(desk.count_owed(&Topic::Notice(Notice::PublishWanted)), 0);
    desk.is_sent("17");
    // What comes free again needs nobody's word.
    desk.group_claims("ana").expect("open");
    assert_eq!(desk.asks(Command::Publish), Err(Refusal::NothingToPublish));
    desk.asks(Command::Withdraw { agent: None, reason: None }).expect("theirs");
    assert_eq!(desk.reads(), "open");
}

#[test]
fn a_job_says_itself_who_publishes_it_and_may_change_its_mind() {
    let gates = OwnGates::default();
    let dial = |publish| Command::SetGates { gates, publish };
    let published = |desk: &Desk| !desk.job().publications.is_empty();
    // The tenant's engine publishes, and this job waits for a person.
    let mut desk = desk();
    desk.publish(NewJob { publish: Some(Publish::Person), ..new_job(plan()) });
    assert!(!published(&desk) && desk.count_owed(&Topic::Notice(Notice::PublishWanted)) == 1);
    assert!(!desk.job().is_behind(&desk.settings), "nobody needs to look at it");
    assert_eq!(desk.asks(dial(Some(Publish::Person))), Ok(Answer::Already));
    // Paused, it is published when it goes on.
    desk.asks(Command::Pause).expect("offering");
    assert_eq!(desk.asks(dial(Some(Publish::Engine))), DONE);
    assert!(!published(&desk));
    desk.asks(Command::Resume).expect("paused");
    assert!(published(&desk) && desk.count_owed(&Topic::Notice(Notice::PublishWanted)) == 0);
    // The tenant's person publishes, and this job needs none; what says nothing follows the tenant.
    let mut desk = self::desk();
    desk.settings.crew.publish = Publish::Person;
    desk.publish(NewJob { publish: Some(Publish::Engine), ..new_job(plan()) });
    assert!(published(&desk));
    let mut desk = self::desk();
    desk.settings.crew.publish = Publish::Person;
    desk.publish(NewJob { publish: Some(Publish::Person), ..new_job(plan()) });
    assert_eq!(desk.asks(dial(None)), DONE);
    assert!(!published(&desk));
    desk.settings.crew.publish = Publish::Engine;
    assert!(desk.job().is_behind(&desk.settings));
    desk.waits(0);
    assert!(published(&desk));
}

#[test]
fn a_message_that_never_got_there_is_published_by_somebodys_word_once_more() {
    let mut desk = desk();
    desk.settings.crew.publish = Publish::Person;
    desk.publish(new_job(Plan { waves: vec![in_group()], rounds: 2, ..Plan::default() }));
    assert_eq!(desk.asks(Command::Publish), DONE);
    desk.group_hears(Delivery::Failed { class: "recipient".into(), reason: "kicked".into() });
    while desk.job().round == 1 {
        desk.waits(600);
    }
    let no = desk.post().no;
    assert_eq!((desk.job().next(), desk.count_owed(&Topic::CrewOffer(no))), (Next::Party(Party::Operator), 0));
    assert_eq!(desk.count_owed(&Topic::Notice(Notice::PublishWanted)), 1);
    assert_eq!(desk.asks(Command::Publish), DONE);
    assert_eq!((desk.count_owed(&Topic::CrewOffer(no)), desk.reads()), (1, "open"));
}

#[test]
fn a_message_is_not_taken_for_that_of_another_group() {
    let mut desk = desk();
    let other = CrewGroup { chat: -6, topic: None, locale: None };
    desk.settings.crew.groups.insert("packers".into(), other);
    let second = Wave::new(Mode::Group("packers".into()), Duration::from_secs(600));
    desk.publish(new_job(Plan { waves: vec![in_group(), second], ..Plan::default() }));
    desk.is_sent("17");
    desk.waits(600);
    let no = desk.job().published_in("packers").expect("published").no;
    let effect = desk.job().owed.iter().find(|owed| owed.message.topic == Topic::CrewOffer(no)).expect("owed").no;
    desk.turn(|turn| turn.observe(Report::Delivery { effect, delivery: Delivery::Unsure }));
    let mut sees = |message: &str| {
        let receipt = Receipt { channel: ChannelKind::Telegram, message: message.into() };
        desk.turn(|turn| turn.observe(Report::SeenInGroup { no, receipt }));
        desk.job().published_in("packers").expect("published").status()
    };
    assert_eq!((sees("17"), sees("18")), ("doubtful", "open"));
}

#[test]
fn the_clock_begins_when_the_message_stands_there_if_the_wave_says_so() {
    let mut desk = desk();
    let wave = Wave { starts: ClockStart::Delivered, ..in_group() };
    desk.publish(new_job(Plan { waves: vec![wave], ..Plan::default() }));
    let by = desk.now + Duration::from_secs(1_200);
    assert_eq!(desk.post().state, PostState::Open { closes_at: by, runs: false });
    desk.now = desk.now + Duration::from_secs(100);
    desk.is_sent("17");
    let closes_at = desk.now + Duration::from_secs(600);
    assert_eq!(desk.post().state, PostState::Open { closes_at, runs: true });
    desk.asks(Command::Pause).expect("offering");
    desk.now = desk.now + Duration::from_secs(50);
    desk.asks(Command::Resume).expect("paused");
    assert_eq!(desk.post().closes_at(), Some(closes_at + Duration::from_secs(50)));
    desk.asks(Command::Extend { by: Duration::from_secs(10) }).expect("offering");
    assert_eq!(desk.post().closes_at(), Some(closes_at + Duration::from_secs(60)));
}

#[test]
fn a_second_round_writes_below_the_message_of_the_first() {
    let mut desk = desk();
    desk.publish(new_job(Plan { waves: vec![in_group()], rounds: 2, ..Plan::default() }));
    desk.is_sent("17");
    desk.waits(600);
    let no = desk.post().no;
    assert_eq!((desk.job().round, desk.reads(), desk.count_owed(&Topic::CrewOffer(no))), (2, "open", 0));
    desk.waits(600);
    assert_eq!(desk.job().stage, Stage::Unfilled { reason: UnfilledReason::Exhausted });
    desk.line_is_sent();
}

#[test]
fn c8_what_may_be_there_is_never_sent_again_by_itself_however_it_failed_since() {
    let again = |desk: &mut Desk| {
        while matches!(desk.job().stage, Stage::Offering(_)) {
            desk.waits(600);
        }
        desk.asks(Command::Restart { plan: None, skip_declined: false }).expect("unfilled");
        let no = desk.post().no;
        assert_eq!((desk.count_owed(&Topic::CrewOffer(no)), desk.post().status()), (0, "doubtful"));
        assert_eq!(desk.count_owed(&Topic::Notice(Notice::PublicationDoubtful)), 1, "somebody is asked to look");
    };
    // Its clock never began.
    let mut desk = desk();
    let wave = Wave { starts: ClockStart::Delivered, ..in_group() };
    desk.publish(new_job(Plan { waves: vec![wave], ..Plan::default() }));
    desk.group_hears(Delivery::Unsure);
    desk.waits(1_200);
    assert_eq!(desk.post().status(), "failed");
    again(&mut desk);
    // Or the desk had it sent again, and the second could not be.
    let mut desk = doubted();
    assert_eq!(desk.asks(Command::Publish), DONE);
    desk.group_hears(Delivery::Failed { class: "recipient".into(), reason: "kicked".into() });
    assert_eq!(desk.post().status(), "failed");
    again(&mut desk);
}

/// Published, and nobody knows whether its message is there.
fn doubted() -> Desk {
    let mut desk = desk();
    desk.publish(new_job(plan()));
    desk.group_hears(Delivery::Unsure);
    desk
}

#[test]
fn what_comes_free_again_below_a_message_nobody_knows_of_is_a_matter_for_the_desk_again() {
    let doubts = Topic::Notice(Notice::PublicationDoubtful);
    let mut desk = doubted();
    desk.group_claims("ana").expect("by its code");
    assert_eq!(desk.count_owed(&doubts), 0);
    desk.asks(Command::Withdraw { agent: None, reason: None }).expect("theirs");
    assert_eq!((desk.post().status(), desk.count_owed(&doubts)), ("doubtful", 1));
}

#[test]
fn c8_what_is_on_its_way_is_not_published_once_more() {
    let mut desk = doubted();
    let no = desk.post().no;
    assert_eq!(desk.asks(Command::Publish), DONE);
    assert_eq!(desk.asks(Command::Publish), Ok(Answer::Already));
    assert_eq!(desk.count_owed(&Topic::CrewOffer(no)), 1);
    desk.group_hears(Delivery::Unsure);
    assert_eq!(desk.asks(Command::Publish), DONE, "that one may be missing as well");
}
