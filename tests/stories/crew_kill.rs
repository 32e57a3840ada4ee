//! A group gets one message about a job, whatever falls: killed between sending and storing, or left without an answer, it is not
//! sent again by itself.

use std::time::Duration;

use baton::simulator::telegram::Fault;
use serde_json::{Value, json};

use super::desk::Job;
use super::group::{Group, for_the_group};
use super::town::{Town, town};

const AGAIN: &str = "This may stand here already";

/// What stands in the group about a job: one message, or a second that says so.
fn stands_once(group: &Group, job: &Job) {
    let posts = group.posts(job);
    let plain = posts.iter().filter(|post| !post.text.contains(AGAIN)).count();
    assert!(plain <= 1 && posts.len() <= 2, "{posts:?}");
}

async fn is_published(town: &Town, job: &Job) -> Value {
    town.desk()
        .waits(job, "it was published, or nobody knows", |job| {
            let published = &job["publications"][0];
            published["status"] == "doubtful" || published["message_id"].is_string()
        })
        .await
}

#[tokio::test]
async fn c8_killed_between_sending_and_storing_the_group_still_reads_it_once() {
    let mut town = town().await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    for no in 0..6 {
        // Telegram has it and takes its time to say so: nothing can have been stored about it when the process dies.
        group.chat.next_call_meets(Fault::DoneAndHang(Duration::from_secs(60)));
        let job = town.desk().publishes(for_the_group(&format!("c8-{no}"))).await;
        group.reads(&job, "/claim").await;
        town.kill_9().await;
        town.starts_again().await;
        let seen = is_published(&town, &job).await;
        assert_eq!(seen["publications"][0]["status"], "doubtful", "{seen}");
        town.desk_phone().shows("nobody knows whether it stands in its group").await;
        town.sends_all_it_owes().await;
        assert_eq!(group.posts(&job).len(), 1, "{seen}");
        // It stands there, and a press shows it.
        assert!(group.presses(1001, &job).await.contains("yours"));
        group.reads(&job, "Reserved by ana").await;
        stands_once(&group, &job);
        town.desk().tells(&job, "cancel", json!({})).await.is(200);
        group.reads(&job, "Cancelled").await;
    }
}

#[tokio::test]
async fn c8_an_answer_that_is_lost_is_a_matter_for_the_desk_whose_second_message_says_so() {
    let town = town().await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    for fault in [Fault::DoneAndCut, Fault::DoneAndBroken, Fault::Broken] {
        let was_done = fault != Fault::Broken;
        group.chat.next_call_meets(fault.clone());
        let job = town.desk().publishes(for_the_group(&format!("c8-{fault:?}"))).await;
        let seen = is_published(&town, &job).await;
        assert_eq!(seen["publications"][0]["status"], "doubtful", "{fault:?}: {seen}");
        town.desk_phone().shows(&job.code).await;
        town.sends_all_it_owes().await;
        assert_eq!(group.posts(&job).len(), usize::from(was_done), "{fault:?}");
        town.desk().tells(&job, "publish", json!({})).await.is(200);
        let second = group.reads(&job, AGAIN).await;
        stands_once(&group, &job);
        group.chat.presses_as(1001, second.id, "Claim").unwrap();
        town.desk().sees_it(&job, "claimed").await;
        group.reads(&job, "Reserved by ana").await;
    }
}

#[tokio::test]
async fn c8_only_a_press_of_somebody_known_shows_that_a_message_is_there() {
    let town = town().await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    group.chat.next_call_meets(Fault::DoneAndCut);
    let job = town.desk().publishes(for_the_group("c8-known")).await;
    assert_eq!(is_published(&town, &job).await["publications"][0]["status"], "doubtful");
    let post = group.posts(&job).remove(0);
    let callback = group.chat.presses_as(7_777, post.id, "Claim").unwrap();
    group.hears(&callback).await;
    let seen = town.desk().sees(&job).await;
    let published = &seen["publications"][0];
    assert_eq!((&published["status"], &published["message_id"]), (&json!("doubtful"), &json!(null)), "{seen}");
    group.chat.presses_as(1001, post.id, "Claim").unwrap();
    let seen = town.desk().sees_it(&job, "claimed").await;
    assert_eq!(seen["publications"][0]["message_id"], json!(post.id.to_string()), "{seen}");
}

#[tokio::test]
async fn c8_a_lead_that_is_finalised_five_times_is_published_once() {
    let mut town = town().await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    let waves = json!([{ "mode": "group", "group": "movers", "claim_within": "30m" }]);
    town.door.patch("/api/v1/tenants/default", json!({ "default_plan": { "waves": waves } })).await.is(200);
    let lead = json!({ "lead_id": "0952ef82-3f0e-4c57-9b60-6a2f8f1f0a11", "sender_name": "Test Person", "phone": "+447700900123",
        "custom": { "route_classification": { "from_locality": "Haifa", "to_locality": "Kiryat Ata" }, "volume_category": "1br" } });
    group.chat.next_call_meets(Fault::DoneAndHang(Duration::from_secs(60)));
    for no in 0..5 {
        town.door.post("/api/v1/leads/finalized", lead.clone()).await.is(202);
        if no == 2 {
            group.chat.wait_for(|messages| !messages.is_empty()).await.unwrap();
            town.kill_9().await;
            town.starts_again().await;
        }
    }
    let taken = town.door.post("/api/v1/leads/finalized", lead).await.is(202);
    let job = Job {
        id: taken["id"].as_str().unwrap().to_owned(),
        code: taken["code"].as_str().unwrap().to_owned(),
        approve_url: json!(null),
    };
    assert_eq!(is_published(&town, &job).await["publications"][0]["status"], "doubtful");
    town.sends_all_it_owes().await;
    let posts = group.posts(&job);
    assert_eq!(posts.len(), 1, "{posts:?}");
    assert!(posts.iter().all(|post| post.text.contains("Haifa → Kiryat Ata") && !post.text.contains("Test Person")));
}
