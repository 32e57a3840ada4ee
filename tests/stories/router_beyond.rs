//! What the offer router lost or never had, on its own routes: races at the deadline, people who are full or out of reach, a job that is
//! called off, and strangers who answer for drivers.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::desk::open_offers;
use super::router::{has_offer, old_town, one_by_one};
use super::shows::number;
use super::town::{person, phone_number};
use super::wait::{a_moment, until};

/// Somebody who can be asked by mail only, and whose mail nobody waits for.
fn without_phone(no: u16) -> Value {
    let name = format!("d{no}");
    json!({ "ref": name, "name": name, "phone": phone_number(no), "email": format!("{name}@example.com"), "priority": no })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b14_a_yes_at_the_very_deadline_ends_one_way_or_the_other_on_the_old_routes() {
    let trials = number("STORIES_TRIALS", 200);
    let town = old_town(one_by_one("200ms")).await;
    town.knows(vec![without_phone(1), without_phone(2)]).await;
    let row = async |no: usize| town.row(&format!("b14-{no}")).await;
    let jobs = join_all((0..trials).map(row)).await;
    let race = async |(no, job): (usize, u64)| {
        town.starts(job).await.is(200);
        // A little earlier in one trial, a little later in the next; some so early that they are in time on a busy machine as well.
        a_moment(Duration::from_millis(if no.is_multiple_of(8) { 10 } else { 165 + no as u64 % 40 })).await;
        let accepted = town.hears(1, "YES", Some(job)).await;
        let row = town.door.get(&format!("/jobs/{job}")).await.is(200);
        let path = format!("/api/v1/jobs/{}", row["baton_id"].as_str().unwrap());
        until(&format!("job {job} is settled"), async || {
            let seen = town.door.get(&path).await.is(200);
            match (seen["status"].as_str().unwrap(), open_offers(&seen)) {
                ("offering", 1) if seen["offers"][0]["status"] == "open" => return None,
                ("claimed" | "unfilled", 0) | ("offering", 1) => {}
                other => panic!("{other:?}: {seen}"),
            }
            let won = seen["status"] == "claimed";
            assert_eq!(won, accepted.status == 200, "what was answered is what holds: {} {seen}", accepted.text);
            Some(won)
        })
        .await
    };
    let ended: Vec<bool> =
        futures_util::stream::iter(jobs.into_iter().enumerate().map(race)).buffer_unordered(8).collect().await;
    let won = ended.iter().filter(|won| **won).count();
    assert!(won > 0 && won < trials, "the deadline was never met from both sides: {won} of {trials}");
}

#[tokio::test]
async fn b15_who_is_full_gets_no_more_on_the_old_routes() {
    let town = old_town(one_by_one("30m")).await;
    let mut full = person("ana", 1);
    full["capacity"] = json!(1);
    town.knows(vec![full, person("bo", 2)]).await;
    let (ana, bo) = (town.phone(1), town.phone(2));
    let (first, second) = (town.row("b15-1").await, town.row("b15-2").await);
    for job in [first, second] {
        assert_eq!(town.starts(job).await.is(200)["agent"]["phone_e164"], phone_number(1));
    }
    has_offer(&ana).await;
    town.hears(1, "YES", Some(first)).await.is(200);
    town.hears(1, "YES", Some(second)).await.says_no(409, "agent_full");
    assert_eq!(town.row_is(second, "offering").await["assigned_agent_id"], Value::Null);
    let third = town.row("b15-3").await;
    assert_eq!(town.starts(third).await.is(200)["agent"]["phone_e164"], phone_number(2));
    has_offer(&bo).await;
}

#[tokio::test]
async fn b16_equals_are_asked_in_a_stable_order_and_a_sync_meanwhile_counts_on_the_old_routes() {
    let town = old_town(one_by_one("30m")).await;
    let driver = |no: u16, active: bool| json!({ "name": format!("d{no}"), "phone_e164": phone_number(no), "priority": 7, "active": active });
    let sync = async |agents: Vec<Value>| town.door.post("/agents/sync", json!({ "agents": agents })).await.is(200);
    sync((1..=4).map(|no| driver(no, true)).collect()).await;
    // They are reached by mail, so that nobody is passed over for having no way.
    for no in 1..=4 {
        let path = format!("/api/v1/agents/{}", phone_number(no).replace('+', "%2B"));
        town.door.patch(&path, json!({ "email": format!("d{no}@example.com") })).await.is(200);
    }
    let asked = async |sheet: &str| {
        let job = town.row(sheet).await;
        let mut phones = vec![town.starts(job).await.is(200)["agent"]["phone_e164"].as_str().unwrap().to_owned()];
        loop {
            let no: u16 = phones.last().unwrap()[10..].parse().unwrap();
            let next = town.hears(no, "NO", Some(job)).await.is(200)["next"].clone();
            match next["agent"]["phone_e164"].as_str() {
                Some(phone) => phones.push(phone.to_owned()),
                None => return phones,
            }
        }
    };
    let order = asked("b16-1").await;
    assert_eq!((order.len(), &order), (4, &asked("b16-2").await));
    // The second is switched off before it is their turn.
    let job = town.row("b16-3").await;
    assert_eq!(town.starts(job).await.is(200)["agent"]["phone_e164"], order[0]);
    let no = |phone: &str| phone[10..].parse::<u16>().unwrap();
    sync(vec![driver(no(&order[1]), false)]).await;
    let next = town.hears(no(&order[0]), "NO", Some(job)).await.is(200)["next"].clone();
    assert_eq!(next["agent"]["phone_e164"], order[2], "{next}");
}

#[tokio::test]
async fn b17_who_cannot_be_reached_is_passed_over_on_the_old_routes() {
    let town = old_town(one_by_one("30m")).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    ana.chat.blocks_unheard();
    let job = town.row("b17").await;
    let first = town.starts(job).await.is(200)["offer_id"].clone();
    has_offer(&bo).await;
    let failed = until("ana's offer has failed", async || {
        let row = town.offer_row(&first).await;
        (row["status"] == "failed").then_some(row)
    })
    .await;
    assert_eq!(failed["job_id"], json!(job));
    assert_eq!(town.hears(2, "YES", None).await.is(200)["message"], "accepted");
}

#[tokio::test]
async fn a15_a_job_that_is_called_off_is_so_on_the_old_routes() {
    let town = old_town(one_by_one("30m")).await;
    let [ana, bo] = town.people(["ana", "bo"]).await;
    let job = town.row("a15").await;
    let offer = town.starts(job).await.is(200)["offer_id"].clone();
    has_offer(&ana).await;
    // There was no route for it: it is called off by ours.
    let row = town.door.get(&format!("/jobs/{job}")).await.is(200);
    let cancel = format!("/api/v1/jobs/{}/cancel", row["baton_id"].as_str().unwrap());
    town.door.post(&cancel, json!({ "reason": "rain" })).await.is(200);
    ana.shows("This offer is over").await;
    assert_eq!(town.row_is(job, "cancelled").await["assigned_agent_id"], Value::Null);
    assert_eq!(town.offer_row(&offer).await["status"], "closed");
    // Whether the offer or the job is looked at first is left open.
    let late = town.hears(1, "YES", Some(job)).await;
    let refusal = (late.status, late.json()["error"].as_str().unwrap().to_owned());
    assert!([(400, "no_open_offer".to_owned()), (409, "job_closed".to_owned())].contains(&refusal), "{refusal:?}");
    town.hears(1, "YES", None).await.says_no(400, "no_open_offer");
    town.starts(job).await.says_no(400, "job_not_approved");
    town.door.post(&cancel, json!({})).await.refuses(409, "job-closed");
    assert!(bo.is_silent());
}

#[tokio::test]
async fn s5_nobody_answers_for_a_driver_without_a_key() {
    let town = old_town(one_by_one("30m")).await;
    let [ana] = town.people(["ana"]).await;
    let job = town.row("s5").await;
    town.starts(job).await.is(200);
    has_offer(&ana).await;
    let said = json!({ "from": phone_number(1), "response": "YES", "job_id": job });
    town.stranger().post("/webhooks/driver_response", said.clone()).await.says_no(401, "unauthorized");
    town.door
        .with_key(Some("a-key-that-nobody-has-made-0123456789"))
        .post("/webhooks/driver_response", said)
        .await
        .says_no(401, "unauthorized");
    assert_eq!(town.row_is(job, "offering").await["assigned_agent_id"], Value::Null);
    town.hears(1, "YES", Some(job)).await.is(200);
}
