//! Where a job can be called off, who may go by which gate, and who moves up behind a winner who falls silent.

use serde_json::{Value, json};

use super::crew::{pairs, verdicts};
use super::desk::{Job, order};
use super::group::{Group, for_the_group};
use super::town::{Town, town};

/// Ana claims it in the group.
async fn ana_has_it(town: &Town, group: &Group, reference: &str) -> Job {
    let job = town.desk().publishes(for_the_group(reference)).await;
    assert!(group.presses(1001, &job).await.contains("yours"));
    town.desk().sees_it(&job, "claimed").await;
    job
}

async fn are_told(town: &Town, job: &Job, commands: &[&str]) {
    for command in commands {
        town.desk().tells(job, command, json!({})).await.is(200);
    }
}

#[tokio::test]
async fn c14_a_job_is_called_off_from_every_state_that_is_not_final_and_from_no_other() {
    const STEPS: [(&str, &str); 5] = [
        ("confirm", "confirmed"),
        ("invoice", "invoiced"),
        ("paid", "paid"),
        ("release", "released"),
        ("start_work", "in_progress"),
    ];
    let town = town().await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    let desk = town.desk();
    let mut jobs = vec![
        ("needs_approval", desk.publishes(for_the_group("c14-approval").needing_approval()).await),
        ("scheduled", desk.publishes(for_the_group("c14-later").with("start_at", json!("2030-01-30T00:00:00Z"))).await),
        ("offering", desk.publishes(for_the_group("c14-open")).await),
        (
            "unfilled",
            desk.publishes(order("c14-nobody").asking(json!([{ "mode": "everybody", "tags": ["crane"] }]))).await,
        ),
        ("claimed", ana_has_it(&town, &group, "c14-claimed").await),
    ];
    for (no, (_, status)) in STEPS.iter().enumerate() {
        let job = ana_has_it(&town, &group, &format!("c14-{status}")).await;
        let commands: Vec<&str> = STEPS[..=no].iter().map(|(command, _)| *command).collect();
        are_told(&town, &job, &commands).await;
        jobs.push((status, job));
    }
    let completed = ana_has_it(&town, &group, "c14-done").await;
    are_told(&town, &completed, &["complete"]).await;
    let failed = ana_has_it(&town, &group, "c14-failed").await;
    are_told(&town, &failed, &["fail"]).await;

    for (status, job) in &jobs {
        let seen = desk.sees_it(job, status).await;
        desk.tells(job, "cancel", json!({ "reason": "rain" })).await.is(200);
        let after = desk.sees_it(job, "cancelled").await;
        for shown in after["publications"].as_array().into_iter().flatten() {
            assert_eq!(shown["reads"], "cancelled", "{status}: {after}");
        }
        if seen["publications"].as_array().is_some_and(|shown| !shown.is_empty()) {
            assert!(group.reads(job, "Cancelled").await.buttons.is_empty(), "{status}");
        }
        let timeline = desk.timeline(job).await;
        let revoked = timeline.iter().filter(|entry| entry["event"] == "release_revoked").count();
        assert_eq!(revoked, usize::from(matches!(*status, "released" | "in_progress")), "{status}");
    }
    for job in [completed, failed, jobs.remove(0).1] {
        let before = desk.sees(&job).await;
        desk.tells(&job, "cancel", json!({})).await.refuses(409, "job-closed");
        assert_eq!(desk.sees(&job).await["status"], before["status"]);
    }
}

#[tokio::test]
async fn d9_release_is_strict_but_where_the_tenant_has_no_gate_or_an_operator_gives_a_reason() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    let desk = town.desk();
    let released = |timeline: &[Value]| timeline.iter().find(|entry| entry["event"] == "released").unwrap().clone();
    let has_it = async |reference: &str| {
        let job = desk.publishes(order(reference).everybody()).await;
        ana.presses_yes(&job).await;
        desk.sees_it(&job, "claimed").await;
        job
    };
    // Strict: each of the three is named, and the attempt is noted.
    let strict = has_it("d9-strict").await;
    let refused = desk.tells(&strict, "release", json!({})).await.refuses(409, "gates-missing");
    assert_eq!(refused["missing"], json!(["confirm", "invoice", "payment"]), "{refused}");
    // Over it, by a reason; half of it is what was missing.
    are_told(&town, &strict, &["confirm"]).await;
    let over = desk.tells(&strict, "release", json!({ "override_reason": "paid in cash" })).await.is(200);
    assert_eq!(over["status"], "released");
    let timeline = desk.timeline(&strict).await;
    let denied = timeline.iter().find(|entry| entry["event"] == "denied").expect("the attempt");
    assert_eq!((&denied["facts"]["command"], &denied["facts"]["code"]), (&json!("release"), &json!("gates-missing")));
    let entry = released(&timeline);
    assert_eq!(
        (&entry["actor"]["name"], &entry["facts"]["reason"], &entry["facts"]["overridden"]),
        (&json!("dev"), &json!("paid in cash"), &json!(["invoice", "payment"]))
    );
    // A job that needs no money says so itself.
    let free = has_it("d9-free").await;
    desk.tells(&free, "gates", json!({ "invoice": "off", "payment": "off" })).await.is(200);
    let refused = desk.tells(&free, "release", json!({})).await.refuses(409, "gates-missing");
    assert_eq!(refused["missing"], json!(["confirm"]), "{refused}");
    // Nor does any of a tenant that switches its gates off.
    let off = json!({ "gates": { "confirm": "off", "invoice": "off", "payment": "off" } });
    town.door.patch("/api/v1/tenants/default", json!({ "settlement": off })).await.is(200);
    let audit = town.door.get("/api/v1/tenants/default/audit").await;
    assert!(audit.is(200)["items"].to_string().contains("payment"), "{}", audit.text);
    for job in [free, has_it("d9-open").await] {
        assert_eq!(desk.tells(&job, "release", json!({})).await.is(200)["status"], "released");
        let entry = released(&desk.timeline(&job).await);
        assert_eq!((&entry["facts"]["overridden"], &entry["facts"]["reason"]), (&json!([]), &Value::Null));
    }
}

#[tokio::test]
async fn x13_whoever_is_next_in_line_is_promoted_when_the_winner_stalls() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let group = town.has_a_group(json!({})).await;
    let stall = json!({ "remind_after": "300ms", "return_after": "2s" });
    let job = town.desk().publishes(for_the_group("x13-stall").with_plan("stall", stall)).await;
    assert!(group.presses(1001, &job).await.contains("yours"));
    group.chat.types_as(1002, &format!("/claim {}", job.code));
    assert!(bo.shows("Somebody was faster").await.text.contains("number 1 in line"));
    ana.shows("Reply OK").await;
    bo.shows_victory(&job).await;
    ana.shows("We did not hear from you").await;
    bo.types("OK");
    group.reads(&job, "Reserved by bo").await;
    let seen = town.desk().sees(&job).await;
    assert_eq!((&seen["claim"]["agent"]["ref"], &seen["standby"]), (&json!("bo"), &json!([])));
    let timeline = town.desk().timeline(&job).await;
    let ended: Vec<&Value> = timeline.iter().filter(|entry| entry["event"] == "claim_ended").collect();
    assert_eq!((ended.len(), &ended[0]["facts"]["end"]), (1, &json!("stalled")), "{ended:?}");
    assert_eq!(verdicts(&town, &job).await, pairs(&[("ana", "claimed"), ("bo", "job-already-claimed")]));
}
