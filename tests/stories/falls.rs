//! G9: a panic takes down one actor; it comes back, and what waited for it is done.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::desk::{Job, offer_of, order};
use super::town::{DESK, person, town_with};
use super::wait::{a_moment, until};

/// The next `times` an actor of this name has something to do, it falls.
fn makes_fall(folder: &Path, actor: &str, times: u32) {
    std::fs::write(folder.join(actor), times.to_string()).unwrap();
}

#[tokio::test]
async fn g9_a_channel_that_falls_comes_back_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        [("DEV_FALLS", folder.path().to_str().unwrap()), ("CHANNELS__TELEGRAM__RATE_ACCOUNT", "50/1s burst 1")];
    let town = town_with(&settings).await;
    let phones = town.people(["ana", "bo", "cy"]).await;
    let mut jobs: Vec<Job> = Vec::new();
    for no in 0..20 {
        if no == 10 {
            makes_fall(folder.path(), "channel-telegram", 2);
        }
        jobs.push(town.desk().publishes(order(&format!("g9-{no}")).everybody()).await);
    }
    for phone in &phones {
        for job in &jobs {
            phone.shows_offer(job).await;
            // What was in the actor's hand may have left: once more at most, and the text says so.
            assert!(phone.offers(job) <= 2, "{} offers", phone.offers(job));
        }
        let messages = phone.chat.messages();
        let repeats = messages.iter().filter(|message| message.text.contains("You may have had this before"));
        assert!(repeats.count() + jobs.len() >= messages.len(), "a repeat that does not say so: {messages:#?}");
    }
    town.sends_all_it_owes().await;
    town.metric_is("baton_actor_restarts_total", "kind=\"channel\"", 2.0).await;
    assert_eq!(town.stranger().get("/ready").await.status, 200);
}

#[tokio::test]
async fn g9_a_job_that_falls_once_comes_back_and_keeps_what_it_has_promised() {
    let folder = tempfile::tempdir().unwrap();
    let town = town_with(&[("DEV_FALLS", folder.path().to_str().unwrap())]).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("g9-once").everybody()).await;
    ana.shows_offer(&job).await;
    let sent = |job: &Value| job["offers"].as_array().unwrap().iter().all(|offer| offer["sent"] == true);
    let seen = town.desk().waits(&job, "the receipts are stored", sent).await;
    let offer = offer_of(&seen, "ana").unwrap().clone();
    makes_fall(folder.path(), &format!("job-{}", job.id), 1);
    let answer = town.desk().claims_for(&offer).await;
    assert!(answer.status >= 500, "{}", answer.text);
    // Nobody was promised the job; who asks again, once it is back, is answered.
    until("the job is back", async || (town.desk().claims_for(&offer).await.status == 200).then_some(())).await;
    ana.shows_victory(&job).await;
    bo.shows_withdrawal(&job).await;
    town.metric_is("baton_actor_restarts_total", "kind=\"job\"", 1.0).await;
}

#[tokio::test]
async fn g9_an_agents_actor_that_falls_anywhere_in_a_claim_keeps_the_capacity() {
    let folder = tempfile::tempdir().unwrap();
    let town = town_with(&[("DEV_FALLS", folder.path().to_str().unwrap())]).await;
    let mut ana = person("ana", 1);
    ana["capacity"] = json!(1);
    town.knows(vec![ana]).await;
    town.phone(1);
    // Before it keeps room, when the room is stored, when the job has answered.
    for taken in 0..3 {
        let [first, second] = [
            town.desk().publishes(order(&format!("g9-{taken}-1")).everybody()).await,
            town.desk().publishes(order(&format!("g9-{taken}-2")).everybody()).await,
        ];
        let (one, other) = (town.desk().sees(&first).await, town.desk().sees(&second).await);
        let (one, other) = (offer_of(&one, "ana").unwrap(), offer_of(&other, "ana").unwrap());
        let file = folder.path().join(format!("agent-{}", one["agent"]["id"].as_str().unwrap()));
        std::fs::write(&file, format!("1 {taken}")).unwrap();
        // Room that a lost claim has left behind is kept until its job was asked, ten seconds later.
        until("ana has the first", async || (town.desk().claims_for(one).await.status == 200).then_some(())).await;
        town.desk().claims_for(other).await.refuses(409, "agent-full");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "0", "{taken}: it never fell");
        town.desk().tells(&first, "complete", json!({})).await.is(200);
        town.desk().tells(&second, "cancel", json!({})).await.is(200);
    }
    town.metric_is("baton_actor_restarts_total", "kind=\"agent\"", 3.0).await;
}

#[tokio::test]
async fn g9_a_job_that_falls_again_and_again_is_put_aside_and_the_rest_runs_on() {
    let folder = tempfile::tempdir().unwrap();
    let town = town_with(&[("DEV_FALLS", folder.path().to_str().unwrap())]).await;
    let [ana] = town.people(["ana"]).await;
    let poisoned = town.desk().publishes(order("g9-bad")).await;
    ana.shows_offer(&poisoned).await;
    town.desk().waits(&poisoned, "the receipt is stored", |job| job["offers"][0]["sent"] == true).await;
    makes_fall(folder.path(), &format!("job-{}", poisoned.id), 5);
    assert!(town.desk().tells(&poisoned, "pause", json!({})).await.status >= 500);
    let others = async |reference: &str| {
        let job = town.desk().publishes(order(reference)).await;
        ana.presses_yes(&job).await;
        ana.shows_victory(&job).await;
    };
    others("g9-while-it-falls").await;
    // It falls five times, after rests of 1, 2, 4 and 8 seconds.
    a_moment(Duration::from_secs(13)).await;
    let aside = until("it is put aside", async || {
        let listed = town.door.get("/api/v1/quarantine").await.is(200)["items"].clone();
        listed.as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!(aside["job"], json!(poisoned.id));
    assert!(aside["at"].is_string() && aside["reason"].as_str().unwrap().contains("made to fall"), "{aside}");
    town.metric_is("baton_actor_restarts_total", "kind=\"job\"", 5.0).await;
    town.metric_is("baton_quarantined", "kind=\"job\"", 1.0).await;
    let health = town.door.get("/api/v1/health").await.is(200);
    assert_eq!((&health["status"], &health["components"]["quarantined"]), (&json!("degraded"), &json!(1)));
    let parked = town.desk_phone().shows("the engine has parked it").await;
    let refused = town.desk().tells(&poisoned, "pause", json!({})).await;
    assert!((409..=503).contains(&refused.status), "{}", refused.text);
    others("g9-while-it-is-aside").await;
    let operators = json!([{ "name": "olga", "telegram_user_id": DESK }]);
    town.door.patch("/api/v1/desk", json!({ "operators": operators })).await.is(200);
    town.desk_phone().chat.presses(parked.id, "Try again").unwrap();
    // It is known again: lists have it, and its deadline is to ring.
    until("it is listed", async || {
        town.desk().sees_all().await.iter().any(|job| job["id"] == json!(poisoned.id)).then_some(())
    })
    .await;
    town.metric_is("baton_jobs", "stage=\"offering\"", 1.0).await;
    town.metric_is("baton_timers", "", 1.0).await;
    // What could not be noted before stands there now: who gave it another chance, and how.
    let timeline = until("its timeline says who", async || {
        let timeline = town.desk().timeline(&poisoned).await;
        timeline.iter().any(|entry| entry["event"] == "retried").then_some(timeline)
    })
    .await;
    let retried = timeline.iter().find(|entry| entry["event"] == "retried").unwrap();
    assert_eq!(
        (&retried["actor"], &retried["channel"]),
        (&json!({ "kind": "operator", "name": "olga" }), &json!("telegram"))
    );
    assert!(retried["at"].is_string() && town.log().contains("gets another chance"));
    ana.presses_yes(&poisoned).await;
    ana.shows_victory(&poisoned).await;
    assert_eq!(town.door.get("/api/v1/quarantine").await.is(200)["items"], json!([]));
}
