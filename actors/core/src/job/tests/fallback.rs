//! From channel to channel, and waves that ask no more than can be reached.

use super::*;
use crate::delivery::{DropReason, Provider};
use crate::job::explain::explain;
use crate::message::Recipient;
use crate::phone::Phone;
use crate::plan::ClockStart;

/// People who can be reached by mail, by SMS and by Telegram, and a tenant that goes from one to the next.
fn desk(names: &[&str], plan: Plan, fallback_after: Option<Duration>) -> Desk {
    let mut desk = Desk::with(names);
    desk.channels = &[ChannelKind::Email, ChannelKind::Sms, ChannelKind::Telegram];
    desk.settings.fallback_after = fallback_after;
    let agents = desk.roster.in_order().zip(1..).map(|(agent, n)| Agent {
        email: Some(format!("{}@example.com", agent.name)),
        phone: Phone::new(&format!("+44770090000{n}")).ok(),
        telegram: Some(n),
        ..(**agent).clone()
    });
    desk.roster = Roster::of(agents.collect::<Vec<_>>());
    desk.publish(new_job(plan));
    desk
}

fn at_delivery() -> Plan {
    let wave = Wave { starts: ClockStart::Delivered, ..Wave::new(Mode::OneByOne, minutes(30)) };
    Plan { waves: vec![wave], ..Plan::default() }
}

fn failed(class: &str) -> Delivery {
    Delivery::Failed { class: class.to_owned(), reason: "no".to_owned() }
}

fn sent(channel: ChannelKind) -> Delivery {
    Delivery::Sent(Receipt { channel, message: "1".into() })
}

impl Desk {
    fn told(&mut self, delivery: Delivery) {
        let effect = self.job().owed.first().expect("something is owed").no;
        self.turn(|turn| turn.observe(Report::Delivery { effect, delivery }));
    }

    fn called_back(&mut self, effect: EffectNo, progress: Progress) {
        let receipt = Receipt { channel: ChannelKind::Email, message: "1".into() };
        let (topic, class, reason) = ("offer".to_owned(), "recipient".to_owned(), "bounced".to_owned());
        let callback = Callback { progress, receipt, topic, class, reason, again: false };
        self.turn(|turn| turn.observe(Report::CalledBack { effect, callback }));
    }

    fn words(&self) -> Vec<&'static str> {
        self.job().timeline.iter().map(|entry| entry.event.name()).collect()
    }

    fn owes(&self) -> Vec<(&'static str, ChannelKind)> {
        self.job().owed.iter().map(|owed| (owed.message.topic.template(), owed.message.channel)).collect()
    }
}

#[test]
fn an_offer_that_fails_goes_by_the_next_channel_and_then_to_the_next_agent() {
    for class in ["recipient", "sender", "window", "content", "retry", "unknown"] {
        let mut desk = desk(&["ana", "bo"], in_turn(), Some(minutes(2)));
        assert_eq!(desk.owes(), [("offer", ChannelKind::Email)]);
        let closes_at = desk.job().offers[0].closes_at();
        desk.told(failed(class));
        assert_eq!((desk.open(), desk.owes()), (vec!["ana".into()], vec![("offer", ChannelKind::Sms)]), "{class}");
        assert_eq!(desk.job().offers[0].closes_at(), closes_at, "it stays the same offer");
        assert_eq!(desk.words().last(), Some(&"offer_rerouted"));
        desk.told(failed(class));
        assert_eq!(desk.owes(), [("offer", ChannelKind::Telegram)]);
        desk.told(failed(class));
        assert_eq!(desk.open(), ["bo"], "{class}: no channel is left");
        assert_eq!(desk.job().offers[0].state, OfferState::Failed);
    }
}

#[test]
fn whoever_has_not_asked_for_it_has_no_fallback() {
    let mut desk = desk(&["ana", "bo"], in_turn(), None);
    desk.told(failed("recipient"));
    assert_eq!(desk.open(), ["bo"]);
    desk.claims("bo").expect("free");
    desk.told(failed("recipient"));
    assert_eq!(desk.words().last(), Some(&"message_failed"));
}

#[test]
fn what_may_not_be_repeated_is_not_repeated_elsewhere() {
    for delivery in [Delivery::Unsure, Delivery::Dropped(DropReason::RecipientGone)] {
        let mut desk = desk(&["ana", "bo"], in_turn(), Some(minutes(2)));
        desk.told(delivery.clone());
        assert_eq!(desk.open(), ["bo"], "{delivery:?}");
    }
}

#[test]
fn a_clock_that_starts_at_delivery_waits_for_the_providers_word_and_falls_back_without_it() {
    let mut desk = desk(&["ana", "bo"], at_delivery(), Some(minutes(2)));
    let mail = desk.job().owed[0].no;
    desk.told(sent(ChannelKind::Email));
    assert_eq!(desk.job().offers[0].closes_at(), None, "sent is not delivered");
    desk.pass(minutes(2));
    assert_eq!(desk.owes(), [("offer", ChannelKind::Sms)], "not delivered in time");
    let sms = desk.job().owed[0].no;
    desk.called_back(mail, Progress::Delivered);
    assert_eq!(desk.job().offers[0].closes_at(), None, "the mail is no longer what carries it");
    desk.told(sent(ChannelKind::Sms));
    desk.called_back(sms, Progress::Delivered);
    assert_eq!(desk.job().offers[0].closes_at(), Some(desk.now + minutes(30)));
    desk.called_back(sms, Progress::Read);
    assert_eq!(desk.words().iter().filter(|word| **word == "offer_clock_started").count(), 1);
    desk.pass(minutes(30));
    assert_eq!(desk.open(), ["bo"]);
}

#[test]
fn the_last_channel_starts_the_clock_when_it_has_sent() {
    let mut desk = desk(&["ana", "bo"], at_delivery(), Some(minutes(2)));
    desk.told(Delivery::Dropped(DropReason::Late));
    assert_eq!(desk.owes(), [("offer", ChannelKind::Sms)]);
    let sms = desk.job().owed[0].no;
    desk.told(sent(ChannelKind::Sms));
    desk.called_back(sms, Progress::Failed);
    assert_eq!(desk.owes(), [("offer", ChannelKind::Telegram)], "its provider says that it did not arrive");
    desk.told(sent(ChannelKind::Telegram));
    assert_eq!(desk.job().offers[0].closes_at(), Some(desk.now + minutes(30)));
}

#[test]
fn other_messages_to_agents_go_by_the_next_channel_too() {
    let mut desk = desk(&["ana"], in_turn(), Some(minutes(2)));
    desk.told(sent(ChannelKind::Email));
    desk.claims("ana").expect("free");
    assert_eq!(desk.owes(), [("won", ChannelKind::Email)]);
    desk.told(failed("recipient"));
    assert_eq!(desk.owes(), [("won", ChannelKind::Sms)]);
    assert_eq!(desk.words().last(), Some(&"message_rerouted"));
    assert_eq!(desk.job().owed[0].message.to, Recipient::Agent(id("ana")));
    desk.told(failed("recipient"));
    desk.told(failed("recipient"));
    assert_eq!((desk.owes(), desk.words().last()), (vec![], Some(&"message_failed")), "no channel is left");
}

#[test]
fn a_message_that_a_callback_calls_failed_goes_by_the_next_channel_while_it_is_true() {
    let won = |fallback_after| {
        let mut desk = desk(&["ana", "bo"], in_turn(), fallback_after);
        desk.told(sent(ChannelKind::Email));
        desk.claims("ana").expect("free");
        let no = desk.job().owed[0].no;
        desk.told(sent(ChannelKind::Email));
        assert!(desk.owes().is_empty());
        (desk, no)
    };
    let (mut desk, mail) = won(Some(minutes(2)));
    desk.called_back(mail, Progress::Failed);
    assert_eq!((desk.owes(), desk.words().last()), (vec![("won", ChannelKind::Sms)], Some(&"message_rerouted")));
    assert_eq!(desk.job().owed[0].message.to, Recipient::Agent(id("ana")));
    // Told again, it is another failure of the same message, which is known to have gone on.
    desk.called_back(mail, Progress::Failed);
    assert_eq!(desk.owes(), [("won", ChannelKind::Sms)]);
    let sms = desk.job().owed[0].no;
    desk.told(sent(ChannelKind::Sms));
    desk.called_back(sms, Progress::Failed);
    assert_eq!(desk.owes(), [("won", ChannelKind::Telegram)]);
    let telegram = desk.job().owed[0].no;
    desk.told(sent(ChannelKind::Telegram));
    assert!(desk.job().sent.is_empty(), "of Telegram nothing more is ever told");
    desk.called_back(telegram, Progress::Failed);
    assert_eq!((desk.owes(), desk.words().last()), (vec![], Some(&"message_failed")));

    // Who has not asked for a fallback has none.
    let (mut desk, mail) = won(None);
    desk.called_back(mail, Progress::Failed);
    assert_eq!((desk.owes(), desk.words().last()), (vec![], Some(&"message_failed")));

    // What is no longer true is not said elsewhere.
    let (mut desk, mail) = won(Some(minutes(2)));
    desk.asks(Command::Withdraw { agent: Some(id("ana")), reason: None }).expect("theirs");
    while !desk.job().owed.is_empty() {
        desk.told(sent(ChannelKind::Email));
    }
    desk.called_back(mail, Progress::Failed);
    assert_eq!((desk.owes(), desk.words().last()), (vec![], Some(&"message_failed")));
}

#[test]
fn what_was_sent_is_remembered_within_bounds() {
    let names: Vec<String> = (0..40).map(|n| format!("a{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut desk = desk(&names, together(), Some(minutes(2)));
    while !desk.job().owed.is_empty() {
        desk.told(sent(ChannelKind::Email));
    }
    assert!(desk.job().sent.is_empty(), "offers carry their own debts");
    desk.claims("a00").expect("free");
    // The victory leaves first, and is not pushed out by all those who are told that it is over.
    let won = desk.job().owed.iter().find(|owed| owed.message.topic == Topic::Won).expect("won").no;
    desk.turn(|turn| turn.observe(Report::Delivery { effect: won, delivery: sent(ChannelKind::Email) }));
    while !desk.job().owed.is_empty() {
        desk.told(sent(ChannelKind::Email));
    }
    assert_eq!(desk.job().sent.len(), SENT_KEPT);
    let last = desk.job().sent.last().expect("kept").no;
    desk.called_back(last, Progress::Failed);
    assert_eq!(desk.owes(), [("offer_over", ChannelKind::Sms)]);
    desk.called_back(won, Progress::Failed);
    assert_eq!(desk.owes(), [("offer_over", ChannelKind::Sms), ("won", ChannelKind::Sms)]);
    assert_eq!(desk.job().sent.len(), SENT_KEPT - 2);
}

#[test]
fn a_message_that_another_provider_takes_over_is_still_owed() {
    let mut desk = desk(&["ana"], in_turn(), None);
    let (from, to) = (Provider::Resend, Provider::Smtp);
    let (class, reason) = ("sender".to_owned(), "the key is refused".to_owned());
    desk.told(Delivery::Rerouted { from, to, class, reason });
    assert_eq!((desk.words().last(), desk.owes()), (Some(&"failed_over"), vec![("offer", ChannelKind::Email)]));
    desk.told(sent(ChannelKind::Email));
    assert!(desk.owes().is_empty() && desk.job().offers[0].receipt.is_some());
}

/// A channel that can send two offers in a wave's time.
struct Two;

impl Budgets for Two {
    fn on_channel(&self, _: ChannelKind, _: &[Provider], _: Duration) -> Option<u32> {
        Some(2)
    }
    fn to_group(&self, _: i64, _: &[Provider], _: Duration) -> Option<u32> {
        None
    }
}

#[test]
fn a_wave_asks_as_many_as_can_be_reached_in_its_time_and_the_others_after_them() {
    let mut desk = Desk::with(&["ana", "bo", "cy", "dee", "eli"]);
    desk.budgets = Box::new(Two);
    desk.publish(new_job(together()));
    assert_eq!(desk.open(), ["ana", "bo"]);
    let event = Event::WaveShrunk { step: 0, wanted: 5, asked: 2, channel: ChannelKind::Console, sends: 2 };
    assert!(desk.job().timeline.iter().any(|entry| entry.event == event));
    let short = explain(desk.job(), &desk.world(), desk.now).short.expect("explained");
    assert_eq!((short.wanted, short.asked, short.sends), (5, 2, 2));
    desk.declines("ana").expect("a no");
    assert_eq!(desk.open(), ["bo"], "the others wait until the first have answered");
    desk.pass(minutes(30));
    assert_eq!(desk.open(), ["cy", "dee"]);
    desk.pass(minutes(30));
    assert_eq!(desk.open(), ["eli"]);
    assert_eq!(explain(desk.job(), &desk.world(), desk.now).short, None, "this one is whole");
    desk.pass(minutes(30));
    assert_eq!(desk.status(), "unfilled");
}
