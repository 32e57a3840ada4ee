//! A process with a role: it takes in for others who work later on the same store, or works and takes nothing in.

use std::time::Duration;

use serde_json::json;

use super::desk::{offer_of, order};
use super::town::{Town, town_with};
use super::wait::a_moment;

/// Starts the town's server again with another role.
async fn takes_the_role(town: &mut Town, role: &str) {
    assert_eq!(town.told_to_stop().await.code(), Some(0));
    town.environment.retain(|(name, _)| name != "BATON__SERVER__ROLE");
    town.environment.push(("BATON__SERVER__ROLE".to_owned(), role.to_owned()));
    town.starts_again().await;
}

#[tokio::test]
async fn t12_intake_takes_in_and_rests_until_workers_open_the_store() {
    let settings = [("SERVER__ROLE", "intake"), ("TIMERS__OUTAGE_GRACE", "100ms")];
    let mut town = town_with(&settings).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("R-1").one_by_one("1s")).await;
    let seen = town.desk().sees_it(&job, "offering").await;
    let closes = offer_of(&seen, "ana").unwrap()["closes_at"].clone();
    // Longer than ana has: her time does not run out, since she was not asked.
    a_moment(Duration::from_millis(1_500)).await;
    assert_eq!(offer_of(&town.desk().sees(&job).await, "ana").unwrap()["status"], "open");
    assert!(ana.is_silent() && bo.is_silent() && town.bot.calls().is_empty(), "nobody is called");
    assert_eq!(town.door.get("/ready").await.status, 200);
    let parts = town.door.get("/api/v1/health").await.is(200);
    assert_eq!((&parts["components"]["role"], &parts["components"]["outbox"]), (&json!("intake"), &json!(1)));

    takes_the_role(&mut town, "workers").await;
    // She has the time back that nobody worked.
    let seen = town.desk().sees(&job).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    let seen_later = town.desk().sees_it(&job, "claimed").await;
    assert_eq!(seen_later["claim"]["agent"]["ref"], "ana", "{closes} {seen}");
    assert!(bo.is_silent());

    // New work is refused whichever way it comes; what is there goes on.
    let refused = town.desk().posts(&order("R-2")).await;
    refused.refuses(503, "not-this-role");
    assert!(refused.headers.contains_key("retry-after"));
    let notification = json!({
        "external_ref": "n-1", "event_type": "parcel.ready", "template": "parcel_ready", "payload": {},
        "recipient": { "ref": "ana" },
    });
    let said = town.door.post("/api/v1/notifications", notification).await;
    assert!(said.status >= 400, "{}", said.text);
    town.desk().tells(&job, "confirm", json!({})).await.is(200);
    town.desk().tells(&job, "cancel", json!({ "reason": "over" })).await.is(200);

    takes_the_role(&mut town, "all").await;
    town.desk().publishes(order("R-2")).await;
}
