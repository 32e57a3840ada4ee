//! Kill -9 while messages are in every state of delivery: after the restart each is in a truthful state, nothing is lost, what
//! was called off is never sent, and a repeat only stands where an attempt may have gone unanswered (P5), and says so.
//!
//! `STORIES_NOTIFICATIONS=5000` sets how many there are, in thirds by Telegram, by mail and by SMS.

use std::collections::BTreeMap;
use std::time::Duration;

use baton::simulator::mailbox::Twist;
use baton::simulator::provider::{Answer as Said, Fault as Trouble, Provider, Taken, twilio};
use baton::simulator::telegram::Fault;
use serde_json::{Value, json};

use super::callbacks::{AUTH_TOKEN, twilio_tells};
use super::shows::number;
use super::town::{Town, phone_number, town_with};
use super::wait::{a_moment, until};

/// What a message that may be one too many says.
const REPEAT: &str = "You may have had this before.";
const TEXT: &str = "Your parcel is ready.";

/// Attempts that a message has, until it has failed.
const ATTEMPTS: usize = 6;

/// So many phones there are that belong to nobody; several messages go to each, apart by their traces.
const PHONES: usize = 900;

/// What a message is to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// Nothing.
    Plain,
    /// Its provider takes it and does not answer.
    Unanswered,
    /// Its provider takes it, and the answer is a fault.
    Garbled,
    /// It is to wait, once.
    Held,
    /// Its address is dead.
    Dead,
    /// It is due in a year.
    Later,
    /// The same, and it is called off.
    CalledOff,
    /// It waits in the queue behind the others, and somebody tries to call it off.
    Contested,
}

const FATES: [Fate; 16] = [
    Fate::Plain,
    Fate::Unanswered,
    Fate::Plain,
    Fate::Dead,
    Fate::Plain,
    Fate::Later,
    Fate::Garbled,
    Fate::Plain,
    Fate::Held,
    Fate::Plain,
    Fate::CalledOff,
    Fate::Plain,
    Fate::Contested,
    Fate::Plain,
    Fate::Contested,
    Fate::Plain,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Telegram,
    Email,
    Sms,
}

struct Message {
    no: usize,
    way: Way,
    fate: Fate,
    id: String,
}

/// What was acknowledged before the kill.
#[derive(Default)]
struct Known {
    /// Those whose calling off was answered with 200.
    called_off: Vec<usize>,
    /// What was told of which message, and answered with 200.
    told: BTreeMap<usize, &'static str>,
}

impl Message {
    fn of(no: usize) -> Self {
        let way = [Way::Telegram, Way::Email, Way::Sms][no % 3];
        let fate = match (FATES[no / 3 % FATES.len()], way) {
            // Twilio's troubles come to whoever calls at that moment.
            (Fate::Unanswered | Fate::Garbled | Fate::Held | Fate::Dead, Way::Sms) | (Fate::Held, Way::Email) => {
                Fate::Plain
            }
            (fate, _) => fate,
        };
        Self { no, way, fate, id: String::new() }
    }

    fn recipient(&self) -> String {
        match self.way {
            Way::Telegram | Way::Email => format!("p{}", self.no),
            Way::Sms => format!("s{}", self.no % PHONES),
        }
    }

    fn person(&self) -> Value {
        let yes = json!([{ "channel": self.channel(), "status": "opted_in" }]);
        let mut person = json!({ "ref": self.recipient(), "name": "Reader", "consents": yes });
        match self.way {
            Way::Telegram => person["telegram_chat_id"] = json!(self.chat()),
            Way::Email => person["email"] = json!(self.address()),
            Way::Sms => person["phone"] = json!(phone_number((self.no % PHONES) as u16)),
        }
        person
    }

    fn channel(&self) -> &'static str {
        match self.way {
            Way::Telegram => "telegram",
            Way::Email => "email",
            Way::Sms => "sms",
        }
    }

    fn chat(&self) -> i64 {
        10_000 + self.no as i64
    }

    fn address(&self) -> String {
        format!("reader-{}@example.com", self.no)
    }

    fn intent(&self) -> Value {
        let mut intent = json!({ "external_ref": format!("m-{}", self.no), "event_type": "parcel.ready",
            "recipient": { "contact": self.person() }, "channel": self.channel(), "template": "parcel_ready" });
        match self.fate {
            Fate::Later | Fate::CalledOff => intent["scheduled_at"] = json!("2027-11-20T08:00:00Z"),
            Fate::Contested => intent["priority"] = json!("low"),
            Fate::Plain | Fate::Unanswered | Fate::Garbled | Fate::Held | Fate::Dead => {}
        }
        intent
    }

    fn path(&self) -> String {
        format!("/api/v1/notifications/{}", self.id)
    }
}

/// Everything with a provider at its other end.
struct Post {
    town: Town,
    twilio: Provider,
}

impl Post {
    /// Whose providers take `rate` messages a second each.
    async fn opens(rate: usize) -> Self {
        let wire = twilio::Twilio { account_sid: "ACTEST".to_owned(), auth_token: AUTH_TOKEN.to_owned(), open: true };
        let twilio = Provider::start(wire).await.unwrap();
        let rate = format!("{rate}/1s");
        let words = tempfile::tempdir().unwrap().keep();
        std::fs::create_dir(words.join("en")).unwrap();
        let text = format!("{{% if possible_repeat %}}{REPEAT} {{% endif %}}{TEXT}");
        std::fs::write(words.join("en/parcel_ready.plain.text"), text).unwrap();
        std::fs::write(words.join("en/parcel_ready.email.subject"), "Your parcel").unwrap();
        let town = town_with(&[
            ("LOGS__LEVEL", "info"),
            ("RETRY__SENDER_PAUSE", "100ms"),
            ("RETRY__ATTEMPTS", &ATTEMPTS.to_string()),
            ("WORDING__FOLDER", words.to_str().unwrap()),
            ("CHANNELS__TELEGRAM__RATE_ACCOUNT", &rate),
            ("CHANNELS__TELEGRAM__REQUEST_TIMEOUT", "500ms"),
            ("CHANNELS__EMAIL__SMTP__RATE_ACCOUNT", &rate),
            ("CHANNELS__EMAIL__SMTP__DATA_TIMEOUT", "500ms"),
            ("CHANNELS__TWILIO__ACCOUNT_SID", "ACTEST"),
            ("CHANNELS__TWILIO__AUTH_TOKEN", AUTH_TOKEN),
            ("CHANNELS__TWILIO__BASE_URL", &twilio.url()),
            ("CHANNELS__TWILIO__REQUEST_TIMEOUT", "500ms"),
            ("CHANNELS__SMS__TWILIO__FROM", "+447700900999"),
            ("CHANNELS__SMS__TWILIO__RATE_ACCOUNT", &rate),
            ("CHANNELS__SMS__TWILIO__RATE_CHAT", "off"),
        ])
        .await;
        Self { town, twilio }
    }

    /// What a message is to meet is arranged.
    fn arranges(&self, message: &Message) {
        let chat = || self.town.bot.chat(message.chat());
        let next = |twist| self.town.mailbox.next_mail_to(&message.address(), twist);
        match (message.way, message.fate) {
            (Way::Telegram, Fate::Unanswered) => chat().next_call_meets(Fault::DoneAndCut),
            (Way::Telegram, Fate::Garbled) => chat().next_call_meets(Fault::DoneAndBroken),
            (Way::Telegram, Fate::Held) => chat().next_call_meets(Fault::TooMany { retry_after: 1 }),
            (Way::Telegram, Fate::Dead) => chat().blocks_unheard(),
            (Way::Telegram, Fate::Plain | Fate::Later | Fate::CalledOff | Fate::Contested) => drop(chat()),
            (Way::Email, Fate::Unanswered) => next(Twist::KeptAndSilent),
            (Way::Email, Fate::Garbled) => next(Twist::KeptAndCut),
            (Way::Email, Fate::Dead) => {
                self.town.mailbox.every_mail_to(&message.address(), Twist::Refuse("550 5.1.1 no such user".to_owned()));
            }
            (Way::Email, Fate::Plain | Fate::Held | Fate::Later | Fate::CalledOff | Fate::Contested)
            | (Way::Sms, _) => {}
        }
    }

    /// The texts of a message that its provider has, oldest first.
    fn texts(&self, message: &Message, by_trace: &BTreeMap<String, Vec<Taken>>) -> Vec<String> {
        match message.way {
            Way::Telegram => {
                let messages = self.town.bot.chat(message.chat()).messages();
                messages.into_iter().filter(|message| message.from.is_none()).map(|message| message.text).collect()
            }
            Way::Email => {
                let (mails, to) = (self.town.mailbox.mails(), message.address());
                mails.into_iter().filter(|mail| mail.to.contains(&to)).map(|mail| mail.text).collect()
            }
            Way::Sms => by_trace.get(&message.id).into_iter().flatten().map(|taken| taken.text.clone()).collect(),
        }
    }

    /// The SMS by the notification that they are of.
    fn by_trace(&self, messages: &[Message]) -> BTreeMap<String, Vec<Taken>> {
        let mut all: BTreeMap<String, Vec<Taken>> = BTreeMap::new();
        let ids: Vec<&str> = messages.iter().filter(|message| message.way == Way::Sms).map(|m| m.id.as_str()).collect();
        for taken in self.twilio.taken() {
            let plain = taken.trace.replace('-', "");
            let id = ids.iter().find(|id| plain.contains(&id.replace('-', "")));
            let id = id.unwrap_or_else(|| panic!("an SMS of nobody's: {}", taken.trace));
            all.entry((*id).to_owned()).or_default().push(taken);
        }
        all
    }

    fn seen(&self) -> usize {
        let chats = self.town.bot.calls().iter().filter(|call| call.method == "sendMessage").count();
        chats + self.town.mailbox.mails().len() + self.twilio.taken().len()
    }

    /// Twilio calls back about the newest messages it has: delivered, read or failed, one after the other.
    async fn calls_back(&self, messages: &[Message], known: &mut Known, most: usize) {
        let by_trace = self.by_trace(messages);
        let mut called = 0;
        for message in messages.iter().filter(|message| message.way == Way::Sms) {
            let Some(taken) = by_trace.get(&message.id).and_then(|all| all.last()) else { continue };
            if called == most || known.told.contains_key(&message.no) {
                continue;
            }
            let (status, error) = [("delivered", ""), ("sent", ""), ("undelivered", "30005")][called % 3];
            twilio_tells(&self.town, taken, status, error).await;
            known.told.insert(message.no, status);
            called += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_killed_with_messages_in_every_state_each_tells_the_truth_afterwards() {
    let count = number("STORIES_NOTIFICATIONS", 192);
    // All of them take some seconds, so that the kill comes in between.
    let mut post = Post::opens((count / 3 / 4).max(10)).await;
    let mut messages: Vec<Message> = (0..count).map(Message::of).collect();
    for message in &messages {
        post.arranges(message);
    }
    for no in 0..count / 24 {
        post.twilio.next_call_meets(Trouble::Refused(twilio::error(429, 20429, "Too many requests")));
        post.twilio.next_call_meets(Trouble::TakenAnd(Said::html(502)));
        if no % 4 == 0 {
            post.twilio.next_call_meets(Trouble::Hang(Duration::from_secs(3)));
        }
    }
    for page in messages.chunks_mut(500) {
        let intents: Vec<Value> = page.iter().map(Message::intent).collect();
        let answer = post.town.door.post("/api/v1/notifications/batch", json!(intents)).await.is(200);
        for (message, item) in page.iter_mut().zip(answer["items"].as_array().unwrap()) {
            assert_eq!(item["status"], 202, "{item}");
            message.id = item["id"].as_str().unwrap().to_owned();
        }
    }
    let mut known = Known::default();
    until("some have left", async || (post.seen() >= count / 5).then_some(())).await;
    post.calls_back(&messages, &mut known, count / 20).await;
    for message in messages.iter().filter(|message| matches!(message.fate, Fate::CalledOff | Fate::Contested)) {
        let answer = post.town.door.post(&format!("{}/cancel", message.path()), json!({})).await;
        match answer.status {
            200 => known.called_off.push(message.no),
            // It is with its provider, or may be.
            409 => assert_eq!(message.fate, Fate::Contested, "{}", answer.text),
            other => panic!("{other}: {}", answer.text),
        }
    }
    a_moment(Duration::from_millis(300)).await;
    let before = states(&post.town, &messages).await;
    post.town.kill_9().await;
    let seen_before = post.seen();
    post.town.starts_again().await;
    post.calls_back(&messages, &mut known, count / 20).await;
    post.town.sends_all_it_owes().await;
    post.calls_back(&messages, &mut known, count).await;
    until("all that was told was acted upon", async || {
        let left = post.town.door.get("/api/v1/webhooks?done=false").await.is(200);
        left["items"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
    let after = states(&post.town, &messages).await;
    eprintln!("{count} messages; {seen_before} attempts before the kill, {} in all", post.seen());
    eprintln!("before: {before:?}\nafter:  {after:?}");
    check(&post, &messages, &known).await;
}

/// How many stand where.
async fn states(town: &Town, messages: &[Message]) -> BTreeMap<String, usize> {
    let mut states = BTreeMap::new();
    for message in messages {
        let shown = town.door.get(&message.path()).await.is(200);
        let status = shown["status"].as_str().unwrap();
        let delivery = shown["deliveries"][0]["status"].as_str().unwrap_or("-");
        *states.entry(format!("{status}/{delivery}")).or_default() += 1;
    }
    states
}

async fn check(post: &Post, messages: &[Message], known: &Known) {
    let by_trace = post.by_trace(messages);
    let mut repeats: BTreeMap<Fate, usize> = BTreeMap::new();
    let (mut cut_off, mut by_the_kill, mut given_up) = (0, 0, 0);
    for message in messages {
        let shown = post.town.door.get(&message.path()).await.is(200);
        let (status, texts) = (shown["status"].as_str().unwrap(), post.texts(message, &by_trace));
        let what = || format!("{:?} {:?} {status}, {} seen: {shown}", message.way, message.fate, texts.len());
        if known.called_off.contains(&message.no) {
            assert_eq!((status, texts.len()), ("canceled", 0), "called off, and acknowledged: {}", what());
            continue;
        }
        match message.fate {
            Fate::Later => assert_eq!((status, texts.len()), ("scheduled", 0), "{}", what()),
            Fate::CalledOff => panic!("it was not due for a year: {}", what()),
            Fate::Dead => {
                assert_eq!((status, texts.len()), ("failed", 0), "{}", what());
                assert_eq!(shown["ended"]["code"], "recipient", "{}", what());
            }
            // Twilio refused every attempt that it had: it has failed, says why, and nobody ever saw it.
            _ if status == "failed" && texts.is_empty() && message.way == Way::Sms => {
                assert_eq!(shown["ended"]["code"], "retry", "{}", what());
                given_up += 1;
                continue;
            }
            Fate::Plain | Fate::Unanswered | Fate::Garbled | Fate::Held | Fate::Contested => {
                assert!(!texts.is_empty(), "lost: {}", what());
                let expected = match known.told.get(&message.no) {
                    Some(&"delivered") => "delivered",
                    Some(&"undelivered") => "failed",
                    Some(_) | None => "sent",
                };
                assert_eq!(status, expected, "{}", what());
            }
        }
        // Every further message says that it may be one too many; so does one whose first attempt the kill cut off unsent.
        assert!(texts.iter().skip(1).all(|text| text.contains(REPEAT)), "a repeat that does not say so: {}", what());
        cut_off += usize::from(texts.first().is_some_and(|text| text.contains(REPEAT)));
        // One for each attempt that went unanswered, and one for the kill. Twilio's troubles meet whoever calls, again and again.
        let unanswered = matches!(message.fate, Fate::Unanswered | Fate::Garbled);
        let most = if message.way == Way::Sms { ATTEMPTS + 1 } else { 2 + usize::from(unanswered) };
        assert!(texts.len() <= most, "{}", what());
        if message.way != Way::Sms && !unanswered {
            by_the_kill += texts.len().saturating_sub(1);
        }
        *repeats.entry(message.fate).or_default() += texts.len().saturating_sub(1);
    }
    repeats.retain(|_, count| *count > 0);
    eprintln!("repeats, each of which says so: {repeats:?}; cut off before they were sent, and say so: {cut_off}");
    // Each has used up its attempts on refusals that were planted, and each of these refuses once.
    assert!(given_up * ATTEMPTS <= messages.len() / 24, "{given_up} given up");
    // What was under way when it was killed: 32 calls of Telegram, 4 of mail, and a group of outcomes on its way to the disk.
    assert!(by_the_kill <= 64, "{by_the_kill} repeats of messages that nothing befell but the kill");
    eprintln!("called off: {}", known.called_off.len());
    assert!((post.town.metric("baton_jobs_without_next_action", "").await).abs() < 0.5);
}
