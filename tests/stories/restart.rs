//! Section 9: what survives a kill, an outage and an orderly stop.

use std::time::Duration;

use baton::simulator::telegram::Fault;
use serde_json::{Value, json};

use super::desk::{Job, offer_of, open_offers, order};
use super::shows::number;
use super::town::{town, town_with};
use super::wait::a_moment;

#[tokio::test]
async fn t2_a_deadline_that_passed_meanwhile_is_kept_at_once_and_once() {
    let mut town = town().await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("t2").one_by_one("2s")).await;
    let sent = |job: &Value| offer_of(job, "ana").is_some_and(|offer| offer["sent"] == true);
    town.desk().waits(&job, "it is known that ana has it", sent).await;
    town.kill_9().await;
    a_moment(Duration::from_secs(3)).await;
    assert_eq!(bo.offers(&job), 0);
    town.starts_again().await;
    bo.shows_offer(&job).await;
    let seen = town.desk().sees(&job).await;
    assert_eq!((open_offers(&seen), offer_of(&seen, "ana").unwrap()["status"].as_str()), (1, Some("timed_out")));
    ana.shows_withdrawal(&job).await;
    assert_eq!((ana.offers(&job), bo.offers(&job)), (1, 1));
}

#[tokio::test]
async fn t3_a_claim_is_a_claim_after_the_kill() {
    let mut town = town().await;
    town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("t3").everybody()).await;
    let seen = town.desk().sees(&job).await;
    let (ana, bo) = (offer_of(&seen, "ana").unwrap().clone(), offer_of(&seen, "bo").unwrap().clone());
    town.desk().claims_for(&ana).await.is(200);
    town.kill_9().await;
    town.starts_again().await;
    town.desk().claims_for(&bo).await.refuses(409, "job-already-claimed");
    assert_eq!(town.desk().sees(&job).await["claim"]["agent"]["ref"], "ana");
}

#[tokio::test]
async fn t4_what_was_owed_is_sent_after_the_kill_and_a_repeat_says_so() {
    let mut town = town_with(&[("CHANNELS__TELEGRAM__REQUEST_TIMEOUT", "20s")]).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    // Ana's message arrives and its answer never comes back; bo's does not even arrive.
    ana.next_call_meets(Fault::DoneAndCut);
    town.bot.next_call_meets("sendMessage", Fault::Nothing);
    let jobs: Vec<Job> = {
        let mut jobs = Vec::new();
        for no in 0..5 {
            jobs.push(town.desk().publishes(order(&format!("t4-{no}")).everybody()).await);
        }
        jobs
    };
    town.kill_9().await;
    town.starts_again().await;
    for job in &jobs {
        ana.shows_offer(job).await;
        bo.shows_offer(job).await;
    }
    town.sends_all_it_owes().await;
    for (job, first) in jobs.iter().zip([true, false, false, false, false]) {
        for (phone, lost_its_answer) in [(&ana, first), (&bo, false)] {
            let messages = phone.chat.messages();
            let about: Vec<_> = messages.iter().filter(|message| message.text.contains(&job.code)).collect();
            // One repeat for the kill, and one for the message whose answer never came back, where that was before the kill.
            assert!(about.len() <= 2 + usize::from(lost_its_answer), "{about:#?}");
            assert!(
                about[1..].iter().all(|message| message.text.contains("You may have had this before")),
                "{about:#?}"
            );
        }
    }
}

#[tokio::test]
async fn t6_told_to_stop_it_finishes_and_ends_well() {
    let mut town = town().await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("t6")).await;
    ana.shows_offer(&job).await;
    let ended = town.told_to_stop().await;
    assert_eq!(ended.code(), Some(0), "{}", town.log());
    town.starts_again().await;
    ana.presses_yes(&job).await;
    town.desk().sees_it(&job, "claimed").await;
}

/// `STORIES_ROUNDS` sets how many rounds are run.
#[tokio::test]
async fn x1_a_yes_and_a_timeout_in_the_same_instant_as_a_kill() {
    let mut town = town().await;
    town.people(["ana", "bo"]).await;
    let (mut acknowledged, mut claimed) = (0, 0);
    let rounds = number("STORIES_ROUNDS", 4) as u64;
    for round in 0..rounds {
        // The yes comes around the deadline, and the kill before, while or after it is stored and answered.
        let (early, later) = (round % 4, round % 11);
        let job = town.desk().publishes(order(&format!("x1-{round}")).one_by_one("300ms")).await;
        let offer = offer_of(&town.desk().sees(&job).await, "ana").unwrap()["id"].as_str().unwrap().to_owned();
        let claim = town.door.request(reqwest::Method::POST, &format!("/api/v1/offers/{offer}/claim")).json(&json!({}));
        a_moment(Duration::from_millis(250 + 15 * early)).await;
        let claim = tokio::spawn(super::door::try_send(claim));
        a_moment(Duration::from_micros(500 * later)).await;
        town.kill_9().await;
        let answer = claim.await.unwrap();
        town.starts_again().await;
        let settled = |job: &Value| job["status"] == "claimed" || offer_of(job, "ana").unwrap()["status"] != "open";
        let seen = town.desk().waits(&job, "it is settled", settled).await;
        let (status, open) = (seen["status"].as_str().unwrap(), open_offers(&seen));
        claimed += u64::from(status == "claimed");
        if answer.is_ok_and(|answer| answer.status == 200) {
            acknowledged += 1;
            assert_eq!((status, &seen["claim"]["agent"]["ref"]), ("claimed", &json!("ana")));
        }
        assert!(matches!((status, open), ("claimed" | "unfilled", 0) | ("offering", 1)), "{seen}");
    }
    eprintln!("of {rounds} rounds {claimed} were claimed, {acknowledged} of them with an answer; the others moved on");
}

#[tokio::test]
async fn x3_a_long_outage_eats_nobodys_time() {
    let mut town = town_with(&[("TIMERS__OUTAGE_GRACE", "1s")]).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.desk().publishes(order("x3").one_by_one("4s")).await;
    ana.shows_offer(&job).await;
    let sent = |job: &Value| offer_of(job, "ana").is_some_and(|offer| offer["sent"] == true);
    town.desk().waits(&job, "it is known that ana has it", sent).await;
    let closes = |job: &Value| offer_of(job, "ana").unwrap()["closes_at"].as_str().unwrap().parse::<jiff::Timestamp>();
    let before = closes(&town.desk().sees(&job).await).unwrap();
    town.kill_9().await;
    a_moment(Duration::from_secs(5)).await;
    town.starts_again().await;
    let extended = |job: &Value| closes(job).is_ok_and(|after| after > before);
    let seen = town.desk().waits(&job, "ana has her time back", extended).await;
    assert_eq!(open_offers(&seen), 1);
    let timeline = town.desk().timeline(&job).await;
    let extended = timeline.iter().find(|entry| entry["event"] == "offer_extended").unwrap();
    assert!(extended["facts"]["outage_until"].is_string(), "{extended}");
    assert_eq!(bo.offers(&job), 0);
    bo.shows_offer(&job).await;
}

#[tokio::test]
async fn x4_a_start_far_ahead_survives_and_one_too_far_is_refused() {
    let mut town = town().await;
    town.people(["ana"]).await;
    let far = "2029-03-01T08:00:00.000Z";
    let job = town.desk().publishes(order("x4").with("start_at", json!(far))).await;
    town.kill_9().await;
    town.starts_again().await;
    let seen = town.desk().sees(&job).await;
    assert_eq!(
        (&seen["status"], &seen["start_at"], &seen["next"]["at"]),
        (&json!("scheduled"), &json!(far), &json!(far))
    );
    let refused = town.desk().posts(&order("x4-2").with("start_at", json!("2040-01-01T00:00:00Z"))).await;
    assert_eq!(refused.refuses(400, "validation-failed")["errors"][0]["field"], "start_at");
}
