//! Fills a store with waiting jobs, and falls as a killed process does: what the scale measurements start from.
//!
//! `cargo bench --bench fill -- FOLDER COUNT DUE FIRST_DUE_SECONDS`: COUNT jobs with an open offer each, DUE of them with
//! deadlines 2,000 a second beginning in FIRST_DUE_SECONDS, the others in 30 days.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench falls over what it does not expect, prints what it measured, and measures time"
)]

use std::time::{Duration, Instant};

use baton::store::{SledOptions, SledStore};
use baton_actors::clock::{Clock, SystemClock};
use baton_actors::records;
use baton_actors::store::keys::Key;
use baton_actors::store::{StepWrites, Store, Write, codec};
use baton_core::agent::Agent;
use baton_core::brief::{Brief, Item};
use baton_core::delivery::{ChannelKind, Delivery, Receipt};
use baton_core::details::SealedDetails;
use baton_core::fit::Boundless;
use baton_core::gates::OwnGates;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::{Actor, Approval, By, Cause, Job, NewJob, Report, Turn};
use baton_core::plan::{Mode, Plan, Wave};
use baton_core::roster::Roster;
use baton_core::tenant::Settings;
use baton_core::time::Timestamp;
use baton_core::world::{Idle, World};

const T: TenantId = TenantId::DEFAULT;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let [folder, count, due, first] = args.as_slice() else {
        println!("usage: fill FOLDER COUNT DUE FIRST_DUE_SECONDS");
        return;
    };
    let (count, due, first): (u64, u64, u64) = (count.parse().unwrap(), due.parse().unwrap(), first.parse().unwrap());
    let began = Instant::now();
    let store = SledStore::open(folder.as_ref(), SledOptions::default()).unwrap();
    let now = SystemClock.now();
    let agents: Vec<Agent> = (0..200).map(|n| agent(n, now)).collect();
    let row =
        |agent: &Agent| Write { key: Key::Agent(agent.id).bytes(), value: Some(codec::seal(agent, 1, 1).unwrap()) };
    store.commit(&[StepWrites { check: None, writes: agents.iter().map(row).collect() }]).unwrap();
    let roster = Roster::of(agents);
    let details =
        codec::seal(&SealedDetails { key: 1, salt: 1, wrapped: vec![5; 72], sealed: vec![7; 260] }, 1, 1).unwrap();
    let mut group = Vec::new();
    for n in 0..count {
        let wait = if n < due {
            Duration::from_secs(first) + Duration::from_micros(500 * n)
        } else {
            Duration::from_secs(30 * 86_400)
        };
        let job = waiting(n, &roster, wait, now);
        let live = Write { key: Key::LiveJob(job.id).bytes(), value: Some(records::seal_job(&job, 1).unwrap()) };
        let details = Write { key: Key::Details(job.id).bytes(), value: Some(details.clone()) };
        group.push(StepWrites { check: None, writes: vec![live, details] });
        if group.len() == 128 || n + 1 == count {
            store.commit(&group).unwrap();
            group.clear();
        }
    }
    println!("{count} waiting jobs in {:.0} s", began.elapsed().as_secs_f64());
    // As kill -9 would: nothing is closed, nothing is flushed.
    std::process::abort();
}

fn agent(n: i32, now: Timestamp) -> Agent {
    let name = format!("agent-{n}");
    Agent { priority: n, ..Agent::named(AgentId::of_reference(T, &name), &name, now) }
}

/// A job whose first offer was delivered and waits for its answer.
fn waiting(n: u64, roster: &Roster, wait: Duration, now: Timestamp) -> Job {
    let settings = Settings::default();
    let world = World {
        roster,
        load: &Idle,
        settings: &settings,
        channels: &[ChannelKind::Console],
        outages: &[],
        budgets: &Boundless,
    };
    let new = NewJob {
        id: JobId::of_reference(T, &format!("waiting-{n}")),
        external_ref: Some(format!("waiting-{n}")),
        fingerprint: [7; 16],
        brief: Brief {
            from: Some("Leeds".into()),
            to: Some("Manchester".into()),
            window: Some("14:30".into()),
            vehicle: Some("van".into()),
            items: vec![Item { kind: "fridge".into(), quantity: 1 }],
            ..Brief::default()
        },
        has_details: true,
        approval: Approval::None,
        plan: Plan { waves: vec![Wave::new(Mode::OneByOne, wait)], ..Plan::default() },
        plan_name: None,
        start_at: None,
        occupies: None,
        gates: OwnGates::default(),
        publish: None,
        lead: None,
        assignment: None,
    };
    let by = By { actor: Actor::Client("bench".into()), cause: Cause::Request };
    let job = Turn::create(new, by, world, now).finish().unwrap().job;
    let effect = job.owed[0].no;
    let mut turn = Turn::of(job, world, now);
    let receipt = Receipt { channel: ChannelKind::Console, message: format!("{n}") };
    turn.observe(Report::Delivery { effect, delivery: Delivery::Sent(receipt) });
    turn.finish().unwrap().job
}
