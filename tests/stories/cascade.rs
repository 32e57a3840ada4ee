//! Section 2: the cascade of offers, its timers, and the claim lock.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::desk::{offer_of, open_offers, order};
use super::town::{person, phone_number, town};
use super::wait::{a_moment, until};

#[tokio::test]
async fn b1_the_first_by_priority_is_asked_and_told_what_it_is_about() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("b1")).await;
    let offer = ana.shows_offer(&job).await;
    for part in ["Leeds", "Manchester", "30", "14:30", &job.code] {
        assert!(offer.text.contains(part), "{part} in {}", offer.text);
    }
    assert!(!offer.text.contains("Example Street") && !offer.text.contains("Test Person"), "{}", offer.text);
    let seen = town.desk().sees(&job).await;
    assert_eq!((seen["status"].as_str(), seen["offers"].as_array().unwrap().len()), (Some("offering"), 1));
    assert!(bo.is_silent());
}

#[tokio::test]
async fn b2_who_is_switched_off_or_was_asked_is_passed_over() {
    let town = town().await;
    let [ana, bo, cy] = town.people(["ana", "bo", "cy"]).await;
    town.door.patch("/api/v1/agents/ana", json!({ "active": false })).await.is(200);
    let job = town.desk().publishes(order("b2")).await;
    bo.presses_no(&job).await;
    cy.presses_no(&job).await;
    let seen = town.desk().sees_it(&job, "unfilled").await;
    let asked: Vec<&str> =
        seen["offers"].as_array().unwrap().iter().filter_map(|o| o["agent"]["ref"].as_str()).collect();
    assert_eq!(asked, ["bo", "cy"]);
    assert!(ana.is_silent());
}

#[tokio::test]
async fn b3_a_no_in_any_words_moves_on_at_once() {
    let town = town().await;
    let phones = town.people(["ana", "bo", "cy", "di"]).await;
    let job = town.desk().publishes(order("b3")).await;
    for (phone, no) in phones.iter().zip([" no ", "N", "decline"]) {
        phone.shows_offer(&job).await;
        phone.types(no);
    }
    phones[3].shows_offer(&job).await;
    let seen = town.desk().sees(&job).await;
    let declined = seen["offers"].as_array().unwrap().iter().filter(|offer| offer["status"] == "declined").count();
    assert_eq!(declined, 3, "{seen}");
}

#[tokio::test]
async fn b4_a_yes_in_any_words_wins_and_everybody_hears_of_it() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    for (no, yes) in ["YES", "y", " Yes "].into_iter().enumerate() {
        let job = town.desk().publishes(order(&format!("b4-{no}")).everybody()).await;
        bo.shows_offer(&job).await;
        ana.shows_offer(&job).await;
        ana.types(yes);
        let seen = town.desk().sees_it(&job, "claimed").await;
        assert_eq!(seen["claim"]["agent"]["ref"], "ana");
        assert_eq!((open_offers(&seen), offer_of(&seen, "bo").unwrap()["status"].as_str()), (0, Some("taken")));
        ana.shows_victory(&job).await;
        bo.shows_withdrawal(&job).await;
        town.desk_phone().shows(&format!("{} (b4-{no}): ana has it", job.code)).await;
    }
}

#[tokio::test]
async fn b5_what_is_not_understood_leaves_the_offer_open() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("b5")).await;
    ana.shows_offer(&job).await;
    ana.types("maybe");
    ana.shows("did not understand").await;
    let refused = town.desk().relays(&phone_number(1), "maybe", None).await;
    let words = refused.refuses(422, "unrecognized-reply")["expected"].to_string();
    assert!(words.contains("YES") && words.contains("NO"), "{words}");
    assert_eq!(open_offers(&town.desk().sees(&job).await), 1);
}

#[tokio::test]
async fn b6_strangers_and_people_without_an_offer_are_told_so() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    town.desk().relays("+447700900999", "YES", None).await.refuses(404, "unknown-agent");
    town.desk().relays(&phone_number(1), "YES", None).await.refuses(409, "no-open-offer");
    ana.types("YES");
    ana.shows("Nothing is open for you").await;
    let stranger = town.phone(99);
    stranger.types("YES");
    stranger.shows("We do not know you yet").await;
}

#[tokio::test]
async fn b7_a_yes_to_two_offers_is_asked_which() {
    let town = town().await;
    let [ana] = town.people(["ana"]).await;
    let first = town.desk().publishes(order("b7-1")).await;
    let second = town.desk().publishes(order("b7-2").with("brief", json!({ "from": "Hull", "to": "York" }))).await;
    ana.shows_offer(&first).await;
    ana.shows_offer(&second).await;
    let refused = town.desk().relays(&phone_number(1), "YES", None).await;
    assert_eq!(refused.refuses(409, "ambiguous-reply")["offers"].as_array().unwrap().len(), 2);
    ana.types("yes");
    let question = ana.shows("Which one?").await;
    let line = question.text.lines().find(|line| line.contains("Hull")).unwrap();
    ana.types(line.split('.').next().unwrap());
    town.desk().sees_it(&second, "claimed").await;
    // One is left: it needs no name.
    assert_eq!(town.desk().relays(&phone_number(1), "YES", None).await.is(200)["outcome"], "claimed");
    town.desk().sees_it(&first, "claimed").await;
}

#[tokio::test]
async fn b8_time_runs_out_by_itself() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("b8").one_by_one("1s")).await;
    ana.shows_offer(&job).await;
    bo.shows_offer(&job).await;
    ana.shows_withdrawal(&job).await;
    let timeline = town.desk().timeline(&job).await;
    let over = timeline.iter().find(|entry| entry["event"] == "offer_over").unwrap();
    assert_eq!((&over["facts"]["reason"], &over["cause"]), (&json!("timed_out"), &json!("timer")), "{over}");
    let at = |what: &str| {
        let entry = timeline.iter().find(|entry| entry["event"] == what).unwrap();
        entry["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
    };
    let took = at("offer_over") - at("offered");
    assert!((1000..2000).contains(&took), "{took} ms");
}

#[tokio::test]
async fn b10_when_all_decline_the_job_is_unfilled_and_can_be_restarted() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("b10")).await;
    ana.presses_no(&job).await;
    bo.presses_no(&job).await;
    let seen = town.desk().sees_it(&job, "unfilled").await;
    assert!(!seen["unfilled_reason"].is_null() && seen["next"]["acts"] == "operator", "{seen}");
    town.desk_phone().shows(&format!("{} (b10): nobody took it", job.code)).await;
    town.desk().tells(&job, "restart", json!({})).await.is(200);
    until("ana is asked again", async || (ana.offers(&job) == 2).then_some(())).await;
    ana.presses_yes(&job).await;
    town.desk().sees_it(&job, "claimed").await;
}

#[tokio::test]
async fn b10_a_job_that_nobody_can_take_is_unfilled_at_once() {
    let town = town().await;
    town.people(["ana"]).await;
    town.door.patch("/api/v1/agents/ana", json!({ "active": false })).await.is(200);
    let job = town.desk().publishes(order("b10")).await;
    town.desk().sees_it(&job, "unfilled").await;
    town.desk_phone().shows("nobody took it").await;
}

#[tokio::test]
async fn b11_a_late_yes_changes_nothing() {
    let town = town().await;
    let [ana, bo, cy] = town.people(["ana", "bo", "cy"]).await;
    let slow = town.desk().publishes(order("b11-1").one_by_one("300ms")).await;
    ana.shows_withdrawal(&slow).await;
    let late = town.desk().sees_offer(&slow, "ana", "timed_out").await;
    town.desk().claims_for(&late).await.refuses(409, "offer-closed");
    let taken = town.desk().publishes(order("b11-2").everybody()).await;
    bo.shows_offer(&taken).await;
    cy.presses_yes(&taken).await;
    bo.shows_withdrawal(&taken).await;
    let seen = town.desk().sees(&taken).await;
    let refused = town.desk().claims_for(offer_of(&seen, "bo").unwrap()).await;
    refused.refuses(409, "job-already-claimed");
    assert_eq!(town.desk().sees(&taken).await["claim"]["agent"]["ref"], "cy");
}

#[tokio::test]
async fn b12_a_no_takes_nothing_from_the_winner() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("b12").everybody()).await;
    bo.shows_offer(&job).await;
    ana.presses_yes(&job).await;
    let seen = town.desk().sees_it(&job, "claimed").await;
    for agent in ["ana", "bo"] {
        let offer = offer_of(&seen, agent).unwrap()["id"].as_str().unwrap().to_owned();
        let refused = town.door.post(&format!("/api/v1/offers/{offer}/decline"), json!({})).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
    }
    bo.types(&format!("NO {}", job.code));
    let seen = town.desk().sees(&job).await;
    assert_eq!((&seen["status"], &seen["claim"]["agent"]["ref"]), (&json!("claimed"), &json!("ana")));
}

#[tokio::test]
async fn b14_a_yes_at_the_very_deadline_ends_one_way_or_the_other() {
    let town = town().await;
    town.knows(vec![without_phone(1), without_phone(2)]).await;
    let trials = (0..200).map(|no| {
        let desk = town.desk();
        async move {
            let job = desk.publishes(order(&format!("b14-{no}")).one_by_one("200ms").with("brief", json!({}))).await;
            let seen = desk.sees(&job).await;
            let offer = offer_of(&seen, "d1").cloned();
            if let Some(offer) = offer {
                // Sent around the deadline: a little earlier in one trial, a little later in the next. Some are so early that they are in
                // time on a machine that has much else to do as well.
                a_moment(Duration::from_millis(if no % 8 == 0 { 10 } else { 165 + no % 40 })).await;
                desk.claims_for(&offer).await;
            }
            let settled = desk.waits(&job, "it is settled", |job| {
                job["status"] == "claimed" || offer_of(job, "d1").is_some_and(|offer| offer["status"] != "open")
            });
            let seen = settled.await;
            match seen["status"].as_str().unwrap() {
                "claimed" | "unfilled" => assert_eq!(open_offers(&seen), 0, "{seen}"),
                "offering" => assert_eq!(open_offers(&seen), 1, "{seen}"),
                other => panic!("{other}: {seen}"),
            }
            seen["claim"]["agent"]["ref"] == "d1"
        }
    });
    let ended: Vec<bool> = futures_util::stream::iter(trials).buffer_unordered(8).collect().await;
    let won = ended.iter().filter(|won| **won).count();
    assert!(won > 0 && won < 200, "the deadline was never met from both sides: {won} of 200");
}

#[tokio::test]
async fn b15_who_has_as_many_jobs_as_they_can_take_gets_no_more() {
    let town = town().await;
    let mut full = person("ana", 1);
    full["capacity"] = json!(1);
    town.knows(vec![full, person("bo", 2)]).await;
    let (ana, bo) = (town.phone(1), town.phone(2));
    let first = town.desk().publishes(order("b15-1")).await;
    let second = town.desk().publishes(order("b15-2")).await;
    ana.shows_offer(&second).await;
    ana.presses_yes(&first).await;
    town.desk().sees_it(&first, "claimed").await;
    let seen = town.desk().sees(&second).await;
    town.desk().claims_for(offer_of(&seen, "ana").unwrap()).await.refuses(409, "agent-full");
    let third = town.desk().publishes(order("b15-3")).await;
    bo.shows_offer(&third).await;
    assert!(offer_of(&town.desk().sees(&third).await, "ana").is_none());
}

#[tokio::test]
async fn b16_equal_priority_is_asked_in_a_stable_order_and_who_is_switched_off_meanwhile_is_skipped() {
    let town = town().await;
    let equals: Vec<Value> = (1..=4)
        .map(|no| {
            let mut equal = person(&format!("d{no}"), no);
            equal["priority"] = json!(7);
            equal
        })
        .collect();
    town.knows(equals).await;
    let order_of_asking = async |reference: &str| {
        let job = town.desk().publishes(order(reference).everybody()).await;
        let seen = town.desk().sees(&job).await;
        town.desk().tells(&job, "cancel", json!({})).await.is(200);
        let asked = seen["offers"].as_array().unwrap().iter();
        asked.map(|offer| offer["agent"]["ref"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let asked = order_of_asking("b16-1").await;
    assert_eq!(asked, order_of_asking("b16-2").await);
    let job = town.desk().publishes(order("b16-3")).await;
    let phone = |name: &str| town.phone(name[1..].parse().unwrap());
    phone(&asked[0]).shows_offer(&job).await;
    town.door.patch(&format!("/api/v1/agents/{}", asked[1]), json!({ "active": false })).await.is(200);
    phone(&asked[0]).presses_no(&job).await;
    phone(&asked[2]).shows_offer(&job).await;
    assert_eq!(phone(&asked[1]).offers(&job), 0);
}

#[tokio::test]
async fn b17_who_cannot_be_reached_is_passed_over_with_a_reason() {
    let town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    ana.chat.blocks_unheard();
    let job = town.desk().publishes(order("b17")).await;
    bo.shows_offer(&job).await;
    town.desk().sees_offer(&job, "ana", "failed").await;
    let timeline = town.desk().timeline(&job).await;
    let failed = timeline.iter().find(|entry| entry["event"] == "offer_failed").unwrap();
    assert!(failed["facts"]["reason"].as_str().unwrap().contains("blocked"), "{failed}");
}

/// Somebody who can be asked by mail only, and whose mail nobody waits for.
fn without_phone(no: u16) -> Value {
    let name = format!("d{no}");
    json!({ "ref": name, "name": name, "phone": phone_number(no), "email": format!("{name}@example.com"), "priority": no })
}
