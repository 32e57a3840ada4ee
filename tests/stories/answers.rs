//! What people answer by mail, by lists and in chats, and what is kept of it until it was acted upon.

use std::time::Duration;

use baton::simulator::provider::callback;
use baton::simulator::provider::{Answer as Said, Fault, Provider, Taken, resend, sendgrid};
use baton_actors::clock::Stopwatch;
use reqwest::Method;
use serde_json::{Value, json};

use super::callbacks::{caller, calls, events, meta_calls, meta_town, reader, shown, texts, twilio_tells, twilio_town};
use super::desk::order;
use super::door::{Answer, send};
use super::process::{DEV_KEY, baton};
use super::town::{DESK, Town, phone_number, town_with};
use super::wait::{a_moment, until};

const INBOUND: &str = "TEST-INBOUND-SECRET";
/// The secret of the published Resend vector.
const WEBHOOK_SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY";

async fn resend_town() -> (Town, Provider) {
    resend_town_with(&[]).await
}

/// A town whose mails go by Resend.
pub async fn resend_town_with(more: &[(&str, &str)]) -> (Town, Provider) {
    let provider = Provider::start(resend::Resend { api_key: "re_TEST".to_owned() }).await.unwrap();
    let url = provider.url();
    let ours = [
        ("CHANNELS__EMAIL__PROVIDER", "resend"),
        ("CHANNELS__EMAIL__REPLY_DOMAIN", "in.example.com"),
        ("CHANNELS__EMAIL__SMTP__ENABLED", "off"),
        ("CHANNELS__EMAIL__RESEND__API_KEY", "re_TEST"),
        ("CHANNELS__EMAIL__RESEND__BASE_URL", url.as_str()),
        ("CHANNELS__EMAIL__RESEND__FROM", "Dispatch <dispatch@example.com>"),
        ("CHANNELS__EMAIL__RESEND__WEBHOOK_SECRET", WEBHOOK_SECRET),
    ];
    let town = town_with(&[&ours, more].concat()).await;
    (town, provider)
}

/// Resend tells that a mail came in; what it says has to be fetched.
async fn resend_tells(town: &Town, id: &str, from: &str, to: &str) -> Answer {
    let body = json!({ "type": "email.received", "created_at": "2026-11-20T16:48:22.579Z",
        "data": { "email_id": id, "from": from, "to": [to], "subject": "Re: offer" } });
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let event = format!("msg_{id}");
    calls(town, &callback::of_resend("/public/webhooks/resend/default", &event, now, &body, WEBHOOK_SECRET)).await
}

fn received(text: &str, headers: &Value) -> Said {
    Said::json(200, &json!({ "object": "email", "text": text, "html": null, "headers": headers }))
}

/// Where a mail is answered.
fn reply_to(taken: &Taken) -> String {
    let mail: Value = serde_json::from_str(&taken.body).unwrap();
    mail["reply_to"].as_str().or(mail["reply_to"]["email"].as_str()).unwrap().to_owned()
}

#[tokio::test]
async fn a_mail_is_answered_by_a_mail_whatever_address_it_comes_from() {
    let (town, provider) = resend_town().await;
    town.knows(vec![reader("ana", 1), reader("bo", 2)]).await;
    let job = town.desk().publishes(order("mail-resend")).await;
    let offer = shown(&provider, "ana's mail", |taken| taken.to == "ana@example.com").await;
    let to = reply_to(&offer);
    assert!(to.starts_with("reply+") && to.ends_with("@in.example.com"), "{to}");
    // The body is not there at once; it is asked for again.
    provider.shows("/emails/receiving/e1", Said::json(500, &json!({})));
    assert_eq!(resend_tells(&town, "e1", "Ana <ana@elsewhere.example>", &to).await.status, 200);
    let mail = "Yes\r\n\r\nOn Fri, 27 Nov 2026 at 10:00, Dispatch <dispatch@example.com> wrote:\r\n> Reply NO";
    provider.shows("/emails/receiving/e1", received(mail, &json!({})));
    let claimed = town.desk().sees_it(&job, "claimed").await;
    assert_eq!(claimed["claim"]["agent"]["ref"], "ana", "{claimed}");
    shown(&provider, "ana is told", |taken| taken.to == "ana@example.com" && taken.text.contains("is yours")).await;
    // The same again is the same.
    assert_eq!(resend_tells(&town, "e1", "ana@elsewhere.example", &to).await.status, 200);
    town.metric_is("baton_inbound_total", "channel=\"email\",outcome=\"repeat\"", 1.0).await;
}

#[tokio::test]
async fn whoever_has_a_job_answers_the_mail_about_it_from_any_address() {
    let (town, provider) = resend_town().await;
    town.knows(vec![reader("ana", 1), reader("bo", 2)]).await;
    let job = town.desk().publishes(order("mail-won")).await;
    let offer = shown(&provider, "ana's mail", |taken| taken.to == "ana@example.com").await;
    provider.shows("/emails/receiving/w1", received("yes", &json!({})));
    assert_eq!(resend_tells(&town, "w1", "ana@example.com", &reply_to(&offer)).await.status, 200);
    town.desk().sees_it(&job, "claimed").await;
    let won =
        shown(&provider, "she has it", |taken| taken.to == "ana@example.com" && taken.text.contains("is yours")).await;
    let to = reply_to(&won);
    assert!(to.starts_with("reply+"), "{to}");
    // From an address that nobody knows: the mail that is answered says who it is.
    provider.shows("/emails/receiving/w2", received("withdraw", &json!({})));
    assert_eq!(resend_tells(&town, "w2", "ana@elsewhere.example", &to).await.status, 200);
    shown(&provider, "bo is asked now", |taken| taken.to == "bo@example.com" && taken.text.contains(&job.code)).await;
    assert_eq!(town.desk().sees(&job).await["status"], "offering");
}

#[tokio::test]
async fn a_holiday_reply_is_never_answered_and_a_borrowed_name_is_not_believed() {
    let (town, provider) = resend_town().await;
    town.knows(vec![reader("ana", 1)]).await;
    let job = town.desk().publishes(order("mail-holiday")).await;
    let offer = shown(&provider, "ana's mail", |taken| taken.to == "ana@example.com").await;
    let holiday = received("YES, I am back on Monday", &json!({ "auto-submitted": "auto-replied" }));
    provider.shows("/emails/receiving/e1", holiday);
    resend_tells(&town, "e1", "ana@example.com", &reply_to(&offer)).await.is(200);
    let results = "mx.example.net; spf=fail smtp.mailfrom=x@evil.example; dkim=none";
    provider.shows("/emails/receiving/e2", received("YES", &json!({ "authentication-results": results })));
    resend_tells(&town, "e2", "ana@example.com", "reply@in.example.com").await.is(200);
    // What is not understood is answered, so that the two before have been acted upon.
    provider.shows("/emails/receiving/e3", received("maybe", &json!({})));
    resend_tells(&town, "e3", "ana@example.com", "reply@in.example.com").await.is(200);
    shown(&provider, "help", |taken| taken.text.contains("did not understand")).await;
    assert_eq!(town.desk().sees(&job).await["status"], "offering");
    assert_eq!(provider.taken().len(), 2, "the offer, and one answer");
}

async fn sendgrid_hands_over(town: &Town, secret: &str, fields: &[(&str, &str)]) -> Answer {
    let path = format!("/public/webhooks/sendgrid/default/inbound/{secret}");
    calls(town, &callback::of_sendgrid_inbound(&path, fields)).await
}

#[tokio::test]
async fn a_mail_that_sendgrid_hands_over_takes_the_job() {
    let provider = Provider::start(sendgrid::SendGrid { api_key: "SG.TEST".to_owned() }).await.unwrap();
    let town = town_with(&[
        ("CHANNELS__EMAIL__PROVIDER", "sendgrid"),
        ("CHANNELS__EMAIL__REPLY_DOMAIN", "in.example.com"),
        ("CHANNELS__EMAIL__SMTP__ENABLED", "off"),
        ("CHANNELS__EMAIL__SENDGRID__API_KEY", "SG.TEST"),
        ("CHANNELS__EMAIL__SENDGRID__BASE_URL", &provider.url()),
        ("CHANNELS__EMAIL__SENDGRID__FROM", "Dispatch <dispatch@example.com>"),
        ("CHANNELS__EMAIL__SENDGRID__INBOUND_SECRET", INBOUND),
    ])
    .await;
    town.knows(vec![reader("ana", 1), reader("bo", 2)]).await;
    let job = town.desk().publishes(order("mail-sendgrid").everybody()).await;
    let offer = shown(&provider, "ana's mail", |taken| taken.to == "ana@example.com").await;
    let envelope = |to: &str| json!({ "to": [to], "from": "ana@example.com" }).to_string();
    let ours = envelope(&reply_to(&offer));
    let forged = [
        ("from", "bo@example.com"),
        ("envelope", &envelope("reply@in.example.com")),
        ("text", "YES"),
        ("SPF", "fail"),
        ("dkim", "none"),
    ];
    sendgrid_hands_over(&town, "another-secret", &forged).await.refuses(401, "unauthorized");
    sendgrid_hands_over(&town, INBOUND, &forged).await.is(200);
    let yes = [
        ("from", "Ana <ana@example.com>"),
        ("envelope", &ours),
        ("text", "YES\r\n\r\n> Reply NO"),
        ("headers", "Message-ID: <1@example.com>"),
        ("SPF", "pass"),
        ("dkim", "{@example.com : pass}"),
    ];
    sendgrid_hands_over(&town, INBOUND, &yes).await.is(200);
    let claimed = town.desk().sees_it(&job, "claimed").await;
    assert_eq!(claimed["claim"]["agent"]["ref"], "ana", "{claimed}");
    sendgrid_hands_over(&town, INBOUND, &yes).await.is(200);
    town.metric_is("baton_inbound_total", "channel=\"email\",outcome=\"repeat\"", 1.0).await;
}

#[tokio::test]
async fn a_question_in_whatsapp_is_a_list_and_its_row_is_the_answer() {
    let (town, provider) = meta_town(true, &[]).await;
    town.knows(vec![caller("ana", 1)]).await;
    let digits = phone_number(1).trim_start_matches('+').to_owned();
    let (one, two) = (town.desk().publishes(order("list-1")).await, town.desk().publishes(order("list-2")).await);
    for job in [&one, &two] {
        shown(&provider, "an offer", |taken| taken.text.contains(&job.code)).await;
    }
    let text = json!({ "id": "wamid.1", "from": digits, "timestamp": "1", "type": "text", "text": { "body": "yes" } });
    assert_eq!(meta_calls(&town, json!({ "messages": [text] })).await.status, 200);
    let list = shown(&provider, "the question", |taken| taken.body.contains("\"list\"")).await;
    let row = list.buttons.iter().find(|(_, title)| title.contains(&two.code)).unwrap();
    let tap = json!({ "id": "wamid.2", "from": digits, "timestamp": "1", "type": "interactive",
        "interactive": { "type": "list_reply", "list_reply": { "id": row.0, "title": row.1 } } });
    assert_eq!(meta_calls(&town, json!({ "messages": [tap] })).await.status, 200);
    town.desk().sees_it(&two, "claimed").await;
    assert_eq!(town.desk().sees(&one).await["status"], "offering");
}

#[tokio::test]
async fn f10_x10_statuses_come_in_any_order_and_more_than_once() {
    let (town, provider) = meta_town(true, &[]).await;
    town.knows(vec![caller("ana", 1)]).await;
    let job = town.desk().publishes(order("f10")).await;
    let offer = shown(&provider, "ana's offer", |taken| taken.body.contains("interactive")).await;
    let digits = phone_number(1).trim_start_matches('+').to_owned();
    let tells = async |status: &str| {
        let told = json!({ "id": "wamid.1", "status": status, "timestamp": "1", "recipient_id": digits,
            "biz_opaque_callback_data": offer.trace });
        assert_eq!(meta_calls(&town, json!({ "statuses": [told] })).await.status, 200);
    };
    for status in ["delivered", "sent", "delivered", "read", "delivered", "read", "failed"] {
        tells(status).await;
    }
    until("read", async || events(&town, &job).await.contains(&"offer_read".to_owned()).then_some(())).await;
    town.metric_is("baton_inbound_total", "channel=\"whatsapp\",outcome=\"taken\"", 4.0).await;
    town.metric_is("baton_inbound_total", "channel=\"whatsapp\",outcome=\"repeat\"", 3.0).await;
    until("all of it was acted upon", async || {
        let left = town.door.get("/api/v1/webhooks?done=false").await.is(200);
        left["items"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
    let events = events(&town, &job).await;
    for (event, times) in [("offer_delivered", 1), ("offer_read", 1), ("offer_failed", 0)] {
        assert_eq!(events.iter().filter(|seen| *seen == event).count(), times, "{event} of {events:?}");
    }
}

#[tokio::test]
async fn s4_a_call_of_whatsapp_that_was_signed_for_another_body_is_forbidden() {
    let (town, provider) = meta_town(true, &[]).await;
    town.knows(vec![caller("ana", 1)]).await;
    let job = town.desk().publishes(order("s4-meta")).await;
    let offer = shown(&provider, "ana's offer", |taken| taken.body.contains("interactive")).await;
    let tap = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{ "field": "messages", "value": {
        "metadata": { "phone_number_id": "106540352242922" }, "messages": [{ "id": "wamid.1", "from": "447700900001",
            "type": "interactive", "interactive": { "button_reply": { "id": offer.buttons[0].0 } } }] } }] }] })
    .to_string();
    let other: Value = serde_json::from_str(&tap.replace("447700900001", "447700900002")).unwrap();
    let tampered = callback::of_meta("/", &other, "TEST-APP-SECRET").headers.pop().unwrap().1;
    for signature in [Some(tampered.as_str()), Some("sha256=00"), Some("nonsense"), None] {
        let mut call = town.stranger().request(Method::POST, "/public/webhooks/meta/default").body(tap.clone());
        if let Some(signature) = signature {
            call = call.header("x-hub-signature-256", signature);
        }
        send(call).await.refuses(403, "forbidden");
    }
    assert_eq!(town.desk().sees(&job).await["status"], "offering");
    assert!(town.metric("baton_inbound_total", "channel=\"whatsapp\"").await < 0.5);
}

#[tokio::test]
async fn x2_a_delivery_told_before_the_send_was_answered_is_known_and_no_second_message_goes() {
    let (town, provider) = twilio_town().await;
    town.knows(vec![caller("ana", 1)]).await;
    provider.next_call_meets(Fault::Hang(Duration::from_millis(1_500)));
    let job = town.desk().publishes(order("x2-early")).await;
    let offer = shown(&provider, "ana's offer", |taken| taken.to == phone_number(1)).await;
    twilio_tells(&town, &offer, "delivered", "").await;
    until("delivered", async || events(&town, &job).await.contains(&"offer_delivered".to_owned()).then_some(())).await;
    // Now the provider answers the call as well: it was sent, and that is no news.
    town.sends_all_it_owes().await;
    a_moment(Duration::from_secs(2)).await;
    let events = events(&town, &job).await;
    assert_eq!(events.iter().filter(|event| *event == "offer_delivered").count(), 1, "{events:?}");
    assert_eq!(provider.taken().len(), 1, "one message");
}

#[tokio::test]
async fn c15_a_webhook_is_answered_at_once_however_long_providers_take() {
    let (town, provider) = twilio_town().await;
    town.knows(vec![caller("ana", 1)]).await;
    let job = town.desk().publishes(order("c15")).await;
    shown(&provider, "ana's offer", |taken| taken.to == phone_number(1)).await;
    for _ in 0..4 {
        provider.next_call_meets(Fault::Hang(Duration::from_secs(5)));
    }
    let mut waits = Vec::new();
    for (no, text) in ["help", "maybe", "YES"].iter().enumerate() {
        let begun = Stopwatch::start();
        assert_eq!(texts(&town, &phone_number(1), text, &format!("SM{no}")).await.status, 200);
        waits.push(begun.elapsed());
    }
    assert!(waits.iter().all(|wait| *wait < Duration::from_millis(200)), "{waits:?}");
    town.desk().sees_it(&job, "claimed").await;
}

const SECRET: &str = "a-secret-that-only-telegram-knows";

async fn telegram_calls(town: &Town, update: &Value) -> Answer {
    let call = town.stranger().request(Method::POST, "/public/webhooks/telegram/default").json(update);
    send(call.header("X-Telegram-Bot-Api-Secret-Token", SECRET)).await
}

fn wrote(no: u64, text: &str) -> Value {
    json!({ "update_id": no, "message": { "message_id": no, "date": 0, "text": text,
        "chat": { "id": 1001, "type": "private" }, "from": { "id": 1001, "is_bot": false, "first_name": "A" } } })
}

#[tokio::test]
async fn s6_an_update_is_acted_upon_once_and_after_a_kill_as_well() {
    let webhook = [("CHANNELS__TELEGRAM__MODE", "webhook"), ("CHANNELS__TELEGRAM__WEBHOOK_SECRET", SECRET)];
    let mut town = town_with(&webhook).await;
    let [ana] = town.people(["ana"]).await;
    let first = town.desk().publishes(order("s6-1")).await;
    ana.shows_offer(&first).await;
    // Whatever a kill interrupts, the answer was given: it is done, before the kill or after.
    assert_eq!(telegram_calls(&town, &wrote(1, "NO")).await.status, 200);
    town.kill_9().await;
    town.starts_again().await;
    town.desk().sees_offer(&first, "ana", "declined").await;
    let second = town.desk().publishes(order("s6-2")).await;
    ana.shows_offer(&second).await;
    for _ in 0..3 {
        assert_eq!(telegram_calls(&town, &wrote(1, "NO")).await.status, 200);
    }
    town.metric_is("baton_inbound_total", "channel=\"telegram\",outcome=\"repeat\"", 3.0).await;
    assert_eq!(telegram_calls(&town, &wrote(2, "YES")).await.status, 200);
    town.desk().sees_it(&second, "claimed").await;
}

#[tokio::test]
async fn s7_a_provider_that_calls_too_often_must_wait() {
    let town = town_with(&[("SERVER__RATE_LIMIT__WEBHOOKS", "5/1m"), ("SERVER__RATE_LIMIT__PER_IP", "off")]).await;
    for no in 0..7 {
        let request = town.stranger().request(Method::POST, "/public/webhooks/twilio/default").json(&json!({}));
        let answer = send(request.header("X-Forwarded-For", format!("203.0.113.{no}"))).await;
        if no < 5 {
            answer.refuses(404, "channel-not-found");
        } else {
            answer.refuses(429, "rate-limited");
            assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
        }
    }
    assert_eq!(town.stranger().get("/version").await.status, 200, "people are counted apart");
}

#[tokio::test]
async fn two_machines_do_not_talk_to_each_other_for_ever() {
    let town = town_with(&[]).await;
    let [ana] = town.people(["ana"]).await;
    for no in 0..30 {
        ana.types(&format!("I am a robot {no}"));
    }
    town.metric_is("baton_inbound_total", "channel=\"telegram\",outcome=\"taken\"", 30.0).await;
    town.metric_is("baton_inbound_total", "channel=\"telegram\",outcome=\"unanswered\"", 20.0).await;
    town.sends_all_it_owes().await;
    let answers = ana.chat.messages().iter().filter(|message| message.from.is_none()).count();
    assert_eq!(answers, 10);
}

#[tokio::test]
async fn the_desk_is_told_in_its_topic_and_in_the_chat_where_the_topic_is_gone() {
    let town = town_with(&[("TENANTS__DEFAULT__DESK_TELEGRAM_TOPIC", "77")]).await;
    let desk = town.desk_phone();
    desk.chat.has_topic(77);
    let [ana] = town.people(["ana"]).await;
    let first = town.desk().publishes(order("topic-1")).await;
    ana.presses_yes(&first).await;
    assert_eq!(desk.shows(&first.code).await.thread, Some(77));
    desk.chat.loses_topic(77);
    let second = town.desk().publishes(order("topic-2")).await;
    ana.presses_yes(&second).await;
    assert_eq!(desk.shows(&second.code).await.thread, None);
    let set = town.door.get("/api/v1/desk").await.is(200);
    assert_eq!((&set["telegram_topic"], &set["telegram_chat_id"]), (&json!(77), &json!(DESK)));
}

#[tokio::test]
async fn a_group_that_is_found_to_have_moved_is_written_to_where_it_is_from_then_on() {
    let town = town_with(&[("TENANTS__DEFAULT__DESK_TELEGRAM", "-900")]).await;
    let (old, new) = (town.bot.chat(-900), town.bot.chat(-100_900));
    let [ana] = town.people(["ana"]).await;
    old.next_call_meets(baton::simulator::telegram::Fault::Moved(-100_900));
    let job = town.desk().publishes(order("moved")).await;
    ana.presses_yes(&job).await;
    new.wait_for(|messages| messages.iter().any(|message| message.text.contains(&job.code))).await.unwrap();
    until("the desk's chat is known to have moved", async || {
        (town.door.get("/api/v1/desk").await.is(200)["telegram_chat_id"] == -100_900).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_was_told_is_listed_and_replayed_from_the_command_line() {
    let (town, provider) = twilio_town().await;
    town.knows(vec![caller("ana", 1)]).await;
    let job = town.desk().publishes(order("cli")).await;
    shown(&provider, "ana's offer", |taken| taken.to == phone_number(1)).await;
    texts(&town, &phone_number(1), "YES", "SM7").await;
    town.desk().sees_it(&job, "claimed").await;
    let run = async |arguments: &[&str]| {
        let server = [("BATON_SERVER".to_owned(), town.door.url("")), ("BATON_KEY".to_owned(), DEV_KEY.to_owned())];
        let output = baton(&server).args(arguments).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    until("it is done", async || {
        (run(&["webhooks", "list", "--pending", "--json"]).await.trim() == "[]").then_some(())
    })
    .await;
    let listed = run(&["webhooks", "list", "--account", "twilio"]).await;
    assert!(listed.contains("SM7") && listed.contains("text") && !listed.contains("7700900001"), "{listed}");
    let replayed = run(&["webhooks", "replay", "--id", "SM7"]).await;
    assert!(replayed.starts_with("0 being acted upon now, 1 done before"), "{replayed}");
}
