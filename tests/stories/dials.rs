//! A dial of the tenant's that is turned reaches the jobs that wait behind it.

use serde_json::json;

use super::desk::order;
use super::group::for_the_group;
use super::town::town;
use super::wait::until;

#[tokio::test]
async fn c13_the_publish_dial_turned_reaches_every_job_that_waits_through_a_kill_too() {
    let mut town = town().await;
    let [ana] = town.people(["ana"]).await;
    let group = town.has_a_group(json!({ "publish": "person" })).await;
    let mut waiting = Vec::new();
    for n in 0..300 {
        waiting.push(town.desk().publishes(for_the_group(&format!("waits {n}"))).await);
    }
    town.sends_all_it_owes().await;
    assert!(waiting.iter().all(|job| group.posts(job).is_empty()));
    town.sets_crew(json!({ "publish": "engine" })).await;
    // Some have been looked at by now, and most have not.
    town.kill_9().await;
    town.starts_again().await;
    until("all of them stand in the group", async || {
        let text: String = group.chat.messages().iter().map(|message| message.text.clone()).collect();
        waiting.iter().all(|job| text.contains(&job.code)).then_some(())
    })
    .await;
    let timeline = town.desk().timeline(&waiting[0]).await;
    let published = timeline.iter().find(|entry| entry["event"] == "published").unwrap();
    assert_eq!((&published["actor"]["kind"], &published["cause"]), (&json!("engine"), &json!("rule")));
    // A gate's dial: whoever waits to be confirmed waits no longer.
    let job = town.desk().publishes(order("gate").everybody()).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    let settlement = json!({ "gates": { "confirm": "engine" } });
    town.door.patch("/api/v1/tenants/default", json!({ "settlement": settlement })).await.is(200);
    town.desk().sees_it(&job, "confirmed").await;
}

#[tokio::test]
async fn c13_a_job_says_itself_who_publishes_it() {
    let town = town().await;
    town.people(["ana"]).await;
    let group = town.has_a_group(json!({})).await;
    let waits = town.desk().publishes(for_the_group("waits").with("gates", json!({ "publish": "person" }))).await;
    let goes = town.desk().publishes(for_the_group("goes")).await;
    group.reads(&goes, "/claim").await;
    assert!(group.posts(&waits).is_empty());
    let seen = town.desk().sees(&waits).await;
    assert_eq!((&seen["gates"]["publish"], &seen["next"]["acts"]), (&json!("person"), &json!("operator")), "{seen}");
    let gates = waits.path("/gates");
    town.door.post(&gates, json!({ "publish": "off" })).await.refuses(400, "validation-failed");
    town.door.post(&gates, json!({ "publish": "engine" })).await.is(200);
    group.reads(&waits, "/claim").await;
    let timeline = town.desk().timeline(&waits).await;
    let turned = timeline.iter().find(|entry| entry["event"] == "publisher_set").unwrap();
    assert_eq!(
        (&turned["actor"]["kind"], &turned["facts"]["publish"]),
        (&json!("operator"), &json!("engine")),
        "{turned}"
    );
}
