//! Callbacks as the providers send them, and the news they are.

use baton_core::delivery::Progress;
use serde_json::{Value, json};

use super::*;
use crate::webhooks::news::{Channel, News, Told};

fn vector(of: &str, name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../verify/vectors.json")).expect("JSON");
    all[of].as_array().expect("a list").iter().find(|vector| vector["name"] == name).expect("there").clone()
}

fn form(of: &Value) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in of.as_object().expect("fields") {
        form.append_pair(name, value.as_str().expect("a text"));
    }
    form.finish().into_bytes()
}

fn reached(told: &Told) -> (Progress, &str, &str) {
    match &told.news {
        News::Reached(reached) => (reached.progress, &reached.class, &reached.trace),
        other => panic!("{other:?}"),
    }
}

#[test]
fn meta_tells_failures_taps_and_texts() {
    let body = vector("meta", "meta-status-failed-131047")["body"].as_str().expect("a body").to_owned();
    let told = meta::read(body.as_bytes(), "106540352242922").expect("readable");
    assert_eq!(reached(&told[0]), (Progress::Failed, "window", "01J9ZK3V7Q"));
    assert!(told[0].id.ends_with("/failed"));
    assert_eq!(meta::read(body.as_bytes(), "1"), Ok(Vec::new()), "another number's news is not ours");
    let body = vector("meta", "meta-button-reply-escaped-unicode")["body"].as_str().expect("a body").to_owned();
    let told = meta::read(body.as_bytes(), "106540352242922").expect("readable");
    match &told[0].news {
        News::Pressed(pressed) => {
            assert_eq!((pressed.data.as_str(), pressed.digits.as_str()), ("claim:01J9ZK3V7Q", "16505551234"));
        }
        other => panic!("{other:?}"),
    }
    let messages = json!([
        { "id": "wamid.1", "from": "447700900001", "timestamp": "1", "type": "text", "text": { "body": "YES" },
          "context": { "id": "wamid.0" } },
        { "id": "wamid.2", "from": "447700900001", "timestamp": "1", "type": "button",
          "button": { "payload": "c:x", "text": "YES" } },
        { "id": "wamid.3", "from": "447700900001", "timestamp": "1", "type": "image", "image": {} },
        { "id": "wamid.4", "type": "system", "system": { "body": "changed number" } },
        { "id": "wamid.5", "from": "447700900001", "group_id": "g", "type": "text", "text": { "body": "YES" } },
    ]);
    let statuses = json!([
        { "id": "wamid.6", "status": "read", "recipient_id": "447700900001", "timestamp": "1" },
        { "id": "wamid.7", "status": "deleted", "recipient_id": "447700900001", "timestamp": "1" },
    ]);
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [
        { "field": "account_update", "value": {} },
        { "field": "messages", "value": { "messaging_product": "whatsapp",
          "metadata": { "display_phone_number": "1", "phone_number_id": "2" },
          "messages": messages, "statuses": statuses } },
    ] }] });
    let told = meta::read(body.to_string().as_bytes(), "2").expect("readable");
    let ids: Vec<_> = told.iter().map(|told| told.id.as_str()).collect();
    assert_eq!(ids, ["wamid.1", "wamid.2", "wamid.6/read"]);
    match &told[0].news {
        News::Wrote(wrote) => assert_eq!((wrote.text.as_str(), wrote.about.as_deref()), ("YES", Some("wamid.0"))),
        other => panic!("{other:?}"),
    }
    assert_eq!(meta::read(b"{", "2"), Err(Unreadable));
}

#[test]
fn twilio_tells_statuses_texts_and_taps_of_both_channels() {
    let status = form(&vector("twilio", "tw-status-undelivered")["params"]);
    let told = twilio::read(&status, Some("trace")).expect("readable").expect("news");
    assert_eq!(reached(&told), (Progress::Failed, "recipient", "trace"));
    assert_eq!(told.id, "SM44444444444444444444444444444444/undelivered");
    for (name, expected) in [("tw-sms-inbound", "YES \u{2013} j'accepte & merci \u{1f69a}"), ("tw-sms-stop", "STOP")] {
        match twilio::read(&form(&vector("twilio", name)["params"]), None).expect("readable").expect("news").news {
            News::Wrote(wrote) => {
                assert_eq!(
                    (wrote.channel, wrote.text.as_str(), wrote.digits.as_str()),
                    (Channel::Sms, expected, "447700900001")
                );
            }
            other => panic!("{other:?}"),
        }
    }
    let button = form(&vector("twilio", "tw-whatsapp-button")["params"]);
    match twilio::read(&button, None).expect("readable").expect("news").news {
        News::Pressed(pressed) => {
            assert_eq!((pressed.channel, pressed.data.as_str()), (Channel::Whatsapp, "claim:01J9ZK3V7Q"));
        }
        other => panic!("{other:?}"),
    }
    for (status, progress) in [
        ("sent", Some(Progress::Sent)),
        ("delivered", Some(Progress::Delivered)),
        ("read", Some(Progress::Read)),
        ("failed", Some(Progress::Failed)),
        ("queued", None),
        ("something-new", None),
    ] {
        let told =
            twilio::read(&form(&json!({ "MessageSid": "SM1", "MessageStatus": status })), None).expect("readable");
        assert_eq!(told.map(|told| reached(&told).0), progress, "{status}");
    }
    assert_eq!(twilio::read(b"", None), Err(Unreadable));
}

#[test]
fn resend_tells_what_is_final_and_what_is_not() {
    let event = |kind: &str, more: Value| {
        let mut data = json!({ "email_id": "e1", "tags": { "baton": "trace" } });
        data.as_object_mut().expect("a table").extend(more.as_object().cloned().unwrap_or_default());
        let body = json!({ "type": kind, "created_at": "2026-11-20T16:48:22Z", "data": data }).to_string();
        resend::read(body.as_bytes(), "msg_1").expect("readable").map(|told| {
            let (progress, class, trace) = reached(&told);
            assert_eq!((told.id.as_str(), trace), ("msg_1", "trace"));
            (progress, class.to_owned())
        })
    };
    let failed = |class: &str| Some((Progress::Failed, class.to_owned()));
    assert_eq!(event("email.delivered", json!({})), Some((Progress::Delivered, String::new())));
    assert_eq!(
        event("email.bounced", json!({ "bounce": { "type": "Permanent", "subType": "General" } })),
        failed("recipient")
    );
    assert_eq!(event("email.bounced", json!({ "bounce": { "type": "Transient" } })), None);
    assert_eq!(event("email.suppressed", json!({})), failed("recipient"));
    assert_eq!(event("email.failed", json!({ "failed": { "reason": "x" } })), failed("content"));
    for quiet in ["email.opened", "email.delivery_delayed", "contact.created", "something.new"] {
        assert_eq!(event(quiet, json!({})), None, "{quiet}");
    }
    let vector = vector("standard_webhooks", "resend-email-bounced");
    let told = resend::read(vector["body"].as_str().expect("a body").as_bytes(), "x").expect("readable").expect("news");
    assert_eq!(reached(&told), (Progress::Failed, "recipient", ""));
}

#[test]
fn sendgrid_tells_many_events_at_once() {
    let payload = vector("sendgrid", "sg-own-key-batch")["payload"].as_str().expect("a body").to_owned();
    let told = sendgrid::read(payload.as_bytes()).expect("readable");
    let news: Vec<_> = told.iter().map(|told| reached(told).0).collect();
    assert_eq!(news, [Progress::Failed, Progress::Delivered]);
    let events = json!([
        { "event": "bounce", "type": "blocked", "sg_event_id": "1" },
        { "event": "dropped", "reason": "Bounced Address", "sg_event_id": "2", "baton_trace": "trace",
          "sg_message_id": "abc.filter0001.1.2" },
        { "event": "open", "sg_event_id": "3" },
        { "nonsense": true },
    ]);
    let told = sendgrid::read(events.to_string().as_bytes()).expect("readable");
    assert_eq!(told.len(), 1);
    assert_eq!(reached(&told[0]), (Progress::Failed, "recipient", "trace"));
    match &told[0].news {
        News::Reached(reached) => assert_eq!(reached.message, "abc"),
        other => panic!("{other:?}"),
    }
}
