//! A small tenant for tests that are about more than one thing: agents by number, a roster that changes, loads that change.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use baton_core::agent::{Agent, Availability, QuietHours};
use baton_core::brief::Brief;
use baton_core::crew::{Crew, CrewGroup, Publish};
use baton_core::delivery::ChannelKind;
use baton_core::fit::Boundless;
use baton_core::gates::{Dial, Gates, OwnGates};
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::{Actor, Approval, By, Cause, Job, NewJob, Step, invariants};
use baton_core::plan::{ClockStart, Mode, Plan, Stall, Wave};
use baton_core::roster::Roster;
use baton_core::tenant::{Desk, LateWinner, Patience, Settings, Settlement};
use baton_core::time::{Timestamp, Window};
use baton_core::world::{AgentLoad, Load, World};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// The moment at which every story begins.
pub const DAWN: Timestamp = Timestamp(1_767_225_600_000);

/// Agents are known by numbers.
pub fn agent_id(n: u8) -> AgentId {
    AgentId::of_reference(TenantId::DEFAULT, &format!("agent {n}"))
}

pub fn job_id(n: u16) -> JobId {
    JobId::of_reference(TenantId::DEFAULT, &format!("job {n}"))
}

pub fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// What a decision may look at.
pub struct Town {
    pub agents: Vec<Agent>,
    pub roster: Roster,
    pub loads: Loads,
    pub settings: Settings,
    pub outages: Vec<Window>,
}

impl fmt::Debug for Town {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let people: Vec<_> = self.agents.iter().cloned().map(Person).collect();
        write!(f, "{people:#?} {:?}", self.settings)
    }
}

/// An agent that a failed test can print.
#[derive(Clone)]
pub struct Person(pub Agent);

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Agent { name, priority, tags, capacity, active, availability, quiet_hours, .. } = &self.0;
        let addresses = (self.0.telegram.is_some(), self.0.email.is_some());
        write!(f, "{name} {priority} {tags:?} {capacity:?} {active} {availability:?} {quiet_hours:?} {addresses:?}")
    }
}

/// How busy everybody is; whoever is not listed is idle.
#[derive(Clone, Debug, Default)]
pub struct Loads(pub BTreeMap<AgentId, AgentLoad>);

impl Load for Loads {
    fn of(&self, agent: &AgentId) -> AgentLoad {
        self.0.get(agent).cloned().unwrap_or_default()
    }
}

impl Town {
    pub fn of(agents: Vec<Agent>, settings: Settings) -> Self {
        let roster = Roster::of(agents.clone());
        Self { agents, roster, loads: Loads::default(), settings, outages: Vec::new() }
    }

    pub fn world(&self) -> World<'_> {
        World {
            roster: &self.roster,
            load: &self.loads,
            settings: &self.settings,
            channels: &[ChannelKind::Telegram, ChannelKind::Email],
            outages: &self.outages,
            budgets: &Boundless,
        }
    }

    /// Changes an agent.
    pub fn agent(&mut self, n: u8, change: impl FnOnce(&mut Agent)) {
        if let Some(agent) = self.agents.iter_mut().find(|agent| agent.id == agent_id(n)) {
            change(agent);
            self.roster = Roster::of(self.agents.clone());
        }
    }
}

pub fn agent(n: u8) -> Agent {
    Agent { telegram: Some(1000 + i64::from(n)), ..Agent::named(agent_id(n), &format!("agent {n}"), DAWN) }
}

pub fn new_job(n: u16, plan: Plan) -> NewJob {
    NewJob {
        id: job_id(n),
        external_ref: None,
        fingerprint: [0; 16],
        brief: Brief::default(),
        has_details: false,
        approval: Approval::None,
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

pub fn operator() -> By {
    By { actor: Actor::Operator("desk".into()), cause: Cause::Request }
}

/// The rules a step breaks, as text; empty is how it should be.
pub fn broken(job: &Job) -> String {
    invariants::broken(job).map(|rule| format!("{} ({})", rule.number, rule.says)).collect::<Vec<_>>().join(", ")
}

/// So many cases, or as many as PROPTEST_CASES says; a failure found is kept beside the test and tried first from then on.
pub fn thorough(cases: u32) -> ProptestConfig {
    let given = ProptestConfig::default();
    let cases = if given.cases == 256 { cases } else { given.cases };
    let kept = FileFailurePersistence::WithSource("regressions");
    ProptestConfig { cases, failure_persistence: Some(Box::new(kept)), ..given }
}

/// What must hold between a job and its next step, whatever was decided.
pub fn follows(before: Option<&Job>, step: &Step) -> Result<(), String> {
    let version = before.map_or(0, |job| job.version);
    if step.job.version != version + 1 {
        return Err(format!("version {} after {version}", step.job.version));
    }
    let first = before.map_or(0, |job| job.entries);
    let seqs = step.entries.iter().map(|entry| entry.seq);
    if !seqs.eq(first + 1..=step.job.entries) {
        return Err("the timeline has a gap".to_owned());
    }
    let broken = broken(&step.job);
    if broken.is_empty() { Ok(()) } else { Err(broken) }
}

fn tags() -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(vec!["van".to_owned(), "lift".to_owned()], 0..=2)
}

pub fn some_person(n: u8) -> impl Strategy<Value = Person> {
    let quiet = prop_oneof![
        9 => Just(None),
        1 => (0..24i8, 0..24i8).prop_map(|(from, to)| {
            Some(QuietHours { from: jiff::civil::time(from, 0, 0, 0), to: jiff::civil::time(to, 0, 0, 0) })
        }),
    ];
    let away = prop_oneof![
        12 => Just(Availability::Available),
        1 => Just(Availability::Away { until: None }),
        1 => (0..180u64).prop_map(|after| Availability::Away { until: Some(DAWN + minutes(after)) }),
    ];
    let capacity = prop_oneof![4 => Just(None), 1 => Just(Some(0)), 3 => (1..3u32).prop_map(Some)];
    (0..3i32, tags(), capacity, quiet, away, 0..20u8).prop_map(
        move |(priority, tags, capacity, quiet_hours, availability, luck)| {
            Person(Agent {
                priority,
                tags: tags.into_iter().collect(),
                capacity,
                quiet_hours,
                availability,
                active: luck != 0,
                telegram: (luck != 1).then_some(1000 + i64::from(n)),
                email: (luck == 2).then(|| "agent@example.com".to_owned()),
                ..agent(n)
            })
        },
    )
}

pub fn some_town() -> impl Strategy<Value = Town> {
    let agents =
        prop_oneof![1 => 0..3u8, 5 => 3..8u8].prop_flat_map(|count| (0..count).map(some_person).collect::<Vec<_>>());
    (agents, prop::option::weighted(0.2, 1..3u32), any::<bool>(), any::<bool>(), some_settlement(), some_crew())
        .prop_map(|(people, max_open_offers, match_vehicle, desk, settlement, crew)| {
            let agents = people.into_iter().map(|person| person.0).collect();
            let email = desk.then(|| "desk@example.com".to_owned());
            // Some desks live in a chat.
            let telegram = (desk && match_vehicle).then_some(900);
            let desk = Desk { email, telegram, ..Desk::default() };
            Town::of(agents, Settings { max_open_offers, match_vehicle, desk, settlement, crew, ..Settings::default() })
        })
}

/// Two groups, or none.
fn some_crew() -> impl Strategy<Value = Crew> {
    let publish = prop::sample::select(vec![Publish::Engine, Publish::Engine, Publish::Person]);
    (any::<bool>(), publish).prop_map(|(has_groups, publish)| {
        let group = |(name, chat): (&str, i64)| (name.to_owned(), CrewGroup { chat, topic: None, locale: None });
        let groups = [("movers", -500), ("vans", -501)].into_iter().filter(|_| has_groups).map(group).collect();
        Crew { groups, publish, ..Crew::default() }
    })
}

fn some_settlement() -> impl Strategy<Value = Settlement> {
    let dial = || prop::sample::select(vec![Dial::Off, Dial::Person, Dial::Person, Dial::Engine]);
    let gates = (dial(), dial(), dial(), dial()).prop_map(|(confirm, invoice, payment, release)| Gates {
        confirm,
        invoice,
        payment,
        release,
    });
    let time = || prop::option::weighted(0.3, some_span());
    let patience = (time(), time(), time(), time(), time(), time()).prop_map(
        |(confirm, invoice, payment, release, start, finish)| Patience {
            confirm,
            invoice,
            payment,
            release,
            start,
            finish,
        },
    );
    let late = prop::sample::select(vec![LateWinner::Keeps, LateWinner::Returns]);
    (gates, some_span(), patience, late).prop_map(|(gates, details_for, patience, late_winner)| Settlement {
        gates,
        details_for,
        patience,
        late_winner,
        ..Settlement::default()
    })
}

fn some_span() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(Duration::from_millis(10)), Just(minutes(1)), (1..90u64).prop_map(minutes)]
}

fn some_wave() -> impl Strategy<Value = Wave> {
    let mode = prop_oneof![
        3 => Just(Mode::OneByOne),
        2 => (1..4u16).prop_map(Mode::Several),
        3 => Just(Mode::Everybody),
        3 => prop::sample::select(vec!["movers", "vans", "nowhere"]).prop_map(|name| Mode::Group(name.to_owned())),
        2 => (0..8u8, any::<bool>()).prop_map(|(n, answer_needed)| Mode::Direct { agent: agent_id(n), answer_needed }),
    ];
    let starts = prop_oneof![Just(ClockStart::Offered), Just(ClockStart::Delivered)];
    let tags = prop_oneof![3 => Just(Vec::new()), 1 => tags()];
    (mode, some_span(), starts, tags).prop_map(|(mode, claim_within, starts, tags)| Wave {
        starts,
        tags,
        ..Wave::new(mode, claim_within)
    })
}

pub fn some_plan() -> impl Strategy<Value = Plan> {
    let stall = prop::option::of(
        (some_span(), some_span())
            .prop_map(|(remind, more)| Stall { remind_after: remind, return_after: remind + more }),
    );
    (prop::collection::vec(some_wave(), 1..4), 0..4u16, prop::option::weighted(0.3, some_span()), stall, 1..4u16)
        .prop_map(|(waves, standby, search_for, stall, rounds)| Plan { waves, standby, search_for, stall, rounds })
}
