//! What every channel owes the engine, whichever provider stands behind it. Each runs through the same suite against its own
//! provider on loopback; what only one of them does is proved beside it.

mod console;
mod email;
mod email_api;
mod phones;
mod telegram;

use std::time::Duration;

use baton_actors::channel::{Address, Channel, Errand};
use baton_actors::clock::{BoxFuture, Stopwatch};
use baton_core::brief::Brief;
use baton_core::delivery::{Outcome, Receipt};
use baton_core::message::{Over, Topic};

use crate::wording::samples;

/// What a provider can be told to do with the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// The person does not want it.
    Blocked,
    /// "Wait seven seconds."
    TooMany,
    /// An error of its own, that may have come too late.
    Broken,
    /// No answer that can be read.
    Garbage,
    /// No answer at all.
    Silence,
    /// Not there.
    Away,
    /// It does not believe us.
    Stranger,
    /// The message is not to its liking.
    BadMessage,
}

/// A channel at a provider that does as it is told.
trait Bench {
    fn channel(&self) -> &dyn Channel;
    /// Where its person is reached.
    fn address(&self) -> Address;
    /// What must never be seen.
    fn secret(&self) -> Option<&'static str>;
    /// What each trouble comes to here; none where the provider has no such thing.
    fn class_of(&self, trouble: Trouble) -> Option<&'static str>;
    /// The next attempt meets a trouble.
    fn meets(&mut self, trouble: Trouble);
    /// What the person sees now, oldest first.
    fn seen(&self) -> Vec<String>;
}

/// Opens a bench for one part of the suite.
type Open = fn() -> BoxFuture<'static, Box<dyn Bench>>;

const TROUBLES: [Trouble; 8] = [
    Trouble::Blocked,
    Trouble::TooMany,
    Trouble::Broken,
    Trouble::Garbage,
    Trouble::Silence,
    Trouble::Away,
    Trouble::Stranger,
    Trouble::BadMessage,
];

async fn conforms(open: Open) {
    shows_what_was_accepted(&*open().await).await;
    refuses_addresses_of_others(&*open().await).await;
    sends_again_only_what_shows_once(&*open().await).await;
    replaces_in_place_where_it_can(&*open().await).await;
    survives_any_value(&*open().await).await;
    for trouble in TROUBLES {
        classes_its_troubles(open().await, trouble).await;
    }
}

fn offer(to: Address) -> Errand {
    about(to, Topic::Offer(1))
}

fn about(to: Address, topic: Topic) -> Errand {
    let say = samples::about_job(topic, &samples::view(samples::full_brief()), true);
    Errand { to, say, possible_repeat: false, ..samples::errands("en").remove(0) }
}

fn receipt(outcome: Outcome) -> Receipt {
    match outcome {
        Outcome::Accepted(receipt) => receipt,
        other => panic!("not accepted: {other:?}"),
    }
}

async fn shows_what_was_accepted(bench: &dyn Bench) {
    let receipt = receipt(bench.channel().send(offer(bench.address())).await);
    assert_eq!(receipt.channel, bench.channel().kind());
    assert!(!receipt.message.is_empty());
    let seen = bench.seen();
    assert_eq!(seen.len(), 1, "{seen:?}");
    for part in ["Leeds", "Manchester", "Sat 30 Jan 2027", "NO"] {
        assert!(seen[0].contains(part), "no {part} in {}", seen[0]);
    }
    let yes = if receipt.channel == baton_core::delivery::ChannelKind::Sms { "ACCEPT" } else { "YES" };
    assert!(seen[0].contains(yes), "no {yes} in {}", seen[0]);
}

async fn refuses_addresses_of_others(bench: &dyn Bench) {
    let phone = baton_core::phone::Phone::new("+447700900001").expect("E.164");
    let others = [
        Address::Phone(phone),
        Address::Telegram { chat: 1001, thread: None },
        Address::Email("ana@example.com".into()),
    ];
    let mine = |other: &Address| std::mem::discriminant(other) == std::mem::discriminant(&bench.address());
    for other in others.into_iter().filter(|other| !mine(other)) {
        // The console is everybody's.
        let expected = if bench.address() == Address::Console { "accepted" } else { "content" };
        assert_eq!(bench.channel().send(offer(other)).await.class(), expected);
    }
}

async fn sends_again_only_what_shows_once(bench: &dyn Bench) {
    let first = receipt(bench.channel().send(offer(bench.address())).await);
    let again = receipt(bench.channel().send(offer(bench.address())).await);
    let shown = bench.seen().len();
    assert_eq!(shown == 1, bench.channel().idempotent(), "shown {shown} times");
    if bench.channel().idempotent() {
        assert_eq!(first, again);
    }
}

async fn replaces_in_place_where_it_can(bench: &dyn Bench) {
    let offered = receipt(bench.channel().send(offer(bench.address())).await);
    let mut over = about(bench.address(), Topic::OfferOver(1, Over::Taken));
    over.key = "another".to_owned();
    over.replaces = Some(offered);
    receipt(bench.channel().send(over.clone()).await);
    let seen = bench.seen();
    assert_eq!(seen.len(), if bench.channel().edits() { 1 } else { 2 }, "{seen:?}");
    assert!(seen[seen.len() - 1].contains("somebody else has the job"), "{seen:?}");
    if bench.channel().edits() {
        assert_eq!(bench.channel().send(over).await, Outcome::Noop);
    }
}

async fn survives_any_value(bench: &dyn Bench) {
    let wild = "_*[]()~`>#+-=|{}.!<script>alert(1)</script>&amp;\r\nBcc: x@example.com\u{202e}\u{0}\u{1b}[2J";
    let brief = Brief { from: Some(wild.to_owned()), to: Some(wild.to_owned()), ..samples::full_brief() };
    let say = samples::about_job(Topic::Offer(1), &samples::view(brief), true);
    let errand = Errand { say, name: wild.to_owned(), key: wild.to_owned(), ..offer(bench.address()) };
    receipt(bench.channel().send(errand).await);
    let seen = bench.seen().concat();
    for control in ['\u{0}', '\u{1b}', '\u{202e}'] {
        assert!(!seen.contains(control), "{control:?} in {seen}");
    }
}

async fn classes_its_troubles(mut bench: Box<dyn Bench>, trouble: Trouble) {
    let Some(class) = bench.class_of(trouble) else {
        return;
    };
    bench.meets(trouble);
    let watch = Stopwatch::start();
    let outcome = bench.channel().send(offer(bench.address())).await;
    assert_eq!(outcome.class(), class, "{trouble:?}: {outcome:?}");
    assert!(watch.elapsed() < Duration::from_secs(5), "{trouble:?} took {:?}", watch.elapsed());
    if let Outcome::RetryAfter(wait, _) = outcome {
        assert_eq!(wait, Duration::from_secs(7));
    }
    if let Some(secret) = bench.secret() {
        assert!(!format!("{outcome:?}").contains(secret), "{outcome:?}");
    }
    for private in ["ana@example.com", "1001", "7700900001"] {
        assert!(!format!("{outcome:?}").contains(private), "{outcome:?}");
    }
}
