//! T1: jobs in every stage there is, a kill, and each stands as it stood, to the last field.
//!
//! `STORIES_JOBS=1000` sets how many there are.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::desk::{Job, Order, order};
use super::shows::number;
use super::town::{Town, town_with};
use super::wait::until;

/// How a job came to stand where it stands.
#[derive(Clone, Copy, Debug)]
enum Way {
    NeedsApproval,
    Scheduled,
    Offering,
    SecondOffered,
    Claimed,
    Reminded,
    StandsInLine,
    Paused,
    Unfilled,
    Rejected,
    Cancelled,
    Expired,
    Completed,
    Failed,
}

const WAYS: [Way; 14] = [
    Way::NeedsApproval,
    Way::Scheduled,
    Way::Offering,
    Way::SecondOffered,
    Way::Claimed,
    Way::Reminded,
    Way::StandsInLine,
    Way::Paused,
    Way::Unfilled,
    Way::Rejected,
    Way::Cancelled,
    Way::Expired,
    Way::Completed,
    Way::Failed,
];

#[tokio::test]
async fn t1_a_thousand_jobs_in_all_stages_stand_as_they_stood() {
    let jobs = number("STORIES_JOBS", 280);
    let mut town = town_with(&[("LOGS__LEVEL", "info"), ("ENGINE__IDLE_AFTER", "100ms")]).await;
    town.people(["ana", "bo"]).await;
    let brought: Vec<()> = stream::iter((0..jobs).map(|no| brings(&town, no))).buffer_unordered(16).collect().await;
    assert_eq!(brought.len(), jobs);
    town.sends_all_it_owes().await;
    let before = once_still(&town).await;
    assert_eq!(before.len(), jobs);
    let stages: BTreeSet<&str> = before.values().map(|job| job["status"].as_str().unwrap()).collect();
    assert_eq!(stages.len(), 10, "{stages:?}");
    town.kill_9().await;
    town.starts_again().await;
    let after = stand(&town).await;
    assert_eq!(after.len(), jobs);
    for (id, job) in &before {
        assert_eq!(after.get(id), Some(job));
    }
    assert!(town.metric("baton_jobs_without_next_action", "").await.abs() < 0.5);
}

/// Brings a job in and to where it is to stand.
async fn brings(town: &Town, no: usize) {
    let (desk, way) = (town.desk(), WAYS[no % WAYS.len()]);
    let view = desk.posts(&ordered(way, order(&format!("t1-{no}")))).await.is(201);
    let job = Job::of(&view);
    let claims = async |place: usize| desk.claims_for(&view["offers"][place]).await;
    let tells = async |command: &str| desk.tells(&job, command, json!({})).await.is(200);
    match way {
        Way::NeedsApproval | Way::Scheduled | Way::Offering => {}
        Way::SecondOffered => {
            let offer = view["offers"][0]["id"].as_str().unwrap();
            town.door.post(&format!("/api/v1/offers/{offer}/decline"), json!({})).await.is(200);
        }
        Way::Claimed => drop(claims(0).await.is(200)),
        Way::Reminded => {
            claims(0).await.is(200);
            let reminded = async || {
                let timeline = desk.timeline(&job).await;
                timeline.iter().any(|entry| entry["event"] == "reminded").then_some(())
            };
            until("they were reminded", reminded).await;
        }
        Way::StandsInLine => {
            claims(1).await.is(200);
            claims(0).await.refuses(409, "job-already-claimed");
        }
        Way::Paused => drop(tells("pause").await),
        Way::Unfilled => drop(desk.sees_it(&job, "unfilled").await),
        Way::Rejected => drop(tells("reject").await),
        Way::Cancelled => drop(tells("cancel").await),
        Way::Expired => drop(desk.sees_it(&job, "expired").await),
        Way::Completed | Way::Failed => {
            claims(0).await.is(200);
            tells(if matches!(way, Way::Completed) { "complete" } else { "fail" }).await;
        }
    }
}

fn ordered(way: Way, order: Order) -> Order {
    match way {
        Way::NeedsApproval | Way::Rejected => order.needing_approval(),
        Way::Scheduled => order.with("start_at", json!("2027-06-01T08:00:00Z")),
        Way::StandsInLine => order.everybody(),
        Way::Reminded => {
            order.one_by_one("30m").with_plan("stall", json!({ "remind_after": "50ms", "return_after": "6h" }))
        }
        Way::Unfilled => order.asking(json!([{ "mode": "everybody", "tags": ["crane"] }])),
        Way::Expired => order.one_by_one("30m").with_plan("search_for", json!("1s")),
        Way::Offering
        | Way::SecondOffered
        | Way::Claimed
        | Way::Paused
        | Way::Cancelled
        | Way::Completed
        | Way::Failed => order,
    }
}

/// How every job stands.
async fn stand(town: &Town) -> BTreeMap<String, Value> {
    let jobs = town.desk().sees_all().await.into_iter();
    jobs.map(|job| (job["id"].as_str().unwrap().to_owned(), job)).collect()
}

/// The same, once nothing moves any more: receipts of what was sent are stored a moment after it was sent.
async fn once_still(town: &Town) -> BTreeMap<String, Value> {
    let mut before = stand(town).await;
    until("nothing moves", async || {
        let now = stand(town).await;
        (std::mem::replace(&mut before, now.clone()) == now).then_some(now)
    })
    .await
}
