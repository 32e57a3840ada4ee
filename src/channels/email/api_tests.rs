//! Mails through the providers' APIs, as the providers see them.

use std::sync::Arc;
use std::time::Duration;

use baton_actors::channel::{Address, Answer as Answered, Budget, Channel, Errand, Invitation, Say};
use baton_actors::clock::SystemClock;
use baton_core::delivery::{Outcome, Progress, Receipt, Scope};
use baton_core::message::Topic;
use serde_json::{Value, json};

use super::resend::Resend;
use super::sendgrid::SendGrid;
use super::*;
use crate::channels::errors::find;
use crate::config;
use crate::simulator::provider::{Answer, Fault, Provider, resend as at_resend, sendgrid as at_sendgrid};
use crate::wording::{Wording, samples};

fn errand(key: &str) -> Errand {
    let say = samples::about_job(Topic::Offer(1), &samples::view(samples::full_brief()), true);
    let to = Address::Email("ana@example.com".to_owned());
    Errand { to, say, key: key.to_owned(), possible_repeat: false, ..samples::errands("en").remove(0) }
}

fn wording() -> Arc<Wording> {
    Arc::new(Wording::builtin(samples::links()).expect("ours are valid"))
}

fn unsubscribe() -> Unsubscribe {
    Unsubscribe::of(vec!["https://example.com/u/{message}".to_owned()]).expect("an address")
}

async fn resend() -> (Provider, Resend) {
    let provider = Provider::start(at_resend::Resend { api_key: "re_TEST".to_owned() }).await.expect("loopback");
    let set = config::resend::Resend {
        api_key: "re_TEST".to_owned().into(),
        base_url: provider.url(),
        from: "Dispatch <dispatch@example.com>".parse().expect("a sender"),
        webhook_key: None,
        request_timeout: Duration::from_millis(300),
        budget: Budget { in_flight: 4, ..Budget::default() },
    };
    let resend = Resend::new(&set, unsubscribe(), wording()).expect("set up");
    (provider, resend)
}

async fn sendgrid() -> (Provider, SendGrid) {
    let provider = Provider::start(at_sendgrid::SendGrid { api_key: "SG.TEST".to_owned() }).await.expect("loopback");
    let set = config::sendgrid::SendGrid {
        api_key: "SG.TEST".to_owned().into(),
        base_url: provider.url(),
        from: "Dispatch <dispatch@example.com>".parse().expect("a sender"),
        webhook_key: None,
        inbound_secret: None,
        inbound_key: None,
        request_timeout: Duration::from_millis(300),
        budget: Budget { in_flight: 4, ..Budget::default() },
    };
    let sendgrid = SendGrid::new(&set, unsubscribe(), wording(), Arc::new(SystemClock)).expect("set up");
    (provider, sendgrid)
}

fn sent(provider: &Provider) -> Value {
    assert_eq!(provider.refused(), []);
    serde_json::from_str(&provider.taken()[0].body).expect("JSON")
}

#[tokio::test]
async fn resend_gets_a_mail_with_its_key_its_trace_and_the_way_to_end_it() {
    let (provider, resend) = resend().await;
    let id = match resend.send(errand("job-3-1")).await {
        Outcome::Accepted(Receipt { message, .. }) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(id, "00000000-0000-4000-8000-000000000001");
    let mail = sent(&provider);
    assert_eq!(mail["headers"]["List-Unsubscribe"], "<https://example.com/u/default_job-3-1_offer>");
    assert_eq!(mail["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    assert_eq!(mail["tags"][0]["value"], "default_job-3-1_offer");
    assert_eq!(provider.taken()[0].key.as_deref(), Some("job-3-1"));
}

#[tokio::test]
async fn e12_an_invitation_carries_its_picture_inside() {
    let invitation = Invitation { link: "https://t.me/baton_bot?start=sample".to_owned(), message: None };
    let invited = || Errand { say: Say::Answer(Answered::Invited(Box::new(invitation.clone()))), ..errand("invited") };
    let is_png = |content: &Value| content.as_str().is_some_and(|content| content.starts_with("iVBORw0KGgo"));
    let (at_resend, resend) = resend().await;
    assert_eq!(resend.send(invited()).await.class(), "accepted");
    let mail = sent(&at_resend);
    assert!(mail["html"].as_str().unwrap().contains("cid:picture@baton"), "{mail}");
    let picture = &mail["attachments"][0];
    assert_eq!((&picture["content_id"], &picture["content_type"]), (&json!("picture@baton"), &json!("image/png")));
    assert!(is_png(&picture["content"]), "{picture}");
    let (at_sendgrid, sendgrid) = sendgrid().await;
    assert_eq!(sendgrid.send(invited()).await.class(), "accepted");
    let picture = &sent(&at_sendgrid)["attachments"][0];
    assert_eq!((&picture["content_id"], &picture["disposition"]), (&json!("picture@baton"), &json!("inline")));
    assert!(is_png(&picture["content"]) && picture["type"] == "image/png", "{picture}");
}

#[tokio::test]
async fn what_resend_may_have_taken_is_sent_again_and_arrives_once() {
    let (provider, resend) = resend().await;
    provider.next_call_meets(Fault::Hang(Duration::from_secs(60)));
    assert_eq!(resend.send(errand("job-3-1")).await.class(), "retry");
    assert_eq!(resend.send(errand("job-3-1")).await.class(), "accepted");
    assert_eq!(provider.taken().len(), 1);
}

#[tokio::test]
async fn resend_takes_a_hundred_mails_with_one_call() {
    let (provider, resend) = resend().await;
    let errands = |names: std::ops::Range<usize>| names.map(|no| errand(&format!("job-{no}"))).collect::<Vec<_>>();
    let mut hundred = errands(0..100);
    hundred[7].to = Address::Email("nobody".to_owned());
    let outcomes = resend.send_together(hundred).await;
    let classes: Vec<_> = outcomes.iter().map(Outcome::class).collect();
    assert!(classes.iter().enumerate().all(|(no, class)| *class == if no == 7 { "recipient" } else { "accepted" }));
    let taken = provider.taken();
    assert_eq!((taken.len(), provider.refused()), (99, vec![]));
    assert_eq!(taken[98].trace, "default_job-99_offer");
    assert!(taken.iter().all(|one| one.key == taken[0].key), "one call");
    match &outcomes[99] {
        Outcome::Accepted(receipt) => assert_eq!(receipt.message, at_resend::id(&taken[98])),
        other => panic!("{other:?}"),
    }
    // What one call has lost is asked for under the same key, and arrives once.
    provider.next_call_meets(Fault::Hang(Duration::from_secs(60)));
    let again = resend.send_together(errands(200..203)).await;
    assert!(again.iter().all(|outcome| outcome.class() == "accepted"), "{again:?}");
    assert_eq!(provider.taken().len(), 102);
    // Lost twice, nobody knows.
    for _ in 0..2 {
        provider.next_call_meets(Fault::TakenAnd(Answer::html(502)));
    }
    let lost = resend.send_together(errands(300..302)).await;
    assert!(lost.iter().all(|outcome| outcome.class() == "unknown"), "{lost:?}");
    let slow = at_resend::error(429, "rate_limit_exceeded", "slow").with("retry-after", 7);
    provider.next_call_meets(Fault::Refused(slow));
    let much = resend.send_together(errands(400..402)).await;
    assert!(much.iter().all(|one| one.class() == "retry_after"), "{much:?}");
}

#[tokio::test]
async fn a_mail_that_has_changed_since_is_another_mail_and_that_one_arrives_once() {
    let (provider, resend) = resend().await;
    let changed = || Errand { name: "Driver Two".to_owned(), ..errand("job-3-1") };
    for errand in [errand("job-3-1"), changed(), changed()] {
        assert_eq!(resend.send(errand).await.class(), "accepted");
    }
    let keys: Vec<_> = provider.taken().into_iter().filter_map(|taken| taken.key).collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert!(keys[0] == "job-3-1" && keys[1].starts_with("job-3-1-"), "{keys:?}");
}

#[tokio::test]
async fn every_error_of_resend_has_its_class() {
    let (provider, resend) = resend().await;
    for (status, name, class) in [
        (429, "rate_limit_exceeded", "retry_after"),
        (429, "daily_quota_exceeded", "sender"),
        (429, "monthly_quota_exceeded", "sender"),
        (409, "concurrent_idempotent_requests", "retry"),
        (409, "invalid_idempotent_request", "content"),
        (400, "validation_error", "content"),
        (422, "validation_error", "content"),
        (403, "validation_error", "sender"),
        (401, "missing_api_key", "sender"),
        (403, "invalid_api_key", "sender"),
        (404, "not_found", "content"),
        (451, "security_error", "content"),
        (500, "application_error", "retry"),
        (503, "service_unavailable", "retry"),
        (418, "something_new", "content"),
        (599, "something_new", "retry"),
    ] {
        provider.next_call_meets(Fault::Refused(at_resend::error(status, name, "to ana@example.com")));
        if name == "invalid_idempotent_request" {
            // It is tried once under another key.
            provider.next_call_meets(Fault::Refused(at_resend::error(status, name, "to ana@example.com")));
        }
        let outcome = resend.send(errand("job-3-1")).await;
        assert_eq!(outcome.class(), class, "{status} {name}");
        assert!(!format!("{outcome:?}").contains("ana@"), "{outcome:?}");
    }
    for status in [429, 502] {
        provider.next_call_meets(Fault::Refused(Answer::html(status)));
        assert_eq!(resend.send(errand("job-3-1")).await.class(), if status == 429 { "retry_after" } else { "retry" });
    }
    assert_eq!(provider.taken().len(), 0);
}

#[tokio::test]
async fn resend_says_how_long_the_team_waits() {
    let (provider, resend) = resend().await;
    let slow = at_resend::error(429, "rate_limit_exceeded", "Too many requests").with("ratelimit-reset", 3);
    provider.next_call_meets(Fault::Refused(slow.clone()));
    let waits = |seconds| Outcome::RetryAfter(Duration::from_secs(seconds), Scope::Account);
    assert_eq!(resend.send(errand("a")).await, waits(3));
    provider.next_call_meets(Fault::Refused(slow.with("retry-after", 7)));
    assert_eq!(resend.send(errand("a")).await, waits(7));
}

#[tokio::test]
async fn sendgrid_gets_text_before_html_and_a_trace_that_comes_back() {
    let (provider, sendgrid) = sendgrid().await;
    let id = match sendgrid.send(errand("job-3-1")).await {
        Outcome::Accepted(Receipt { message, .. }) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(id, "TEST-000001");
    let mail = sent(&provider);
    assert_eq!(mail["personalizations"][0]["custom_args"][sendgrid::TRACE], "default_job-3-1_offer");
    assert_eq!(mail["content"][0]["type"], "text/plain");
    assert_eq!(mail["headers"]["List-Unsubscribe"], "<https://example.com/u/default_job-3-1_offer>");
    assert_eq!(mail["tracking_settings"]["subscription_tracking"]["enable"], false);
}

#[tokio::test]
async fn every_status_of_sendgrid_has_its_class() {
    let (provider, sendgrid) = sendgrid().await;
    for (status, class) in [
        (400, "content"),
        (401, "sender"),
        (403, "sender"),
        (404, "content"),
        (405, "content"),
        (406, "content"),
        (413, "content"),
        (415, "content"),
        (500, "unknown"),
        (502, "unknown"),
        (503, "unknown"),
        (504, "unknown"),
        (599, "unknown"),
    ] {
        let answer = if status == 413 { Answer::html(413) } else { at_sendgrid::error(status, "of ana@example.com") };
        provider.next_call_meets(Fault::Refused(answer));
        let outcome = sendgrid.send(errand("job-3-1")).await;
        assert_eq!(outcome.class(), class, "{status}");
        assert!(!format!("{outcome:?}").contains("ana@"), "{outcome:?}");
    }
}

#[tokio::test]
async fn sendgrid_says_the_second_at_which_its_window_ends() {
    let (provider, sendgrid) = sendgrid().await;
    let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let full = at_sendgrid::error(429, "too many requests").with("x-ratelimit-reset", now + 100);
    provider.next_call_meets(Fault::Refused(full));
    match sendgrid.send(errand("a")).await {
        Outcome::RetryAfter(wait, Scope::Account) => assert!((95..=100).contains(&wait.as_secs()), "{wait:?}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_table_has_a_code_twice() {
    for table in [resend::ERRORS, sendgrid::ERRORS] {
        for (at, row) in table.iter().enumerate() {
            for code in row.codes {
                let first = table.iter().position(|other| find(std::slice::from_ref(other), code).is_some());
                assert_eq!(first, Some(at), "{code}");
            }
        }
    }
}

#[tokio::test]
async fn resend_is_asked_what_became_of_a_mail() {
    let (provider, resend) = resend().await;
    let Outcome::Accepted(receipt) = resend.send(errand("job-3-1")).await else { panic!("not accepted") };
    let found = resend.ask(receipt.clone()).await.expect("it knows the mail");
    assert_eq!((found.progress, &found.receipt), (Progress::Delivered, &receipt));
    let answer = |event: &str| Fault::Refused(Answer::json(200, &serde_json::json!({ "last_event": event })));
    for (event, progress, class) in [("bounced", Progress::Failed, "recipient"), ("sent", Progress::Sent, "")] {
        provider.next_call_meets(answer(event));
        let found = resend.ask(receipt.clone()).await.expect("an answer");
        assert_eq!((found.progress, found.class.as_str()), (progress, class), "{event}");
    }
    provider.next_call_meets(answer("delivery_delayed"));
    assert_eq!(resend.ask(receipt.clone()).await, None, "what is not decided yet is no news");
    let unknown = Receipt { message: "unknown".to_owned(), ..receipt };
    assert_eq!(resend.ask(unknown).await, None);
}
