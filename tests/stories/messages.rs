//! Sections 5, 6 and 10: what becomes of a notification when its window is shut, when providers tell things out of order, and
//! when what it stands on goes while it is on its way.

use std::collections::BTreeSet;

use baton::simulator::provider::{Fault, Provider, Taken, twilio};
use serde_json::{Value, json};

use super::answers::resend_town_with;
use super::callbacks::{AUTH_TOKEN, meta_calls, meta_town, shown, twilio_town};
use super::door::Answer;
use super::town::{Town, phone_number, town_with};
use super::wait::until;

/// A note to person `no` by a channel, as the template `parcel` words it.
fn parcel(reference: &str, channel: &str, no: u16) -> Value {
    let yes = json!([{ "channel": channel, "status": "opted_in" }]);
    json!({ "external_ref": reference, "event_type": "parcel.ready", "channel": channel, "template": "parcel",
        "recipient": { "contact": { "ref": format!("p{no}"), "phone": phone_number(no), "consents": yes } } })
}

async fn words(town: &Town, channel: &str, more: Value) {
    let mut template = json!({ "key": "parcel", "channel": channel, "locale": "en", "state": "active",
        "parts": { "text": "Your parcel is ready." } });
    for (field, value) in more.as_object().unwrap() {
        template[field] = value.clone();
    }
    town.door.post("/api/v1/templates", template).await.is(201);
}

async fn asks(town: &Town, intent: Value) -> Answer {
    town.door.post("/api/v1/notifications", intent).await
}

async fn becomes(town: &Town, reference: &str, so: impl Fn(&Value) -> bool) -> Value {
    until(reference, async || {
        let seen = town.door.get(&format!("/api/v1/notifications/by-ref/{reference}")).await.is(200);
        so(&seen).then_some(seen)
    })
    .await
}

fn digits(no: u16) -> String {
    phone_number(no).trim_start_matches('+').to_owned()
}

async fn tells(town: &Town, taken: &Taken, status: &str, errors: Value) {
    let mut told = json!({ "id": format!("wamid.TEST{:06}", taken.no), "status": status, "timestamp": "1",
        "recipient_id": taken.to, "biz_opaque_callback_data": taken.trace });
    if errors.is_array() {
        told["errors"] = errors;
    }
    assert_eq!(meta_calls(town, json!({ "statuses": [told] })).await.status, 200);
}

/// Person 1 writes, so that their window seems open.
async fn writes(town: &Town, provider: &Provider) {
    town.knows(vec![json!({ "ref": "p1", "phone": phone_number(1) })]).await;
    let text =
        json!({ "id": "wamid.hello", "from": digits(1), "timestamp": "1", "type": "text", "text": { "body": "help" } });
    assert_eq!(meta_calls(town, json!({ "messages": [text] })).await.status, 200);
    shown(provider, "an answer", |taken| taken.text.contains("YES")).await;
}

#[tokio::test]
async fn f10_a_notification_is_as_far_as_its_provider_ever_said_and_tells_all_of_it() {
    let (town, provider) = meta_town(true, &[("CHANNELS__WHATSAPP__META__MESSAGE_TEMPLATE", "note")]).await;
    words(&town, "whatsapp", json!({})).await;
    asks(&town, parcel("f10", "whatsapp", 1)).await.is(202);
    let taken = shown(&provider, "the note", |taken| taken.text.contains("parcel")).await;
    assert_eq!(taken.to, digits(1), "g10: Meta is given digits only");
    for status in ["delivered", "sent", "delivered", "read", "delivered", "failed"] {
        tells(&town, &taken, status, Value::Null).await;
    }
    until("all of it was acted upon", async || {
        let left = town.door.get("/api/v1/webhooks?done=false").await.is(200);
        left["items"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
    // What is told twice is processed once; what comes late is kept and changes nothing.
    let seen = becomes(&town, "f10", |seen| seen["status"] == "read").await;
    let callbacks = seen["deliveries"][0]["callbacks"].as_array().unwrap();
    let news: Vec<&str> =
        callbacks.iter().filter(|call| call["news"] == true).map(|call| call["status"].as_str().unwrap()).collect();
    assert_eq!(news, ["delivered", "read"], "{seen}");
    assert_eq!(seen["ended"]["how"], "done", "{seen}");
    town.metric_is("baton_inbound_total", "channel=\"whatsapp\",outcome=\"repeat\"", 2.0).await;
}

#[tokio::test]
async fn g6_a_notification_behind_a_shut_window_goes_as_a_template() {
    let (town, provider) = meta_town(true, &[("CHANNELS__WHATSAPP__META__MESSAGE_TEMPLATE", "note")]).await;
    let own = json!({ "providers": [{ "provider": "meta", "name": "parcel_ready", "language": "en", "parameters": ["event_type"] }] });
    words(&town, "whatsapp", own).await;
    writes(&town, &provider).await;
    asks(&town, parcel("g6", "whatsapp", 1)).await.is(202);
    let text = shown(&provider, "the text", |taken| taken.body.contains("Your parcel is ready")).await;
    let shut = json!([{ "code": 131_047, "title": "Re-engagement message" }]);
    tells(&town, &text, "failed", shut).await;
    let template = shown(&provider, "the template", |taken| taken.body.contains("parcel_ready")).await;
    assert_ne!(template.trace, text.trace, "another message, of another debt");
    tells(&town, &template, "delivered", Value::Null).await;
    becomes(&town, "g6", |seen| seen["status"] == "delivered").await;
}

#[tokio::test]
async fn g6_a_templates_own_form_is_enough_behind_a_shut_window() {
    let (town, provider) = meta_town(true, &[]).await;
    let own = json!({ "providers": [{ "provider": "meta", "name": "parcel_ready", "language": "en", "parameters": ["event_type"] }] });
    words(&town, "whatsapp", own).await;
    writes(&town, &provider).await;
    asks(&town, parcel("g6-own", "whatsapp", 1)).await.is(202);
    let text = shown(&provider, "the text", |taken| taken.body.contains("Your parcel is ready")).await;
    tells(&town, &text, "failed", json!([{ "code": 131_047, "title": "Re-engagement message" }])).await;
    let template = shown(&provider, "the template", |taken| taken.body.contains("parcel_ready")).await;
    tells(&town, &template, "delivered", Value::Null).await;
    let seen = becomes(&town, "g6-own", |seen| seen["status"] == "delivered").await;
    let statuses: Vec<&Value> = seen["deliveries"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["failed", "delivered"], "{seen}");
}

#[tokio::test]
async fn g6_without_a_template_a_shut_window_is_a_failure() {
    let (town, provider) = meta_town(true, &[]).await;
    words(&town, "whatsapp", json!({})).await;
    writes(&town, &provider).await;
    asks(&town, parcel("g6-none", "whatsapp", 1)).await.is(202);
    let text = shown(&provider, "the text", |taken| taken.body.contains("Your parcel is ready")).await;
    tells(&town, &text, "failed", json!([{ "code": 131_047, "title": "Re-engagement message" }])).await;
    let seen = becomes(&town, "g6-none", |seen| seen["status"] == "failed").await;
    assert_eq!(seen["deliveries"][0]["class"], "window", "{seen}");
    assert_eq!(provider.taken().len(), 2, "the answer, and the note once");
}

#[tokio::test]
async fn g10_twilio_is_given_whatsapp_numbers_with_their_prefix() {
    let wire = twilio::Twilio { account_sid: "ACTEST".to_owned(), auth_token: AUTH_TOKEN.to_owned(), open: false };
    let provider = Provider::start(wire).await.unwrap();
    let town = town_with(&[
        ("CHANNELS__TWILIO__ACCOUNT_SID", "ACTEST"),
        ("CHANNELS__TWILIO__AUTH_TOKEN", AUTH_TOKEN),
        ("CHANNELS__TWILIO__BASE_URL", &provider.url()),
        ("CHANNELS__WHATSAPP__PROVIDER", "twilio"),
        ("CHANNELS__WHATSAPP__TWILIO__FROM", "+447700900100"),
        ("CHANNELS__WHATSAPP__TWILIO__MESSAGE_CONTENT", "HX0123"),
    ])
    .await;
    words(&town, "whatsapp", json!({})).await;
    asks(&town, parcel("g10", "whatsapp", 1)).await.is(202);
    let taken = shown(&provider, "the note", |taken| taken.text.contains("parcel")).await;
    assert_eq!(taken.to, format!("whatsapp:{}", phone_number(1)));
    let form: std::collections::BTreeMap<String, String> =
        form_urlencoded::parse(taken.body.as_bytes()).into_owned().collect();
    assert_eq!(form["From"], "whatsapp:+447700900100");
    becomes(&town, "g10", |seen| seen["deliveries"][0]["provider"] == "twilio_whatsapp").await;
}

#[tokio::test]
async fn x8_a_template_and_a_person_that_go_while_a_message_waits_end_it_cleanly() {
    let (town, provider) = twilio_town().await;
    words(&town, "sms", json!({})).await;
    // The provider has no time for a while, so that all three wait with the channel.
    for _ in 0..3 {
        provider.next_call_meets(Fault::Refused(twilio::error(401, 20003, "Authenticate")));
    }
    for no in [1, 2, 3] {
        asks(&town, parcel(&format!("x8-{no}"), "sms", no)).await.is(202);
    }
    town.metric_is("baton_channel_paused", "sms", 1.0).await;
    assert_eq!(town.door.delete("/api/v1/agents/p2").await.status, 204);
    assert_eq!(town.door.post("/api/v1/templates/parcel/sms/en/1/disable", json!({})).await.status, 200);
    for (no, class) in [(1, "content"), (2, "recipient"), (3, "content")] {
        let seen = becomes(&town, &format!("x8-{no}"), |seen| seen["status"] == "failed").await;
        assert_eq!(seen["ended"]["code"], class, "{seen}");
    }
    town.sends_all_it_owes().await;
    assert_eq!(provider.taken(), [], "nothing was sent");
}

#[tokio::test]
async fn bulk_mails_go_many_with_one_call_and_each_arrives_once_over_a_kill() {
    let (mut town, provider) = resend_town_with(&[("CHANNELS__EMAIL__RESEND__RATE_ACCOUNT", "1/2s")]).await;
    let parts = json!({ "subject": "Your parcel", "text": "{% if possible_repeat %}You may have had this before. {% endif %}Your parcel is ready." });
    words(&town, "email", json!({ "parts": parts })).await;
    let yes = json!([{ "channel": "email", "status": "opted_in" }]);
    let mail = |no: usize| {
        json!({ "external_ref": format!("bulk-{no}"), "event_type": "parcel.ready", "channel": "email", "template": "parcel",
            "priority": "low", "recipient": { "contact":
                { "ref": format!("b{no}"), "email": format!("b{no}@example.com"), "consents": yes } } })
    };
    let mails: Vec<Value> = (0..150).map(mail).collect();
    town.door.post("/api/v1/notifications/batch", json!(mails)).await.is(200);
    until("the first have left", async || (!provider.taken().is_empty()).then_some(())).await;
    town.kill_9().await;
    town.starts_again().await;
    until("all have left", async || (provider.taken().len() >= 150).then_some(())).await;
    town.sends_all_it_owes().await;
    let taken = provider.taken();
    let calls: BTreeSet<&str> = taken.iter().filter_map(|one| one.key.as_deref()).collect();
    assert!(calls.len() <= 8, "{} calls", calls.len());
    let all: BTreeSet<&str> = taken.iter().map(|one| one.to.as_str()).collect();
    assert_eq!(all.len(), 150, "everybody has it");
    // What the kill cut off may have come twice, and says so.
    for to in all {
        let texts: Vec<&str> = taken.iter().filter(|one| one.to == to).map(|one| one.text.as_str()).collect();
        assert!(
            texts.len() <= 2 && texts.iter().skip(1).all(|text| text.contains("You may have had this before.")),
            "{texts:?}"
        );
    }
    assert_eq!(provider.refused(), []);
}
