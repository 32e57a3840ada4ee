//! A job of Baton's own goes all the way, again and again, and a heartbeat is heard while it does.

use baton::simulator::mailbox::Twist;
use serde_json::json;

use super::desk::order;
use super::receiver::Receiver;
use super::town::{Town, town_with};
use super::wait::until;

async fn runs(town: &Town, outcome: &str) -> f64 {
    town.metric("baton_canary_runs_total", &format!("outcome=\"{outcome}\"")).await
}

/// Waits for one more run of this outcome.
async fn runs_once_more(town: &Town, outcome: &str) {
    let before = runs(town, outcome).await;
    until(&format!("another canary is {outcome}"), async || (runs(town, outcome).await > before).then_some(())).await;
}

/// Waits for one more run, whatever becomes of it.
async fn ends_a_run(town: &Town) {
    let count = async || runs(town, "ok").await + runs(town, "failed").await;
    let before = count().await;
    until("another canary", async || (count().await > before).then_some(())).await;
}

#[tokio::test]
async fn the_heartbeat_is_heard_while_the_canary_gets_through_and_no_longer() {
    let switch = Receiver::at("127.0.0.1:0").await;
    let url = format!("http://{}/beat", switch.address);
    let settings = [
        ("CANARY__ENABLED", "true"),
        ("CANARY__CRON", "* * * * * *"),
        ("CANARY__STEP_WITHIN", "2s"),
        ("CANARY__EMAIL", "canary@example.com"),
        ("CANARY__HEARTBEAT_URL", url.as_str()),
    ];
    let town = town_with(&settings).await;
    let [ana] = town.people(["ana"]).await;
    runs_once_more(&town, "ok").await;
    until("the heartbeat", async || (!switch.told().is_empty()).then_some(())).await;
    for step in ["create", "approve", "offer", "claim", "confirm", "release", "complete", "whole"] {
        let counted = town.metric("baton_canary_step_seconds_count", &format!("step=\"{step}\"")).await;
        assert!(counted > 0.5, "{step}");
    }
    assert!(town.metric("baton_canary_last_success_timestamp_seconds", "").await > 1.0e9);

    // Nobody else sees anything of it: no list, no report, no feed, no desk, no phone.
    assert!(town.desk().sees_all().await.is_empty());
    assert_eq!(town.door.get("/api/v1/agents").await.is(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(town.door.get("/api/v1/events").await.is(200)["items"], json!([]));
    assert!(ana.is_silent() && town.desk_phone().is_silent());

    // The mails do not arrive any more: the canary falls, and the heartbeat is heard no longer.
    town.mailbox.every_mail_to("canary@example.com", Twist::Refuse("550 5.1.1 no such user".to_owned()));
    runs_once_more(&town, "failed").await;
    town.metric_is("baton_canary_failing", "", 1.0).await;
    let heard = switch.told().len();
    ends_a_run(&town).await;
    assert_eq!(switch.told().len(), heard, "no heartbeat while the canary falls");
    let last = town.log();
    assert!(last.contains("the canary did not come to its end") && !last.contains(&url), "{last}");
}

#[tokio::test]
async fn the_canarys_stub_reaches_nobody_else() {
    let settings = [("CANARY__ENABLED", "true"), ("CANARY__CRON", "* * * * * *")];
    let town = town_with(&settings).await;
    runs_once_more(&town, "ok").await;
    // An agent without a chat and a mailbox is reached by nothing here, with the stub as without it.
    town.knows(vec![json!({ "ref": "cy", "name": "cy", "phone": "+447700900003" })]).await;
    let job = town.desk().publishes(order("stub").everybody()).await;
    let seen = town.desk().sees_it(&job, "unfilled").await;
    assert_eq!(seen["offers"], json!([]));
}
