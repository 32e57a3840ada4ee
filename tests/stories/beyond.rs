//! Section 10: what none of the earlier systems did.

use std::process::Output;
use std::time::Duration;

use baton::simulator::telegram::Fault;
use serde_json::{Value, json};

use super::desk::{offer_of, open_offers, order};
use super::door::send;
use super::process::baton;
use super::town::{Town, person, town, town_with};
use super::wait::{a_moment, until};

#[tokio::test]
async fn x2_an_answer_that_is_there_before_we_know_that_we_asked_counts() {
    let town = town_with(&[("RETRY__FIRST", "3s"), ("RETRY__MAX", "3s")]).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    // The offer arrives, and the word that it did never comes back: for us it is not sent.
    ana.next_call_meets(Fault::DoneAndCut);
    let job = town.desk().publishes(order("x2").everybody()).await;
    bo.shows_offer(&job).await;
    ana.shows_offer(&job).await;
    assert_eq!(offer_of(&town.desk().sees(&job).await, "ana").unwrap()["sent"], false);
    ana.presses_yes(&job).await;
    let seen = town.desk().sees_it(&job, "claimed").await;
    assert_eq!(seen["claim"]["agent"]["ref"], "ana");
    ana.shows_victory(&job).await;
    bo.shows_withdrawal(&job).await;
    // The attempt that was to be made again is not: there is nothing to offer any more.
    town.sends_all_it_owes().await;
    assert_eq!((ana.offers(&job), open_offers(&town.desk().sees(&job).await)), (1, 0));
}

#[tokio::test]
async fn x2_an_answer_in_words_is_matched_to_an_offer_of_which_nothing_is_known_yet() {
    let town = town_with(&[("RETRY__FIRST", "3s"), ("RETRY__MAX", "3s")]).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    ana.next_call_meets(Fault::DoneAndCut);
    let job = town.desk().publishes(order("x2-words")).await;
    ana.shows_offer(&job).await;
    ana.types("no");
    bo.shows_offer(&job).await;
    assert_eq!(town.desk().sees_offer(&job, "ana", "declined").await["sent"], false);
}

#[tokio::test]
async fn x5_a_provider_that_was_away_is_used_again_by_itself() {
    let town = town_with(&[("RETRY__ATTEMPTS", "50"), ("RETRY__MAX", "200ms")]).await;
    let [ana] = town.people(["ana"]).await;
    town.bot.every_call_meets(Some(Fault::Cut));
    let job = town.desk().publishes(order("x5")).await;
    a_moment(Duration::from_millis(1500)).await;
    assert!(ana.is_silent());
    assert_eq!(town.stranger().get("/ready").await.status, 200);
    town.bot.every_call_meets(None);
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
}

#[tokio::test]
async fn x6_a_batch_reports_every_item_as_it_is_stored() {
    let town = town().await;
    town.people(["ana"]).await;
    town.desk().publishes(order("x6-1")).await;
    let jobs = json!([order("x6-0").0, order("x6-1").0, { "brief": 7 }, order("x6-3").needing_approval().0, null]);
    let answer = town.door.post("/api/v1/jobs/batch", jobs).await.is(200);
    let statuses: Vec<u64> =
        answer["items"].as_array().unwrap().iter().map(|item| item["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 200, 400, 201, 400], "{answer}");
    assert_eq!(answer["summary"], json!({ "total": 5, "created": 2, "existing": 1, "refused": 2 }));
    for item in answer["items"].as_array().unwrap().iter().filter(|item| item["id"].is_string()) {
        let stored = town.door.get(&format!("/api/v1/jobs/{}", item["id"].as_str().unwrap())).await.is(200);
        assert_eq!((&stored["external_ref"], &stored["status"]), (&item["external_ref"], &item["job_status"]));
    }
    let lines = format!("{}\n{{bad\n{}\n", order("x6-5").0, order("x6-6").0);
    let post = town.door.request(reqwest::Method::POST, "/api/v1/jobs/batch");
    let answer = send(post.header("content-type", "application/x-ndjson").body(lines)).await;
    let statuses: Vec<Value> =
        answer.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["status"].clone()).collect();
    assert_eq!(statuses, [201, 400, 201]);
}

#[tokio::test]
async fn x7_a_wave_without_anybody_is_skipped_with_a_reason() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    let waves = json!([{ "mode": "everybody", "tags": ["crane"], "claim_within": "30m" }, { "mode": "one_by_one" }]);
    let job = town.desk().publishes(order("x7").asking(waves.clone())).await;
    ana.shows_offer(&job).await;
    let timeline = town.desk().timeline(&job).await;
    let skipped = timeline.iter().find(|entry| entry["event"] == "wave_skipped").unwrap();
    assert_eq!(skipped["facts"]["reason"], "nobody-eligible");
    let plan = json!({ "waves": [{ "mode": "everybody" }, { "mode": "one_by_one" }] });
    let linted = town.door.post("/api/v1/plans/lint", plan).await.is(200).to_string();
    assert!(linted.contains("\"wave\"") || linted.contains("waves"), "{linted}");
}

#[tokio::test]
async fn x11_everybody_who_is_not_asked_has_a_reason() {
    let town = town().await;
    let with = |name: &str, no: u16, field: &str, value: Value| {
        let mut agent = person(name, no);
        agent[field] = value;
        agent
    };
    let mut unreachable = person("flo", 6);
    unreachable["telegram_chat_id"] = Value::Null;
    town.knows(vec![
        person("ana", 1),
        person("bo", 2),
        with("cy", 3, "active", json!(false)),
        with("di", 4, "tags", json!(["bike"])),
        with("ed", 5, "availability", json!({ "available": false })),
        unreachable,
    ])
    .await;
    town.phone(1);
    town.phone(2);
    let job = town.desk().publishes(order("x11")).await;
    let explained = town.desk().explains(&job).await;
    let told = |name: &str| {
        let of = explained["agents"].as_array().unwrap().iter().find(|of| of["agent"]["ref"] == name).unwrap();
        let said = |field: &str| of[field].as_str().unwrap_or_default().to_owned();
        (said("verdict"), said("rule"))
    };
    let excluded = |rule: &str| ("excluded".to_owned(), rule.to_owned());
    assert_eq!(told("ana").0, "offered");
    assert_eq!(told("bo").0, "eligible");
    assert_eq!(told("cy"), excluded("inactive"));
    assert_eq!(told("di"), excluded("wrong-vehicle"));
    assert_eq!(told("ed"), excluded("away"));
    assert_eq!(told("flo"), excluded("unreachable"));
    assert!(explained["next"]["acts"] == "engine" && explained["next"]["at"].is_string(), "{explained}");
}

#[tokio::test]
async fn x12_a_slow_provider_eats_nobodys_time() {
    let town = town_with(&[("CHANNELS__TELEGRAM__REQUEST_TIMEOUT", "10s")]).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    ana.next_call_meets(Fault::Hang(Duration::from_millis(1500)));
    let waves = json!([{ "mode": "one_by_one", "claim_within": "1s", "starts": "delivered" }]);
    let job = town.desk().publishes(order("x12").asking(waves.clone())).await;
    let arrived = ana.shows_offer(&job).await.at;
    let over = town.desk().sees_offer(&job, "ana", "timed_out").await;
    assert_eq!(over["sent"], true);
    let asked_bo = bo.shows_offer(&job).await.at;
    assert!(asked_bo.since(arrived) >= Duration::from_millis(950), "{:?}", asked_bo.since(arrived));
    // Who cannot be reached did not refuse, and nobody waits for them.
    ana.shows_withdrawal(&job).await;
    ana.chat.blocks_unheard();
    let job = town.desk().publishes(order("x12-2").asking(waves)).await;
    bo.shows_offer(&job).await;
    assert_eq!(offer_of(&town.desk().sees(&job).await, "ana").unwrap()["status"], "failed");
}

#[tokio::test]
async fn x13_later_claimants_stand_in_line_and_move_up() {
    let town = town().await;
    let [ana, bo, cy] = town.people(["ana", "bo", "cy"]).await;
    let job = town.desk().publishes(order("x13").everybody()).await;
    let seen = town.desk().sees(&job).await;
    for phone in [&ana, &bo, &cy] {
        phone.shows_offer(&job).await;
    }
    bo.presses_yes(&job).await;
    bo.shows_victory(&job).await;
    let place = async |agent: &str| {
        let refused = town.desk().claims_for(offer_of(&seen, agent).unwrap()).await;
        refused.refuses(409, "job-already-claimed")["place"].as_u64()
    };
    assert_eq!((place("ana").await, place("cy").await), (Some(1), Some(2)));
    bo.types("WITHDRAW");
    ana.shows_victory(&job).await;
    let seen = town.desk().sees(&job).await;
    assert_eq!((&seen["claim"]["agent"]["ref"], &seen["standby"][0]["ref"]), (&json!("ana"), &json!("cy")));
    town.desk().tells(&job, "withdraw", json!({ "agent": "ana" })).await.is(200);
    cy.shows_victory(&job).await;
    let ledger = town.door.get(&job.path("/ledger")).await.is(200);
    assert!(ledger["unbroken"] == true && ledger["items"].as_array().unwrap().len() >= 3, "{ledger}");
}

#[tokio::test]
async fn x14_a_winner_who_goes_silent_is_reminded_and_loses_the_job() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let stall = json!({ "remind_after": "300ms", "return_after": "1s" });
    let job = town
        .desk()
        .publishes(order("x14").with("plan", json!({ "waves": [{ "mode": "one_by_one" }], "stall": stall })))
        .await;
    ana.presses_yes(&job).await;
    ana.shows("Reply OK").await;
    ana.shows("We did not hear from you").await;
    bo.presses_yes(&job).await;
    bo.shows_victory(&job).await;
    bo.types("OK");
    bo.shows("Thank you: noted").await;
    a_moment(Duration::from_millis(1300)).await;
    let seen = town.desk().sees(&job).await;
    assert_eq!((&seen["status"], &seen["claim"]["agent"]["ref"]), (&json!("claimed"), &json!("bo")));
    // What the desk was told of ana says in the end what became of it.
    town.desk_phone().shows("silent for too long").await;
}

#[tokio::test]
async fn x15_a_message_whose_offer_is_over_is_never_sent() {
    let town = town_with(&[("CHANNELS__TELEGRAM__RATE_CHAT", "1/2s burst 1")]).await;
    let [ana] = town.people(["ana"]).await;
    let first = town.desk().publishes(order("x15-1")).await;
    ana.shows_offer(&first).await;
    let second = town.desk().publishes(order("x15-2")).await;
    town.desk().tells(&second, "cancel", json!({})).await.is(200);
    let third = town.desk().publishes(order("x15-3")).await;
    ana.shows_offer(&third).await;
    assert_eq!(ana.offers(&second), 0);
}

#[tokio::test]
async fn x17_a_restored_copy_sends_nothing_before_it_is_released() {
    let mut town = town_with(&[("RETRY__ATTEMPTS", "50"), ("RETRY__MAX", "200ms")]).await;
    let [ana] = town.people(["ana"]).await;
    town.bot.every_call_meets(Some(Fault::Cut));
    let job = town.desk().publishes(order("x17")).await;
    assert_eq!(open_offers(&town.desk().sees(&job).await), 1);
    town.kill_9().await;
    town.bot.every_call_meets(None);
    let (file, copy) = (town.folder().join("copy.bak"), town.folder().join("copy"));
    let (file, copy) = (file.to_str().unwrap(), copy.to_str().unwrap());
    command(&town, &["backup", file, "--dev", "--data", town.data.to_str().unwrap()]).await;
    command(&town, &["restore", file, "--dev", "--data", copy]).await;
    let shown = command(&town, &["release-quarantine", "--dev", "--data", copy]).await;
    assert!(String::from_utf8_lossy(&shown.stdout).contains("offer"), "{shown:?}");
    town.data = copy.into();
    town.starts_again().await;
    assert_eq!(town.door.get(&job.path("")).await.is(200)["status"], "offering");
    let refused = town.desk().posts(&order("x17-2")).await;
    let told = refused.refuses(503, "restored-copy")["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("`baton release-quarantine`"), "{told}");
    town.desk().tells(&job, "cancel", json!({})).await.refuses(503, "restored-copy");
    town.stranger().get("/ready").await.refuses(503, "not-ready");
    let health = town.door.get("/api/v1/health").await.is(200);
    assert_eq!((&health["status"], &health["components"]["restored"]), (&json!("degraded"), &json!(true)));
    assert!(town.log().contains("release-quarantine"), "the log's warning names the command");
    until("the gauge says so", async || (town.metric("baton_outbox_held", "").await > 0.0).then_some(())).await;
    assert!(ana.is_silent());
    assert_eq!(open_offers(&town.desk().sees(&job).await), 1);
    town.told_to_stop().await;
    command(&town, &["release-quarantine", "--yes", "--dev", "--data", copy]).await;
    town.starts_again().await;
    ana.presses_yes(&job).await;
    until("ana has it", async || (town.desk().sees(&job).await["status"] == "claimed").then_some(())).await;
}

/// A command of the same binary, which must succeed.
async fn command(town: &Town, arguments: &[&str]) -> Output {
    let output = baton(&town.environment).args(arguments).output().await.unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    output
}
