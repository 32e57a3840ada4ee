//! Section 9: what an operator sees: metrics, logs, readiness, the audit trail.

use std::collections::BTreeSet;

use baton::simulator::telegram::Fault;
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::order;
use super::door::send;
use super::process::baton;
use super::town::{town, town_with};

#[tokio::test]
async fn a_tenant_made_over_the_api_begins_as_the_configuration_says() {
    let settings = [("TENANTS__DEFAULT__JOB_DURATION", "3h"), ("TENANTS__DEFAULT__DESK_EMAIL", "desk@example.com")];
    let town = town_with(&settings).await;
    let made = town.door.put("/api/v1/tenants/north", json!({ "time_zone": "Europe/Oslo" })).await.is(201);
    assert_eq!(
        (&made["settings"]["job_duration"], &made["settings"]["time_zone"]),
        (&json!("3h"), &json!("Europe/Oslo"))
    );
    assert!(made["settings"]["desk"]["email"].is_null(), "the default tenant's desk is nobody else's: {made}");
}

#[tokio::test]
async fn t7_the_numbers_are_those_of_a_scripted_run() {
    let town = town().await;
    let [ana, bo, cy] = town.people(["ana", "bo", "cy"]).await;
    for _ in 0..2 {
        cy.next_call_meets(Fault::Blocked);
    }
    // Declined by ana, claimed by bo.
    let first = town.desk().publishes(order("t7-1")).await;
    ana.presses_no(&first).await;
    bo.presses_yes(&first).await;
    bo.shows_victory(&first).await;
    // Times out at ana and bo, cannot reach cy, nobody takes it.
    let second = town.desk().publishes(order("t7-2").one_by_one("500ms")).await;
    town.desk().sees_it(&second, "unfilled").await;
    // Claimed by ana, lost by bo.
    let third = town.desk().publishes(order("t7-3").everybody()).await;
    bo.shows_offer(&third).await;
    town.desk().sees_offer(&third, "cy", "failed").await;
    ana.presses_yes(&third).await;
    bo.shows_withdrawal(&third).await;
    // Waits, and one more is called off.
    town.desk().publishes(order("t7-4").needing_approval()).await;
    let fifth = town.desk().publishes(order("t7-5").needing_approval()).await;
    town.desk().tells(&fifth, "cancel", json!({})).await.is(200);
    for (name, labels, value) in [
        ("baton_jobs_created_total", "", 5.0),
        ("baton_jobs_closed_total", "cancelled", 1.0),
        ("baton_jobs", "stage=\"claimed\"", 2.0),
        ("baton_jobs", "stage=\"unfilled\"", 1.0),
        ("baton_jobs", "stage=\"needs_approval\"", 1.0),
        ("baton_jobs_without_next_action", "", 0.0),
        ("baton_invariants_broken_total", "", 0.0),
        ("baton_offers_made_total", "", 8.0),
        ("baton_offers_total", "claimed", 2.0),
        ("baton_offers_total", "declined", 1.0),
        ("baton_offers_total", "timed_out", 2.0),
        ("baton_offers_total", "failed", 2.0),
        ("baton_offers_total", "taken", 1.0),
        ("baton_claims_total", "won", 2.0),
        ("baton_cascade_depth_count", "", 2.0),
        ("baton_time_to_claim_seconds_count", "", 2.0),
        ("baton_outbox_depth", "", 0.0),
    ] {
        town.metric_is(name, labels, value).await;
    }
    for some in [
        "baton_sends_total",
        "baton_commit_group_size_count",
        "baton_snapshot_seconds_count",
        "baton_actors_put_to_sleep_total",
    ] {
        assert!(town.metric(some, "").await > 0.0, "{some}");
    }
    let funnel = town.door.get("/api/v1/reports/offers").await.is(200)["funnel"].clone();
    let counted = |what: &str| funnel[what].as_u64().unwrap();
    assert_eq!((counted("jobs"), counted("claimed_jobs"), counted("offers")), (5, 2, 8), "{funnel}");
    assert_eq!(
        (counted("declined"), counted("timed_out"), counted("taken"), counted("failed")),
        (1, 2, 1, 2),
        "{funnel}"
    );
}

#[tokio::test]
async fn t8_a_request_is_known_by_its_id() {
    let town = town().await;
    let given = "story-request-0123456789";
    let named = town.door.request(Method::POST, "/api/v1/jobs").header("X-Request-Id", given).json(&order("t8").0);
    assert_eq!(send(named).await.header("x-request-id"), given);
    let lines: Vec<Value> = town.log().lines().filter(|line| line.contains(given)).map(parsed).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line["context"]["id"] == given), "{lines:?}");
    let drawn: BTreeSet<String> = [town.door.get("/version").await, town.door.get("/version").await]
        .map(|a| a.header("x-request-id").to_owned())
        .into();
    assert!(drawn.len() == 2 && drawn.iter().all(|id| id.len() >= 16), "{drawn:?}");
    let refused = town.door.get("/api/v1/jobs/00000000").await;
    assert_eq!(refused.json()["request_id"], refused.header("x-request-id"));
}

#[tokio::test]
async fn t9_every_line_of_the_log_is_an_object() {
    let mut town = town().await;
    town.people(["ana"]).await;
    town.desk().publishes(order("t9")).await;
    town.told_to_stop().await;
    let log = town.log();
    assert!(log.lines().count() > 3);
    for line in log.lines().map(parsed) {
        let has = |field: &str| line[field].is_string();
        assert!(has("timestamp") && has("level") && has("message") && line["context"].is_object(), "{line}");
    }
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|_| panic!("not an object: {line}"))
}

#[tokio::test]
async fn t10_with_a_full_disk_it_lives_and_is_not_ready() {
    let town = town_with(&[("STORE__MIN_FREE", "900000GiB")]).await;
    super::wait::until("it is not ready", async || (town.stranger().get("/ready").await.status == 503).then_some(()))
        .await;
    assert_eq!(town.stranger().get("/health").await.status, 200);
    let refused = town.desk().posts(&order("t10")).await;
    assert!(refused.status == 503 && !refused.header("retry-after").is_empty(), "{refused:?}");
}

#[tokio::test]
async fn the_doctor_looks_at_everything_and_names_the_missing_step() {
    let town = town().await;
    let data = town.folder().join("another");
    let doctor = async |environment: &[(String, String)]| {
        let mut doctor = baton(environment);
        let looked = doctor.args(["doctor", "--dev", "--data"]).arg(&data).output().await.unwrap();
        let said = [looked.stdout, looked.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        (looked.status.code(), said)
    };
    // The public address is https, so the proxy that must be there is named.
    let (code, said) = doctor(&town.environment).await;
    assert!(code == Some(4) && said.contains("STEP  proxy") && said.contains("trusted_proxies"), "{code:?}: {said}");
    let mut named = town.environment.clone();
    named.push(("BATON__SERVER__TRUSTED_PROXIES".to_owned(), "127.0.0.1/32".to_owned()));
    let (code, said) = doctor(&named).await;
    assert!(code == Some(0) && said.contains("@baton_bot") && said.contains("email"), "{code:?}: {said}");
    let mut away = named;
    away.push(("BATON__CHANNELS__EMAIL__SMTP__PORT".to_owned(), "1".to_owned()));
    let (code, said) = doctor(&away).await;
    assert!(code == Some(4) && said.contains("STEP  email"), "{code:?}: {said}");
}

#[tokio::test]
async fn t13_whoever_changes_something_stands_in_the_trail() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    town.door.patch("/api/v1/tenants/default", json!({ "max_open_offers": 3 })).await.is(200);
    let audit = town.door.get("/api/v1/tenants/default/audit").await.is(200);
    let entry = audit["items"].as_array().unwrap().iter().find(|entry| entry.to_string().contains("dev")).cloned();
    let entry = entry.unwrap_or_else(|| panic!("the change is not in {audit}"));
    assert!(entry["at"].is_string(), "{entry}");
    let job = town.desk().publishes(order("t13")).await;
    ana.shows_offer(&job).await;
    town.desk().tells(&job, "pause", json!({})).await.is(200);
    town.desk().tells(&job, "resume", json!({})).await.is(200);
    town.desk().tells(&job, "extend", json!({ "by": "10m" })).await.is(200);
    town.desk().tells(&job, "reassign", json!({ "agent": "ana" })).await.is(200);
    town.desk().tells(&job, "cancel", json!({ "reason": "rain" })).await.is(200);
    let timeline = town.desk().timeline(&job).await;
    for event in ["created", "offered", "paused", "resumed", "offer_extended", "claimed", "cancelled"] {
        let entry = timeline.iter().find(|entry| entry["event"] == event);
        let entry = entry.unwrap_or_else(|| panic!("{event} is not in {timeline:#?}"));
        assert!(entry["at"].is_string() && entry["actor"]["kind"].is_string() && entry["cause"].is_string(), "{entry}");
    }
    let closed = timeline.iter().find(|entry| entry["event"] == "cancelled").unwrap();
    assert_eq!((&closed["actor"]["name"], &closed["facts"]["reason"]), (&json!("dev"), &json!("rain")));
}
