//! Somebody took a job and did not come.

use serde_json::{Value, json};

use super::desk::order;
use super::group::for_the_group;
use super::town::{DESK, town};
use super::wait::until;

async fn row_of(town: &super::town::Town, agent: &str) -> Value {
    let report = town.door.get("/api/v1/reports/agents").await.is(200);
    report["items"].as_array().unwrap().iter().find(|item| item["agent"]["ref"] == agent).unwrap().clone()
}

#[tokio::test]
async fn c13_a_no_show_fails_the_job_for_all_to_see_and_counts_like_giving_it_back() {
    let town = town().await;
    let group = town.has_a_group(json!({ "claims": { "cool_down": "30m" } })).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let operators = json!([{ "name": "olga", "telegram_user_id": DESK }]);
    town.door.patch("/api/v1/desk", json!({ "operators": operators })).await.is(200);
    let job = town.desk().publishes(for_the_group("nobody came")).await;
    group.presses(1001, &job).await;
    ana.shows_victory(&job).await;
    for command in ["confirm", "invoice", "paid", "release"] {
        town.desk().tells(&job, command, json!({})).await.is(200);
    }
    let link = ana.shows("/public/details/").await.text;
    let link = link.split_whitespace().find(|word| word.contains("/public/details/")).unwrap().to_owned();
    let page = super::town::Town::path_of(&json!(link));
    assert_eq!(town.stranger().get(&page).await.status, 200);

    town.desk_phone().types(&format!("/noshow {} nobody opened", job.code));
    let seen = town.desk().sees_it(&job, "failed").await;
    assert_eq!(seen["claim"], Value::Null);
    group.reads(&job, "nobody came").await;
    ana.shows("You did not come").await;
    assert_eq!(town.stranger().get(&page).await.status, 410, "the page is shut");
    let timeline = town.desk().timeline(&job).await;
    let ended = timeline.iter().find(|entry| entry["event"] == "no_show").unwrap();
    assert_eq!((&ended["actor"]["name"], &ended["facts"]["reason"]), (&json!("olga"), &json!("nobody opened")));
    let claim = timeline.iter().find(|entry| entry["event"] == "claim_ended").unwrap();
    assert_eq!(claim["facts"]["end"], "no_show");
    town.metric_is("baton_jobs_closed_total", "outcome=\"no_show\"", 1.0).await;
    assert_eq!(row_of(&town, "ana").await["no_shows"], 1);

    // Like somebody who has given a job back, they wait before they claim again.
    let next = town.desk().publishes(for_the_group("the next one")).await;
    let answer = group.presses(1001, &next).await;
    assert!(answer.contains("gave a job back"), "{answer}");
    group.presses(1002, &next).await;
    bo.shows_victory(&next).await;
}

#[tokio::test]
async fn c13_a_no_show_returns_the_job_to_the_next_in_line_by_the_api_and_by_a_button() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let operators = json!([{ "name": "olga", "telegram_user_id": DESK }]);
    town.door.patch("/api/v1/desk", json!({ "operators": operators })).await.is(200);
    let settlement = json!({ "gates": { "confirm": "off", "invoice": "off", "payment": "off", "release": "engine" },
        "patience": { "start": "1s" } });
    town.door.patch("/api/v1/tenants/default", json!({ "settlement": settlement })).await.is(200);
    let job = town.desk().publishes(order("returns").everybody()).await;
    let of_bo = bo.shows_offer(&job).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    bo.presses_yes_below(&of_bo);
    town.desk().waits(&job, "bo stands in line", |job| job["standby"][0]["ref"] == "bo").await;
    for (body, field) in [(json!({ "then": "return" }), "then"), (json!({ "kind": "lost" }), "kind")] {
        assert_eq!(
            town.desk().tells(&job, "fail", body).await.refuses(400, "validation-failed")["errors"][0]["field"],
            field
        );
    }
    let body = json!({ "kind": "no_show", "then": "return", "agent": "ana" });
    town.desk().tells(&job, "fail", body).await.is(200);
    bo.shows_victory(&job).await;
    ana.shows("You did not come").await;

    // Bo does not begin either: the desk is told, and presses.
    let phone = town.desk_phone();
    let waiting = until("the desk is told that bo has not begun", async || {
        let told = phone.chat.messages().into_iter();
        told.filter(|message| message.text.contains("bo has not begun"))
            .find(|message| message.has_button("Did not come"))
    })
    .await;
    phone.chat.presses(waiting.id, "Did not come").unwrap();
    town.desk().sees_it(&job, "failed").await;
    phone.shows("did not come, olga").await;
}
