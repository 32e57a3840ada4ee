//! What people choose for themselves behind the link in their mails, and what becomes of the messages after it.

use baton::simulator::provider::{Provider, Taken, resend};
use serde_json::{Value, json};

use super::callbacks::shown;
use super::door::{Answer, send};
use super::town::{Town, phone_number, town_with};
use super::wait::until;

async fn mail_town() -> (Town, Provider) {
    let provider = Provider::start(resend::Resend { api_key: "re_TEST".to_owned() }).await.unwrap();
    let town = town_with(&[
        ("CHANNELS__EMAIL__PROVIDER", "resend"),
        ("CHANNELS__EMAIL__SMTP__ENABLED", "off"),
        ("CHANNELS__EMAIL__RESEND__API_KEY", "re_TEST"),
        ("CHANNELS__EMAIL__RESEND__BASE_URL", &provider.url()),
        ("CHANNELS__EMAIL__RESEND__FROM", "Dispatch <dispatch@example.com>"),
    ])
    .await;
    (town, provider)
}

/// A note to Ana, who reads Hebrew and has agreed to hear of us by mail.
fn note(reference: &str) -> Value {
    let yes = json!([{ "channel": "email", "status": "opted_in" }]);
    json!({ "external_ref": reference, "event_type": "parcel.ready", "channel": "email", "template": "note",
        "payload": { "subject": reference, "message": format!("This is {reference}.") },
        "recipient": { "contact": { "ref": "ana", "phone": phone_number(1), "email": "ana@example.com", "locale": "he",
            "consents": yes } } })
}

async fn becomes(town: &Town, reference: &str, status: &str) -> Value {
    until(&format!("{reference} is {status}"), async || {
        let seen = town.door.get(&format!("/api/v1/notifications/by-ref/{reference}")).await.is(200);
        (seen["status"] == status).then_some(seen)
    })
    .await
}

/// The page that a mail leads to.
fn path_in(taken: &Taken) -> String {
    let mail: Value = serde_json::from_str(&taken.body).unwrap();
    let text = mail["text"].as_str().unwrap();
    let at = text.find("https://baton.example.com/public/preferences/").expect("the mail has the link");
    Town::path_of(&json!(text[at..].split_whitespace().next().unwrap()))
}

/// A browser sends what was chosen: each with what the page showed before.
async fn chooses(town: &Town, path: &str, fields: impl Into<reqwest::Body>) -> Answer {
    let answer = town.stranger().submits(path, fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

#[tokio::test]
async fn f3_d12_who_says_no_behind_the_link_in_a_mail_gets_no_more_and_a_restart_forgets_none_of_it() {
    let (mut town, provider) = mail_town().await;
    town.door.post("/api/v1/notifications", note("first")).await.is(202);
    let mail = shown(&provider, "the first note", |taken| taken.text.contains("This is first")).await;
    let path = path_in(&mail);
    let known = town.door.post("/api/v1/agents/ana/preferences-link", json!({})).await.is(200);
    assert_eq!(Town::path_of(&known["url"]), path, "the desk can give the same link");

    let page = send(town.stranger().request(reqwest::Method::GET, &path)).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains(r#"<html lang="he" dir="rtl">"#), "{}", page.text);
    assert!(page.text.contains("a***@example.com") && !page.text.contains("ana@"), "{}", page.text);
    town.door.post("/api/v1/notifications", note("second")).await.is(202);
    shown(&provider, "the second note: looking ended nothing", |taken| taken.text.contains("This is second")).await;

    chooses(
        &town,
        &path,
        "email.notifications=no&was.email.notifications=yes&time_zone=Asia%2FJerusalem&was.time_zone=",
    )
    .await;
    town.door.post("/api/v1/notifications", note("third")).await.is(202);
    let third = becomes(&town, "third", "suppressed").await;
    assert!(third.to_string().contains("opted-out"), "{third}");

    town.kill_9().await;
    town.starts_again().await;
    let ana = town.door.get("/api/v1/agents/ana").await.is(200);
    assert_eq!(ana["time_zone"], "Asia/Jerusalem");
    let no = ana["consents"].as_array().unwrap().iter().find(|said| said["source"] == "preferences").unwrap();
    assert_eq!((&no["status"], &no["purpose"]), (&json!("opted_out"), &json!("notifications")));
    assert!(no["wording"].as_str().unwrap().starts_with("preferences.he."), "{no}");
    town.door.post("/api/v1/notifications", note("fourth")).await.is(202);
    becomes(&town, "fourth", "suppressed").await;

    // The same person looks again, wants them again, and says so.
    let page = send(town.stranger().request(reqwest::Method::GET, &path)).await.text;
    let (_, shown_at) = page.split_once(r#"name="shown_at" value=""#).expect("the page says when it was shown");
    let shown_at = shown_at.split('"').next().unwrap();
    let yes = format!("email.notifications=yes&was.email.notifications=no&shown_at={shown_at}");
    chooses(&town, &path, yes).await;
    town.door.post("/api/v1/notifications", note("fifth")).await.is(202);
    shown(&provider, "the fifth note", |taken| taken.text.contains("This is fifth")).await;
    let said: Vec<_> = provider.taken().into_iter().map(|taken| taken.text).collect();
    assert!(!said.iter().any(|text| text.contains("third") || text.contains("fourth")), "{said:?}");
}
