//! Kill -9 under load at random moments: what was acknowledged is there, nothing stands still, nobody is told too often.
//!
//! `STORIES_KILLS=50` sets how often it is killed, `STORIES_SEED=7` repeats a run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use regex::Regex;
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Desk, order};
use super::door::{Door, try_send};
use super::shows::{moment, number};
use super::town::{Town, town_with};
use super::wait::a_moment;

/// What was acknowledged.
#[derive(Default)]
struct Promises {
    /// Every job that was answered with 201, with its code.
    jobs: BTreeMap<String, String>,
    /// Every claim that was answered with 200: who has the job.
    claims: BTreeMap<String, String>,
    /// Every job that is to start later, and when.
    starts: BTreeMap<String, Value>,
}

const CROWD: [&str; 8] = ["ana", "bo", "cy", "di", "ed", "flo", "gus", "hal"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_nothing_that_was_acknowledged_is_lost() {
    let kills = number("STORIES_KILLS", 5);
    let seed = number("STORIES_SEED", rand::rng().random_range(0..1_000_000)) as u64;
    eprintln!("STORIES_SEED={seed} STORIES_KILLS={kills}");
    let mut town = town_with(&[("LOGS__LEVEL", "info")]).await;
    town.people(CROWD).await;
    let promises = Arc::new(Mutex::new(Promises::default()));
    let (over, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|client| {
            let rng = StdRng::seed_from_u64(seed ^ (client << 32));
            let load = Load { door: town.door.clone(), promises: promises.clone(), count: count.clone(), rng };
            tokio::spawn(load.run(over.clone()))
        })
        .collect();
    let mut rng = StdRng::seed_from_u64(seed);
    for kill in 1..=kills {
        a_moment(moment(&mut rng, 20, 700)).await;
        town.kill_9().await;
        town.starts_again().await;
        // What was acknowledged before this moment; what the clients are told meanwhile is looked at after the next kill.
        let (claims, starts) = {
            let promises = promises.lock();
            (promises.claims.clone(), promises.starts.clone())
        };
        check(&town, &claims, &starts).await;
        eprintln!("kill {kill}: {} jobs, {} claims", promises.lock().jobs.len(), claims.len());
    }
    over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let promises = std::mem::take(&mut *promises.lock());
    check_all(&town, &promises).await;
    no_message_too_often(&town, &promises.jobs);
}

struct Load {
    door: Door,
    promises: Arc<Mutex<Promises>>,
    count: Arc<AtomicUsize>,
    rng: StdRng,
}

impl Load {
    async fn run(mut self, over: Arc<AtomicBool>) {
        while !over.load(Ordering::Relaxed) {
            if self.one_job().await.is_none() {
                // It is down: it comes back on another port.
                a_moment(moment(&mut self.rng, 5, 20)).await;
            }
        }
    }

    /// Publishes a job, and has somebody claim it, perhaps after a no. None: the server fell meanwhile.
    async fn one_job(&mut self) -> Option<()> {
        let no = self.count.fetch_add(1, Ordering::Relaxed);
        let mut order = order(&format!("k-{no}"));
        let later = self.rng.random_range(0..5) == 0;
        if later {
            order = order.with("start_at", json!("2027-06-01T08:00:00Z"));
        } else if self.rng.random_bool(0.5) {
            order = order.asking(json!([{ "mode": "several", "size": 2, "claim_within": "30m" }]));
        }
        let post = self.door.request(Method::POST, "/api/v1/jobs").json(&order.0);
        let job = try_send(post).await.ok().filter(|answer| answer.status == 201)?.json();
        let id = job["id"].as_str().unwrap().to_owned();
        self.promises.lock().jobs.insert(id.clone(), job["code"].as_str().unwrap().to_owned());
        if later {
            self.promises.lock().starts.insert(id, job["next"]["at"].clone());
            return Some(());
        }
        if self.rng.random_bool(0.3) {
            return Some(());
        }
        let mut offers = job["offers"].as_array().unwrap().clone();
        if self.rng.random_bool(0.4) {
            let path = format!("/api/v1/offers/{}/decline", offers[0]["id"].as_str().unwrap());
            try_send(self.door.request(Method::POST, &path).json(&json!({}))).await.ok()?;
            let seen = try_send(self.door.request(Method::GET, &format!("/api/v1/jobs/{id}"))).await.ok()?.json();
            offers = seen["offers"].as_array()?.iter().filter(|offer| offer["status"] == "open").cloned().collect();
        }
        let offer = offers.last()?;
        let path = format!("/api/v1/offers/{}/claim", offer["id"].as_str().unwrap());
        let claimed = try_send(self.door.request(Method::POST, &path).json(&json!({}))).await.ok()?;
        if claimed.status == 200 {
            let agent = offer["agent"]["ref"].as_str().unwrap().to_owned();
            self.promises.lock().claims.insert(id, agent);
        }
        Some(())
    }
}

/// Claims and starts stand, and nothing is stuck.
async fn check(town: &Town, claims: &BTreeMap<String, String>, starts: &BTreeMap<String, Value>) {
    for (job, agent) in sample(claims) {
        let seen = town.door.get(&format!("/api/v1/jobs/{job}")).await.is(200);
        assert_eq!((&seen["status"], &seen["claim"]["agent"]["ref"]), (&json!("claimed"), &json!(agent)), "{job}");
    }
    for (job, at) in sample(starts) {
        let seen = town.door.get(&format!("/api/v1/jobs/{job}")).await.is(200);
        assert_eq!((&seen["status"], &seen["next"]["at"]), (&json!("scheduled"), at), "{job}");
    }
    assert!(town.metric("baton_jobs_without_next_action", "").await.abs() < 0.5);
}

/// Between kills the newest are looked at; at the end all are.
fn sample<V>(all: &BTreeMap<String, V>) -> impl Iterator<Item = (&String, &V)> {
    let step = all.len().div_ceil(100).max(1);
    all.iter().step_by(step)
}

async fn check_all(town: &Town, promises: &Promises) {
    let desk: Desk = town.desk();
    let all: BTreeMap<String, Value> =
        desk.sees_all().await.into_iter().map(|job| (job["id"].as_str().unwrap().to_owned(), job)).collect();
    for (job, code) in &promises.jobs {
        let seen = all.get(job).unwrap_or_else(|| panic!("{job} is lost"));
        assert_eq!(seen["code"], *code);
        if let Some(agent) = promises.claims.get(job) {
            assert_eq!(seen["claim"]["agent"]["ref"], *agent, "{seen}");
        }
        if let Some(at) = promises.starts.get(job) {
            assert_eq!((&seen["status"], &seen["next"]["at"]), (&json!("scheduled"), at), "{seen}");
        }
        match seen["status"].as_str().unwrap() {
            "offering" | "scheduled" => {
                assert!(seen["next"]["acts"] == "engine" && seen["next"]["at"].is_string(), "{seen}");
            }
            "claimed" | "unfilled" => assert_ne!(seen["next"]["acts"], "nobody", "{seen}"),
            other => panic!("{other}: {seen}"),
        }
    }
    // Whatever was owed goes out in the end.
    town.sends_all_it_owes().await;
    assert!(town.metric("baton_jobs_without_next_action", "").await.abs() < 0.5);
}

/// To one person about one job: an offer, and at most one repeat, which says that it may be one.
fn no_message_too_often(town: &Town, jobs: &BTreeMap<String, String>) {
    let codes: BTreeSet<&str> = jobs.values().map(String::as_str).collect();
    let word = Regex::new(r"\b[0-9a-f]{8}\b").unwrap();
    let mut sent: BTreeMap<(i64, String), Vec<String>> = BTreeMap::new();
    for call in town.bot.calls().into_iter().filter(|call| call.method.eq_ignore_ascii_case("sendMessage")) {
        let text = call.body["text"].as_str().unwrap_or_default();
        let code = word.find_iter(text).map(|word| word.as_str()).find(|word| codes.contains(word));
        if let (Some(chat), Some(code), true) = (call.chat, code, text.contains("Job offer")) {
            sent.entry((chat, code.to_owned())).or_default().push(text.to_owned());
        }
    }
    assert!(!sent.is_empty(), "no offer was recognised");
    let mut repeats = 0;
    for ((chat, code), texts) in &sent {
        assert!(texts.len() <= 2, "{} messages to {chat} about {code}: {texts:#?}", texts.len());
        for repeat in &texts[1..] {
            repeats += 1;
            assert!(repeat.contains("You may have had this before"), "a repeat that does not say so: {repeat}");
        }
    }
    eprintln!("{} offers sent, {repeats} repeated", sent.len());
}
