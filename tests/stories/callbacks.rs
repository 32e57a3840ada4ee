//! Section 6: what providers tell, signed as they sign it: deliveries, failures, answers; once, in any order, after a restart.

use std::time::Duration;

use baton::simulator::provider::callback::{self, Callback, SendGridKey};
use baton::simulator::provider::{Provider, Taken, meta, resend, sendgrid, twilio};
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::order;
use super::door::{Answer, send};
use super::town::{PUBLIC_URL, Town, phone_number, town_with};
use super::wait::{a_moment, until};

pub const AUTH_TOKEN: &str = "TEST-AUTH-TOKEN";
const APP_SECRET: &str = "TEST-APP-SECRET";
const NUMBER_ID: &str = "106540352242922";
/// The secret of the published Resend vector.
const WEBHOOK_SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY";

/// Somebody with a phone and nothing else.
pub fn caller(name: &str, no: u16) -> Value {
    json!({ "ref": name, "name": name, "phone": phone_number(no), "priority": no })
}

pub async fn shown(provider: &Provider, what: &str, so: impl Fn(&Taken) -> bool) -> Taken {
    until(what, async || {
        assert_eq!(provider.refused(), [], "every call keeps to the contract");
        provider.taken().into_iter().find(&so)
    })
    .await
}

pub async fn twilio_town() -> (Town, Provider) {
    twilio_town_with(&[]).await
}

pub async fn twilio_town_with(more: &[(&str, &str)]) -> (Town, Provider) {
    let wire = twilio::Twilio { account_sid: "ACTEST".to_owned(), auth_token: AUTH_TOKEN.to_owned(), open: true };
    let provider = Provider::start(wire).await.unwrap();
    let url = provider.url();
    let mut settings = vec![
        ("CHANNELS__TWILIO__ACCOUNT_SID", "ACTEST"),
        ("CHANNELS__TWILIO__AUTH_TOKEN", AUTH_TOKEN),
        ("CHANNELS__TWILIO__BASE_URL", url.as_str()),
        ("CHANNELS__SMS__TWILIO__FROM", "+447700900100"),
        ("CHANNELS__SMS__TWILIO__RATE_ACCOUNT", "off"),
        ("CHANNELS__SMS__TWILIO__RATE_CHAT", "off"),
    ];
    settings.extend_from_slice(more);
    (town_with(&settings).await, provider)
}

/// A provider calls.
pub async fn calls(town: &Town, call: &Callback) -> Answer {
    send(call.onto(town.stranger().request(Method::POST, &call.path))).await
}

/// Twilio calls, at the address that was entered there.
async fn twilio_calls(town: &Town, path: &str, fields: &[(&str, &str)], token: &str) -> Answer {
    calls(town, &callback::of_twilio(PUBLIC_URL, path, fields, token)).await
}

/// What becomes of a message.
pub async fn twilio_tells(town: &Town, taken: &Taken, status: &str, error: &str) -> Answer {
    let path = format!("/public/webhooks/twilio/default/status?a={}", taken.trace);
    let sid = callback::twilio_sid(taken);
    let fields = [("MessageSid", sid.as_str()), ("MessageStatus", status), ("To", &taken.to), ("ErrorCode", error)];
    let answer = twilio_calls(town, &path, &fields, AUTH_TOKEN).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "<Response/>"));
    answer
}

pub async fn texts(town: &Town, from: &str, text: &str, sid: &str) -> Answer {
    let fields =
        [("MessageSid", sid), ("SmsStatus", "received"), ("From", from), ("To", "+447700900100"), ("Body", text)];
    twilio_calls(town, "/public/webhooks/twilio/default", &fields, AUTH_TOKEN).await
}

pub async fn events(town: &Town, job: &super::desk::Job) -> Vec<String> {
    let timeline = town.desk().timeline(job).await;
    timeline.iter().map(|entry| entry["event"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn f6_an_offer_by_sms_is_delivered_and_answered_by_a_word() {
    let (town, provider) = twilio_town().await;
    town.knows(vec![caller("ana", 1), caller("bo", 2)]).await;
    let job = town.desk().publishes(order("f6-sms")).await;
    let offer = shown(&provider, "ana's offer", |taken| taken.to == phone_number(1)).await;
    assert!(offer.text.contains("ACCEPT") && offer.text.contains(&format!("{PUBLIC_URL}/public/offers/")));
    // Out of order, and more than once: one line of the timeline each, and never back.
    for status in ["sent", "delivered", "delivered", "sent", "undelivered"] {
        twilio_tells(&town, &offer, status, "30005").await;
    }
    until("delivered", async || events(&town, &job).await.contains(&"offer_delivered".to_owned()).then_some(())).await;
    assert_eq!(texts(&town, &phone_number(1), "YES", "SM1").await.status, 200);
    let claimed = town.desk().sees_it(&job, "claimed").await;
    assert_eq!(claimed["claim"]["agent"]["ref"], "ana", "{claimed}");
    // The same text again, as providers repeat it: nothing happens twice.
    assert_eq!(texts(&town, &phone_number(1), "YES", "SM1").await.status, 200);
    town.metric_is("baton_inbound_total", "channel=\"sms\",outcome=\"repeat\"", 3.0).await;
    shown(&provider, "ana is told", |taken| taken.to == phone_number(1) && taken.text.contains("is yours")).await;
    let events = events(&town, &job).await;
    assert_eq!(events.iter().filter(|event| *event == "offer_delivered").count(), 1, "{events:?}");
    assert!(!events.contains(&"offer_failed".to_owned()), "what has arrived does not fail: {events:?}");
    assert!(provider.taken().iter().all(|taken| taken.to != phone_number(2)), "bo was never asked");
}

#[tokio::test]
async fn f5_an_offer_that_did_not_arrive_goes_to_the_next() {
    let (town, provider) = twilio_town().await;
    town.knows(vec![caller("ana", 1), caller("bo", 2)]).await;
    let job = town.desk().publishes(order("f5-sms")).await;
    let offer = shown(&provider, "ana's offer", |taken| taken.to == phone_number(1)).await;
    twilio_tells(&town, &offer, "undelivered", "30005").await;
    shown(&provider, "bo's offer", |taken| taken.to == phone_number(2)).await;
    let failed = town.desk().sees_offer(&job, "ana", "failed").await;
    assert_eq!(failed["status"], "failed");
    let timeline = town.desk().timeline(&job).await;
    let failed = timeline.iter().find(|entry| entry["event"] == "offer_failed").unwrap();
    assert_eq!(failed["facts"]["class"], "recipient", "{failed}");
}

#[tokio::test]
async fn s4_a_forged_call_changes_nothing() {
    let (town, provider) = twilio_town().await;
    town.knows(vec![caller("ana", 1), caller("bo", 2)]).await;
    let job = town.desk().publishes(order("s4")).await;
    let offer = shown(&provider, "ana's offer", |taken| taken.to == phone_number(1)).await;
    let path = format!("/public/webhooks/twilio/default/status?a={}", offer.trace);
    let fields = [("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30005")];
    twilio_calls(&town, &path, &fields, "ANOTHER-TOKEN").await.refuses(401, "unauthorized");
    let from = phone_number(1);
    let yes = [("MessageSid", "SM2"), ("SmsStatus", "received"), ("From", from.as_str()), ("Body", "YES")];
    twilio_calls(&town, "/public/webhooks/twilio/default", &yes, "ANOTHER-TOKEN").await.refuses(401, "unauthorized");
    let bare = town.stranger().request(Method::POST, "/public/webhooks/twilio/default").form(&yes);
    send(bare).await.refuses(401, "unauthorized");
    for path in ["meta/default", "resend/default", "sendgrid/default", "twilio/other"] {
        let path = format!("/public/webhooks/{path}");
        town.stranger().post(&path, json!({})).await.refuses(404, "channel-not-found");
    }
    assert_eq!(town.desk().sees(&job).await["status"], "offering");
    assert!(events(&town, &job).await.iter().all(|event| event != "offer_failed"));
    assert!(town.metric("baton_inbound_total", "channel=\"sms\"").await < 0.5);
}

#[tokio::test]
async fn x2_what_was_told_before_a_kill_is_acted_upon_after_it() {
    let (mut town, provider) = twilio_town().await;
    town.knows(vec![caller("ana", 1), caller("bo", 2)]).await;
    let job = town.desk().publishes(order("x2")).await;
    shown(&provider, "ana's offer", |taken| taken.to == phone_number(1)).await;
    assert_eq!(texts(&town, &phone_number(1), "YES", "SM1").await.status, 200);
    town.kill_9().await;
    town.starts_again().await;
    let claimed = town.desk().sees_it(&job, "claimed").await;
    assert_eq!(claimed["claim"]["agent"]["ref"], "ana", "{claimed}");
    // And what is known from before is known after.
    assert_eq!(texts(&town, &phone_number(1), "NO", "SM1").await.status, 200);
    a_moment(Duration::from_millis(200)).await;
    assert_eq!(town.desk().sees(&job).await["status"], "claimed");
}

pub async fn meta_town(open: bool, more: &[(&str, &str)]) -> (Town, Provider) {
    let wire = meta::Meta { token: "TEST-TOKEN".to_owned(), phone_number_id: NUMBER_ID.to_owned(), open };
    let provider = Provider::start(wire).await.unwrap();
    let url = provider.url();
    let mut settings = vec![
        ("CHANNELS__WHATSAPP__META__TOKEN", "TEST-TOKEN"),
        ("CHANNELS__WHATSAPP__META__PHONE_NUMBER_ID", NUMBER_ID),
        ("CHANNELS__WHATSAPP__META__BASE_URL", &url),
        ("CHANNELS__WHATSAPP__META__APP_SECRET", APP_SECRET),
        ("CHANNELS__WHATSAPP__META__VERIFY_TOKEN", "TEST-VERIFY"),
        ("CHANNELS__WHATSAPP__META__RATE_CHAT", "off"),
    ];
    settings.extend_from_slice(more);
    let town = town_with(&settings).await;
    (town, provider)
}

pub async fn meta_calls(town: &Town, value: Value) -> Answer {
    let body = callback::meta_envelope(NUMBER_ID, value);
    calls(town, &callback::of_meta("/public/webhooks/meta/default", &body, APP_SECRET)).await
}

#[tokio::test]
async fn f4_a_button_in_whatsapp_takes_the_job() {
    let (town, provider) = meta_town(true, &[]).await;
    let set_up = |token: &str| {
        format!("/public/webhooks/meta/default?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}")
    };
    let answer = town.stranger().get(&set_up("TEST-VERIFY")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "1158201444"));
    town.stranger().get(&set_up("wrong")).await.refuses(403, "forbidden");
    town.knows(vec![caller("ana", 1), caller("bo", 2)]).await;
    let job = town.desk().publishes(order("f4").everybody()).await;
    let digits = |no: u16| phone_number(no).trim_start_matches('+').to_owned();
    let offer = shown(&provider, "bo's offer", |taken| taken.to == digits(2)).await;
    let tap = json!({ "id": "wamid.tap", "from": digits(2), "timestamp": "1", "type": "interactive",
        "interactive": { "type": "button_reply", "button_reply": { "id": offer.buttons[0].0, "title": "YES" } } });
    assert_eq!(meta_calls(&town, json!({ "messages": [tap] })).await.status, 200);
    let claimed = town.desk().sees_it(&job, "claimed").await;
    assert_eq!(claimed["claim"]["agent"]["ref"], "bo", "{claimed}");
    shown(&provider, "ana is told", |taken| taken.to == digits(1) && taken.text.contains("somebody else")).await;
}

#[tokio::test]
async fn f7_a_window_that_was_shut_is_gone_through_with_a_template() {
    let (town, provider) = meta_town(true, &[("CHANNELS__WHATSAPP__META__OFFER_TEMPLATE", "job_offer")]).await;
    town.knows(vec![caller("ana", 1)]).await;
    let digits = phone_number(1).trim_start_matches('+').to_owned();
    // She wrote, so that the window seems open.
    let text =
        json!({ "id": "wamid.hello", "from": digits, "timestamp": "1", "type": "text", "text": { "body": "help" } });
    assert_eq!(meta_calls(&town, json!({ "messages": [text] })).await.status, 200);
    shown(&provider, "an answer", |taken| taken.text.contains("Reply YES")).await;
    let job = town.desk().publishes(order("f7")).await;
    let offer = shown(&provider, "the offer as text", |taken| taken.body.contains("\"interactive\"")).await;
    let failed = json!({ "id": "wamid.1", "status": "failed", "timestamp": "1", "recipient_id": digits,
        "biz_opaque_callback_data": offer.trace, "errors": [{ "code": 131_047, "title": "Re-engagement message" }] });
    assert_eq!(meta_calls(&town, json!({ "statuses": [failed] })).await.status, 200);
    let template = shown(&provider, "the offer as a template", |taken| taken.body.contains("job_offer")).await;
    assert_ne!(template.trace, offer.trace, "another message, of another debt");
    assert!(events(&town, &job).await.contains(&"offer_returned".to_owned()));
    // The template's own delivery counts.
    let read = json!({ "id": "wamid.2", "status": "read", "timestamp": "1", "recipient_id": digits,
        "biz_opaque_callback_data": template.trace });
    assert_eq!(meta_calls(&town, json!({ "statuses": [read] })).await.status, 200);
    until("read", async || events(&town, &job).await.contains(&"offer_read".to_owned()).then_some(())).await;
    assert_eq!(town.desk().sees(&job).await["status"], "offering");
}

/// Somebody with a mailbox, and a phone that nobody here can reach.
pub fn reader(name: &str, no: u16) -> Value {
    let email = format!("{name}@example.com");
    json!({ "ref": name, "name": name, "phone": phone_number(no), "email": email, "priority": no })
}

#[tokio::test]
async fn f8_a_mail_that_bounces_at_resend_lets_the_next_be_asked() {
    let provider = Provider::start(resend::Resend { api_key: "re_TEST".to_owned() }).await.unwrap();
    let town = town_with(&[
        ("CHANNELS__EMAIL__PROVIDER", "resend"),
        ("CHANNELS__EMAIL__SMTP__ENABLED", "off"),
        ("CHANNELS__EMAIL__RESEND__API_KEY", "re_TEST"),
        ("CHANNELS__EMAIL__RESEND__BASE_URL", &provider.url()),
        ("CHANNELS__EMAIL__RESEND__FROM", "Dispatch <dispatch@example.com>"),
        ("CHANNELS__EMAIL__RESEND__WEBHOOK_SECRET", WEBHOOK_SECRET),
    ])
    .await;
    town.knows(vec![reader("ana", 1), reader("bo", 2)]).await;
    let job = town.desk().publishes(order("f8-resend")).await;
    let offer = shown(&provider, "ana's mail", |taken| taken.to == "ana@example.com").await;
    let body = json!({ "type": "email.bounced", "created_at": "2026-11-20T16:48:22.579Z",
        "data": { "email_id": "e1", "to": ["ana@example.com"], "tags": { "baton": offer.trace },
                  "bounce": { "type": "Permanent", "subType": "General" } } });
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let told = |at: u64| callback::of_resend("/public/webhooks/resend/default", "msg_1", at, &body, WEBHOOK_SECRET);
    calls(&town, &told(now - 1000)).await.refuses(401, "unauthorized");
    calls(&town, &told(now).forged()).await.refuses(401, "unauthorized");
    assert_eq!(calls(&town, &told(now)).await.status, 200);
    shown(&provider, "bo's mail", |taken| taken.to == "bo@example.com").await;
    town.desk().sees_offer(&job, "ana", "failed").await;
    // The address is tried last from now on.
    until("the bounce is known of the address", async || {
        let ana = town.door.get("/api/v1/agents/ana").await.is(200);
        ana["reach"].as_array().is_some_and(|reach| reach.iter().any(|one| one["channel"] == "email")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn d12_who_complains_of_a_mail_or_ends_them_by_one_click_gets_no_more() {
    let provider = Provider::start(resend::Resend { api_key: "re_TEST".to_owned() }).await.unwrap();
    let mut town = town_with(&[
        ("CHANNELS__EMAIL__PROVIDER", "resend"),
        ("CHANNELS__EMAIL__SMTP__ENABLED", "off"),
        ("CHANNELS__EMAIL__RESEND__API_KEY", "re_TEST"),
        ("CHANNELS__EMAIL__RESEND__BASE_URL", &provider.url()),
        ("CHANNELS__EMAIL__RESEND__FROM", "Dispatch <dispatch@example.com>"),
        ("CHANNELS__EMAIL__RESEND__WEBHOOK_SECRET", WEBHOOK_SECRET),
    ])
    .await;
    town.knows(vec![reader("ana", 1), reader("bo", 2), reader("cy", 3)]).await;
    town.desk().publishes(order("d12-complains")).await;
    let offer = shown(&provider, "ana's mail", |taken| taken.to == "ana@example.com").await;
    let body = json!({ "type": "email.complained", "created_at": "2026-11-20T16:48:22.579Z",
        "data": { "email_id": "e1", "to": ["ana@example.com"], "tags": { "baton": offer.trace } } });
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let told = callback::of_resend("/public/webhooks/resend/default", "msg_2", now, &body, WEBHOOK_SECRET);
    assert_eq!(calls(&town, &told).await.status, 200);
    let opted_out = async |town: &Town, who: &str, source: &str| {
        until(&format!("{who} is opted out"), async || {
            let said = town.door.get(&format!("/api/v1/agents/{who}/consents")).await.is(200).to_string();
            (said.contains("opted_out") && said.contains(source)).then_some(())
        })
        .await;
    };
    opted_out(&town, "ana", "complaint").await;
    // Bo is asked next, and ends mails as his mail program does: by the header of the mail, without looking.
    town.desk().publishes(order("d12-clicks")).await;
    let mail = shown(&provider, "bo's mail", |taken| taken.to == "bo@example.com").await;
    let sent: Value = serde_json::from_str(&mail.body).unwrap();
    assert_eq!(sent["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    let list = sent["headers"]["List-Unsubscribe"].as_str().unwrap();
    let path = list.trim_matches(['<', '>']).strip_prefix(PUBLIC_URL).unwrap().to_owned();
    assert_eq!(town.stranger().get(&path).await.status, 200);
    let click = town.stranger().request(Method::POST, &path).form(&[("List-Unsubscribe", "One-Click")]);
    assert_eq!(send(click).await.status, 200);
    opted_out(&town, "bo", "unsubscribe").await;
    // It outlives the process.
    town.kill_9().await;
    town.starts_again().await;
    town.desk().publishes(order("d12-after")).await;
    shown(&provider, "cy's mail", |taken| taken.to == "cy@example.com").await;
    let mails = |to: &str| provider.taken().iter().filter(|taken| taken.to == to).count();
    assert_eq!((mails("ana@example.com"), mails("bo@example.com")), (1, 1));
}

#[tokio::test]
async fn f8_a_mail_that_sendgrid_delivers_is_known_to_be() {
    let key = SendGridKey::of([7; 32]).unwrap();
    let provider = Provider::start(sendgrid::SendGrid { api_key: "SG.TEST".to_owned() }).await.unwrap();
    let town = town_with(&[
        ("CHANNELS__EMAIL__PROVIDER", "sendgrid"),
        ("CHANNELS__EMAIL__SMTP__ENABLED", "off"),
        ("CHANNELS__EMAIL__SENDGRID__API_KEY", "SG.TEST"),
        ("CHANNELS__EMAIL__SENDGRID__BASE_URL", &provider.url()),
        ("CHANNELS__EMAIL__SENDGRID__FROM", "Dispatch <dispatch@example.com>"),
        ("CHANNELS__EMAIL__SENDGRID__WEBHOOK_KEY", &key.public()),
    ])
    .await;
    town.knows(vec![reader("ana", 1)]).await;
    let job = town.desk().publishes(order("f8-sendgrid")).await;
    let offer = shown(&provider, "ana's mail", |taken| taken.to == "ana@example.com").await;
    let event = |event: &str, id: &str| {
        json!({ "event": event, "sg_event_id": id, "baton_trace": offer.trace,
        "sg_message_id": "TEST-000001.filter0001.1.0", "timestamp": 1, "email": "ana@example.com" })
    };
    let told = json!([event("processed", "1"), event("delivered", "2"), event("open", "3")]);
    let call = key.events("/public/webhooks/sendgrid/default", 1_600_112_502, &told);
    assert_eq!(calls(&town, &call.clone().forged()).await.status, 401);
    assert_eq!(calls(&town, &call).await.status, 200);
    until("delivered", async || events(&town, &job).await.contains(&"offer_delivered".to_owned()).then_some(())).await;
}
