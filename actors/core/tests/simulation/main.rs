//! Thousands of random histories of the whole engine over the core, each from a seed: a lying disk, a provider that is
//! deaf, slow and forgetful, falls at any moment, moved clocks, and people who answer whenever they like.
//!
//! One thread, one queue of events, no time that passes. `SIM_SEED=<seed>` replays one history and tells it event by
//! event, `SIM_RUNS=<count>` sets how many are tried. The loops of job and agent are those of the rooms, without their runtime.

#![expect(clippy::expect_used, reason = "a test may fall")]

mod agent_actor;
mod chance;
mod channel;
mod disk;
mod index;
mod job_actor;
mod oracle;
mod people;
mod process;
#[path = "../town/mod.rs"]
mod town;

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::delivery::Delivery;
use baton_core::ids::{AgentId, EffectId, JobId, OfferId};
use baton_core::job::{Command, NewJob, Report};
use baton_core::message::Message;
use baton_core::time::Timestamp;
use baton_core::world::World;

use agent_actor::{AgentActor, AgentMail};
use chance::Chance;
use channel::{Outbox, Said, phone};
use disk::{Disk, Write, Writer};
use index::Index;
use job_actor::{JobActor, JobMail};
use oracle::Oracle;
use town::{DAWN, Town, job_id, minutes};

/// A mistake planted into the loops: the simulation must find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    AnswersBeforeStoring,
    BelievesUnknown,
    ChecksNoVersion,
    ComesBackAtOnce,
    NoHolds,
    HoldsUnstored,
    UnmarkedRepeats,
    ForgetsDebts,
    ForgetsDeadlines,
}

#[derive(Debug)]
enum Event {
    ToJob(JobId, JobMail),
    ToAgent(AgentId, AgentMail),
    Flushed,
    CallDone {
        effect: EffectId,
        said: Said,
    },
    TryAgain {
        effect: EffectId,
    },
    Tick(Timestamp),
    // From here on: what does not end with the process.
    Creates(Box<NewJob>),
    Says {
        command: Command,
        offer: OfferId,
        tries: u8,
    },
    Writes {
        agent: AgentId,
        text: String,
    },
    Desk {
        job: JobId,
        command: Command,
    },
    Order,
    Arrives {
        effect: EffectId,
        message: Message,
        marked: bool,
    },
    Callback {
        effect: EffectId,
        delivery: Delivery,
    },
    /// The whole process, or one actor.
    Falls,
    AgentFalls(AgentId),
    JobFalls(JobId),
    Boots,
    ClockMoves {
        by: i64,
    },
}

/// What a history came to: a simulation in which nothing happens finds nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Stats {
    events: usize,
    falls: usize,
    unknown_stores: usize,
    unknown_sends: usize,
    full: usize,
    questions: usize,
    won: usize,
}

struct Simulation {
    flaw: Flaw,
    /// Prints every event.
    told: bool,
    chance: Chance,
    now: Timestamp,
    skew: i64,
    /// When, in which order, and in which life of the process; 0: in any.
    queue: BTreeMap<(Timestamp, u64), (u32, Event)>,
    order: u64,
    life: u32,
    up: bool,
    calm: bool,
    next_tick: Option<Timestamp>,
    last_alive: Timestamp,
    disk: Disk,
    index: Index,
    town: Town,
    jobs: BTreeMap<JobId, JobActor>,
    agents: BTreeMap<AgentId, AgentActor>,
    outbox: Outbox,
    oracle: Oracle,
    stats: Stats,
}

impl Simulation {
    fn of(seed: u64, flaw: Flaw) -> Self {
        let mut simulation = Self {
            flaw,
            told: false,
            chance: Chance::of(seed),
            now: DAWN,
            skew: 0,
            queue: BTreeMap::new(),
            order: 0,
            life: 1,
            up: true,
            calm: false,
            next_tick: None,
            last_alive: DAWN,
            disk: Disk::default(),
            index: Index::default(),
            town: Town::of(Vec::new(), baton_core::tenant::Settings::default()),
            jobs: BTreeMap::new(),
            agents: BTreeMap::new(),
            outbox: Outbox::default(),
            oracle: Oracle::default(),
            stats: Stats::default(),
        };
        simulation.disk.checks_no_version = flaw == Flaw::ChecksNoVersion;
        simulation.town = simulation.some_town();
        simulation.is_planned();
        simulation
    }

    /// What will come from outside.
    fn is_planned(&mut self) {
        let jobs = 1 + self.chance.below(5) as u16;
        for n in 0..jobs {
            let new = self.some_job(n);
            let moment = minutes(self.chance.below(90));
            self.later(moment, Event::Creates(Box::new(new)));
        }
        for _ in 0..self.chance.below(12) {
            let moment = minutes(self.chance.below(300));
            self.later(moment, Event::Order);
        }
        for _ in 0..self.chance.below(5) {
            let moment = Duration::from_millis(self.chance.below(240 * 60_000));
            self.later(moment, Event::Falls);
        }
        for _ in 0..self.chance.below(3) {
            let moment = minutes(self.chance.below(240));
            let by = self.chance.below(40 * 60_000) as i64 - 10 * 60_000;
            self.later(moment, Event::ClockMoves { by });
        }
    }

    fn runs(mut self) -> Result<Stats, String> {
        let storm = DAWN + minutes(300);
        while let Some(((now, _), (life, event))) = self.queue.pop_first() {
            self.now = self.now.max(now);
            self.calm |= self.now > storm;
            self.stats.events += 1;
            if self.stats.events > 200_000 {
                return Err("it never comes to an end".to_owned());
            }
            if life == 0 || life == self.life {
                self.tell(&event);
                self.happens(event);
            }
            if let Some(wrong) = self.oracle.wrong.take() {
                return Err(format!("at {}: {wrong}", self.now));
            }
        }
        self.conclude();
        self.stats.won = self.oracle.winners();
        self.oracle.wrong.take().map_or(Ok(self.stats), |wrong| Err(format!("in the end: {wrong}")))
    }

    #[expect(clippy::disallowed_macros, clippy::print_stdout, reason = "somebody is looking for a mistake")]
    fn tell(&self, event: &Event) {
        if self.told {
            println!("{} {event:?}", self.wall());
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::ToJob(job, mail) => self.job_hears(job, mail),
            Event::ToAgent(agent, mail) => self.agent_hears(agent, mail),
            Event::Flushed => self.flushed(),
            Event::CallDone { effect, said } => self.called(effect, said),
            Event::TryAgain { effect } => self.try_again(effect),
            Event::Tick(at) if self.next_tick == Some(at) => self.tick(),
            // Another one was set for an earlier moment.
            Event::Tick(_) => {}
            Event::Arrives { effect, message, marked } => {
                self.oracle.arrives(effect, marked);
                if let Some(agent) = phone(&message) {
                    self.arrives(agent, effect, &message);
                }
            }
            Event::Falls => self.falls(),
            Event::AgentFalls(agent) => self.agent_falls(agent),
            Event::JobFalls(job) => self.job_falls(job),
            Event::Boots => self.boots(),
            Event::ClockMoves { by } => {
                self.skew += by;
                self.watch_clock();
            }
            from_outside @ (Event::Creates(_)
            | Event::Says { .. }
            | Event::Writes { .. }
            | Event::Desk { .. }
            | Event::Order
            | Event::Callback { .. }) => self.comes_in(from_outside),
        }
    }

    /// Nobody hears while the process is down; most ask again.
    fn comes_in(&mut self, event: Event) {
        if !self.up {
            let after = self.chance.span(minutes(5)) + Duration::from_secs(1);
            return self.later(after, event);
        }
        match event {
            Event::Creates(new) => self.tell_job(new.id, JobMail::Create(new)),
            Event::Says { command, offer, tries } => self.says(command, offer, tries),
            Event::Writes { agent, text } => self.tell_agent(agent, AgentMail::Reads { text }),
            Event::Desk { job, command } => self.desk(job, command),
            Event::Order => {
                let job = job_id(self.chance.below(5) as u16);
                let command = self.some_order();
                self.desk(job, command);
            }
            Event::Callback { effect, delivery } => {
                self.tell_job(effect.job, JobMail::Tell(Report::Delivery { effect: effect.no, delivery }));
            }
            _ => {}
        }
    }

    fn world(&self) -> World<'_> {
        World { load: &self.index, ..self.town.world() }
    }

    /// What the process takes the time to be.
    fn wall(&self) -> Timestamp {
        Timestamp(self.now.0 + self.skew)
    }

    /// A number for a write.
    fn number(&mut self) -> u64 {
        self.order += 1;
        self.order
    }

    fn store(&mut self, writer: Writer, write: Write) {
        if self.disk.take(writer, write) {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let slow = if self.calm { Duration::from_millis(5) } else { self.chance.span(Duration::from_millis(30)) };
        let stuck = if !self.calm && self.chance.per_mille(5) { Duration::from_secs(20) } else { Duration::ZERO };
        self.soon(slow + stuck, Event::Flushed);
    }

    fn tell_job(&mut self, job: JobId, mail: JobMail) {
        self.soon(Duration::ZERO, Event::ToJob(job, mail));
    }

    fn tell_agent(&mut self, agent: AgentId, mail: AgentMail) {
        self.soon(Duration::ZERO, Event::ToAgent(agent, mail));
    }

    /// In this life of the process.
    fn soon(&mut self, after: Duration, event: Event) {
        self.schedule(self.now + after, self.life, event);
    }

    /// Whatever becomes of the process.
    fn later(&mut self, after: Duration, event: Event) {
        self.schedule(self.now + after, 0, event);
    }

    fn schedule(&mut self, at: Timestamp, life: u32, event: Event) {
        self.order += 1;
        self.queue.insert((at, self.order), (life, event));
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch for developers")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[expect(clippy::disallowed_macros, reason = "a failure must name its seed")]
#[test]
fn no_history_loses_a_claim_or_has_two_winners() {
    let (first, runs) = match setting("SIM_SEED") {
        Some(seed) => (seed, 1),
        None => (1, setting("SIM_RUNS").unwrap_or(2000)),
    };
    let mut sum = Stats::default();
    for seed in first..first + runs {
        let mut simulation = Simulation::of(seed, Flaw::None);
        simulation.told = runs == 1;
        match simulation.runs() {
            Ok(stats) => {
                sum.events += stats.events;
                sum.falls += stats.falls;
                sum.unknown_stores += stats.unknown_stores;
                sum.unknown_sends += stats.unknown_sends;
                sum.full += stats.full;
                sum.questions += stats.questions;
                sum.won += stats.won;
            }
            Err(wrong) => panic!("SIM_SEED={seed}: {wrong}"),
        }
    }
    println!("{runs} histories from SIM_SEED={first} on: {sum:?}");
    if runs >= 500 {
        let least = [sum.falls, sum.unknown_stores, sum.unknown_sends, sum.full, sum.questions, sum.won];
        assert!(least.iter().all(|count| *count > 20), "too little happens: {sum:?}");
    }
}

/// The first history that shows a flaw.
fn found(flaw: Flaw) -> Option<(u64, String)> {
    (1..=5000).find_map(|seed| Simulation::of(seed, flaw).runs().err().map(|wrong| (seed, wrong)))
}

#[expect(clippy::disallowed_macros, reason = "shows what was found")]
#[test]
fn every_planted_mistake_is_found() {
    for flaw in [
        Flaw::AnswersBeforeStoring,
        Flaw::BelievesUnknown,
        Flaw::ChecksNoVersion,
        Flaw::ComesBackAtOnce,
        Flaw::NoHolds,
        Flaw::HoldsUnstored,
        Flaw::UnmarkedRepeats,
        Flaw::ForgetsDebts,
        Flaw::ForgetsDeadlines,
    ] {
        match found(flaw) {
            Some((seed, wrong)) => println!("{flaw:?} found by SIM_SEED={seed}: {wrong}"),
            None => panic!("{flaw:?} was not found"),
        }
    }
}

#[test]
fn a_seed_replays_to_the_last_event() {
    let twice = || Simulation::of(7, Flaw::None).runs().map(|stats| format!("{stats:?}"));
    assert_eq!(twice(), twice());
}
