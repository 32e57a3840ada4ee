//! Section 5: notifications that other systems ask for: accepted once, sent when they are due, and told to the end.
//!
//! `STORIES_TRIALS=200` sets how often a cancel meets the moment of sending.

use std::collections::BTreeSet;
use std::time::Duration;

use baton::simulator::provider::{Fault, Provider, Taken, resend, twilio};
use baton_actors::clock::{Clock as _, SystemClock};
use baton_core::time::Timestamp;
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::callbacks::{AUTH_TOKEN, twilio_tells};
use super::desk::order;
use super::door::Answer;
use super::shows::number;
use super::town::{Town, phone_number, town_with};
use super::wait::until;

/// A town with SMS, mail and Telegram, and a template of every kind.
struct Post {
    town: Town,
    sms: Provider,
    mail: Provider,
}

async fn post_with(settings: &[(&str, &str)]) -> Post {
    let wire = twilio::Twilio { account_sid: "ACTEST".to_owned(), auth_token: AUTH_TOKEN.to_owned(), open: true };
    let sms = Provider::start(wire).await.unwrap();
    let mail = Provider::start(resend::Resend { api_key: "re_TEST".to_owned() }).await.unwrap();
    let (sms_url, mail_url) = (sms.url(), mail.url());
    let mut all = vec![
        ("CHANNELS__TWILIO__ACCOUNT_SID", "ACTEST"),
        ("CHANNELS__TWILIO__AUTH_TOKEN", AUTH_TOKEN),
        ("CHANNELS__TWILIO__BASE_URL", sms_url.as_str()),
        ("CHANNELS__SMS__TWILIO__FROM", "+447700900100"),
        ("CHANNELS__SMS__TWILIO__RATE_ACCOUNT", "off"),
        ("CHANNELS__SMS__TWILIO__RATE_CHAT", "off"),
        ("CHANNELS__EMAIL__PROVIDER", "resend"),
        ("CHANNELS__EMAIL__SMTP__ENABLED", "off"),
        ("CHANNELS__EMAIL__RESEND__API_KEY", "re_TEST"),
        ("CHANNELS__EMAIL__RESEND__BASE_URL", mail_url.as_str()),
        ("CHANNELS__EMAIL__RESEND__FROM", "Dispatch <dispatch@example.com>"),
    ];
    all.extend_from_slice(settings);
    let town = town_with(&all).await;
    for (channel, parts) in [
        ("sms", json!({ "text": "Parcel {{ no }} is here" })),
        ("telegram", json!({ "html": "Parcel <b>{{ no }}</b> is here" })),
        ("email", json!({ "subject": "Parcel {{ no }}", "text": "Parcel {{ no }} is here" })),
    ] {
        let template = json!({ "key": "parcel", "channel": channel, "locale": "en", "state": "active", "parts": parts,
            "variables": [{ "name": "no", "sample": "17" }] });
        town.door.post("/api/v1/templates", template).await.is(201);
    }
    Post { town, sms, mail }
}

async fn post() -> Post {
    post_with(&[]).await
}

/// A person who wants to hear of us on every channel.
fn person(no: u16) -> Value {
    let yes = |channel: &str| json!({ "channel": channel, "status": "opted_in" });
    json!({ "ref": format!("p{no}"), "phone": phone_number(no), "email": format!("p{no}@example.com"),
        "consents": [yes("sms"), yes("email"), yes("telegram")] })
}

/// A message by SMS about parcel `no`, for person 1.
fn parcel(no: usize) -> Value {
    json!({ "external_ref": format!("parcel-{no}"), "event_type": "parcel.arrived", "recipient": { "contact": person(1) },
        "channel": "sms", "template": "parcel", "payload": { "no": no } })
}

fn with(mut intent: Value, field: &str, value: Value) -> Value {
    intent[field] = value;
    intent
}

fn soon(span: Duration) -> (Timestamp, Value) {
    let at = SystemClock.now() + span;
    (at, json!(at.to_string()))
}

impl Post {
    async fn asks(&self, intent: Value) -> Answer {
        self.town.door.post("/api/v1/notifications", intent).await
    }

    async fn shows(&self, reference: &str) -> Value {
        self.town.door.get(&format!("/api/v1/notifications/by-ref/{reference}")).await.is(200)
    }

    async fn becomes(&self, reference: &str, status: &str) -> Value {
        until(&format!("{reference} is {status}"), async || {
            let seen = self.shows(reference).await;
            (seen["status"] == status).then_some(seen)
        })
        .await
    }

    async fn cancels(&self, reference: &str) -> Answer {
        self.town.door.post(&format!("/api/v1/notifications/by-ref/{reference}/cancel"), json!({})).await
    }

    async fn brings(&self, text: &str) -> Taken {
        until(&format!("an SMS says {text}"), async || {
            assert_eq!(self.sms.refused(), [], "every call keeps to the contract");
            self.sms.taken().into_iter().find(|taken| taken.text.contains(text))
        })
        .await
    }
}

#[tokio::test]
async fn f5_f8_a_notification_is_accepted_sent_and_told_to_the_end() {
    let post = post().await;
    let made = post.asks(parcel(1)).await.is(202);
    assert!(["queued", "sent"].contains(&made["status"].as_str().unwrap()), "{made}");
    let sms = post.brings("Parcel 1 is here").await;
    assert_eq!(sms.to, phone_number(1));
    post.becomes("parcel-1", "sent").await;
    twilio_tells(&post.town, &sms, "delivered", "").await;
    let seen = post.becomes("parcel-1", "delivered").await;
    twilio_tells(&post.town, &sms, "sent", "").await;
    let delivery = &seen["deliveries"][0];
    assert_eq!((&delivery["channel"], &delivery["status"]), (&json!("sms"), &json!("delivered")), "{seen}");
    assert_eq!(delivery["provider"], "twilio_sms");
    assert!(delivery["provider_message_id"].as_str().unwrap().starts_with("SM"), "{delivery}");
    assert_eq!(delivery["callbacks"][0]["status"], "delivered");
    // What comes late changes nothing.
    let seen = post.shows("parcel-1").await;
    assert_eq!((&seen["status"], &seen["deliveries"][0]["status"]), (&json!("delivered"), &json!("delivered")));
    assert!(!seen.to_string().contains("900001"), "no address is shown: {seen}");
}

#[tokio::test]
async fn f5_what_cannot_be_sent_is_refused() {
    let post = post_with(&[
        ("CHANNELS__WHATSAPP__META__TOKEN", "TEST-META-TOKEN"),
        ("CHANNELS__WHATSAPP__META__PHONE_NUMBER_ID", "106540352242922"),
        ("CHANNELS__WHATSAPP__META__BASE_URL", "http://127.0.0.1:9"),
    ])
    .await;
    let mail_only = json!({ "contact": { "ref": "m1", "email": "m1@example.com" } });
    let intent = with(with(parcel(1), "recipient", mail_only), "channel", json!("whatsapp"));
    let refused = post.asks(intent).await.refuses(400, "validation-failed");
    assert_eq!(refused["errors"][0]["field"], "channel", "{refused}");
    let unknown = json!({ "id": "0b0c6f5e-6c8e-4c0e-9d7f-0f8f6a4c2f11" });
    post.asks(with(parcel(2), "recipient", unknown)).await.refuses(404, "agent-not-found");
    post.asks(with(parcel(3), "channel", json!("fax"))).await.refuses(400, "validation-failed");
    post.asks(with(parcel(4), "scheduled_at", json!("2099-01-01T00:00:00Z"))).await.refuses(400, "validation-failed");
    post.town.door.get("/api/v1/notifications/17").await.refuses(400, "validation-failed");
    assert!(post.sms.taken().is_empty());
}

#[tokio::test]
async fn f4_a_message_in_telegram_has_buttons_that_lead_somewhere() {
    let post = post().await;
    let [ana] = post.town.people(["ana"]).await;
    let mut template = json!({ "key": "track", "channel": "telegram", "locale": "en", "state": "active",
        "parts": { "html": "Parcel <b>{{ no }}</b>",
            "buttons": "Track {{ no }} | https://example.com/parcels/{{ no|urlencode }}\nWhat I hear | {{ preferences_url }}" },
        "variables": [{ "name": "no", "sample": "17" }] });
    post.town.door.post("/api/v1/templates", template.clone()).await.is(201);
    let yes = json!([{ "channel": "telegram", "status": "opted_in" }]);
    let intent = json!({ "external_ref": "track", "event_type": "parcel.arrived", "channel": "telegram", "template": "track",
        "payload": { "no": "a/b | c" }, "recipient": { "contact": { "ref": "ana", "consents": yes } } });
    post.asks(intent).await.is(202);
    let message = ana.shows("Parcel a/b | c").await;
    let buttons: Vec<_> = message.buttons.iter().map(|button| (button.text.as_str(), button.data.as_str())).collect();
    assert_eq!(buttons[0], ("Track a/b | c", "https://example.com/parcels/a/b%20%7C%20c"));
    assert!(buttons[1].0 == "What I hear" && buttons[1].1.contains("/public/preferences/"), "{buttons:?}");
    template["key"] = json!("wrong");
    template["parts"]["buttons"] = json!("Track");
    let refused = post.town.door.post("/api/v1/templates", template).await.refuses(400, "validation-failed");
    assert_eq!(refused["errors"][0]["field"], "parts.buttons", "{refused}");
}

#[tokio::test]
async fn f4_only_an_active_template_is_sent() {
    let post = post().await;
    let refused = post.asks(with(parcel(1), "template", json!("unknown"))).await.refuses(400, "validation-failed");
    assert_eq!(refused["errors"][0]["field"], "template", "{refused}");
    let draft = json!({ "key": "draft", "channel": "sms", "locale": "en", "parts": { "text": "not yet" } });
    post.town.door.post("/api/v1/templates", draft).await.is(201);
    post.asks(with(parcel(2), "template", json!("draft"))).await.refuses(400, "validation-failed");
    let missing = post.asks(with(parcel(3), "payload", json!({}))).await.refuses(400, "validation-failed");
    assert_eq!(missing["errors"][0]["field"], "payload", "{missing}");
    assert!(post.sms.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f6_a_hundred_at_once_are_one() {
    let post = post().await;
    let all = join_all((0..100).map(|_| post.asks(parcel(6)))).await;
    let count = |status: u16| all.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(202), count(200)), (1, 99));
    let ids: BTreeSet<String> = all.iter().map(|answer| answer.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    post.asks(with(parcel(6), "payload", json!({ "no": 7 }))).await.refuses(409, "external-ref-conflict");
    post.brings("Parcel 6 is here").await;
    post.town.sends_all_it_owes().await;
    assert_eq!(post.sms.taken().len(), 1);
}

#[tokio::test]
async fn f7_e15_it_is_sent_once_when_it_is_due_also_after_a_fall() {
    let mut post = post().await;
    let (at, due) = soon(Duration::from_secs(3));
    let made = post.asks(with(parcel(7), "scheduled_at", due)).await.is(202);
    assert_eq!(made["status"], "scheduled", "{made}");
    post.town.kill_9().await;
    post.town.starts_again().await;
    if SystemClock.now() < at {
        assert!(post.sms.taken().is_empty(), "not before it is due");
    }
    post.brings("Parcel 7 is here").await;
    assert!(SystemClock.now() >= at);
    post.becomes("parcel-7", "sent").await;
    post.town.sends_all_it_owes().await;
    assert_eq!(post.sms.taken().len(), 1);
    post.cancels("parcel-7").await.refuses(409, "notification-ended");
}

#[tokio::test]
async fn f7_high_goes_before_normal_and_normal_before_low() {
    let post =
        post_with(&[("CHANNELS__SMS__TWILIO__RATE_ACCOUNT", "20/1s burst 1"), ("RETRY__SENDER_PAUSE", "3s")]).await;
    // The account is told to stand still until all of them wait.
    post.sms.next_call_meets(Fault::Refused(twilio::error(401, 20003, "Authenticate")));
    post.asks(parcel(99)).await.is(202);
    post.town.metric_is("baton_channel_paused", "sms", 1.0).await;
    let mut intents = Vec::new();
    for (no, priority) in (0..).zip(["low", "normal", "high"].iter().flat_map(|priority| [*priority; 5])) {
        let intent = with(parcel(no), "priority", json!(priority));
        intents.push(with(intent, "payload", json!({ "no": priority })));
    }
    let batch = post.town.door.post("/api/v1/notifications/batch", Value::Array(intents)).await.is(200);
    assert_eq!(batch["summary"]["accepted"], 15, "{batch}");
    post.town.sends_all_it_owes().await;
    let order: Vec<usize> = post.sms.taken().iter().filter_map(rank).collect();
    assert!(order.len() == 15 && order.is_sorted(), "{order:?}");
}

fn rank(taken: &Taken) -> Option<usize> {
    ["high", "normal", "low"].iter().position(|priority| taken.text.contains(priority))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f9_a_cancel_and_the_moment_of_sending_have_one_outcome() {
    let trials = number("STORIES_TRIALS", 200);
    let post = post().await;
    post.asks(with(parcel(0), "scheduled_at", json!("2027-06-01T08:00:00Z"))).await.is(202);
    let race = async |no: usize| {
        let (_, due) = soon(Duration::from_millis(5 + no as u64 % 20));
        assert_eq!(post.asks(with(parcel(no), "scheduled_at", due)).await.status, 202);
        let canceled = post.cancels(&format!("parcel-{no}")).await;
        match canceled.status {
            200 => (no, true),
            409 => (no, false),
            other => panic!("{other}: {}", canceled.text),
        }
    };
    let ends: Vec<(usize, bool)> =
        futures_util::stream::iter(1..=trials).map(race).buffer_unordered(16).collect().await;
    post.town.sends_all_it_owes().await;
    let canceled = ends.iter().filter(|(_, canceled)| *canceled).count();
    eprintln!("{canceled} of {trials} were called off in time");
    for (no, canceled) in ends {
        let times =
            post.sms.taken().iter().filter(|taken| taken.text.contains(&format!("Parcel {no} is here"))).count();
        assert_eq!(times, usize::from(!canceled), "parcel {no}");
        post.becomes(&format!("parcel-{no}"), if canceled { "canceled" } else { "sent" }).await;
    }
    assert_eq!(post.cancels("parcel-0").await.is(200)["status"], "canceled");
}

#[tokio::test]
async fn f3_d12_who_has_said_no_or_nothing_is_not_written_to() {
    let post = post().await;
    for (no, consents, code) in
        [(1_u16, json!([{ "channel": "sms", "status": "opted_out" }]), "opted-out"), (2, json!([]), "no-consent")]
    {
        let mut somebody = person(no);
        somebody["consents"] = consents;
        let intent = with(parcel(no.into()), "recipient", json!({ "contact": somebody }));
        post.asks(with(intent, "critical", json!({ "reason": "a no holds all the same" }))).await.is(202);
        let ended = post.becomes(&format!("parcel-{no}"), "suppressed").await;
        assert_eq!(ended["ended"]["code"], code, "{ended}");
    }
    post.asks(with(parcel(3), "recipient", json!({ "contact": person(3) }))).await.is(202);
    post.brings("Parcel 3 is here").await;
    assert_eq!(post.sms.taken().len(), 1);
}

#[tokio::test]
async fn a_message_that_fails_goes_by_the_next_channel_and_both_are_told() {
    let post = post().await;
    post.sms.next_call_meets(Fault::Refused(twilio::error(400, 21211, "Invalid 'To' Phone Number")));
    let mut intent = with(parcel(1), "channels", json!(["sms", "email"]));
    intent["channel"] = Value::Null;
    post.asks(intent).await.is(202);
    until("a mail", async || post.mail.taken().into_iter().find(|mail| mail.to == "p1@example.com")).await;
    let seen = post.becomes("parcel-1", "sent").await;
    let deliveries: Vec<_> =
        seen["deliveries"].as_array().unwrap().iter().map(|d| (&d["channel"], &d["status"])).collect();
    assert_eq!(deliveries, [(&json!("sms"), &json!("failed")), (&json!("email"), &json!("sent"))], "{seen}");
    assert_eq!(
        (&seen["deliveries"][0]["class"], &seen["deliveries"][1]["provider"]),
        (&json!("recipient"), &json!("resend"))
    );
}

#[tokio::test]
async fn x8_what_it_stands_on_may_go_before_it_is_due() {
    let post = post().await;
    let (_, due) = soon(Duration::from_millis(1500));
    post.asks(with(parcel(1), "scheduled_at", due.clone())).await.is(202);
    let job = post.town.desk().publishes(order("x8").needing_approval()).await;
    let about = with(with(parcel(2), "recipient", json!({ "contact": person(2) })), "scheduled_at", due);
    post.asks(with(about, "job", json!("x8"))).await.is(202);
    assert_eq!(post.town.door.delete("/api/v1/agents/p1").await.status, 204);
    post.town.desk().tells(&job, "cancel", json!({})).await.is(200);
    let gone = post.becomes("parcel-1", "failed").await;
    assert_eq!(gone["ended"]["code"], "recipient", "{gone}");
    let over = post.becomes("parcel-2", "suppressed").await;
    assert_eq!(over["ended"]["code"], "job-over", "{over}");
    assert!(post.sms.taken().is_empty());
}

#[tokio::test]
async fn s11_a_key_of_another_tenant_sees_and_stops_nothing() {
    let north = "key-of-the-north-0123456789abcdefghij";
    let post = post_with(&[
        ("API_KEYS__NORTH__KEY", north),
        ("API_KEYS__NORTH__TENANT", "north"),
        ("API_KEYS__NORTH__SCOPES", "notifications:read,notifications:write"),
    ])
    .await;
    let made = post.asks(with(parcel(1), "scheduled_at", json!("2027-06-01T08:00:00Z"))).await.is(202);
    let (theirs, id) = (post.town.door.with_key(Some(north)), made["id"].as_str().unwrap());
    theirs.get(&format!("/api/v1/notifications/{id}")).await.refuses(404, "notification-not-found");
    theirs.get("/api/v1/notifications/by-ref/parcel-1").await.refuses(404, "notification-not-found");
    theirs.post(&format!("/api/v1/notifications/{id}/cancel"), json!({})).await.refuses(404, "notification-not-found");
    assert_eq!(theirs.get("/api/v1/notifications").await.is(200)["items"], json!([]));
    let of_ours = with(parcel(9), "recipient", json!({ "id": made["recipient"]["id"] }));
    let refused = theirs.post("/api/v1/notifications", of_ours).await.refuses(400, "validation-failed");
    assert_eq!(refused["errors"][0]["field"], "recipient.id", "{refused}");
    theirs.get("/api/v1/jobs").await.refuses(403, "forbidden");
    post.town.stranger().get("/api/v1/notifications").await.refuses(401, "unauthorized");
    assert_eq!(post.shows("parcel-1").await["status"], "scheduled");
}

/// A message is a message, whoever's business it is about.
#[test]
fn f11_the_core_knows_nobodys_business() {
    let words = ["runner", "marathon", "club", "athlete", "tournament", "moving company", "apartment"];
    let mut folders = ["/actors/src", "/actors/core/src"]
        .map(|folder| std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR").to_owned() + folder))
        .to_vec();
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&entry).unwrap().to_lowercase();
                // What an address is told by is named where localities are read: as what is refused.
                let refused: &[&str] = if entry.ends_with("crew_sheet/locality.rs") { &["apartment"] } else { &[] };
                let found = words.iter().find(|word| text.contains(**word) && !refused.contains(word));
                assert_eq!(found, None, "{}", entry.display());
                read += 1;
            }
        }
    }
    assert!(read > 100, "{read}");
}
