//! The engine without HTTP: creates, cascades, one hot job, over the real store with every answer on disk.
//!
//! `cargo bench --bench engine -- [create|cascade|hot|all]`

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench falls over what it does not expect, prints what it measured, and measures time"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use baton::store::{SledOptions, SledStore};
use baton_actors::channel::{Budget, Channel, Errand};
use baton_actors::clock::{BoxFuture, Clock, SystemClock};
use baton_actors::engine::{Engine, Setup};
use baton_actors::error::Failure;
use baton_actors::house::Limits;
use baton_actors::tenants::Tenants;
use baton_actors::tenants::roster::AgentsDecided;
use baton_core::agent::Agent;
use baton_core::brief::Brief;
use baton_core::delivery::{ChannelKind, Outcome, Provider, Receipt};
use baton_core::details::SealedDetails;
use baton_core::gates::OwnGates;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::{Actor, Approval, By, Cause, NewJob, Refusal};
use baton_core::plan::{Mode, Plan, Wave};
use tokio::sync::Semaphore;

#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const T: TenantId = TenantId::DEFAULT;

/// A provider that takes everything at once.
struct Taker;

impl Channel for Taker {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Console
    }

    fn provider(&self) -> Provider {
        Provider::Console
    }
    fn idempotent(&self) -> bool {
        true
    }
    fn edits(&self) -> bool {
        false
    }
    fn budget(&self) -> Budget {
        Budget { in_flight: 64, ..Budget::default() }
    }
    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome> {
        Box::pin(async move { Outcome::Accepted(Receipt { channel: ChannelKind::Console, message: errand.key }) })
    }
}

fn main() {
    let what = std::env::args().nth(1).filter(|arg| !arg.starts_with("--")).unwrap_or_else(|| "all".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        for (name, wanted) in [("create", 0), ("offer", 1), ("cascade", 2), ("hot", 3)] {
            if what == name || what == "all" {
                let folder = tempfile::tempdir().unwrap();
                let engine = open(folder.path()).await;
                match wanted {
                    0 => create(&engine, Approval::Link, "create, waiting for approval").await,
                    1 => create(&engine, Approval::None, "create, first offer sent").await,
                    2 => cascade(&engine).await,
                    _ => hot(&engine).await,
                }
                engine.stop(Duration::from_secs(5)).await;
            }
        }
    });
}

async fn open(folder: &std::path::Path) -> Engine {
    let store = SledStore::open(folder, SledOptions::default()).unwrap();
    let engine = Engine::start(Setup {
        store: Arc::new(store),
        clock: Arc::new(SystemClock),
        channels: vec![Arc::new(Taker)],
        tenants: Tenants::default(),
        limits: Limits::default(),
        approve_link: Box::new(|_, _| String::new()),
        details_link: Box::new(|job, grant| format!("http://example.com/public/details/{}-{}", job.id, grant.no)),
    })
    .await
    .unwrap();
    let agents: Vec<Agent> = (0..200).map(agent).collect();
    let change = Box::new(move |_: &_, _| AgentsDecided { upserts: agents, ..AgentsDecided::default() });
    engine.change_agents(T, change).await.unwrap();
    engine
}

fn agent(n: i32) -> Agent {
    let name = format!("agent-{n}");
    Agent { priority: n, ..Agent::named(AgentId::of_reference(T, &name), &name, SystemClock.now()) }
}

fn new_job(reference: &str, approval: Approval, plan: Plan) -> NewJob {
    NewJob {
        id: JobId::of_reference(T, reference),
        external_ref: Some(reference.to_owned()),
        fingerprint: [7; 16],
        brief: Brief {
            from: Some("Leeds".into()),
            to: Some("Manchester".into()),
            vehicle: Some("van".into()),
            ..Brief::default()
        },
        has_details: true,
        approval,
        plan,
        plan_name: None,
        start_at: None,
        occupies: None,
        gates: OwnGates::default(),
        publish: None,
        lead: None,
        assignment: None,
    }
}

fn by() -> By {
    By { actor: Actor::Client("bench".into()), cause: Cause::Request }
}

fn sealed() -> SealedDetails {
    SealedDetails { key: 1, salt: 1, wrapped: vec![5; 72], sealed: vec![7; 260] }
}

/// Runs `count` of something, `width` at a time, and prints what it took.
async fn measure<F, Fut>(name: &str, count: usize, width: usize, each: F)
where
    F: Fn(usize) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(width));
    let began = Instant::now();
    let each = Arc::new(each);
    let mut tasks = Vec::with_capacity(count);
    for n in 0..count {
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        let each = Arc::clone(&each);
        tasks.push(tokio::spawn(async move {
            let began = Instant::now();
            each(n).await;
            drop(place);
            began.elapsed()
        }));
    }
    let mut took = Vec::with_capacity(count);
    for task in tasks {
        took.push(task.await.unwrap());
    }
    let seconds = began.elapsed().as_secs_f64();
    took.sort();
    let at = |part: f64| took[((count - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!(
        "{name}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms ({count}, {width} at a time)",
        count as f64 / seconds,
        at(0.5),
        at(0.99)
    );
}

async fn create(engine: &Engine, approval: Approval, name: &str) {
    let engine = engine.clone();
    measure(name, 200_000, 64, move |n| {
        let engine = engine.clone();
        async move {
            let job = new_job(&format!("job-{n}"), approval, Plan::default());
            engine.create(job, Some(sealed()), by()).await.unwrap();
        }
    })
    .await;
}

async fn cascade(engine: &Engine) {
    let engine = engine.clone();
    measure("cascade (create, offer, decline, offer, claim)", 30_000, 64, move |n| {
        let engine = engine.clone();
        async move {
            let done = engine
                .create(new_job(&format!("job-{n}"), Approval::None, Plan::default()), Some(sealed()), by())
                .await
                .unwrap();
            let first = done.job.open_offers().next().unwrap();
            let done = engine.decline(done.job.id.offer(first.no), first.agent, by()).await.unwrap();
            let second = done.job.open_offers().next().unwrap();
            engine.claim(done.job.id.offer(second.no), second.agent, None, by()).await.unwrap();
        }
    })
    .await;
}

async fn hot(engine: &Engine) {
    let plan = Plan { waves: vec![Wave::new(Mode::Everybody, Duration::from_secs(600))], ..Plan::default() };
    let done = engine.create(new_job("hot", Approval::None, plan), None, by()).await.unwrap();
    let offers: Vec<_> = done.job.open_offers().map(|offer| (done.job.id.offer(offer.no), offer.agent)).collect();
    let began = Instant::now();
    let claims: Vec<_> = (0..10_000)
        .map(|n| {
            let (engine, (offer, agent)) = (engine.clone(), offers[n % offers.len()]);
            tokio::spawn(async move { engine.claim(offer, agent, None, by()).await })
        })
        .collect();
    let (mut won, mut lost) = (0, 0);
    for claim in claims {
        match claim.await.unwrap() {
            Ok(_) => won += 1,
            Err(Failure::Refused(Refusal::AlreadyClaimed { .. }, _)) => lost += 1,
            Err(other) => println!("{other}"),
        }
    }
    println!(
        "one hot job: 10,000 claims answered in {:.2} s ({won} yes of the winner, {lost} refused)",
        began.elapsed().as_secs_f64()
    );
}
