//! The notification dispatcher's own routes: section 5 as its clients see it, in its fields and envelope.

use std::collections::BTreeSet;
use std::time::Duration;

use baton::simulator::provider::{Fault, Provider, Taken, callback, meta, resend};
use baton_actors::clock::{Clock as _, SystemClock};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::callbacks::calls;
use super::door::{Answer, Door};
use super::shows::number;
use super::town::{Town, phone_number, town_with};
use super::wait::until;

/// What its clients call the tenant.
const TENANT: &str = "6f1d7a52-2b0e-4a39-9c39-6c1f1f0f2a10";
const NUMBER_ID: &str = "106540352242922";
const APP_SECRET: &str = "TEST-APP-SECRET";
const NORTH: &str = "key-of-the-north-0123456789abcdefghij";
const SOMEBODY: &str = "0b0c6f5e-6c8e-4c0e-9d7f-0f8f6a4c2f11";

/// A town whose old routes answer, with WhatsApp and mail.
struct Old {
    town: Town,
    whatsapp: Provider,
    mail: Provider,
}

async fn old_with(more: &[(&str, &str)]) -> Old {
    let wire = meta::Meta { token: "TEST-TOKEN".to_owned(), phone_number_id: NUMBER_ID.to_owned(), open: true };
    let whatsapp = Provider::start(wire).await.unwrap();
    let mail = Provider::start(resend::Resend { api_key: "re_TEST".to_owned() }).await.unwrap();
    let (whatsapp_url, mail_url) = (whatsapp.url(), mail.url());
    let tenant = format!("{TENANT}=default");
    let mut settings = vec![
        ("DROP_IN__ENABLED", "notifier"),
        ("DROP_IN__TENANT_IDS", &tenant),
        ("API_KEYS__NORTH__KEY", NORTH),
        ("API_KEYS__NORTH__TENANT", "north"),
        ("API_KEYS__NORTH__SCOPES", "notifications:read,notifications:write,jobs:read,jobs:write"),
        ("CHANNELS__WHATSAPP__META__TOKEN", "TEST-TOKEN"),
        ("CHANNELS__WHATSAPP__META__PHONE_NUMBER_ID", NUMBER_ID),
        ("CHANNELS__WHATSAPP__META__BASE_URL", &whatsapp_url),
        ("CHANNELS__WHATSAPP__META__APP_SECRET", APP_SECRET),
        ("CHANNELS__WHATSAPP__META__VERIFY_TOKEN", "TEST-VERIFY"),
        ("CHANNELS__WHATSAPP__META__RATE_ACCOUNT", "off"),
        ("CHANNELS__WHATSAPP__META__RATE_CHAT", "off"),
        ("CHANNELS__EMAIL__PROVIDER", "resend"),
        ("CHANNELS__EMAIL__SMTP__ENABLED", "off"),
        ("CHANNELS__EMAIL__RESEND__API_KEY", "re_TEST"),
        ("CHANNELS__EMAIL__RESEND__BASE_URL", &mail_url),
        ("CHANNELS__EMAIL__RESEND__FROM", "Dispatch <dispatch@example.com>"),
        ("CHANNELS__EMAIL__RESEND__RATE_ACCOUNT", "off"),
    ];
    settings.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    settings.extend_from_slice(more);
    Old { town: town_with(&settings).await, whatsapp, mail }
}

/// The same, with a template for each channel and a runner who wants to hear of us.
async fn old() -> Old {
    ready(old_with(&[]).await).await
}

async fn ready(old: Old) -> Old {
    old.template(json!({ "key": "parcel", "channelType": "email", "status": "active" })).await.is(201);
    let kept = json!({ "key": "parcel", "channelType": "whatsapp", "status": "active", "providerTemplateName": "parcel_1",
        "parameters": ["name"], "variables": [{ "name": "name" }] });
    old.template(kept).await.is(201);
    let runner = old.recipient(person(1)).await.is(200);
    for channel in ["email", "whatsapp"] {
        old.consents(&runner["id"], channel, "opted_in").await.is(200);
    }
    old
}

fn person(no: u16) -> Value {
    json!({ "externalRef": format!("runner-{no}"), "name": format!("Runner {no}"), "phoneE164": phone_number(no),
        "email": format!("runner-{no}@example.com"), "locale": "en", "timezone": "Europe/London" })
}

/// A mail about parcel `no`, for runner 1.
fn parcel(no: usize) -> Value {
    json!({ "sourceService": "runner-service", "externalRequestId": format!("parcel-{no}"), "eventType": "parcel.arrived",
        "channelType": "email", "recipient": { "externalRef": "runner-1" }, "templateKey": "parcel",
        "payload": { "subject": format!("Parcel {no}"), "body": format!("Parcel {no} is here") } })
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

impl Answer {
    /// A refusal in its envelope.
    #[track_caller]
    fn errs(&self, status: u16, code: &str) -> Value {
        let body = self.is(status);
        let error = &body["error"];
        assert!(error["code"] == code && error["message"].is_string(), "{body}");
        assert_eq!(self.header("content-type"), "application/json");
        error["details"].clone()
    }

    /// A refusal because of a field.
    #[track_caller]
    fn blames(&self, field: &str) {
        let details = self.errs(400, "BAD_REQUEST");
        assert!(
            details["errors"].as_array().is_some_and(|errors| errors.iter().any(|e| e["field"] == field)),
            "{details}"
        );
    }
}

impl Old {
    fn door(&self) -> &Door {
        &self.town.door
    }

    async fn posts(&self, path: &str, body: Value) -> Answer {
        self.door().post(&format!("/internal/{path}"), with(body, "tenantId", json!(TENANT))).await
    }

    async fn recipient(&self, body: Value) -> Answer {
        self.posts("recipients", body).await
    }

    async fn consents(&self, id: &Value, channel: &str, status: &str) -> Answer {
        let said = json!({ "channelType": channel, "status": status, "source": "signup-form" });
        self.posts(&format!("recipients/{}/consents", id.as_str().unwrap()), said).await
    }

    async fn template(&self, body: Value) -> Answer {
        self.posts("templates", with(body, "language", json!("en"))).await
    }

    async fn asks(&self, body: Value) -> Answer {
        self.posts("notifications", body).await
    }

    async fn shows(&self, id: &Value) -> Value {
        self.door().get(&format!("/internal/notifications/{}", id.as_str().unwrap())).await.is(200)
    }

    async fn becomes(&self, id: &Value, status: &str) -> Value {
        until(&format!("{id} is {status}"), async || {
            let seen = self.shows(id).await;
            (seen["status"] == status).then_some(seen)
        })
        .await
    }

    async fn cancels(&self, id: &Value) -> Answer {
        self.door().post(&format!("/internal/notifications/{}/cancel", id.as_str().unwrap()), json!({})).await
    }

    async fn lists(&self, query: &str) -> Answer {
        self.door().get(&format!("/internal/notifications?tenantId={TENANT}{query}")).await
    }

    async fn brings(&self, text: &str) -> Taken {
        until(&format!("a mail says {text}"), async || {
            assert_eq!(self.mail.refused(), [], "every call keeps to the contract");
            self.mail.taken().into_iter().find(|taken| taken.text.contains(text))
        })
        .await
    }
}

#[tokio::test]
async fn f1_recipients_on_the_old_routes() {
    let old = old_with(&[]).await;
    let made = old.recipient(person(1)).await.is(200);
    let members: BTreeSet<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
    let told = "createdAt email externalRef id locale name phoneE164 tenantId timezone updatedAt";
    assert_eq!(members, told.split(' ').collect());
    assert_eq!((&made["tenantId"], &made["externalRef"]), (&json!(TENANT), &json!("runner-1")));
    // What is left out stays, and so does what is null.
    let again = old.recipient(json!({ "externalRef": "runner-1", "name": "Runner One", "email": null })).await.is(200);
    assert_eq!((&again["id"], &again["name"]), (&made["id"], &json!("Runner One")));
    for field in ["email", "phoneE164", "locale", "timezone", "createdAt"] {
        assert_eq!(again[field], made[field], "{field}");
    }
    let path = format!("/internal/recipients/{}", made["id"].as_str().unwrap());
    assert_eq!(old.door().get(&path).await.is(200), again);
    old.door().get(&format!("/internal/recipients/{SOMEBODY}")).await.errs(404, "NOT_FOUND");
    old.door().get("/internal/recipients/17").await.blames("id");
    old.recipient(json!({ "externalRef": "x", "phoneE164": "not-a-phone", "timezone": "Mars/Base" }))
        .await
        .blames("phoneE164");
    old.recipient(json!({ "externalRef": "nowhere" })).await.errs(400, "BAD_REQUEST");
    // Nobody is offered a job because they get messages.
    assert_eq!(old.door().get("/api/v1/agents/runner-1").await.is(200)["takes_jobs"], false);
    // The tenant is that of the key, whatever is said.
    for named in [json!("north"), json!("nobody"), json!(7), Value::Null] {
        let body = with(person(2), "tenantId", named);
        old.door().post("/internal/recipients", body).await.blames("tenantId");
    }
    assert_eq!(
        old.door().post("/internal/recipients", with(person(2), "tenantId", json!("default"))).await.status,
        200
    );
}

#[tokio::test]
async fn f2_consents_on_the_old_routes() {
    let old = old_with(&[]).await;
    let made = old.recipient(person(1)).await.is(200);
    let path = format!("recipients/{}/consents", made["id"].as_str().unwrap());
    let say = async |status: &str, field: &str, at: &str| {
        let said =
            json!({ "channelType": "email", "status": status, "source": "form", "metadata": { "page": 1 }, field: at });
        old.posts(&path, said).await
    };
    let yes = say("opted_in", "grantedAt", "2026-01-02T00:00:00Z").await.is(200);
    assert_eq!(
        (&yes["recipientId"], &yes["channelType"], &yes["status"]),
        (&made["id"], &json!("email"), &json!("opted_in"))
    );
    assert_eq!((&yes["grantedAt"], &yes["revokedAt"]), (&json!("2026-01-02T00:00:00.000Z"), &Value::Null));
    let no = say("opted_out", "revokedAt", "2026-01-03T00:00:00Z").await.is(200);
    assert_eq!((&no["status"], &no["revokedAt"]), (&json!("opted_out"), &json!("2026-01-03T00:00:00.000Z")));
    // A yes of before the no does not take it back.
    assert_eq!(say("opted_in", "grantedAt", "2026-01-01T00:00:00Z").await.is(200)["status"], "opted_out");
    assert_eq!(old.consents(&made["id"], "whatsapp", "pending").await.is(200)["status"], "pending");
    old.consents(&made["id"], "fax", "opted_in").await.blames("channelType");
    old.consents(&made["id"], "email", "maybe").await.blames("status");
    old.consents(&json!(SOMEBODY), "email", "opted_in").await.errs(404, "NOT_FOUND");
    // Somebody else's people are not there.
    let theirs = old.door().with_key(Some(NORTH));
    let said = json!({ "tenantId": "north", "channelType": "email", "status": "opted_in", "source": "form" });
    theirs.post(&format!("/internal/{path}"), said).await.errs(404, "NOT_FOUND");
    theirs.get(&format!("/internal/recipients/{}", made["id"].as_str().unwrap())).await.errs(404, "NOT_FOUND");
    let known = old.door().get("/api/v1/agents/runner-1/consents").await.is(200).to_string();
    assert!(known.contains("opted_out") && !known.contains("\"opted_in\""), "{known}");
}

#[tokio::test]
async fn f3_consent_is_asked_for_on_the_old_routes() {
    let old = old().await;
    let other = old.recipient(person(2)).await.is(200);
    old.consents(&other["id"], "email", "opted_out").await.is(200);
    old.recipient(person(3)).await.is(200);
    for (no, code) in [(2, "opted-out"), (3, "no-consent")] {
        let intent = with(parcel(no), "recipient", json!({ "externalRef": format!("runner-{no}") }));
        let made = old.asks(intent).await.is(202);
        let ended = old.becomes(&made["id"], "failed").await;
        assert_eq!((&ended["errorCode"], &ended["statusDetail"]), (&json!(code), &json!("suppressed")), "{ended}");
    }
    let made = old.asks(parcel(1)).await.is(202);
    assert_eq!(old.brings("Parcel 1 is here").await.to, "runner-1@example.com");
    old.becomes(&made["id"], "sent").await;
    assert_eq!(old.mail.taken().len(), 1);
}

#[tokio::test]
async fn f4_templates_on_the_old_routes() {
    let old = old().await;
    let made = old.template(json!({ "key": "welcome", "channelType": "email" })).await.is(201);
    let members: BTreeSet<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
    let told = "channelType createdAt id key language providerTemplateName status tenantId updatedAt version";
    assert_eq!(members, told.split(' ').collect());
    assert_eq!((&made["status"], &made["version"]), (&json!("draft"), &json!(1)));
    old.template(json!({ "key": "welcome", "channelType": "email", "status": "active" })).await.errs(409, "CONFLICT");
    let next = json!({ "key": "welcome", "channelType": "email", "status": "disabled", "version": 2 });
    assert_eq!(old.template(next).await.is(201)["status"], "disabled");
    old.template(json!({ "key": "welcome", "channelType": "fax" })).await.blames("channelType");
    old.template(json!({ "key": "welcome", "channelType": "email", "status": "odd", "version": 3 }))
        .await
        .blames("status");
    // Texts can come along.
    let worded = json!({ "key": "bye", "channelType": "email", "status": "active",
        "parts": { "subject": "Bye {{ who }}", "text": "Bye {{ who }}, parcel 9" }, "variables": [{ "name": "who" }] });
    old.template(worded).await.is(201);
    let lists = async |query: &str| old.door().get(&format!("/internal/templates?{query}")).await;
    let all = lists(&format!("tenantId={TENANT}")).await.is(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 5, "{all}");
    let some = lists(&format!("tenantId={TENANT}&channelType=whatsapp")).await.is(200);
    assert_eq!((&some["items"][0]["providerTemplateName"], &some["items"][1]), (&json!("parcel_1"), &Value::Null));
    lists("channelType=email").await.blames("tenantId");
    lists("tenantId=north").await.blames("tenantId");
    lists(&format!("tenantId={TENANT}&channelType=fax")).await.blames("channelType");
    // What is not in use is never sent, and what a text needs must be there.
    for key in ["welcome", "unknown"] {
        old.asks(with(parcel(4), "templateKey", json!(key))).await.blames("templateKey");
    }
    old.asks(with(parcel(4), "payload", json!({}))).await.blames("payload");
    assert!(old.mail.taken().is_empty());
    old.asks(with(with(parcel(5), "templateKey", json!("bye")), "payload", json!({ "who": "One" }))).await.is(202);
    assert!(old.brings("parcel 9").await.text.contains("Bye One"));
}

#[tokio::test]
async fn f5_f8_a_request_on_the_old_routes_is_taken_in_and_told_to_the_end() {
    let old = old().await;
    let made = old.asks(parcel(1)).await.is(202);
    let members: BTreeSet<&str> = made.as_object().unwrap().keys().map(String::as_str).collect();
    let told = "channelType createdAt errorCode errorMessage eventType externalRequestId id payload priority recipientId \
        scheduledAt sourceService status statusDetail templateKey tenantId updatedAt";
    assert_eq!(members, told.split_whitespace().collect());
    assert_eq!((&made["status"], &made["sourceService"]), (&json!("queued"), &json!("runner-service")));
    assert_eq!(made["payload"], parcel(1)["payload"]);
    let seen = old.becomes(&made["id"], "sent").await;
    let delivery = &seen["deliveries"][0];
    assert_eq!((&delivery["attemptNumber"], &delivery["provider"]), (&json!(1), &json!("resend")), "{seen}");
    assert_eq!((&delivery["notificationRequestId"], &delivery["providerStatus"]), (&made["id"], &json!("sent")));
    assert!(delivery["providerMessageId"].is_string() && delivery["sentAt"].is_string(), "{delivery}");
    assert_eq!((&seen["webhooks"], &seen["payload"]), (&json!([]), &json!({})), "what it says is sealed");
    // F5: what cannot be sent is refused.
    old.recipient(json!({ "externalRef": "m1", "email": "m1@example.com" })).await.is(200);
    let mail_only =
        with(with(parcel(2), "recipient", json!({ "externalRef": "m1" })), "channelType", json!("whatsapp"));
    old.asks(mail_only).await.blames("channelType");
    old.asks(with(parcel(2), "channelType", json!("fax"))).await.blames("channelType");
    old.asks(with(parcel(2), "channelType", Value::Null)).await.blames("channelType");
    old.asks(with(parcel(2), "sourceService", Value::Null)).await.blames("sourceService");
    old.asks(with(parcel(2), "recipient", json!({ "recipientId": SOMEBODY }))).await.errs(404, "NOT_FOUND");
    old.asks(json!({})).await.errs(400, "BAD_REQUEST");
    // F8: of others nothing is seen, and what is no id is not looked for.
    let theirs = old.door().with_key(Some(NORTH));
    let path = format!("/internal/notifications/{}", made["id"].as_str().unwrap());
    theirs.get(&path).await.errs(404, "NOT_FOUND");
    theirs.post(&format!("{path}/cancel"), json!({})).await.errs(404, "NOT_FOUND");
    old.door().get("/internal/notifications/17").await.blames("id");
    old.door().get(&format!("/internal/notifications/{SOMEBODY}")).await.errs(404, "NOT_FOUND");
    let of_ours =
        with(with(parcel(3), "tenantId", json!("north")), "recipient", json!({ "recipientId": made["recipientId"] }));
    theirs.post("/internal/notifications", of_ours).await.errs(400, "BAD_REQUEST");
    theirs.post("/internal/notifications", with(parcel(3), "tenantId", json!(TENANT))).await.blames("tenantId");
    // The list, in its words.
    for no in 10..13 {
        old.asks(with(parcel(no), "scheduledAt", json!("2027-06-01T08:00:00Z"))).await.is(202);
    }
    let queued = old.lists("&status=queued&limit=2").await.is(200);
    let ids: Vec<_> = queued["items"].as_array().unwrap().iter().map(|one| &one["externalRequestId"]).collect();
    assert_eq!(ids, ["parcel-12", "parcel-11"], "{queued}");
    let rest = old.lists(&format!("&status=queued&cursor={}", queued["nextCursor"].as_str().unwrap())).await.is(200);
    assert_eq!((&rest["items"][0]["externalRequestId"], &rest["nextCursor"]), (&json!("parcel-10"), &Value::Null));
    assert_eq!(rest["items"][0]["scheduledAt"], "2027-06-01T08:00:00.000Z");
    let mine =
        format!("&recipientId={}&channelType=email&status=sent&unknown=1", made["recipientId"].as_str().unwrap());
    assert_eq!(old.lists(&mine).await.is(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(old.lists("&status=processing").await.is(200)["items"], json!([]));
    for (query, field) in [
        ("&limit=101", "limit"),
        ("&status=odd", "status"),
        ("&channelType=fax", "channelType"),
        ("&from=soon", "from"),
    ] {
        old.lists(query).await.blames(field);
    }
    old.door().get("/internal/notifications").await.blames("tenantId");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f6_a_hundred_at_once_on_the_old_routes_are_one() {
    let old = old().await;
    let all = join_all((0..100).map(|_| old.asks(parcel(6)))).await;
    let made: Vec<&Answer> = all.iter().filter(|answer| answer.status == 202).collect();
    assert_eq!(made.len(), 1);
    let id = made[0].json()["id"].clone();
    for repeat in all.iter().filter(|answer| answer.status != 202) {
        assert_eq!(repeat.errs(409, "CONFLICT")["id"], id);
    }
    let other = with(parcel(6), "payload", json!({ "subject": "Other", "body": "Other" }));
    assert_eq!(old.asks(other).await.errs(409, "CONFLICT")["id"], id);
    old.brings("Parcel 6 is here").await;
    old.town.sends_all_it_owes().await;
    assert_eq!(old.mail.taken().len(), 1);
}

#[tokio::test]
async fn f7_due_and_urgent_on_the_old_routes() {
    let old = ready(
        old_with(&[("CHANNELS__EMAIL__RESEND__RATE_ACCOUNT", "20/1s burst 1"), ("RETRY__SENDER_PAUSE", "500ms")]).await,
    )
    .await;
    let due = SystemClock.now() + Duration::from_secs(2);
    let made = old.asks(with(parcel(7), "scheduledAt", json!(due.to_string()))).await.is(202);
    assert_eq!(made["status"], "queued");
    old.brings("Parcel 7 is here").await;
    assert!(SystemClock.now() >= due, "not before it is due");
    // The account is refused until all of them wait.
    let refusal = json!({ "statusCode": 401, "name": "invalid_api_key", "message": "API key is invalid" });
    old.mail.every_call_meets(Some(Fault::Refused(baton::simulator::provider::Answer::json(401, &refusal))));
    old.asks(parcel(99)).await.is(202);
    old.town.metric_is("baton_channel_paused", "email", 1.0).await;
    for (no, priority) in (100..).zip(["low", "normal", "high"].iter().flat_map(|priority| [*priority; 5])) {
        let payload = json!({ "subject": "Parcel", "body": format!("of priority {priority}") });
        old.asks(with(with(parcel(no), "priority", json!(priority)), "payload", payload)).await.is(202);
    }
    until("all of them wait", async || {
        let health = old.town.door.get("/api/v1/health").await.json();
        (health["components"]["outbox"] == 16).then_some(())
    })
    .await;
    // What is tried next is tried with all of them there.
    let met = old.mail.met();
    until("another is refused", async || (old.mail.met() > met + 1).then_some(())).await;
    old.mail.every_call_meets(None);
    old.town.sends_all_it_owes().await;
    let rank = |taken: &Taken| {
        ["of priority high", "of priority normal", "of priority low"].iter().position(|p| taken.text.contains(p))
    };
    let order: Vec<usize> = old.mail.taken().iter().filter_map(rank).collect();
    assert!(order.len() == 15 && order.is_sorted(), "{order:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f9_a_cancel_on_the_old_routes_has_one_outcome() {
    let old = old().await;
    let made = old.asks(with(parcel(0), "scheduledAt", json!("2027-06-01T08:00:00Z"))).await.is(202);
    assert_eq!(old.cancels(&made["id"]).await.is(200), json!({ "id": made["id"], "status": "canceled" }));
    old.cancels(&made["id"]).await.errs(409, "CONFLICT");
    assert_eq!(old.shows(&made["id"]).await["status"], "canceled");
    let sent = old.asks(parcel(1)).await.is(202);
    old.becomes(&sent["id"], "sent").await;
    old.cancels(&sent["id"]).await.errs(409, "CONFLICT");
    old.cancels(&json!(SOMEBODY)).await.errs(404, "NOT_FOUND");
    let trials = number("STORIES_TRIALS", 50);
    let race = async |no: usize| {
        let due = SystemClock.now() + Duration::from_millis(5 + no as u64 % 20);
        let made = old.asks(with(parcel(no), "scheduledAt", json!(due.to_string()))).await.is(202);
        let canceled = old.cancels(&made["id"]).await;
        assert!([200, 409].contains(&canceled.status), "{}", canceled.text);
        (no, made["id"].clone(), canceled.status == 200)
    };
    let ends = join_all((100..100 + trials).map(race)).await;
    for (_, id, canceled) in &ends {
        old.becomes(id, if *canceled { "canceled" } else { "sent" }).await;
    }
    // What comes last is the last to leave.
    old.asks(parcel(9999)).await.is(202);
    old.brings("Parcel 9999 is here").await;
    for (no, _, canceled) in ends {
        let text = format!("Parcel {no} is here");
        let times = old.mail.taken().iter().filter(|taken| taken.text.contains(&text)).count();
        assert_eq!(times, usize::from(!canceled), "parcel {no}");
    }
}

#[tokio::test]
async fn f10_s4_whatsapp_tells_on_the_old_path_and_deliveries_follow() {
    let old = old().await;
    let path = "/public/webhooks/whatsapp";
    let set_up = |token: &str| format!("{path}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
    let answer = old.town.stranger().get(&set_up("TEST-VERIFY")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "1158201444"));
    old.town.stranger().get(&set_up("wrong")).await.errs(403, "FORBIDDEN");
    let intent = with(with(parcel(1), "channelType", json!("whatsapp")), "payload", json!({ "name": "One" }));
    let made = old.asks(intent).await.is(202);
    let taken = until("a message", async || old.whatsapp.taken().into_iter().next()).await;
    assert!(taken.body.contains("parcel_1"), "as its provider keeps it: {}", taken.body);
    old.becomes(&made["id"], "sent").await;
    let tells = async |status: &str, secret: &str| {
        let status = json!({ "id": "wamid.1", "status": status, "timestamp": "1", "recipient_id": "447700900001",
            "biz_opaque_callback_data": taken.trace });
        let body = callback::meta_envelope(NUMBER_ID, json!({ "statuses": [status] }));
        calls(&old.town, &callback::of_meta(path, &body, secret)).await
    };
    tells("failed", "ANOTHER-SECRET").await.errs(403, "FORBIDDEN");
    old.town.stranger().post(path, json!({ "object": "whatsapp_business_account" })).await.errs(403, "FORBIDDEN");
    for status in ["delivered", "sent", "delivered", "read", "sent"] {
        assert_eq!(tells(status, APP_SECRET).await.is(200), json!({ "status": "received" }));
    }
    let seen = until("it was read", async || {
        let seen = old.shows(&made["id"]).await;
        (seen["deliveries"][0]["providerStatus"] == "read").then_some(seen)
    })
    .await;
    assert_eq!((&seen["status"], &seen["statusDetail"]), (&json!("delivered"), &json!("read")));
    assert_eq!(seen["deliveries"][0]["provider"], "meta_cloud");
    // What came once more, and that it was sent once it had arrived, changed nothing.
    let webhooks: Vec<_> =
        seen["webhooks"].as_array().unwrap().iter().map(|w| (&w["providerStatus"], &w["status"])).collect();
    let (delivered, read, processed) = (json!("delivered"), json!("read"), json!("processed"));
    let expected = [(&delivered, &processed), (&read, &processed)];
    assert_eq!(webhooks, expected, "{seen}");
}

#[tokio::test]
async fn s1_s2_who_has_no_key_learns_nothing_on_the_old_routes() {
    let old = old_with(&[]).await;
    let stranger = old.town.stranger();
    for path in [
        "/internal/recipients",
        "/internal/templates",
        "/internal/notifications",
        "/internal/nowhere",
        "/internal/a/b/c",
    ] {
        stranger.post(path, json!([])).await.errs(401, "UNAUTHORIZED");
        old.door().with_key(Some("wrong")).get(path).await.errs(401, "UNAUTHORIZED");
    }
    let nothing = json!({ "success": false, "error": "Route not found", "status": 404 });
    for path in ["/internal/nowhere", "/internal/a/b/c", "/internal/recipients"] {
        assert_eq!(old.door().get(path).await.is(404), nothing, "{path}");
    }
    // Its three tests; what others read there stays.
    let health = stranger.get("/health").await.is(200);
    assert!(health["success"] == true && health["status"] == "ok" && health["timestamp"].is_string(), "{health}");
    let version = stranger.get("/version").await.is(200);
    assert_eq!(
        (&version["success"], &version["name"], &version["service"]),
        (&json!(true), &json!("baton"), &json!("notification-dispatcher"))
    );
    assert!(version["version"].is_string());
    let nowhere = stranger.get("/nowhere").await.refuses(404, "not-found");
    assert_eq!(
        (&nowhere["success"], &nowhere["error"], &nowhere["status"]),
        (&json!(false), &json!("Route not found"), &json!(404))
    );
    let raw = |body: &'static str, kind: &'static str| {
        let request = old.door().request(reqwest::Method::POST, "/internal/recipients");
        super::door::send(request.header("content-type", kind).body(body))
    };
    assert_eq!(raw("{bad", "application/json").await.errs(400, "BAD_REQUEST")["code"], "malformed-json");
    raw("[]", "application/json").await.errs(400, "BAD_REQUEST");
    raw("{}", "text/plain").await.errs(415, "UNSUPPORTED_MEDIA_TYPE");
    // Off unless named: nothing answers there, and nothing is said that others do not expect.
    let plain = super::town::town().await;
    plain.door.get("/internal/nowhere").await.refuses(404, "not-found");
    plain.stranger().get("/public/webhooks/whatsapp").await.refuses(404, "not-found");
    assert_eq!(plain.stranger().get("/health").await.is(200), json!({ "status": "ok" }));
    assert!(plain.stranger().get("/nowhere").await.json().get("success").is_none());
}
