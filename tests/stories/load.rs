//! T11, G8: what comes in faster than it can leave, and what is left of it after a kill.
//!
//! Small by default. `STORIES_INTAKE_RATE=5000 STORIES_INTAKE_SECONDS=60` and `STORIES_QUEUED=100000` are the sizes that were
//! asked for (`STORIES_HANGS` the seconds that the provider hangs), best with `STORIES_BATON` naming a release build.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton::simulator::telegram::Fault;
use baton_actors::clock::Stopwatch;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::desk::{Job, order};
use super::poster::Poster;
use super::shows::number;
use super::town::{person, town_with};
use super::wait::{a_moment, until};

/// Connections that jobs come in over.
const CONNECTIONS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t11_every_job_that_was_acknowledged_under_load_is_there_after_a_kill() {
    let (rate, seconds) = (number("STORIES_INTAKE_RATE", 400), number("STORIES_INTAKE_SECONDS", 3));
    let mut town = town_with(&[("LOGS__LEVEL", "info")]).await;
    let span = Duration::from_secs(seconds as u64);
    let posters = (0..CONNECTIONS).map(async |no| Poster::connected(&town.door.url(""), no).await);
    let posters = join_all(posters).await;
    let begun = Arc::new(Stopwatch::start());
    let posting: Vec<_> = posters
        .into_iter()
        .map(|poster| tokio::spawn(poster.posts_every(CONNECTIONS, rate, span, begun.clone())))
        .collect();
    a_moment(span).await;
    // Under load: the posters go on until their connections are cut.
    let took = begun.elapsed();
    town.kill_9().await;
    let posted: Vec<_> = join_all(posting).await.into_iter().map(Result::unwrap).collect();
    let mut waits: Vec<Duration> = posted.iter().flat_map(|posted| posted.waits.iter().copied()).collect();
    waits.sort_unstable();
    let refused: usize = posted.iter().map(|posted| posted.refused).sum();
    let promised: BTreeSet<String> = posted.into_iter().flat_map(|posted| posted.ids).collect();
    let p99 = waits[waits.len() * 99 / 100];
    let got = waits.len() as f64 / took.as_secs_f64();
    eprintln!(
        "{rate}/s asked for {seconds} s: {} jobs acknowledged, {got:.0}/s, p50 {:?}, p99 {p99:?} (from the moment each was due), {refused} refused",
        promised.len(),
        waits[waits.len() / 2],
    );
    let restart = Stopwatch::start();
    town.starts_again().await;
    eprintln!("it served again after {:?}", restart.elapsed());
    let there: BTreeSet<String> =
        town.desk().sees_all().await.into_iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect();
    let lost: Vec<_> = promised.difference(&there).take(3).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    // What was stored and never answered may be there as well: one for each connection at most.
    assert!(there.len() - promised.len() <= CONNECTIONS, "{} there, {} promised", there.len(), promised.len());
    assert!(!promised.is_empty() && refused == 0, "{refused} refused");
}

/// Agents who are all asked at once.
const CROWD: u16 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g8_what_cannot_leave_stops_what_comes_in_and_leaves_when_it_can() {
    let queued = number("STORIES_QUEUED", 3_000);
    let town = town_with(&[
        ("LOGS__LEVEL", "info"),
        ("ENGINE__OUTBOX_MAX", &queued.to_string()),
        ("RETRY__ATTEMPTS", "1000"),
        ("RETRY__MAX", "1s"),
        ("CHANNELS__TELEGRAM__REQUEST_TIMEOUT", "300ms"),
        ("CHANNELS__TELEGRAM__IN_FLIGHT", "256"),
    ])
    .await;
    town.knows((1..=CROWD).map(|no| person(&format!("d{no}"), no)).collect()).await;
    let phones: Vec<_> = (1..=CROWD).map(|no| town.phone(no)).collect();
    let before = town.resident_mib();
    town.bot.every_call_meets(Some(Fault::Hang(Duration::from_secs(3600))));
    let mut jobs: Vec<Job> = Vec::new();
    let refused = loop {
        let answer = town.desk().posts(&order(&format!("g8-{}", jobs.len())).everybody()).await;
        if answer.status != 201 {
            break answer;
        }
        jobs.push(Job::of(&answer.json()));
        assert!(jobs.len() <= queued / usize::from(CROWD) + 1, "nothing stops what comes in");
    };
    refused.refuses(503, "overloaded");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|wait| wait > 0), "{refused:?}");
    // It hangs for a while: attempts are given up and made again, and what waits takes no more room.
    let full = town.resident_mib();
    a_moment(Duration::from_secs(number("STORIES_HANGS", 4) as u64)).await;
    let after = town.resident_mib();
    eprintln!(
        "{} messages queued: {before} MiB before, {full} MiB when full, {after} MiB after hanging",
        jobs.len() * usize::from(CROWD)
    );
    // Two KiB a message, jobs and all, and something for the attempts that are under way.
    let allowed = 64 + queued as u64 * 2 / 1024;
    assert!(after <= before + allowed, "{after} MiB after {before} MiB");
    town.metric_is("baton_actor_restarts_total", "", 0.0).await;
    // What is no new work is done all the while.
    let seen = town.desk().sees(&jobs[0]).await;
    town.desk().posts(&order("g8-late")).await.refuses(503, "overloaded");
    town.desk().claims_for(&seen["offers"][0]).await.is(200);
    town.bot.every_call_meets(None);
    let drain = Stopwatch::start();
    town.sends_all_it_owes().await;
    let took = drain.elapsed();
    eprintln!("it has drained after {took:?}, and holds {} MiB", town.resident_mib());
    town.desk().publishes(order("g8-late")).await;
    // Everybody was asked about every job, but for the one that was taken meanwhile.
    let codes: BTreeSet<&str> = jobs[1..].iter().map(|job| job.code.as_str()).collect();
    for phone in &phones {
        let shown = phone.chat.messages();
        let missing = codes.iter().filter(|code| !shown.iter().any(|message| message.text.contains(**code)));
        assert_eq!(missing.count(), 0);
    }
    let offers = |job: &Value| job["offers"].as_array().unwrap().len();
    until("the receipts are stored", async || {
        let job = town.desk().sees(jobs.last().unwrap()).await;
        let sent = job["offers"].as_array().unwrap().iter().filter(|offer| offer["sent"] == json!(true)).count();
        (sent == offers(&job) && sent == usize::from(CROWD)).then_some(())
    })
    .await;
}
