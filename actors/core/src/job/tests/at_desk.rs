//! What the desk is told of a lead, and how its messages come to say what was done.

use super::*;
use crate::delivery::DropReason;
use crate::gates::{Dial, Gate};
use crate::job::lead::LeadNews;
use crate::message::{Notice, Once};

const AFTER: Duration = Duration::from_secs(2);

/// A tenant whose desk lives in a chat.
fn in_chat(names: &[&str]) -> Desk {
    let mut desk = Desk::with(names);
    desk.channels = &[ChannelKind::Telegram, ChannelKind::Console];
    desk.settings.desk.telegram = Some(900);
    desk
}

/// A lead with nobody to ask.
fn lead(text_after: Option<Duration>) -> Desk {
    let mut desk = in_chat(&[]);
    desk.publish(NewJob { has_details: true, lead: Some(LeadNews { text_after }), ..new_job(together()) });
    desk
}

impl Desk {
    fn owed_for(&self, topic: &Topic) -> Option<EffectNo> {
        self.job().owed.iter().find(|owed| owed.message.topic == *topic).map(|owed| owed.no)
    }

    fn hears(&mut self, effect: EffectNo, delivery: Delivery) {
        self.turn(|turn| turn.observe(Report::Delivery { effect, delivery }));
    }

    /// The message arrives under this number.
    fn arrives(&mut self, topic: &Topic, number: &str) {
        let effect = self.owed_for(topic).expect("owed");
        self.hears(effect, Delivery::Sent(Receipt { channel: ChannelKind::Telegram, message: number.into() }));
    }

    fn done(&self) -> Vec<(String, Actor)> {
        let done = self.job().notes.iter().filter_map(|note| note.done.clone());
        done.map(|done| (done.what, done.by)).collect()
    }
}

#[test]
fn c1_the_text_for_crews_follows_the_lead_by_its_time_and_once() {
    let mut desk = lead(Some(AFTER));
    assert!(desk.owed_for(&Topic::Lead).is_some() && desk.owed_for(&Topic::CrewText).is_none());
    // However long the lead itself takes.
    desk.pass(minutes(5));
    assert!(desk.owed_for(&Topic::CrewText).is_none());
    desk.arrives(&Topic::Lead, "1");
    assert_eq!(desk.job().due(), Some(desk.now + AFTER));
    desk.pass(Duration::from_millis(1_999));
    assert!(desk.owed_for(&Topic::CrewText).is_none());
    desk.pass(Duration::from_millis(1));
    assert!(desk.owed_for(&Topic::CrewText).is_some());
    desk.arrives(&Topic::CrewText, "2");
    desk.pass(minutes(60));
    assert!(desk.owed_for(&Topic::CrewText).is_none() && desk.job().due().is_none());
}

#[test]
fn c6_without_it_the_lead_comes_alone_and_a_desk_that_cannot_be_reached_gets_nothing() {
    let mut desk = lead(None);
    desk.arrives(&Topic::Lead, "1");
    desk.pass(minutes(60));
    assert!(desk.owed_for(&Topic::CrewText).is_none());
    let mut nowhere = Desk::with(&[]);
    nowhere.publish(NewJob {
        has_details: true,
        lead: Some(LeadNews { text_after: Some(AFTER) }),
        ..new_job(together())
    });
    assert!(nowhere.job().owed.is_empty() && nowhere.job().lead.is_none());
}

#[test]
fn a_lead_that_did_not_arrive_holds_nothing_up_and_one_that_was_called_off_is_no_news() {
    let mut desk = lead(Some(AFTER));
    let effect = desk.owed_for(&Topic::Lead).unwrap();
    desk.hears(effect, Delivery::Failed { class: "recipient".into(), reason: "blocked".into() });
    desk.pass(AFTER);
    assert!(desk.owed_for(&Topic::CrewText).is_some());
    let mut desk = lead(Some(AFTER));
    desk.arrives(&Topic::Lead, "1");
    desk.asks(Command::Cancel { reason: None }).expect("open");
    assert_eq!(desk.job().due(), None);
    desk.pass(AFTER);
    assert!(desk.owed_for(&Topic::CrewText).is_none());
}

#[test]
fn c8_what_may_have_arrived_is_sent_again_by_somebodys_word_alone() {
    let mut desk = lead(Some(AFTER));
    let effect = desk.owed_for(&Topic::Lead).unwrap();
    desk.hears(effect, Delivery::Unsure);
    let doubt = Notice::Doubtful(Once::Lead);
    assert!(desk.owed_for(&Topic::Lead).is_none());
    desk.arrives(&Topic::Notice(doubt), "3");
    assert_eq!(desk.job().deeds(doubt), [Deed::SendLead]);
    assert_eq!(desk.asks(Command::SendAgain(Once::Lead)), Ok(Answer::Done));
    assert_eq!(desk.asks(Command::SendAgain(Once::Lead)), Ok(Answer::Already));
    assert_eq!(desk.done(), [("sent_again".to_owned(), Actor::Operator("desk".into()))]);
    // The text for crews does not come twice for that.
    desk.arrives(&Topic::Lead, "4");
    desk.pass(AFTER);
    desk.arrives(&Topic::CrewText, "5");
    desk.pass(minutes(5));
    assert!(desk.owed_for(&Topic::CrewText).is_none());
    assert_eq!(desk.asks(Command::SendAgain(Once::Release)), Err(Refusal::NothingReleased));
}

#[test]
fn c8_what_has_arrived_is_not_sent_again_by_a_button_of_before() {
    let already = Ok(Answer::Already);
    let again = |desk: &mut Desk| desk.asks(Command::SendAgain(Once::Lead));
    let mut desk = lead(Some(AFTER));
    desk.arrives(&Topic::Lead, "1");
    assert_eq!((again(&mut desk), desk.owed_for(&Topic::Lead)), (already.clone(), None), "nobody doubts it");
    // Settled by somebody who looked.
    let mut desk = lead(Some(AFTER));
    let effect = desk.owed_for(&Topic::Lead).unwrap();
    desk.hears(effect, Delivery::Unsure);
    assert_eq!(desk.asks(Command::LeaveSent(Once::Lead)), Ok(Answer::Done));
    assert_eq!((again(&mut desk), desk.owed_for(&Topic::Lead)), (already.clone(), None));
    // Sent again, and arrived.
    let mut desk = lead(Some(AFTER));
    let effect = desk.owed_for(&Topic::Lead).unwrap();
    desk.hears(effect, Delivery::Unsure);
    assert_eq!(again(&mut desk), Ok(Answer::Done));
    desk.arrives(&Topic::Lead, "4");
    assert_eq!((again(&mut desk), desk.owed_for(&Topic::Lead)), (already.clone(), None));
    // What was refused may be sent again, and what is in doubt twice as well.
    let mut desk = lead(None);
    let effect = desk.owed_for(&Topic::Lead).unwrap();
    desk.hears(effect, Delivery::Failed { class: "recipient".into(), reason: "blocked".into() });
    assert_eq!(again(&mut desk), Ok(Answer::Done));
    let effect = desk.owed_for(&Topic::Lead).unwrap();
    desk.hears(effect, Delivery::Unsure);
    assert_eq!(again(&mut desk), Ok(Answer::Done));
    assert_eq!(desk.asks(Command::SendAgain(Once::CrewText)), already, "it was never sent");
}

#[test]
fn a_message_at_the_desk_says_what_was_done_by_whom_and_is_forgotten() {
    let mut desk = in_chat(&["ana", "bo"]);
    desk.publish(NewJob { has_details: true, ..new_job(together()) });
    desk.claims("ana").expect("open");
    let ask = |gate, name: &str| Topic::Notice(Notice::Asked(gate, id(name)));
    desk.arrives(&ask(Gate::Confirm, "ana"), "7");
    assert_eq!(desk.job().deeds(Notice::Asked(Gate::Confirm, id("ana"))), [Deed::Confirm, Deed::Refuse, Deed::Cancel]);
    desk.asks(Command::Pass { gate: Gate::Confirm, reference: None }).expect("claimed");
    assert_eq!(desk.done(), [("confirmed".to_owned(), Actor::Operator("desk".into()))]);
    let no = desk.job().notes[0].no;
    desk.arrives(&Topic::NoteDone(no), "7");
    assert!(desk.job().notes.is_empty());
    // The next step is asked for; the dial is turned, and the engine takes over.
    desk.arrives(&ask(Gate::Invoice, "ana"), "8");
    let own = OwnGates { invoice: Some(Dial::Engine), ..OwnGates::default() };
    desk.asks(Command::SetGates { gates: own, publish: None }).expect("open");
    assert_eq!(desk.done(), [("invoiced".to_owned(), Actor::Engine)]);
    assert!(desk.owed_for(&ask(Gate::Payment, "ana")).is_some());
    // Who no longer has it is not asked about: what has not left is spared, and nothing is said of it.
    desk.asks(Command::Refuse { agent: None, reason: None }).expect("claimed");
    let old = desk.owed_for(&ask(Gate::Payment, "ana")).expect("owed");
    assert!(desk.job().owed.iter().any(|owed| owed.no == old && owed.message.is_old_news(desk.job())));
    let entries = desk.job().entries;
    desk.hears(old, Delivery::Dropped(DropReason::Late));
    assert_eq!((desk.owed_for(&ask(Gate::Payment, "ana")), desk.job().entries), (None, entries));
}

#[test]
fn what_was_done_while_the_message_was_on_its_way_is_said_when_it_arrives() {
    let mut desk = in_chat(&["ana"]);
    desk.settings.settlement.patience.confirm = Some(minutes(1));
    desk.publish(new_job(together()));
    desk.claims("ana").expect("open");
    desk.pass(minutes(1));
    let late = Topic::Notice(Notice::Waiting(Wait::Gate(Gate::Confirm), id("ana")));
    assert!(desk.owed_for(&late).is_some());
    desk.asks(Command::Pass { gate: Gate::Confirm, reference: None }).expect("claimed");
    desk.arrives(&late, "9");
    assert_eq!(desk.done(), [("confirmed".to_owned(), Actor::Operator("desk".into()))]);
}

#[test]
fn a_winner_who_is_not_reached_is_a_matter_for_the_desk() {
    let mut desk = in_chat(&["ana"]);
    desk.publish(new_job(together()));
    desk.claims("ana").expect("open");
    let won = desk.owed_for(&Topic::Won).unwrap();
    desk.hears(won, Delivery::Failed { class: "recipient".into(), reason: "blocked".into() });
    let notice = Notice::Unreached(id("ana"));
    desk.arrives(&Topic::Notice(notice), "4");
    assert_eq!(desk.job().deeds(notice), [Deed::Refuse, Deed::Cancel]);
    desk.asks(Command::Refuse { agent: None, reason: None }).expect("claimed");
    assert_eq!(desk.done(), [("refused".to_owned(), Actor::Operator("desk".into()))]);
}

#[test]
fn a_button_that_calls_off_is_about_the_claim_it_was_shown_with() {
    let mut desk = in_chat(&["ana", "bo"]);
    desk.publish(new_job(together()));
    assert!(desk.job().still_means(Deed::Cancel, 0));
    desk.claims("ana").expect("open");
    let anas = desk.job().claim_no();
    assert!(!desk.job().still_means(Deed::Cancel, 0) && desk.job().still_means(Deed::Cancel, anas));
    desk.asks(Command::Refuse { agent: None, reason: None }).expect("claimed");
    assert!(desk.job().still_means(Deed::Cancel, 0) && !desk.job().still_means(Deed::Cancel, anas));
    desk.claims("bo").expect("open");
    for deed in [Deed::Cancel, Deed::Refuse, Deed::Confirm] {
        assert!(!desk.job().still_means(deed, anas), "bo has it");
    }
    assert!(desk.job().still_means(Deed::Publish, anas), "no matter of a claim's");
}

#[test]
fn a_command_is_about_nobody_who_came_after_it_was_written() {
    let mut desk = in_chat(&["ana", "bo"]);
    desk.publish(new_job(together()));
    desk.claims("ana").expect("open");
    let written = desk.now + minutes(1);
    assert!(desk.job().was_meant(Deed::Refuse, desk.now) && desk.job().was_meant(Deed::Refuse, written));
    desk.now = written + minutes(1);
    desk.asks(Command::Withdraw { agent: None, reason: None }).expect("claimed");
    desk.claims("bo").expect("open");
    assert!(!desk.job().was_meant(Deed::Refuse, written) && !desk.job().was_meant(Deed::NoShow, written));
    assert!(desk.job().was_meant(Deed::Cancel, written), "that is about the job");
}
