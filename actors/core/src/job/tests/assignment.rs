//! Routes handed to named drivers: by which channel, what follows, and when it is over.

use bincode::Options;

use super::*;
use crate::gates::Dial;
use crate::job::assignment::{Asked, Assignment, Standing};
use crate::message::{ClaimEnd, Notice};
use crate::phone::Phone;

use ChannelKind::{Email, Sms, Telegram};

const LASTS: Duration = Duration::from_hours(24);

fn asked() -> Asked {
    Asked { fallback: true, ..Asked::default() }
}

fn direct(name: &str, asked: Asked, start_at: Option<Timestamp>) -> NewJob {
    let wave = Wave::new(Mode::Direct { agent: id(name), answer_needed: false }, minutes(30));
    let off = Some(Dial::Off);
    NewJob {
        external_ref: None,
        start_at,
        gates: OwnGates { confirm: off, invoice: off, payment: off, release: off },
        publish: None,
        assignment: Some(Assignment {
            alone: start_at.is_some(),
            ..Assignment::of(uuid::Uuid::from_u128(7), id(name), asked, LASTS)
        }),
        ..new_job(Plan { waves: vec![wave], standby: 0, ..Plan::default() })
    }
}

/// Ana can be reached by Telegram, mail and SMS; nobody knows where bo is.
fn desk(asked: Asked, start_at: Option<Timestamp>) -> Desk {
    let mut desk = Desk::with(&["ana", "bo"]);
    desk.channels = &[Email, Telegram, Sms, ChannelKind::Console];
    desk.settings.desk.telegram = Some(900);
    let ana = Agent {
        telegram: Some(1),
        email: Some("ana@example.com".into()),
        phone: Phone::new("+447700900001").ok(),
        ..agent("ana", 1)
    };
    desk.roster = Roster::of([ana, agent("bo", 2)]);
    desk.publish(direct("ana", asked, start_at));
    desk
}

impl Desk {
    fn routes(&self) -> Vec<ChannelKind> {
        let owed = self.job().owed.iter().filter(|owed| owed.message.is_route());
        owed.map(|owed| owed.message.channel).collect()
    }

    fn stands_so(&self) -> Standing {
        self.job().standing_of_assignment().expect("an assignment")
    }

    fn attempt(&self, channel: ChannelKind) -> EffectNo {
        let attempts = &self.job().assignment.as_ref().expect("an assignment").attempts;
        attempts.iter().find(|attempt| attempt.channel == channel).expect("was tried").no
    }

    fn route_is(&mut self, channel: ChannelKind, delivery: Delivery) {
        let effect = self.attempt(channel);
        self.turn(|turn| turn.observe(Report::Delivery { effect, delivery }));
    }

    fn route_calls_back(&mut self, channel: ChannelKind, progress: Progress) {
        let effect = self.attempt(channel);
        let receipt = Receipt { channel, message: "m".into() };
        let (topic, class, reason) = ("route".to_owned(), "recipient".to_owned(), "bounced".to_owned());
        let callback = Callback { progress, receipt, topic, class, reason, again: false };
        self.turn(|turn| turn.observe(Report::CalledBack { effect, callback }));
    }

    fn desk_is_told(&self, topic: &Topic) -> bool {
        self.job().owed.iter().any(|owed| owed.message.topic == *topic)
    }
}

fn sent(channel: ChannelKind) -> Delivery {
    Delivery::Sent(Receipt { channel, message: "m".into() })
}

fn failed() -> Delivery {
    Delivery::Failed { class: "recipient".to_owned(), reason: "no".to_owned() }
}

#[test]
fn it_is_the_drivers_at_once_and_nothing_else_is_said() {
    let mut desk = desk(asked(), None);
    assert_eq!(
        (desk.job().winner(), desk.stands_so(), desk.routes()),
        (Some(id("ana")), Standing::Sending, vec![Telegram])
    );
    assert_eq!(desk.job().owed.len(), 1, "neither a victory nor a notice");
    assert_eq!(desk.job().status(), "claimed");
    desk.route_is(Telegram, sent(Telegram));
    assert_eq!((desk.stands_so(), desk.job().owed.len()), (Standing::Delivered, 0));
    assert_eq!(desk.job().next(), Next::Timer(desk.now + LASTS));
    desk.pass(LASTS);
    assert_eq!((desk.job().status(), desk.stands_so()), ("completed", Standing::Delivered));
}

#[test]
fn e7_a_failure_goes_on_by_the_next_and_never_by_one_that_failed() {
    let mut desk = desk(asked(), None);
    desk.route_is(Telegram, failed());
    assert_eq!((desk.stands_so(), desk.routes()), (Standing::Sending, vec![Email]));
    desk.route_is(Email, failed());
    assert_eq!(desk.routes(), [Sms]);
    desk.route_is(Sms, sent(Sms));
    assert_eq!(desk.stands_so(), Standing::Partial);
    // A bounce that comes later: nothing is left, and the desk is told.
    desk.route_calls_back(Sms, Progress::Failed);
    assert_eq!((desk.stands_so(), desk.routes()), (Standing::Failed, vec![]));
    assert!(desk.desk_is_told(&Topic::Notice(Notice::Unreached(id("ana")))));
    desk.pass(LASTS);
    assert_eq!((desk.job().status(), desk.stands_so()), ("failed", Standing::Failed));
}

#[test]
fn e7_whoever_wants_no_other_channel_is_written_to_by_none() {
    let mut desk = desk(Asked::default(), None);
    desk.route_is(Telegram, failed());
    assert_eq!((desk.stands_so(), desk.routes()), (Standing::Failed, vec![]));
    assert!(desk.desk_is_told(&Topic::Notice(Notice::Unreached(id("ana")))));
}

#[test]
fn by_several_at_once_each_counts_for_itself() {
    let mut desk = desk(Asked { multi: true, ..asked() }, None);
    assert_eq!(desk.routes(), [Telegram, Email, Sms]);
    desk.route_is(Email, sent(Email));
    assert_eq!(desk.stands_so(), Standing::Sending);
    desk.route_is(Telegram, failed());
    desk.route_is(Sms, sent(Sms));
    assert_eq!((desk.stands_so(), desk.routes()), (Standing::Partial, vec![]));
    assert!(!desk.desk_is_told(&Topic::Notice(Notice::Unreached(id("ana")))), "they were told");
}

#[test]
fn x10_news_in_any_order_only_ever_rises() {
    let mut desk = desk(Asked { channels: vec![Email], ..asked() }, None);
    // It overtakes the answer to the call.
    desk.route_calls_back(Email, Progress::Delivered);
    assert_eq!((desk.stands_so(), desk.job().owed.len()), (Standing::Delivered, 0));
    let version = desk.job().version;
    for progress in [Progress::Sent, Progress::Delivered, Progress::Failed] {
        desk.route_calls_back(Email, progress);
    }
    assert_eq!((desk.job().version, desk.stands_so()), (version, Standing::Delivered), "none of it is news");
    desk.route_calls_back(Email, Progress::Read);
    let attempt = &desk.job().assignment.as_ref().unwrap().attempts[0];
    assert!(attempt.read_at.is_some() && attempt.delivered_at.is_some() && attempt.sent_at.is_some());
}

#[test]
fn e10_the_driver_alone_acknowledges_and_what_waits_is_let_go() {
    let mut desk = desk(Asked { multi: true, ..asked() }, None);
    desk.route_is(Telegram, sent(Telegram));
    assert_eq!(desk.asks(Command::Acknowledge { agent: Some(id("bo")) }), Err(Refusal::NotTheWinner));
    assert_eq!(desk.asks(Command::Acknowledge { agent: Some(id("ana")) }), Ok(Answer::Done));
    assert_eq!((desk.stands_so(), desk.routes()), (Standing::Acknowledged, vec![]));
    assert_eq!(desk.asks(Command::Acknowledge { agent: Some(id("ana")) }), Ok(Answer::Already));
    // An attempt that was under way when it was let go.
    desk.route_is(Email, sent(Email));
    desk.route_is(Sms, failed());
    assert_eq!((desk.stands_so(), desk.routes()), (Standing::Acknowledged, vec![]), "nothing follows");
}

#[test]
fn e8_nobody_to_be_told_is_a_matter_for_the_desk() {
    let mut desk = desk(asked(), None);
    desk.publish(direct("bo", asked(), None));
    assert_eq!((desk.job().status(), desk.stands_so()), ("unfilled", Standing::Failed));
    assert!(desk.desk_is_told(&Topic::Notice(Notice::Unfilled)));
    // Once they have an address, it is handed over after all.
    let bo = Agent { telegram: Some(2), ..agent("bo", 2) };
    desk.roster = Roster::of([bo]);
    desk.asks(Command::Restart { plan: None, skip_declined: false }).unwrap();
    assert_eq!((desk.stands_so(), desk.routes()), (Standing::Sending, vec![Telegram]));
}

#[test]
fn e15_it_waits_for_its_moment_and_keeps_its_driver_until_it_is_out() {
    let at = Timestamp(1_000_000) + minutes(10);
    let mut desk = desk(asked(), Some(at));
    assert_eq!((desk.stands_so(), desk.job().keeps_alone()), (Standing::Pending, Some(id("ana"))));
    desk.pass(minutes(10));
    assert_eq!((desk.stands_so(), desk.job().keeps_alone()), (Standing::Sending, Some(id("ana"))));
    desk.route_is(Telegram, sent(Telegram));
    assert_eq!((desk.stands_so(), desk.job().keeps_alone()), (Standing::Delivered, None));
    let mut called_off = self::desk(asked(), Some(at));
    called_off.asks(Command::Cancel { reason: None }).unwrap();
    assert_eq!((called_off.stands_so(), called_off.job().keeps_alone()), (Standing::Cancelled, None));
    called_off.pass(minutes(20));
    assert_eq!(called_off.routes(), []);
}

#[test]
fn given_to_another_driver_it_is_told_to_them_and_begins_anew() {
    let mut desk = desk(asked(), None);
    desk.route_is(Telegram, sent(Telegram));
    let bo = Agent { telegram: Some(2), ..agent("bo", 2) };
    let ana = desk.roster.get(&id("ana")).map(|ana| (**ana).clone()).unwrap();
    desk.roster = Roster::of([ana, bo]);
    desk.asks(Command::Assign { agent: id("bo"), channel: Telegram }).unwrap();
    assert_eq!(
        (desk.job().winner(), desk.stands_so(), desk.routes()),
        (Some(id("bo")), Standing::Sending, vec![Telegram])
    );
    assert!(desk.desk_is_told(&Topic::ClaimEnded(ClaimEnd::Reassigned)), "ana is told that it is hers no more");
    assert_eq!(desk.job().assignment.as_ref().unwrap().agent, id("bo"));
}

#[test]
fn the_record_weighs_no_more_than_is_kept_room_for() {
    let mut desk = desk(Asked { multi: true, ..asked() }, None);
    let long = |what: &str| what.repeat(300);
    for channel in [Telegram, Email, Sms] {
        let receipt = Receipt { channel, message: "9".repeat(72) };
        desk.route_is(channel, Delivery::Sent(receipt));
        for _ in 0..12 {
            desk.route_calls_back(channel, Progress::Sent);
        }
        desk.route_is(channel, Delivery::Failed { class: long("c"), reason: long("r") });
    }
    let weighs = bincode::DefaultOptions::new().serialize(desk.job()).unwrap().len();
    assert!(weighs <= desk.job().weight(), "{weighs} > {}", desk.job().weight());
}
