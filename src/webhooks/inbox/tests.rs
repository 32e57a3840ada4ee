//! The inbox before an engine on a store in memory.

use baton_actors::clock::SystemClock;
use baton_core::delivery::Progress;
use baton_core::ids::JobId;
use serde_json::{Value, json};

use super::*;
use crate::channels::press::{Press, Verdict};
use crate::http::sample::House;
use crate::webhooks::news::{Mailed, Pressed, Reached, Wants, Wrote};

fn yes() -> News {
    let (digits, text) = ("447700900001".to_owned(), "YES".to_owned());
    News::Wrote(Wrote { channel: Channel::Sms, digits, text, about: None })
}

fn row(id: &str) -> Vec<u8> {
    Key::Inbox { tenant: TenantId::DEFAULT, account: "twilio".to_owned(), id: id.to_owned() }.bytes()
}

fn opened(house: &House, stop: &watch::Receiver<bool>) -> Inbox {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Inbox::open(&house.door.engine, Means::default(), &clock, stop)
}

async fn offered() -> (House, String) {
    let house = House::with_people().await;
    let job = house.ask("POST /api/v1/jobs", &json!({ "brief": { "from": "Leeds" } }).to_string()).await;
    let id = job.json["id"].as_str().expect("a job").to_owned();
    (house, id)
}

async fn becomes(house: &House, id: &str, so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..2_000 {
        let job = house.ask(&format!("GET /api/v1/jobs/{id}"), "").await.json;
        if so(&job) {
            return job;
        }
        SystemClock.sleep_until(SystemClock.now() + Duration::from_millis(5)).await;
    }
    panic!("it never came to that");
}

/// A process that ended between its answer to the provider and what follows from it.
async fn left(house: &House, id: &str, at: Timestamp) {
    let record = Record::News { at, done: false, news: serde_json::to_vec(&yes()).expect("JSON") };
    let value = Some(codec::seal(&record, 1, 1).expect("a record"));
    let writes = StepWrites { check: None, writes: vec![Write { key: row(id), value }] };
    house.door.engine.house().committer.store_rows(writes).await.expect("stored");
}

#[tokio::test]
async fn what_was_stored_and_not_acted_upon_is_taken_up_at_the_next_start() {
    let (house, job) = offered().await;
    let (_stop, stopping) = watch::channel(false);
    left(&house, "SM1", house.door.clock.now()).await;
    let _inbox = opened(&house, &stopping);
    let claimed = becomes(&house, &job, |job| job["status"] == "claimed").await;
    assert_eq!(claimed["claim"]["agent"]["ref"], "ana", "{claimed}");
    house.has_acted("twilio", "SM1").await;
}

#[tokio::test]
async fn what_waited_is_no_answer_to_an_offer_that_was_made_after_it() {
    let (house, job) = offered().await;
    let (_stop, stopping) = watch::channel(false);
    left(&house, "SM1", Timestamp(1)).await;
    let _inbox = opened(&house, &stopping);
    house.has_acted("twilio", "SM1").await;
    let job = house.ask(&format!("GET /api/v1/jobs/{job}"), "").await.json;
    assert_eq!((&job["status"], &job["offers"][0]["status"]), (&"offering".into(), &"open".into()), "{job}");
}

#[tokio::test]
async fn the_same_news_over_two_connections_at_once_is_one_piece_of_news() {
    let (house, job) = offered().await;
    let (_stop, stopping) = watch::channel(false);
    let inbox = opened(&house, &stopping);
    let told = || vec![Told { id: "SM1".to_owned(), news: yes() }];
    let (one, other) = tokio::join!(inbox.take("twilio", told()), inbox.take("twilio", told()));
    assert!(one.is_ok() && other.is_ok());
    becomes(&house, &job, |job| job["status"] == "claimed").await;
    house.has_acted("twilio", "SM1").await;
    assert!(inbox.take("twilio", told()).await.is_ok());
    let timeline = house.ask(&format!("GET /api/v1/jobs/{job}/timeline"), "").await.json;
    let claims = timeline["items"].as_array().expect("a list").iter().filter(|entry| entry["event"] == "claimed");
    assert_eq!(claims.count(), 1);
}

#[tokio::test]
async fn x16_two_claims_of_somebody_in_one_moment_are_two_in_the_ledger_however_late_they_are_acted_upon() {
    let (house, job) = offered().await;
    // Nobody reads this line: the process ends between its answer and what follows from it.
    let (line, _waits) = mpsc::channel(WAITING_MAX);
    let lines = std::iter::repeat_n(Line::of(line), LINES).collect();
    let inbox = Inbox { engine: house.door.engine.clone(), lines, earlier: Arc::default(), taken_up: Arc::default() };
    let offer = JobId::parse(TenantId::DEFAULT, &job).expect("an id").offer(1);
    let press = || {
        let data = Press::on(offer, Verdict::Claim).to_data();
        News::Pressed(Pressed { channel: Channel::Whatsapp, digits: "447700900001".to_owned(), data })
    };
    let told = |id: &str| Told { id: id.to_owned(), news: press() };
    inbox.take("meta", (0..20).map(|no| told(&format!("wamid.{no:02}"))).collect()).await.expect("room");
    // So late that each is looked up in the ledger first.
    SystemClock.sleep_until(house.door.clock.now() + Duration::from_millis(500)).await;
    let (_stop, stopping) = watch::channel(false);
    let _again = opened(&house, &stopping);
    house.has_acted("meta", "wamid.19").await;
    let attempts = house.door.engine.ledger(offer.job).expect("readable");
    assert_eq!(attempts.len(), 20);
    let verdicts: Vec<&str> = attempts.iter().take(2).map(|attempt| attempt.verdict.as_str()).collect();
    assert_eq!(verdicts, ["claimed", "already"]);
    // Told once more, it stays one.
    inbox.take("meta", vec![told("wamid.07")]).await.expect("room");
    assert_eq!(house.door.engine.ledger(offer.job).expect("readable").len(), 20);
}

#[tokio::test]
async fn p9_a_full_line_refuses_before_anything_is_stored() {
    let (house, _) = offered().await;
    // Nobody reads this line, so what comes in waits.
    let (line, _waits) = mpsc::channel(2);
    let lines = std::iter::repeat_n(Line::of(line), LINES).collect();
    let inbox = Inbox { engine: house.door.engine.clone(), lines, earlier: Arc::default(), taken_up: Arc::default() };
    for no in 0..2 {
        let told = vec![Told { id: format!("SM{no}"), news: yes() }];
        inbox.take("twilio", told).await.expect("room for two");
    }
    let error = inbox.take("twilio", vec![Told { id: "SM2".to_owned(), news: yes() }]).await.expect_err("full");
    assert!(matches!(error, NotTaken::Full), "{error}");
    assert!(house.door.engine.house().store.get(&row("SM2")).expect("readable").is_none());
}

#[tokio::test]
async fn p9_a_call_with_more_than_a_line_holds_is_taken_in_whole_and_in_order() {
    let (house, _) = offered().await;
    let (line, mut waits) = mpsc::channel(WAITING_MAX);
    let lines = std::iter::repeat_n(Line::of(line), LINES).collect();
    let inbox = Inbox { engine: house.door.engine.clone(), lines, earlier: Arc::default(), taken_up: Arc::default() };
    let status = |no: usize| {
        let reached = Reached {
            channel: Channel::Whatsapp,
            trace: "one-trace".to_owned(),
            message: "wamid.1".to_owned(),
            progress: Progress::Sent,
            class: String::new(),
            reason: String::new(),
            digits: String::new(),
        };
        Told { id: format!("status-{no:03}"), news: News::Reached(reached) }
    };
    inbox.take("meta", (0..300).map(status).collect()).await.expect("a call that can be answered");
    let next = || vec![status(300)];
    assert!(matches!(inbox.take("meta", next()).await, Err(NotTaken::Full)), "nothing goes before what is behind");
    for no in 0..300 {
        let stored = waits.recv().await.expect("every status");
        let Some(Key::Inbox { id, .. }) = Key::parse(&stored.key) else { panic!("a key of the inbox") };
        assert_eq!(id, format!("status-{no:03}"));
    }
    // It lets go of the line after its last one is in.
    while inbox.lines[0].behind.load(Ordering::Acquire) > 0 {
        tokio::task::yield_now().await;
    }
    inbox.take("meta", next()).await.expect("room again");
}

#[tokio::test]
async fn d12_what_is_told_of_a_mailbox_holds_for_everybody_who_shares_it() {
    let address = || "family@example.com".to_owned();
    let complaint = Wants { channel: Channel::Email, address: address(), some: false, source: "complaint".to_owned() };
    let stop = Mailed { from: address(), text: "STOP".to_owned(), ..Mailed::default() };
    for (id, news) in [("evt-1", News::Wants(complaint)), ("evt-2", News::Mailed(stop))] {
        let house = House::with_people().await;
        for who in ["ana", "bo"] {
            let mailbox = r#"{"email":"Family@example.com"}"#;
            assert_eq!(house.ask(&format!("PATCH /api/v1/agents/{who}"), mailbox).await.status, 200);
        }
        let (_stop, stopping) = watch::channel(false);
        let inbox = opened(&house, &stopping);
        inbox.take("resend", vec![Told { id: id.to_owned(), news }]).await.expect("taken");
        house.has_acted("resend", id).await;
        for who in ["ana", "bo"] {
            let consents = house.ask(&format!("GET /api/v1/agents/{who}/consents"), "").await.text;
            assert!(consents.contains("opted_out"), "{id}, {who}: {consents}");
        }
    }
}
