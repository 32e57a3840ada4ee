//! From the claim to the work: gates, the release, and what takes it back.

use super::*;
use crate::gates::{Dial, Gate, Gates, OwnGates};
use crate::job::release::HowReleased;
use crate::job::settlement::{Field, Fields, Late, Revoked};
use crate::message::{ClaimEnd, Message, Notice, Recipient};
use crate::tenant::{LateWinner, Patience};

/// A job with private details that ana has and bo waits behind, asked together; cy was asked too and said nothing.
fn claimed() -> Desk {
    let mut desk = with_details(Desk::with(&["ana", "bo", "cy"]));
    desk.claims("ana").expect("open");
    desk.claims("bo").expect_err("second");
    desk
}

fn with_details(mut desk: Desk) -> Desk {
    desk.publish(NewJob { has_details: true, ..new_job(together()) });
    desk
}

fn confirm() -> Command {
    Command::Pass { gate: Gate::Confirm, reference: None }
}

fn invoice() -> Command {
    Command::Pass { gate: Gate::Invoice, reference: Some("INV-7".into()) }
}

fn paid() -> Command {
    Command::Pass { gate: Gate::Payment, reference: None }
}

fn release() -> Command {
    Command::Release(HowReleased::default())
}

fn although(reason: &str) -> Command {
    Command::Release(HowReleased { although: Some(reason.into()), ..HowReleased::default() })
}

fn open(no: GrantNo) -> Command {
    Command::OpenGrant { no }
}

fn missing(gates: &[Gate]) -> Result<Answer, Refusal> {
    Err(Refusal::GatesMissing { missing: gates.iter().copied().collect() })
}

const DONE: Result<Answer, Refusal> = Ok(Answer::Done);
const ALREADY: Result<Answer, Refusal> = Ok(Answer::Already);

impl Desk {
    fn stands(&self) -> &'static str {
        self.job().status()
    }

    fn messages(&self) -> Vec<&Message> {
        self.job().owed.iter().map(|owed| &owed.message).collect()
    }

    fn told_of_release(&self) -> Vec<Recipient> {
        self.messages().iter().filter(|message| matches!(message.topic, Topic::Released(_))).map(|it| it.to).collect()
    }

    fn does(&mut self, commands: impl IntoIterator<Item = Command>) {
        for command in commands {
            let name = command.name();
            assert_eq!(self.asks(command), DONE, "{name}");
        }
    }

    fn takes_seat(&mut self, name: &str) {
        let no = self.offer_to(name);
        self.does([Command::Seat { agent: id(name), no }]);
    }

    fn happened(&self) -> Vec<&'static str> {
        self.job().timeline.iter().map(|entry| entry.event.name()).collect()
    }
}

#[test]
fn c12_a_job_goes_gate_by_gate_and_its_details_go_to_the_winner_alone() {
    let mut desk = claimed();
    for (command, status) in [
        (confirm(), "confirmed"),
        (invoice(), "invoiced"),
        (paid(), "paid"),
        (release(), "released"),
        (Command::StartWork { agent: Some(id("ana")) }, "in_progress"),
        (Command::Complete, "completed"),
    ] {
        desk.now = desk.now + minutes(1);
        assert_eq!(desk.told_of_release().is_empty(), !matches!(status, "in_progress" | "completed"), "{status}");
        desk.does([command]);
        assert_eq!(desk.stands(), status);
        assert!(desk.told_of_release().iter().all(|to| *to == Recipient::Agent(id("ana"))));
    }
    let passed: Vec<_> = desk.job().settlement.passed.iter().map(|passed| passed.gate).collect();
    assert_eq!(passed, Gate::ALL, "with a moment each, also once it is over");
    assert_eq!(desk.job().settlement.passed(Gate::Invoice).and_then(|it| it.reference.as_deref()), Some("INV-7"));
}

#[test]
fn c12_a_release_that_comes_too_early_names_the_gates_and_changes_nothing() {
    let mut desk = claimed();
    assert_eq!(desk.asks(release()), missing(&[Gate::Confirm, Gate::Invoice, Gate::Payment]));
    desk.does([confirm()]);
    assert_eq!(desk.asks(release()), missing(&[Gate::Invoice, Gate::Payment]));
    assert_eq!(desk.asks(paid()), missing(&[Gate::Invoice]));
    assert_eq!(desk.asks(Command::StartWork { agent: None }), missing(&[Gate::Invoice, Gate::Payment, Gate::Release]));
    assert_eq!((desk.stands(), desk.told_of_release(), desk.job().grant.clone()), ("confirmed", vec![], None));
    assert!(desk.happened().contains(&"denied"), "who tried stands in the timeline");
}

#[test]
fn d9_an_operator_can_go_by_the_gates_with_a_reason_that_stays() {
    let mut desk = claimed();
    desk.does([confirm(), although("the client called")]);
    let grant = desk.job().live_grant(desk.now).cloned().expect("released");
    assert_eq!(grant.overridden, [Gate::Invoice, Gate::Payment].into_iter().collect());
    let said = desk.job().timeline.iter().find_map(|entry| match &entry.event {
        Event::Released { reason, .. } => reason.clone(),
        _ => None,
    });
    assert_eq!(said.as_deref(), Some("the client called"));
    desk.does([Command::StartWork { agent: None }]);
}

#[test]
fn d9_a_job_skips_the_gates_that_are_off() {
    let mut desk = Desk::with(&["ana"]);
    desk.settings.settlement.gates = Gates { invoice: Dial::Off, payment: Dial::Off, ..Gates::default() };
    let mut desk = with_details(desk);
    desk.claims("ana").expect("open");
    desk.does([confirm(), release()]);
    assert_eq!(desk.stands(), "released");
    // Of the job itself, against what its tenant says.
    let mut desk = Desk::with(&["ana"]);
    let gates =
        OwnGates { confirm: Some(Dial::Off), invoice: Some(Dial::Off), payment: Some(Dial::Off), release: None };
    desk.publish(NewJob { has_details: true, gates, ..new_job(together()) });
    desk.claims("ana").expect("open");
    desk.does([release()]);
}

#[test]
fn where_nothing_private_came_there_is_nothing_to_release() {
    let mut desk = Desk::publishes(&["ana"], together());
    desk.claims("ana").expect("open");
    desk.does([confirm(), invoice(), paid()]);
    assert_eq!(desk.asks(release()), Err(Refusal::NoDetails));
    desk.does([Command::StartWork { agent: None }]);
}

#[test]
fn c8_nothing_is_released_twice() {
    let mut desk = claimed();
    desk.does([confirm(), invoice(), paid(), release()]);
    assert_eq!(desk.asks(release()), ALREADY);
    assert_eq!(desk.asks(although("once more")), ALREADY);
    assert_eq!(desk.told_of_release(), [Recipient::Agent(id("ana"))]);
    assert_eq!(desk.happened().iter().filter(|word| **word == "released").count(), 1);
}

#[test]
fn the_page_opens_for_the_winner_until_its_time_is_over() {
    let mut desk = claimed();
    desk.does([confirm(), invoice(), paid()]);
    assert_eq!(desk.asks(open(1)), Err(Refusal::NothingReleased));
    let fields = [Field::Phone].into_iter().collect::<Fields>();
    let how = HowReleased { fields: Some(fields), lasts: Some(minutes(60)), ..HowReleased::default() };
    desk.does([Command::Release(how), open(1)]);
    assert_eq!(desk.asks(open(1)), ALREADY);
    assert_eq!(desk.asks(open(2)), Err(Refusal::NothingReleased));
    desk.now = desk.now + minutes(60);
    assert_eq!(desk.asks(open(1)), Err(Refusal::GrantOver));
    // A new one is another one.
    desk.does([release(), open(2)]);
    assert_eq!(desk.asks(open(1)), Err(Refusal::GrantOver));
}

#[test]
fn x13_whatever_ends_a_claim_shuts_the_page_and_the_next_in_line_begins_anew() {
    let ends: [(&str, Command); 3] = [
        ("refused", Command::Refuse { agent: Some(id("ana")), reason: Some("no van".into()) }),
        ("withdrawn", Command::Withdraw { agent: Some(id("ana")), reason: None }),
        ("withdrawn", Command::Withdraw { agent: None, reason: None }),
    ];
    for (word, end) in ends {
        let mut desk = claimed();
        desk.does([confirm(), invoice(), paid(), release(), open(1), end]);
        assert_eq!(desk.asks(open(1)), Err(Refusal::GrantOver), "{word}");
        assert_eq!(desk.told_of_release(), [], "what has not left is not sent any more");
        desk.takes_seat("bo");
        assert_eq!((desk.stands(), desk.winner()), ("claimed", Some(id("bo"))));
        assert_eq!(desk.asks(open(1)), Err(Refusal::GrantOver), "{word}");
        assert_eq!(
            desk.asks(release()),
            missing(&[Gate::Confirm, Gate::Invoice, Gate::Payment]),
            "they passed nothing"
        );
        desk.does([confirm(), invoice(), paid(), release()]);
        assert_eq!(desk.told_of_release(), [Recipient::Agent(id("bo"))]);
        assert_eq!((desk.asks(open(1)), desk.asks(open(2))), (Err(Refusal::GrantOver), DONE));
    }
}

#[test]
fn a_job_that_is_over_shows_nothing_any_more() {
    for end in [Command::Complete, Command::Fail { reason: None }, Command::Cancel { reason: None }] {
        let mut desk = claimed();
        desk.does([although("in a hurry"), end.clone()]);
        assert_eq!(desk.asks(open(1)), Err(Refusal::GrantOver), "{end:?}");
        assert_eq!(desk.told_of_release(), []);
    }
}

#[test]
fn details_can_be_taken_back_while_the_job_stays_the_winners() {
    let mut desk = claimed();
    desk.does([confirm(), invoice(), paid(), release()]);
    desk.does([Command::Revoke { reason: Some("wrong number".into()) }]);
    assert_eq!((desk.stands(), desk.winner()), ("paid", Some(id("ana"))));
    assert_eq!(desk.asks(open(1)), Err(Refusal::GrantOver));
    assert_eq!(desk.asks(Command::Revoke { reason: None }), Err(Refusal::NothingReleased));
    desk.does([release(), open(2)]);
}

#[test]
fn erased_details_are_released_to_nobody_and_the_job_goes_on_without_them() {
    let erase = |although_open| Command::EraseDetails { reason: "asked for".into(), although_open };
    let mut desk = claimed();
    desk.does([confirm(), invoice(), paid(), release()]);
    assert_eq!(desk.asks(erase(false)), Err(Refusal::JobOpen { status: "released" }));
    assert!(desk.job().has_details && desk.job().live_grant(desk.now).is_some());
    desk.does([erase(true)]);
    assert!(!desk.job().has_details && desk.job().live_grant(desk.now).is_none());
    assert_eq!((desk.asks(open(1)), desk.asks(release())), (Err(Refusal::GrantOver), Err(Refusal::NoDetails)));
    assert_eq!(desk.asks(erase(false)), Ok(Answer::Already));
    desk.does([Command::Complete]);
    // One that is over loses them without more ado.
    let mut desk = claimed();
    desk.does([Command::Complete, erase(false)]);
    assert!(matches!(desk.job().timeline.last().unwrap().event, Event::DetailsErased { .. }));
}

#[test]
fn what_an_engine_released_and_a_person_took_back_stays_back() {
    let mut desk = Desk::with(&["ana"]);
    desk.settings.settlement.gates = Gates { release: Dial::Engine, ..Gates::OPEN };
    let mut desk = with_details(desk);
    desk.claims("ana").expect("open");
    assert_eq!(desk.stands(), "released");
    desk.does([Command::Revoke { reason: None }]);
    desk.pass(minutes(60));
    assert_eq!(desk.stands(), "claimed");
    assert!(desk.job().live_grant(desk.now).is_none());
}

#[test]
fn the_engine_passes_what_it_is_told_to_and_waits_for_people_at_the_rest() {
    let mut desk = Desk::with(&["ana"]);
    desk.settings.settlement.gates =
        Gates { confirm: Dial::Engine, invoice: Dial::Engine, payment: Dial::Person, release: Dial::Engine };
    let mut desk = with_details(desk);
    desk.claims("ana").expect("open");
    assert_eq!(desk.stands(), "invoiced");
    let by_engine = desk.job().timeline.iter().filter(|entry| matches!(entry.event, Event::GatePassed { .. }));
    assert!(by_engine.clone().count() == 2 && by_engine.clone().all(|entry| entry.actor == Actor::Engine));
    desk.does([paid()]);
    assert_eq!((desk.stands(), desk.told_of_release()), ("released", vec![Recipient::Agent(id("ana"))]));
}

#[test]
fn a_dial_can_be_turned_in_the_middle_of_a_job() {
    let mut desk = claimed();
    // By the tenant: the job looks at it when it looks at its clock.
    desk.settings.settlement.gates = Gates { confirm: Dial::Engine, ..Gates::default() };
    desk.pass(minutes(0));
    assert_eq!(desk.stands(), "confirmed");
    // For this job alone.
    let own =
        OwnGates { invoice: Some(Dial::Engine), payment: Some(Dial::Off), release: Some(Dial::Engine), confirm: None };
    desk.does([Command::SetGates { gates: own, publish: None }]);
    assert_eq!((desk.stands(), desk.told_of_release().len()), ("released", 1));
    assert_eq!(desk.asks(Command::SetGates { gates: own, publish: None }), ALREADY);
    // What was passed stays passed when its gate comes back.
    desk.does([Command::SetGates { gates: OwnGates::default(), publish: None }]);
    assert_eq!(desk.stands(), "released");
}

#[test]
fn p7_a_step_that_is_not_made_in_its_time_reaches_the_desk_once() {
    let mut desk = Desk::with(&["ana"]);
    desk.settings.desk.email = Some("desk@example.com".into());
    desk.channels = &[ChannelKind::Console, ChannelKind::Email];
    desk.settings.settlement.patience = Patience { confirm: Some(minutes(5)), ..Patience::default() };
    let mut desk = with_details(desk);
    desk.claims("ana").expect("open");
    assert_eq!(desk.job().next(), Next::Timer(desk.now + minutes(5)));
    for _ in 0..3 {
        desk.pass(minutes(5));
    }
    let waiting = Topic::Notice(Notice::Waiting(Wait::Gate(Gate::Confirm), id("ana")));
    assert_eq!(desk.messages().iter().filter(|message| message.topic == waiting).count(), 1);
    assert_eq!(desk.happened().iter().filter(|word| **word == "escalated").count(), 1);
    assert_eq!(desk.job().next(), Next::Party(Party::Operator));
    desk.does([confirm()]);
    assert_eq!(desk.job().settlement.late, None);
}

#[test]
fn x14_a_winner_who_does_not_pay_in_time_can_lose_the_job() {
    let mut desk = Desk::with(&["ana", "bo"]);
    desk.settings.settlement.late_winner = LateWinner::Returns;
    desk.settings.settlement.patience = Patience { payment: Some(minutes(30)), ..Patience::default() };
    let mut desk = with_details(desk);
    desk.claims("ana").expect("open");
    desk.claims("bo").expect_err("second");
    desk.does([confirm(), invoice()]);
    desk.pass(minutes(29));
    assert_eq!(desk.winner(), Some(id("ana")));
    // While the engine was away, nobody could pay.
    let from = desk.now;
    desk.outages = vec![Window { from, to: from + minutes(60) }];
    desk.pass(minutes(60));
    assert_eq!(desk.winner(), Some(id("ana")));
    desk.pass(minutes(1));
    desk.takes_seat("bo");
    assert_eq!((desk.stands(), desk.winner()), ("claimed", Some(id("bo"))));
}

#[test]
fn x14_a_silent_winner_loses_the_job_also_behind_gates_and_with_it_the_details() {
    let stall = Stall { remind_after: minutes(10), return_after: minutes(20) };
    let mut desk = Desk::with(&["ana", "bo"]);
    desk.publish(NewJob { has_details: true, ..new_job(Plan { stall: Some(stall), ..together() }) });
    desk.claims("ana").expect("open");
    desk.claims("bo").expect_err("second");
    desk.does([confirm(), although("in a hurry")]);
    desk.pass(minutes(10));
    desk.pass(minutes(10));
    assert_eq!(desk.asks(open(1)), Err(Refusal::GrantOver));
    desk.takes_seat("bo");
    // Whoever has paid is not silent.
    desk.does([confirm(), invoice(), paid()]);
    desk.pass(minutes(60));
    assert_eq!((desk.stands(), desk.winner()), ("paid", Some(id("bo"))));
}

#[test]
fn details_never_go_to_a_group() {
    let mut desk = Desk::with(&["ana"]);
    let crew = Agent { telegram: Some(-100_500), phone: None, ..agent("ana", 1) };
    desk.channels = &[ChannelKind::Telegram, ChannelKind::Email];
    desk.roster = Roster::of([crew.clone()]);
    desk.settings.settlement.gates = Gates { release: Dial::Engine, ..Gates::OPEN };
    let mut desk = with_details(desk);
    desk.claims("ana").expect("open");
    assert_eq!(desk.told_of_release(), []);
    assert_eq!(desk.asks(release()), Err(Refusal::NoPrivateWay));
    assert_eq!(desk.job().settlement.late, Some(Late { what: Wait::Gate(Gate::Release), by: None }), "the desk's turn");
    desk.pass(minutes(1));
    desk.pass(minutes(1));
    assert_eq!(desk.happened().iter().filter(|word| **word == "escalated").count(), 1, "told once");
    desk.roster = Roster::of([Agent { email: Some("crew@example.com".into()), ..crew }]);
    desk.pass(minutes(0));
    let released = desk.messages().into_iter().find(|message| matches!(message.topic, Topic::Released(_)));
    assert_eq!(released.map(|message| message.channel), Some(ChannelKind::Email));
}

#[test]
fn c13_who_tries_what_they_may_not_do_stands_in_the_timeline_once() {
    let mut desk = claimed();
    let by = By { actor: Actor::Agent(id("bo")), cause: Cause::Reply(ChannelKind::Telegram) };
    for _ in 0..3 {
        let report = Report::Denied { by: by.clone(), command: "release", code: "forbidden" };
        desk.turn(|turn| turn.observe(report));
    }
    let denied: Vec<_> = desk.job().timeline.iter().filter(|entry| entry.event.name() == "denied").collect();
    assert_eq!((denied.len(), &denied[0].actor), (1, &by.actor));
}

#[test]
fn what_is_taken_back_is_gone_for_good() {
    let mut desk = claimed();
    desk.does([although("in a hurry"), Command::Withdraw { agent: None, reason: None }]);
    let revoked = desk.job().timeline.iter().find_map(|entry| match entry.event {
        Event::GrantRevoked { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(revoked, Some(Revoked::ClaimEnded));
    let grant = desk.job().grant.clone().expect("it stays in the record");
    assert_eq!(grant.revoked_at, Some(desk.now));
}

/// Ana did not come.
fn no_show(then: AfterNoShow) -> Command {
    Command::NoShow { agent: None, reason: Some("nobody opened".into()), then }
}

#[test]
fn c13_who_does_not_come_loses_the_job_and_it_has_failed_or_goes_to_the_next() {
    let mut desk = claimed();
    desk.does([confirm(), invoice(), paid(), release()]);
    let somebody_else = Command::NoShow { agent: Some(id("bo")), reason: None, then: AfterNoShow::Ends };
    assert_eq!(desk.asks(somebody_else), Err(Refusal::NotTheWinner));
    desk.does([no_show(AfterNoShow::Ends)]);
    let ended = Stage::Closed { outcome: Ending::NoShow, at: desk.now };
    assert_eq!((&desk.job().stage, desk.stands()), (&ended, "failed"));
    let happened = desk.happened();
    assert_eq!(happened[happened.len() - 3..], ["release_revoked", "claim_ended", "no_show"]);
    assert!(desk.job().had_it.contains(&id("ana")) && desk.told_of_release().is_empty());
    assert_eq!(desk.asks(no_show(AfterNoShow::Ends)), ALREADY);
    let closed = Err(Refusal::JobClosed { ended: Ending::NoShow });
    assert_eq!(desk.asks(no_show(AfterNoShow::Returns)), closed);

    let mut desk = claimed();
    desk.does([confirm(), no_show(AfterNoShow::Returns)]);
    desk.takes_seat("bo");
    assert_eq!((desk.job().winner(), desk.stands()), (Some(id("bo")), "claimed"));
    let told = |message: &&Message| message.topic == Topic::ClaimEnded(ClaimEnd::NoShow);
    assert_eq!(desk.messages().iter().filter(|message| told(message)).count(), 1);
}
