//! What must be shown: a whole cascade told step by step, and one winner of many.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::desk::{offer_of, order};
use super::town::{Town, person, phone_number, town, town_with};

#[tokio::test]
async fn show_2_a_job_is_approved_declined_timed_out_and_claimed_and_every_step_is_told() {
    let town = town().await;
    let [ana, bo, cy] = town.people(["ana", "bo", "cy"]).await;
    let mut away = person("di", 4);
    away["active"] = json!(false);
    town.knows(vec![away]).await;
    let job = town.desk().publishes(order("VC8Y-3").needing_approval().one_by_one("1s")).await;
    let link = Town::path_of(&job.approve_url);
    assert_eq!(town.stranger().get(&link).await.status, 200);
    assert_eq!(town.desk().sees(&job).await["status"], "needs_approval");
    assert_eq!(town.stranger().submits(&link, "action=approve").await.status, 200);
    ana.shows_offer(&job).await;
    ana.types("NO");
    bo.shows_offer(&job).await;
    bo.shows_withdrawal(&job).await;
    cy.presses_yes(&job).await;
    cy.shows_victory(&job).await;
    let seen = town.desk().sees_it(&job, "claimed").await;
    let became = |agent: &str| offer_of(&seen, agent).unwrap()["status"].clone();
    assert_eq!((became("ana"), became("bo"), became("cy")), (json!("declined"), json!("timed_out"), json!("claimed")));

    let timeline = town.desk().timeline(&job).await;
    let told = |event: &str, actor: &str, cause: &str| {
        let is = |entry: &&Value| {
            entry["event"] == event
                && entry["actor"]["kind"] == actor
                && entry["cause"] == cause
                && entry["at"].is_string()
        };
        let found = timeline.iter().find(is);
        found.unwrap_or_else(|| panic!("{event} by {actor} through {cause} is not in {timeline:#?}")).clone()
    };
    assert_eq!(told("created", "client", "request")["actor"]["name"], "dev");
    told("approved", "link", "page");
    told("offered", "link", "page");
    assert_eq!(told("declined", "agent", "reply")["actor"]["agent"]["ref"], "ana");
    assert_eq!(told("offer_over", "engine", "timer")["facts"]["reason"], "timed_out");
    let claimed = told("claimed", "agent", "reply");
    assert_eq!((&claimed["channel"], &claimed["facts"]["agent"]["ref"]), (&json!("telegram"), &json!("cy")));
    let numbers: Vec<u64> = timeline.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=timeline.len() as u64).collect::<Vec<_>>());

    let explained = town.desk().explains(&job).await;
    let verdict = |name: &str| {
        let of = explained["agents"].as_array().unwrap().iter().find(|of| of["agent"]["ref"] == name);
        of.unwrap_or_else(|| panic!("{name} is not in {explained:#}")).clone()
    };
    assert_eq!(verdict("ana")["status"], "declined");
    assert_eq!(verdict("bo")["status"], "timed_out");
    assert_eq!((&verdict("di")["verdict"], &verdict("di")["rule"]), (&json!("excluded"), &json!("inactive")));
}

/// `STORIES_ROUNDS` sets how many rounds are run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b13_show_4_two_hundred_claim_at_once_and_one_wins() {
    let rounds = number("STORIES_ROUNDS", 5);
    let quiet = [("CHANNELS__CONSOLE__ENABLED", "on"), ("CHANNELS__CONSOLE__QUIET", "true"), ("LOGS__LEVEL", "info")];
    let town = town_with(&quiet).await;
    let crowd = (1..=200).map(|no| json!({ "ref": format!("d{no}"), "phone": phone_number(no), "priority": no }));
    town.knows(crowd.collect()).await;
    for round in 0..rounds {
        let order = order(&format!("round-{round}")).everybody().with_plan("standby", json!(10));
        let job = town.desk().publishes(order).await;
        let offers = town.desk().sees(&job).await["offers"].as_array().unwrap().clone();
        assert_eq!(offers.len(), 200);
        let answers = join_all(offers.iter().map(|offer| {
            let desk = town.desk();
            async move { desk.claims_for(offer).await }
        }))
        .await;
        let won: Vec<usize> = (0..200).filter(|no| answers[*no].status == 200).collect();
        assert_eq!(won.len(), 1, "round {round}: {} won", won.len());
        for (no, answer) in answers.iter().enumerate().filter(|(no, _)| *no != won[0]) {
            let refused = answer.refuses(409, "job-already-claimed");
            assert!(refused["place"].is_null() || refused["place"].as_u64().unwrap() <= 10, "{no}: {refused}");
        }
        let mut places: Vec<u64> = answers.iter().filter_map(|answer| answer.json()["place"].as_u64()).collect();
        places.sort_unstable();
        assert_eq!(places, (1..=10).collect::<Vec<u64>>(), "truthful places");
        let seen = town.desk().sees(&job).await;
        assert_eq!(seen["claim"]["agent"]["ref"], offers[won[0]]["agent"]["ref"]);
        assert_eq!(seen["standby"].as_array().unwrap().len(), 10);
    }
}

/// A number that the environment may set.
pub fn number(name: &str, otherwise: usize) -> usize {
    std::env::var_os(name).map_or(otherwise, |text| text.to_str().unwrap().parse().expect("a number"))
}

/// Some time between two bounds, in a random order that its seed repeats.
pub fn moment(rng: &mut impl rand::Rng, least: u64, most: u64) -> Duration {
    Duration::from_millis(rng.random_range(least..most))
}
