use std::time::Duration;

use super::*;
use crate::agent::Agent;
use crate::delivery::{Callback, Delivery, Progress, Receipt};
use crate::fit::{Boundless, Budgets};
use crate::gates::OwnGates;
use crate::ids::TenantId;
use crate::job::ledger::Heard;
use crate::message::Topic;
use crate::plan::{Mode, Wave};
use crate::roster::Roster;
use crate::tenant::Settings;
use crate::world::{AgentLoad, Idle, Load, World};

mod assignment;
mod at_desk;
mod fairness;
mod fallback;
mod groups;
mod settlement;
mod table;

fn id(name: &str) -> AgentId {
    AgentId::of_reference(TenantId::DEFAULT, name)
}

fn agent(name: &str, priority: i32) -> Agent {
    Agent { priority, ..Agent::named(id(name), name, Timestamp(0)) }
}

/// A tenant whose agents are asked in the order they are named, and one job.
struct Desk {
    roster: Roster,
    settings: Settings,
    outages: Vec<Window>,
    load: Box<dyn Load>,
    channels: &'static [ChannelKind],
    budgets: Box<dyn Budgets>,
    now: Timestamp,
    job: Option<Job>,
}

/// Nobody has room.
struct Full;

impl Load for Full {
    fn of(&self, _: &AgentId) -> AgentLoad {
        AgentLoad { claims: 1, ..AgentLoad::default() }
    }
}

fn new_job(plan: Plan) -> NewJob {
    NewJob {
        id: JobId::of_reference(TenantId::DEFAULT, "job"),
        external_ref: Some("job".into()),
        fingerprint: [0; 16],
        brief: Brief::default(),
        has_details: false,
        approval: Approval::None,
        plan,
        plan_name: None,
        start_at: None,
        occupies: None,
        gates: OwnGates::default(),
        publish: None,
        lead: None,
        assignment: None,
    }
}

impl Desk {
    fn with(names: &[&str]) -> Self {
        let roster = Roster::of(names.iter().zip(1..).map(|(name, priority)| agent(name, priority)));
        let load = Box::new(Idle);
        Self {
            roster,
            settings: Settings::default(),
            outages: Vec::new(),
            load,
            channels: &[ChannelKind::Console],
            budgets: Box::new(Boundless),
            now: Timestamp(1_000_000),
            job: None,
        }
    }

    fn publishes(names: &[&str], plan: Plan) -> Self {
        let mut desk = Self::with(names);
        desk.publish(new_job(plan));
        desk
    }

    fn publish(&mut self, new: NewJob) {
        let by = By { actor: Actor::Client("shop".into()), cause: Cause::Request };
        let step = Turn::create(new, by, self.world(), self.now).finish();
        self.store(step);
    }

    /// From now on everybody has one job and room for no other.
    fn everybody_is_full(&mut self) {
        let agents = self.roster.in_order().map(|agent| Agent { capacity: Some(1), ..(**agent).clone() });
        self.roster = Roster::of(agents.collect::<Vec<_>>());
        self.load = Box::new(Full);
    }

    fn world(&self) -> World<'_> {
        World {
            roster: &self.roster,
            load: &*self.load,
            settings: &self.settings,
            channels: self.channels,
            outages: &self.outages,
            budgets: &*self.budgets,
        }
    }

    fn store(&mut self, step: Option<Step>) {
        if let Some(step) = step {
            let broken: Vec<_> = invariants::broken(&step.job).map(|rule| rule.says).collect();
            assert_eq!(broken, Vec::<&str>::new(), "{:#?}", step.job);
            self.job = Some(step.job);
        }
    }

    fn job(&self) -> &Job {
        self.job.as_ref().expect("published")
    }

    fn turn<T>(&mut self, decide: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let mut turn = Turn::of(self.job().clone(), self.world(), self.now);
        let answer = decide(&mut turn);
        let step = turn.finish();
        self.store(step);
        answer
    }

    fn asks(&mut self, command: Command) -> Result<Answer, Refusal> {
        let by = By { actor: Actor::Operator("desk".into()), cause: Cause::Request };
        self.turn(|turn| turn.decide(Ask { command, by, key: None, expects: None }))
    }

    fn offer_to(&self, name: &str) -> OfferNo {
        self.job().offer_to(&id(name)).expect("was offered").no
    }

    fn claims(&mut self, name: &str) -> Result<Answer, Refusal> {
        let no = self.offer_to(name);
        self.asks(Command::Claim { agent: id(name), no, via: None, heard: Heard::default() })
    }

    fn declines(&mut self, name: &str) -> Result<Answer, Refusal> {
        let no = self.offer_to(name);
        self.asks(Command::Decline { agent: id(name), no })
    }

    fn pass(&mut self, span: Duration) {
        self.now = self.now + span;
        self.turn(|turn| turn.observe(Report::Ring));
    }

    fn delivers_everything(&mut self) {
        let owed: Vec<_> = self.job().owed.iter().map(|owed| owed.no).collect();
        for effect in owed {
            let receipt = Receipt { channel: ChannelKind::Console, message: "1".into() };
            self.turn(|turn| turn.observe(Report::Delivery { effect, delivery: Delivery::Sent(receipt) }));
        }
    }

    fn open(&self) -> Vec<String> {
        let name = |offer: &Offer| self.roster.get(&offer.agent).map(|agent| agent.name.clone());
        self.job().open_offers().filter_map(name).collect()
    }

    fn status(&self) -> &'static str {
        self.job().stage.status()
    }

    fn winner(&self) -> Option<AgentId> {
        self.job().winner()
    }
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

fn in_turn() -> Plan {
    Plan::default()
}

fn together() -> Plan {
    Plan { waves: vec![Wave::new(Mode::Everybody, minutes(30))], ..Plan::default() }
}

#[test]
fn agents_are_asked_in_turn_and_a_no_moves_on_at_once() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    assert_eq!(desk.open(), ["ana"]);
    assert_eq!(desk.declines("ana"), Ok(Answer::Done));
    assert_eq!(desk.open(), ["bo"]);
    assert_eq!(desk.claims("bo"), Ok(Answer::Done));
    assert_eq!((desk.status(), desk.winner()), ("claimed", Some(id("bo"))));
}

#[test]
fn silence_moves_on_when_the_time_is_up_and_not_before() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    desk.pass(Duration::from_millis(30 * 60_000 - 1));
    assert_eq!(desk.open(), ["ana"]);
    desk.pass(Duration::from_millis(1));
    assert_eq!(desk.open(), ["bo"]);
    assert_eq!(desk.claims("ana"), Err(Refusal::OfferClosed(refusal::OfferEnd::Over(Over::TimedOut))));
}

#[test]
fn a_yes_at_the_deadline_finds_the_offer_over_and_the_next_asked() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    desk.now = desk.now + minutes(30);
    assert!(desk.claims("ana").is_err());
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn when_everybody_has_said_no_the_job_is_unfilled_and_can_be_restarted() {
    let mut desk = Desk::publishes(&["ana"], in_turn());
    desk.declines("ana").expect("a no");
    assert_eq!(desk.job().stage, Stage::Unfilled { reason: UnfilledReason::Exhausted });
    desk.asks(Command::Restart { plan: None, skip_declined: false }).expect("unfilled");
    assert_eq!(desk.open(), ["ana"]);
}

#[test]
fn with_nobody_to_ask_the_job_is_unfilled_at_once() {
    let desk = Desk::publishes(&[], in_turn());
    assert_eq!(desk.job().stage, Stage::Unfilled { reason: UnfilledReason::NobodyEligible });
}

#[test]
fn later_claimants_stand_in_line_and_move_up_when_the_winner_withdraws() {
    let mut desk = Desk::publishes(&["ana", "bo", "cy"], together());
    assert_eq!(desk.claims("bo"), Ok(Answer::Done));
    assert_eq!(desk.claims("cy"), Err(Refusal::AlreadyClaimed { place: Some(1) }));
    assert_eq!(desk.claims("ana"), Err(Refusal::AlreadyClaimed { place: Some(2) }));
    assert_eq!(desk.claims("cy"), Err(Refusal::AlreadyClaimed { place: Some(1) }));
    desk.asks(Command::Withdraw { agent: Some(id("bo")), reason: None }).expect("the winner");
    let no = desk.offer_to("cy");
    assert_eq!(desk.asks(Command::Seat { agent: id("cy"), no }), Ok(Answer::Done));
    assert_eq!(desk.winner(), Some(id("cy")));
    assert_eq!(desk.claims("ana"), Err(Refusal::AlreadyClaimed { place: Some(1) }));
}

#[test]
fn when_the_line_has_no_room_the_search_goes_on() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    desk.claims("ana").expect("open");
    desk.asks(Command::Withdraw { agent: None, reason: None }).expect("claimed");
    assert_eq!(desk.open(), ["bo"], "whoever gave it back is not asked again");
}

#[test]
fn a_no_from_anybody_leaves_a_claimed_job_claimed() {
    let mut desk = Desk::publishes(&["ana", "bo"], together());
    desk.claims("ana").expect("open");
    assert!(desk.declines("bo").is_err());
    assert!(desk.declines("ana").is_err());
    assert_eq!(desk.winner(), Some(id("ana")));
}

#[test]
fn a_silent_winner_is_reminded_and_then_loses_the_job() {
    let stall = Stall { remind_after: minutes(10), return_after: minutes(20) };
    let mut desk = Desk::publishes(&["ana", "bo"], Plan { stall: Some(stall), ..in_turn() });
    desk.claims("ana").expect("open");
    desk.pass(minutes(10));
    assert!(desk.job().owed.iter().any(|owed| owed.message.topic == Topic::Reminder));
    desk.pass(minutes(10));
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn a_winner_who_acknowledges_is_left_alone() {
    let stall = Stall { remind_after: minutes(10), return_after: minutes(20) };
    let mut desk = Desk::publishes(&["ana", "bo"], Plan { stall: Some(stall), ..in_turn() });
    desk.claims("ana").expect("open");
    desk.asks(Command::Acknowledge { agent: Some(id("ana")) }).expect("the winner");
    desk.pass(minutes(60));
    assert_eq!(desk.winner(), Some(id("ana")));
}

#[test]
fn a_pause_stops_the_clocks() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    desk.pass(minutes(20));
    desk.asks(Command::Pause).expect("offering");
    desk.pass(minutes(100));
    assert_eq!(desk.open(), ["ana"]);
    desk.asks(Command::Resume).expect("paused");
    desk.pass(minutes(9));
    assert_eq!(desk.open(), ["ana"]);
    desk.pass(minutes(1));
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn an_outage_gives_its_time_back_once() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    let from = desk.now + minutes(10);
    desk.outages = vec![Window { from, to: from + minutes(60) }];
    desk.pass(minutes(70));
    assert_eq!(desk.open(), ["ana"]);
    desk.pass(minutes(19));
    assert_eq!(desk.open(), ["ana"]);
    desk.pass(minutes(1));
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn an_offer_that_an_outage_kept_from_leaving_is_sent_after_all() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    let from = desk.now + minutes(10);
    desk.outages = vec![Window { from, to: from + minutes(60) }];
    desk.now = desk.now + minutes(70);
    let effect = desk.job().owed[0].no;
    let late = Delivery::Dropped(crate::delivery::DropReason::Late);
    desk.turn(|turn| turn.observe(Report::Delivery { effect, delivery: late.clone() }));
    assert_eq!(desk.open(), ["ana"]);
    let again = desk.job().owed[0].clone();
    assert_eq!(again.message.lifetime, Some(desk.now + minutes(20)));
    // Once: the second time it really is too late.
    desk.now = desk.now + minutes(20);
    desk.turn(|turn| turn.observe(Report::Delivery { effect: again.no, delivery: late }));
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn what_never_left_is_not_taken_back_and_what_left_is() {
    let mut desk = Desk::publishes(&["ana", "bo", "cy"], together());
    desk.delivers_everything();
    desk.claims("ana").expect("open");
    let over = desk.job().owed.iter().filter(|owed| matches!(owed.message.topic, Topic::OfferOver(_, Over::Taken)));
    assert_eq!(over.count(), 2);
    let mut unsent = Desk::publishes(&["ana", "bo", "cy"], together());
    unsent.claims("ana").expect("open");
    let topics: Vec<_> = unsent.job().owed.iter().map(|owed| owed.message.topic.clone()).collect();
    assert_eq!(topics, [Topic::Won]);
}

#[test]
fn an_undeliverable_offer_moves_on_and_is_no_refusal() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    let effect = desk.job().owed[0].no;
    let delivery = Delivery::Failed { class: "recipient".into(), reason: "blocked".into() };
    desk.turn(|turn| turn.observe(Report::Delivery { effect, delivery }));
    assert_eq!(desk.open(), ["bo"]);
    assert_eq!(desk.job().offer_to(&id("ana")).map(|offer| offer.state), Some(OfferState::Failed));
}

fn told(progress: Progress, again: bool) -> Callback {
    let receipt = Receipt { channel: ChannelKind::Sms, message: "m-1".into() };
    let (class, reason) = ("recipient".to_owned(), "30005 the number is unknown".to_owned());
    Callback { progress, receipt, topic: "offer".to_owned(), class, reason, again }
}

#[test]
fn an_offer_that_turns_out_undelivered_moves_on_and_one_that_arrived_says_so_once() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    let effect = desk.job().owed[0].no;
    desk.delivers_everything();
    for _ in 0..2 {
        desk.turn(|turn| turn.observe(Report::CalledBack { effect, callback: told(Progress::Delivered, false) }));
    }
    let arrived = desk.job().timeline.iter().filter(|entry| entry.event.name() == "offer_delivered");
    assert_eq!(arrived.count(), 1);
    assert_eq!(desk.open(), ["ana"]);
    desk.turn(|turn| turn.observe(Report::CalledBack { effect, callback: told(Progress::Failed, false) }));
    assert_eq!(desk.open(), ["bo"]);
    // Told of an offer that is over, nothing follows any more.
    desk.turn(|turn| turn.observe(Report::CalledBack { effect, callback: told(Progress::Failed, false) }));
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn a_callback_may_overtake_the_answer_to_the_call_it_is_about() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    let effect = desk.job().owed[0].no;
    desk.turn(|turn| turn.observe(Report::CalledBack { effect, callback: told(Progress::Delivered, false) }));
    assert!(desk.job().owed.is_empty(), "it was sent, or it could not have arrived");
    let receipt = desk.job().offer_to(&id("ana")).and_then(|offer| offer.receipt.clone());
    assert_eq!(receipt.map(|receipt| receipt.message), Some("m-1".to_owned()));
}

#[test]
fn an_offer_that_needs_another_form_is_owed_once_more() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    let effect = desk.job().owed[0].no;
    desk.delivers_everything();
    desk.turn(|turn| turn.observe(Report::CalledBack { effect, callback: told(Progress::Failed, true) }));
    assert_eq!(desk.open(), ["ana"]);
    let again = desk.job().owed[0].clone();
    assert_eq!((&again.message.topic, again.no == effect), (&Topic::Offer(1), false));
    // The second message is the one that counts now; what is told of the first is old.
    desk.delivers_everything();
    desk.turn(|turn| turn.observe(Report::CalledBack { effect: again.no, callback: told(Progress::Failed, false) }));
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn an_offers_clock_may_start_at_delivery() {
    let wave = Wave { starts: crate::plan::ClockStart::Delivered, ..Wave::new(Mode::OneByOne, minutes(10)) };
    let mut desk = Desk::publishes(&["ana", "bo"], Plan { waves: vec![wave], ..Plan::default() });
    desk.pass(minutes(15));
    assert_eq!(desk.open(), ["ana"], "a slow provider does not eat the agent's time");
    desk.delivers_everything();
    desk.pass(minutes(9));
    assert_eq!(desk.open(), ["ana"]);
    desk.pass(minutes(1));
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn a_repeated_command_with_a_key_gets_the_first_answer() {
    let mut desk = Desk::publishes(&["ana", "bo"], in_turn());
    let by = By { actor: Actor::Client("shop".into()), cause: Cause::Request };
    let skip = Ask { command: Command::SkipWave, by, key: Some(([1; 16], [2; 16])), expects: None };
    assert_eq!(desk.turn(|turn| turn.decide(skip.clone())), Ok(Answer::Done));
    assert_eq!(desk.open(), ["bo"]);
    assert_eq!(desk.turn(|turn| turn.decide(skip.clone())), Ok(Answer::Done));
    assert_eq!(desk.open(), ["bo"], "the second was not carried out");
    let other = Ask { key: Some(([1; 16], [3; 16])), ..skip };
    assert_eq!(desk.turn(|turn| turn.decide(other)), Err(Refusal::KeyReused));
}
