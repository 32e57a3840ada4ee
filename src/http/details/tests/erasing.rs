//! What an erasure leaves alone, finds again, and refuses.

use baton_actors::retention::Ages;
use baton_actors::store::keys::Key;
use baton_actors::store::{StepWrites, Write, codec, envelope};
use baton_core::details::SealedDetails;
use baton_core::ids::{JobId, TenantId};
use serde_json::{Value, json};

use super::job;
use crate::erasure;
use crate::http::sample::{Answered, House};
use crate::sealing::rotate;

async fn erase(house: &House, body: Value) -> Answered {
    let mut body = body;
    body["reason"] = json!("asked for");
    house.ask("POST /api/v1/details/erase", &body.to_string()).await
}

/// Goes through all pages; how many were erased, and how many left.
async fn erase_all(house: &House, mut body: Value) -> (u64, u64) {
    let (mut erased, mut open) = (0, 0);
    loop {
        let page = erase(house, body.clone()).await;
        assert_eq!(page.status, 200, "{}", page.text);
        erased += page.json["erased"].as_u64().unwrap();
        open += page.json["open"].as_u64().unwrap();
        if page.json["next_cursor"].is_null() {
            return (erased, open);
        }
        body["cursor"] = page.json["next_cursor"].clone();
    }
}

async fn job_over(house: &House, reference: &str) -> String {
    let id = job(house, reference).await;
    assert_eq!(house.ask(&format!("POST /api/v1/jobs/{id}/reject"), "").await.status, 200);
    id
}

fn parsed(id: &str) -> JobId {
    JobId::parse(TenantId::DEFAULT, id).unwrap()
}

/// The number of the salt under which a job's key lies.
fn salt(house: &House, id: &str) -> u32 {
    house.door.engine.details(parsed(id)).unwrap().expect("details").salt
}

fn is_turning(house: &House, id: &str) -> bool {
    house.door.keyring.salts().is_turning(parsed(id).partition())
}

/// A job that is over, of the same partition as another.
async fn beside(house: &House, id: &str) -> String {
    for n in 0..2_000 {
        let reference = format!("beside {n}");
        if JobId::of_reference(TenantId::DEFAULT, &reference).partition() == parsed(id).partition() {
            return job_over(house, &reference).await;
        }
    }
    unreachable!("64 partitions")
}

/// Changes the record of a job's details.
fn becomes(house: &House, id: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let (store, key) = (&house.door.engine.house().store, Key::Details(parsed(id)).bytes());
    let value = Some(change(store.get(&key).unwrap().unwrap()));
    store.commit(&[StepWrites { check: None, writes: vec![Write { key, value }] }]).unwrap();
}

fn of_tomorrow(record: Vec<u8>) -> Vec<u8> {
    let opened = envelope::open(&record).unwrap();
    envelope::seal(&envelope::Header { schema: 99, ..opened.header }, opened.payload)
}

fn of_a_key_that_is_not_here(record: Vec<u8>) -> Vec<u8> {
    let (header, sealed) = codec::open::<SealedDetails>(&record).unwrap();
    codec::seal(&SealedDetails { key: sealed.key ^ 1, ..sealed }, header.version, header.epoch).unwrap()
}

#[tokio::test]
async fn p8_an_erasure_that_failed_halfway_comes_to_its_end_when_it_is_asked_for_again() {
    let house = House::open().await;
    let id = job_over(&house, "x1").await;
    let salts = house.door.keyring.salts();
    for again in [json!({ "job": id }), json!({ "agent": "nobody" }), json!({ "before": "2200-01-01T00:00:00Z" })] {
        erase(&house, json!({ "job": id })).await;
        // The rows went, and then the store failed: the salt of before is still there.
        salts.turn(parsed(&id).partition()).unwrap();
        let mut dry = again.clone();
        dry["dry_run"] = json!(true);
        assert_eq!(erase(&house, dry).await.json["erased"], 0);
        assert!(is_turning(&house, &id), "a dry run changes nothing");
        let answer = erase(&house, again.clone()).await;
        assert_eq!((answer.status, &answer.json["erased"]), (200, &json!(0)), "{again}: {}", answer.text);
        assert!(!is_turning(&house, &id), "{again}");
    }
}

#[tokio::test]
async fn p8_who_had_a_job_that_is_over_had_it() {
    let house = House::with_people().await;
    for (no, ends) in [["cancel"].as_slice(), &["withdraw", "cancel"], &["complete"]].into_iter().enumerate() {
        let id = job(&house, &format!("x{no}")).await;
        let approved = house.ask(&format!("POST /api/v1/jobs/{id}/approve"), "").await.json;
        let offer = &approved["offers"][0];
        assert_eq!(offer["agent"]["ref"], "ana");
        let claim = format!("POST /api/v1/offers/{}/claim", offer["id"].as_str().unwrap());
        assert_eq!(house.ask(&claim, "").await.status, 200);
        for command in ends {
            let done = house.ask(&format!("POST /api/v1/jobs/{id}/{command}"), "{}").await;
            assert_eq!(done.status, 200, "{command}: {}", done.text);
        }
    }
    let held = async |agent: &str| erase_all(&house, json!({ "agent": agent, "dry_run": true })).await;
    assert_eq!((held("ana").await, held("bo").await), ((3, 0), (0, 0)));
    assert_eq!(erase_all(&house, json!({ "agent": "ana" })).await, (3, 0));
    assert_eq!(held("ana").await, (0, 0));
}

#[tokio::test]
async fn p8_nothing_is_lost_with_what_is_erased_that_cannot_be_taken_over() {
    for change in [of_tomorrow, of_a_key_that_is_not_here] {
        let house = House::open().await;
        let id = job_over(&house, "x1").await;
        let other = beside(&house, &id).await;
        becomes(&house, &other, change);
        let row = || house.door.engine.house().store.get(&Key::Details(parsed(&other)).bytes()).unwrap();
        let before = row();
        for body in [json!({ "job": id }), json!({ "agent": "ana" }), json!({ "job": id, "force": true })] {
            let answer = erase(&house, body.clone()).await;
            let meant = if body["agent"].is_null() { (409, "details-locked") } else { (200, "") };
            assert_eq!(answer.problem(), meant, "{body}: {}", answer.text);
        }
        assert!(row() == before && !is_turning(&house, &id) && salt(&house, &id) == 1, "it is as if nobody had asked");
        let timeline = house.ask(&format!("GET /api/v1/jobs/{id}/timeline"), "").await.text;
        assert!(!timeline.contains("details_erased"), "{timeline}");
        // An erasure that was cut off waits for it, too.
        house.door.keyring.salts().turn(parsed(&id).partition()).unwrap();
        assert_eq!(erase(&house, json!({ "agent": "ana" })).await.problem(), (409, "details-locked"));
        assert!(row() == before && is_turning(&house, &id));
        // It may be erased itself; then nothing is in the way.
        assert_eq!(erase(&house, json!({ "job": other })).await.json["erased"], 1);
        assert!(row().is_none() && !is_turning(&house, &id));
        assert_eq!(erase(&house, json!({ "job": id })).await.json["erased"], 1);
    }
}

#[tokio::test]
async fn p8_what_is_old_goes_although_others_cannot_be_taken_over() {
    let house = House::open().await;
    let old = job_over(&house, "x1").await;
    let open = job(&house, "x2").await;
    let mut names = (0..2_000).map(|n| format!("o{n}"));
    let beside = |name: &String| JobId::of_reference(TenantId::DEFAULT, name).partition() == parsed(&old).partition();
    let other = names.find(beside).expect("64 partitions");
    let other = job(&house, &other).await;
    becomes(&house, &other, of_tomorrow);
    let day = std::time::Duration::from_hours(24);
    let ages = Ages {
        closed_jobs_of: None,
        closed_jobs: Some(30 * day),
        notifications: None,
        tokens: day,
        inbox: day,
        events: None,
        deliveries: None,
    };
    let (engine, now) = (&house.door.engine, house.door.clock.now());
    let removed = erasure::sweep(engine, &house.door.keyring, ages, now + 40 * day).await.unwrap();
    assert_eq!(removed.closed_jobs, 1);
    assert!(!is_turning(&house, &old) && salt(&house, &open) == 1);
}

#[tokio::test]
async fn an_erasure_that_has_nothing_to_do_goes_over_nothing() {
    let house = House::open().await;
    let id = job(&house, "x1").await;
    assert_eq!(erase(&house, json!({ "job": id })).await.problem(), (409, "job-open"));
    assert_eq!(erase_all(&house, json!({ "before": "2200-01-01T00:00:00Z" })).await, (0, 1));
    assert_eq!(salt(&house, &id), 1);
    let gone = beside(&house, &id).await;
    assert_eq!(erase(&house, json!({ "job": gone })).await.json["erased"], 1);
    assert_eq!(salt(&house, &id), 2);
    assert_eq!(erase(&house, json!({ "job": gone })).await.json["erased"], 0);
    assert_eq!(salt(&house, &id), 2);
}

#[tokio::test]
async fn an_erasure_that_the_disk_cuts_short_says_so_until_a_start_carries_it_on() {
    let house = House::open().await;
    let stays = job(&house, "x1").await;
    house.door.keyring.salts().turn(parsed(&stays).partition()).unwrap();
    house.disk.fail_next(1);
    let nobodys = json!({ "agent": "nobody" });
    let cut_short = erase(&house, nobodys.clone()).await;
    assert_eq!(cut_short.problem(), (503, "not-stored"), "{}", cut_short.text);
    assert!(cut_short.headers.contains_key("retry-after") && is_turning(&house, &stays));
    // A disk that has failed is not believed before a restart: until then it is said each time.
    assert_eq!(erase(&house, nobodys).await.problem(), (503, "not-stored"));
    let restarted = house.disk.copy();
    rotate::finish(&restarted, &house.door.keyring).unwrap();
    assert!(!is_turning(&house, &stays));
}
