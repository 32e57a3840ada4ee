//! T5, T10, T14: a store that is damaged, full, newer than the program, or simply old.

use std::ops::ControlFlow;
use std::path::Path;

use baton::simulator::telegram::Fault;
use baton::store::{SledOptions, SledStore};
use baton_actors::store::envelope::{self, Header};
use baton_actors::store::keys::{Key, Prefix, Space};
use baton_actors::store::{StepWrites, Store, Write};
use serde_json::{Value, json};

use super::desk::order;
use super::disk::Disk;
use super::process::{DEV_KEY, baton};
use super::town::{Town, town, town_in, town_with};
use super::wait::until;

pub type Row = (Vec<u8>, Vec<u8>);

/// Changes rows of a store that no server uses: each becomes what is returned for it.
pub async fn changes(
    data: &Path,
    space: Space,
    change: impl Fn(Row) -> Vec<(Vec<u8>, Option<Vec<u8>>)> + Send + 'static,
) {
    let data = data.to_owned();
    let work = move || {
        let store = SledStore::open(&data, SledOptions::default().cache_bytes(16 << 20)).unwrap();
        let mut rows: Vec<Row> = Vec::new();
        store
            .scan(&Prefix::space(space), None, &mut |key, value| {
                rows.push((key.to_vec(), value.to_vec()));
                ControlFlow::Continue(())
            })
            .unwrap();
        let writes: Vec<Write> = rows.into_iter().flat_map(change).map(|(key, value)| Write { key, value }).collect();
        assert!(!writes.is_empty(), "nothing to change");
        store.commit(&[StepWrites { check: None, writes }]).unwrap();
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

/// A month and a day pass since a job was closed.
pub async fn ages_a_month(town: &Town, job: &str) {
    let id = job.to_owned();
    let ages = move |(key, value): Row| match Key::parse(&key) {
        Some(Key::ClosedDay { tenant, day, job }) if id.ends_with(&job.to_string()) => {
            vec![(key, None), (Key::ClosedDay { tenant, day: day - 32, job }.bytes(), Some(value))]
        }
        _ => Vec::new(),
    };
    changes(&town.data, Space::ClosedDays, ages).await;
}

#[tokio::test]
async fn t5_a_damaged_record_is_put_aside_and_listed_and_the_rest_loads() {
    let mut town = town().await;
    let [ana] = town.people(["ana"]).await;
    let [whole, damaged] = [town.desk().publishes(order("t5-1")).await, town.desk().publishes(order("t5-2")).await];
    ana.shows_offer(&whole).await;
    ana.shows_offer(&damaged).await;
    assert_eq!(town.told_to_stop().await.code(), Some(0));
    let id = damaged.id.clone();
    let flip = move |(key, mut value): Row| match Key::parse(&key) {
        Some(Key::LiveJob(job)) if job.to_string() == id => {
            let middle = value.len() / 2;
            value[middle] ^= 0x55;
            vec![(key, Some(value))]
        }
        _ => Vec::new(),
    };
    changes(&town.data, Space::LiveJobs, flip).await;
    town.starts_again().await;
    assert_eq!(town.stranger().get("/ready").await.status, 200);
    assert!(town.log().contains("a record cannot be read") && town.log().contains(&damaged.id));
    let health = town.door.get("/api/v1/health").await.is(200);
    assert_eq!((&health["status"], &health["components"]["unreadable_records"]), (&json!("degraded"), &json!(1)));
    let listed = async |town: &Town| {
        let items = town.door.get("/api/v1/quarantine/records").await.is(200)["items"].clone();
        assert_eq!(items.as_array().unwrap().len(), 1, "{items}");
        assert_eq!((&items[0]["kind"], &items[0]["job"]), (&json!("job"), &json!(damaged.id)));
        assert!(items[0]["reason"].as_str().unwrap().contains("checksum"), "{items}");
    };
    listed(&town).await;
    let shown = baton(&[])
        .args(["jobs", "quarantine", "--server", &town.door.url("")])
        .env("BATON_KEY", DEV_KEY)
        .output()
        .await
        .unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains(&damaged.id) && shown.contains("checksum"), "{shown}");
    town.metric_is("baton_records_quarantined", "kind=\"job\"", 1.0).await;
    ana.presses_yes(&whole).await;
    ana.shows_victory(&whole).await;
    town.door.get(&damaged.path("")).await.refuses(404, "job-not-found");
    // At the next start it is out of the way, and still listed.
    town.told_to_stop().await;
    town.starts_again().await;
    listed(&town).await;
    assert_eq!(town.desk().sees_all().await.len(), 1);
}

#[tokio::test]
async fn t5_a_store_of_a_newer_program_is_refused_and_left_as_it_is() {
    for space in [Space::LiveJobs, Space::Agents, Space::Meta] {
        let mut town = town().await;
        town.people(["ana"]).await;
        town.desk().publishes(order("t5")).await;
        assert_eq!(town.told_to_stop().await.code(), Some(0));
        changes(&town.data, space, |(key, value)| vec![(key, Some(of_tomorrow(&value)))]).await;
        let mut serve = baton(&town.environment);
        let refused =
            serve.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"]).arg(&town.data).output().await.unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(3), "{said}");
        assert!(said.contains("newer baton") && said.contains("schema 99"), "{space:?}: {said}");
    }
}

/// The record as a program would write it that knows more than this one.
fn of_tomorrow(record: &[u8]) -> Vec<u8> {
    let opened = envelope::open(record).unwrap();
    envelope::seal(&Header { schema: 99, ..opened.header }, opened.payload)
}

#[tokio::test]
async fn t10_while_the_disk_is_full_it_lives_and_is_not_ready_and_then_it_is() {
    let work = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::make(work.path()) else { return };
    let town = town_in(disk.path(), &[("STORE__MIN_FREE", "32MiB"), ("STORE__CACHE", "16MiB")]).await;
    let [ana] = town.people(["ana"]).await;
    let job = town.desk().publishes(order("t10-1")).await;
    let free = 24 << 20;
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; usize::try_from(disk.free() - free).unwrap()]).unwrap();
    until("it is not ready", async || (town.stranger().get("/ready").await.status == 503).then_some(())).await;
    assert_eq!(town.stranger().get("/health").await.status, 200);
    let refused = town.desk().posts(&order("t10-2")).await;
    refused.refuses(503, "not-ready");
    assert!(!refused.header("retry-after").is_empty(), "{refused:?}");
    std::fs::remove_file(&ballast).unwrap();
    until("it is ready again", async || (town.stranger().get("/ready").await.status == 200).then_some(())).await;
    ana.presses_yes(&job).await;
    ana.shows_victory(&job).await;
    town.desk().publishes(order("t10-2")).await;
}

#[tokio::test]
async fn t10_when_the_disk_cannot_be_written_any_more_it_ends_with_its_own_code_and_loses_nothing() {
    let work = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::make(work.path()) else { return };
    let mut town = town_in(disk.path(), &[("STORE__MIN_FREE", "1MiB"), ("STORE__CACHE", "16MiB")]).await;
    town.people(["ana"]).await;
    let job = town.desk().publishes(order("t10-3")).await;
    if let Err(reason) = disk.breaks() {
        return eprintln!("SKIPPED: this kernel cannot break a file system on demand: {reason}");
    }
    let post = town.door.request(reqwest::Method::POST, "/api/v1/jobs").json(&order("t10-4").0);
    let answer = super::door::try_send(post).await;
    assert!(answer.as_ref().map_or(true, |answer| answer.status == 503), "{answer:?}");
    // Until it ends, nobody is sent here.
    let ready = super::door::try_send(town.stranger().request(reqwest::Method::GET, "/ready")).await;
    assert!(ready.as_ref().map_or(true, |ready| ready.status == 503), "{ready:?}");
    assert_eq!(town.ends().await.code(), Some(3), "{}", town.log());
    disk.is_mended();
    town.starts_again().await;
    assert_eq!(town.desk().sees(&job).await["status"], "offering");
    town.desk().publishes(order("t10-4")).await;
}

#[tokio::test]
async fn t10_with_a_provider_down_it_is_ready_and_says_what_is_the_matter() {
    let town = town_with(&[("RETRY__ATTEMPTS", "1000"), ("RETRY__MAX", "100ms")]).await;
    let [ana] = town.people(["ana"]).await;
    let is = async |status: &str, telegram: &str| {
        until(&format!("it is {status}"), async || {
            let health = town.door.get("/api/v1/health").await.is(200);
            let says = (&health["status"], &health["components"]["channels"]["telegram"]);
            (says == (&json!(status), &json!(telegram))).then_some(())
        })
        .await;
        assert_eq!(town.stranger().get("/ready").await.status, 200);
    };
    is("ok", "ok").await;
    town.bot.every_call_meets(Some(Fault::Cut));
    let job = town.desk().publishes(order("t10-5")).await;
    is("degraded", "failing").await;
    town.bot.every_call_meets(None);
    ana.shows_offer(&job).await;
    is("ok", "ok").await;
}

#[tokio::test]
async fn t14_what_is_old_is_removed_and_counted() {
    let every_second = [
        ("RETENTION__CRON", "* * * * * *"),
        ("RETENTION__CLOSED_JOBS", "30d"),
        ("RETENTION__TOKENS", "1s"),
        ("LINKS__REGISTRATION_TTL", "1s"),
        ("LOGS__LEVEL", "info"),
    ];
    let mut town = town_with(&every_second).await;
    town.people(["ana"]).await;
    let create = async |town: &Town, reference: &str| {
        let post = town.door.request(reqwest::Method::POST, "/api/v1/jobs").header("Idempotency-Key", reference);
        let mut order = order("unnamed").needing_approval().0;
        order.as_object_mut().unwrap().remove("external_ref");
        super::door::send(post.json(&order)).await
    };
    let old = create(&town, "t14-old").await.is(201);
    let young = create(&town, "t14-young").await.is(201);
    let open = create(&town, "t14-open").await.is(201);
    assert_eq!(create(&town, "t14-old").await.is(200)["id"], old["id"]);
    let path = |job: &Value| format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    for job in [&old, &young] {
        town.door.post(&format!("{}/cancel", path(job)), json!({})).await.is(200);
    }
    town.door.get("/api/v1/telegram/registration/ana").await.is(200);
    town.metric_is("baton_retention_removed_total", "token", 1.0).await;
    assert_eq!(town.told_to_stop().await.code(), Some(0));
    // A month and a day pass for one of the two.
    ages_a_month(&town, old["id"].as_str().unwrap()).await;
    town.starts_again().await;
    town.metric_is("baton_retention_removed_total", "closed_job", 1.0).await;
    assert!(town.log().contains("removed what is old"));
    town.door.get(&path(&old)).await.refuses(404, "job-not-found");
    assert_eq!(town.door.get(&path(&young)).await.is(200)["status"], "cancelled");
    assert_eq!(town.door.get(&path(&open)).await.is(200)["status"], "needs_approval");
    // With the job went its key: the same request is a new one.
    assert_eq!(create(&town, "t14-old").await.status, 201);
    assert_eq!(create(&town, "t14-young").await.is(200)["status"], "cancelled");
}
