//! What is asked often about live jobs, in memory: rebuilt from the records at start, kept by every stored step since.
//!
//! One [`Index::apply`] serves both. Jobs are numbered by slots, so that a million cost tens of bytes an entry.

use std::collections::{BTreeSet, HashMap};

use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, Code, EffectNo, JobId, OfferId, OfferNo, TenantId};
use baton_core::job::{Job, Next, OfferState, Stage, Watch};
use baton_core::message::Lane;
use baton_core::time::{Timestamp, Window};
use baton_core::world::{AgentLoad, Load};
use parking_lot::RwLock;
use tokio::sync::Notify;

use crate::records::{STAGES, stage_number};

mod on_the_way;

pub use on_the_way::OnTheWay;

/// So many jobs are taken in under one lock.
const AT_ONCE: usize = 8;

/// What the index keeps of one job; read off its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Which job.
    pub id: JobId,
    /// Its version.
    pub version: u64,
    /// When it must look at its clock.
    pub due: Option<Timestamp>,
    /// The number of its stage.
    pub stage: u8,
    /// When it came in.
    pub created_at: Timestamp,
    /// Whether something happens next, or somebody is awaited (promise P7).
    pub has_next: bool,
    /// Its open offers.
    pub open: Vec<(AgentId, OfferNo)>,
    /// When the latest of them was made.
    pub offered_at: Option<Timestamp>,
    /// Its winner, by which offer, and when the work takes place.
    pub claim: Option<Held>,
    /// Offers that wait no longer: a late yes is told the truth, and may stand in line.
    pub past: Vec<(AgentId, OfferNo)>,
    /// What it owes.
    pub owes: Vec<Owes>,
    /// Whether its record has left the live ones.
    pub gone: bool,
}

/// A debt, as the outbox knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owes {
    /// Which.
    pub no: EffectNo,
    /// By which channel.
    pub channel: ChannelKind,
    /// How urgent.
    pub lane: Lane,
}

impl Facts {
    /// What the index keeps of a job.
    pub fn of(job: &Job) -> Self {
        let owes = |owed: &baton_core::job::Owed| Owes {
            no: owed.no,
            channel: owed.message.channel,
            lane: owed.message.topic.lane(),
        };
        let claim = match &job.stage {
            Stage::Claimed(claim) => Some(Held {
                agent: claim.agent,
                no: claim.no,
                occupies: job.occupies,
                reminded: matches!(claim.watch, Watch::Reminded { .. }),
            }),
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => None,
        };
        let past = |offer: &&baton_core::job::Offer| !offer.is_open() && offer.state != OfferState::Claimed;
        Self {
            id: job.id,
            version: job.version,
            due: job.due(),
            stage: stage_number(&job.stage),
            created_at: job.created_at,
            has_next: matches!(job.stage, Stage::Closed { .. }) || job.next() != Next::Nothing,
            open: job.open_offers().map(|offer| (offer.agent, offer.no)).collect(),
            offered_at: job.open_offers().map(|offer| offer.at).max(),
            claim,
            past: job.offers.iter().filter(past).map(|offer| (offer.agent, offer.no)).collect(),
            owes: job.owed.iter().map(owes).collect(),
            gone: job.is_closed() && job.owed.is_empty(),
        }
    }
}

/// A claim, as the index knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose.
    pub agent: AgentId,
    /// By which offer.
    pub no: OfferNo,
    /// When the work takes place.
    pub occupies: Option<Window>,
    /// Whether the winner was reminded and is silent.
    pub reminded: bool,
}

/// The index.
#[derive(Default)]
pub struct Index {
    inner: RwLock<Inner>,
    /// Offers that are not stored yet.
    pub on_the_way: OnTheWay,
    /// Rung when an earlier deadline than all others comes in.
    pub earlier: Notify,
}

#[derive(Default)]
struct Inner {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_id: HashMap<JobId, u32>,
    tenants: HashMap<TenantId, u32>,
    /// When to ring, by moment: a job's due time, or a while later if it was rung and has not answered.
    rings: BTreeSet<(Timestamp, u32)>,
    /// (tenant, stage, created, slot): lists, newest last.
    listed: BTreeSet<(u32, u8, Timestamp, u32)>,
    codes: BTreeSet<(u32, Code, u32)>,
    /// While a start reads the records, what is to be ordered waits here: ordering it once is faster, and denser.
    reading: Option<Reading>,
    agents: HashMap<AgentId, AgentFacts>,
    stages: [u64; STAGES.len()],
    /// The same of each tenant, by its number.
    tenant_stages: Vec<[u64; STAGES.len()]>,
    without_next: u64,
    owed: u64,
    open_offers: u64,
}

#[derive(Default)]
struct Reading {
    rings: Vec<(Timestamp, u32)>,
    listed: Vec<(u32, u8, Timestamp, u32)>,
    codes: Vec<(u32, Code, u32)>,
}

struct Slot {
    id: JobId,
    tenant: u32,
    version: u64,
    stage: u8,
    has_next: bool,
    created_at: Timestamp,
    due: Option<Timestamp>,
    ring: Option<Timestamp>,
    owes: u16,
    open: Box<[(AgentId, OfferNo)]>,
    // Boxed, because most jobs that wait have none.
    claim: Option<Box<Held>>,
    past: Box<[(AgentId, OfferNo)]>,
}

#[derive(Default)]
struct AgentFacts {
    open: BTreeSet<(u32, OfferNo)>,
    past: BTreeSet<(u32, OfferNo)>,
    claims: BTreeSet<u32>,
    last_offered: Option<Timestamp>,
}

/// Numbers for gauges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Jobs by the number of their stage.
    pub stages: [u64; STAGES.len()],
    /// Jobs without a next action (promise P7).
    pub without_next: u64,
    /// Debts of all jobs.
    pub owed: u64,
    /// Jobs with a deadline.
    pub timers: u64,
    /// Offers that wait for their answer.
    pub open_offers: u64,
}

impl Index {
    /// Takes in what a job has become.
    pub fn apply(&self, facts: &Facts) {
        let earlier = self.inner.write().apply(facts);
        if earlier {
            self.earlier.notify_one();
        }
    }

    /// Takes in a group, a few under one lock: whoever looks something up meanwhile does not wait for all of it.
    pub fn apply_all<'a>(&self, group: impl Iterator<Item = &'a Facts>) {
        let mut group = group.peekable();
        let mut earlier = false;
        while group.peek().is_some() {
            let mut inner = self.inner.write();
            for facts in group.by_ref().take(AT_ONCE) {
                earlier |= inner.apply(facts);
            }
        }
        if earlier {
            self.earlier.notify_one();
        }
    }

    /// From now on every live job is taken in once, in any order; nothing is looked up before [`Index::end_reading`].
    pub(crate) fn begin_reading(&self) {
        self.inner.write().reading = Some(Reading::default());
    }

    /// All have been taken in.
    pub(crate) fn end_reading(&self) {
        let mut inner = self.inner.write();
        if let Some(Reading { rings, listed, codes }) = inner.reading.take() {
            inner.rings = rings.into_iter().collect();
            inner.listed = listed.into_iter().collect();
            inner.codes = codes.into_iter().collect();
        }
    }

    /// Forgets a job: it was quarantined.
    pub fn forget(&self, id: &JobId) {
        self.inner.write().remove(id);
    }

    /// Whether a job is live.
    pub fn is_live(&self, id: &JobId) -> bool {
        self.inner.read().by_id.contains_key(id)
    }

    /// The earliest moment to ring somebody.
    pub fn next_ring(&self) -> Option<Timestamp> {
        self.inner.read().rings.first().map(|(at, _)| *at)
    }

    /// The jobs to ring, at most `page`, with the moments they were due. Each is rung again after `again` unless a new due
    /// time is stored: a ring may be lost.
    pub fn take_due(&self, now: Timestamp, page: usize, again: std::time::Duration) -> Vec<(JobId, Timestamp)> {
        let mut inner = self.inner.write();
        let due: Vec<(Timestamp, u32)> =
            inner.rings.iter().take_while(|(at, _)| *at <= now).take(page).copied().collect();
        let mut jobs = Vec::with_capacity(due.len());
        for entry in due {
            inner.rings.remove(&entry);
            let next = now + again;
            if let Some(Some(slot)) = inner.slots.get_mut(entry.1 as usize) {
                slot.ring = Some(next);
                jobs.push((slot.id, entry.0));
                inner.rings.insert((next, entry.1));
            }
        }
        jobs
    }

    /// How many jobs are overdue.
    pub fn overdue(&self, now: Timestamp, most: usize) -> usize {
        self.inner.read().rings.iter().take_while(|(at, _)| *at <= now).take(most).count()
    }

    /// The live jobs of a tenant that share a code.
    pub fn by_code(&self, tenant: TenantId, code: Code) -> Vec<JobId> {
        let inner = self.inner.read();
        let Some(tenant) = inner.tenants.get(&tenant) else { return Vec::new() };
        let range = inner.codes.range((*tenant, code, 0)..=(*tenant, code, u32::MAX));
        range.filter_map(|(_, _, slot)| inner.slot(*slot).map(|slot| slot.id)).collect()
    }

    /// The open offers of an agent, oldest job first.
    pub fn open_offers(&self, agent: &AgentId) -> Vec<OfferId> {
        let inner = self.inner.read();
        inner.agents.get(agent).map(|facts| inner.offers(&facts.open)).unwrap_or_default()
    }

    /// Whose an offer of a live job is.
    pub fn agent_of(&self, offer: &OfferId) -> Option<AgentId> {
        let inner = self.inner.read();
        let slot = inner.slot(*inner.by_id.get(&offer.job)?)?;
        let claim = slot.claim.as_deref().map(|held| (held.agent, held.no));
        let mut offers = slot.open.iter().chain(&*slot.past).copied().chain(claim);
        offers.find(|(_, no)| *no == offer.no).map(|(agent, _)| agent)
    }

    /// Offers of an agent that wait no longer, of jobs that are live, latest job first.
    pub fn past_offers(&self, agent: &AgentId) -> Vec<OfferId> {
        let inner = self.inner.read();
        let mut past = inner.agents.get(agent).map(|facts| inner.offers(&facts.past)).unwrap_or_default();
        past.reverse();
        past
    }

    /// The jobs an agent has.
    pub fn claims(&self, agent: &AgentId) -> Vec<(JobId, Held)> {
        let inner = self.inner.read();
        let Some(facts) = inner.agents.get(agent) else { return Vec::new() };
        let claim = |slot: &u32| inner.slot(*slot).and_then(|slot| Some((slot.id, *slot.claim.as_deref()?)));
        facts.claims.iter().filter_map(claim).collect()
    }

    /// Live jobs of a tenant in some stages, newest first, older than `before`. Jobs of one millisecond stand in the order
    /// in which they were taken in, so that pages neither repeat nor leave out any.
    pub fn list(
        &self,
        tenant: TenantId,
        stages: &[u8],
        before: Option<(Timestamp, JobId)>,
        limit: usize,
    ) -> Vec<JobId> {
        let inner = self.inner.read();
        let Some(tenant) = inner.tenants.get(&tenant).copied() else { return Vec::new() };
        // A cursor cannot name the place of a job that is gone: it then goes on at the millisecond before.
        let (until, slot) = match before {
            None => (Timestamp(i64::MAX), u32::MAX),
            Some((at, id)) => (at, inner.by_id.get(&id).copied().unwrap_or(0)),
        };
        let mut found = Vec::new();
        for stage in stages {
            let range = inner.listed.range((tenant, *stage, Timestamp(i64::MIN), 0)..(tenant, *stage, until, slot));
            found.extend(range.rev().map(|(_, _, at, slot)| (*at, *slot)).take(limit));
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(limit);
        found.into_iter().filter_map(|(_, slot)| inner.slot(slot).map(|slot| slot.id)).collect()
    }

    /// How many live jobs of a tenant stand in one stage.
    pub fn count(&self, tenant: TenantId, stage: u8) -> usize {
        let inner = self.inner.read();
        let of_tenant = inner.tenants.get(&tenant).and_then(|number| inner.tenant_stages.get(*number as usize));
        of_tenant.and_then(|stages| stages.get(usize::from(stage))).map_or(0, |count| *count as usize)
    }

    /// Numbers for gauges.
    pub fn counts(&self) -> Counts {
        let inner = self.inner.read();
        Counts {
            stages: inner.stages,
            without_next: inner.without_next,
            owed: inner.owed,
            timers: inner.rings.len() as u64,
            open_offers: inner.open_offers,
        }
    }

    /// How many jobs there are.
    pub fn len(&self) -> usize {
        self.inner.read().by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every job with its version, for comparing an index with one rebuilt from the records.
    pub fn versions(&self) -> Vec<(JobId, u64, Option<Timestamp>)> {
        let inner = self.inner.read();
        let mut all: Vec<_> = inner.slots.iter().flatten().map(|slot| (slot.id, slot.version, slot.due)).collect();
        all.sort();
        all
    }
}

impl Load for Index {
    fn of(&self, agent: &AgentId) -> AgentLoad {
        let mut load = self.inner.read().load(agent);
        self.on_the_way.add(agent, &mut load);
        load
    }
}

impl Inner {
    fn slot(&self, slot: u32) -> Option<&Slot> {
        self.slots.get(slot as usize)?.as_ref()
    }

    fn load(&self, agent: &AgentId) -> AgentLoad {
        let Some(facts) = self.agents.get(agent) else { return AgentLoad::default() };
        let busy = facts.claims.iter().filter_map(|slot| self.slot(*slot)?.claim.as_deref()?.occupies).collect();
        AgentLoad {
            claims: u32::try_from(facts.claims.len()).unwrap_or(u32::MAX),
            open_offers: u32::try_from(facts.open.len()).unwrap_or(u32::MAX),
            busy,
            last_offered: facts.last_offered,
        }
    }

    fn offers(&self, of: &BTreeSet<(u32, OfferNo)>) -> Vec<OfferId> {
        let mut offers: Vec<_> = of
            .iter()
            .filter_map(|(slot, no)| self.slot(*slot).map(|slot| (slot.created_at, slot.id.offer(*no))))
            .collect();
        offers.sort();
        offers.into_iter().map(|(_, offer)| offer).collect()
    }

    fn apply(&mut self, facts: &Facts) -> bool {
        if facts.gone {
            self.remove(&facts.id);
            return false;
        }
        let number = match self.by_id.get(&facts.id) {
            Some(number) => *number,
            None => self.insert(facts),
        };
        let first = self.rings.first().map(|(at, _)| *at);
        let Some(Some(slot)) = self.slots.get_mut(number as usize) else { return false };
        if slot.stage != facts.stage {
            self.listed.remove(&(slot.tenant, slot.stage, slot.created_at, number));
            self.listed.insert((slot.tenant, facts.stage, slot.created_at, number));
            for stages in [&mut self.stages, &mut self.tenant_stages[slot.tenant as usize]] {
                stages[usize::from(slot.stage)] -= 1;
                stages[usize::from(facts.stage)] += 1;
            }
            slot.stage = facts.stage;
        }
        if slot.has_next != facts.has_next {
            self.without_next = if facts.has_next { self.without_next - 1 } else { self.without_next + 1 };
            slot.has_next = facts.has_next;
        }
        let owes = u16::try_from(facts.owes.len()).unwrap_or(u16::MAX);
        self.owed = self.owed - u64::from(slot.owes) + u64::from(owes);
        slot.owes = owes;
        slot.version = facts.version;
        slot.due = facts.due;
        if slot.ring != facts.due {
            if let Some(ring) = slot.ring {
                self.rings.remove(&(ring, number));
            }
            match (facts.due, &mut self.reading) {
                (Some(due), Some(reading)) => reading.rings.push((due, number)),
                (Some(due), None) => drop(self.rings.insert((due, number))),
                (None, _) => {}
            }
            slot.ring = facts.due;
        }
        if *slot.open != facts.open {
            self.open_offers = self.open_offers + facts.open.len() as u64 - slot.open.len() as u64;
            replace(&mut self.agents, number, &slot.open, &facts.open, |agent| &mut agent.open);
            for (agent, _) in facts.open.iter().filter(|offer| !slot.open.contains(offer)) {
                let last = &mut self.agents.entry(*agent).or_default().last_offered;
                *last = (*last).max(facts.offered_at);
            }
            slot.open = facts.open.clone().into_boxed_slice();
        }
        if *slot.past != facts.past {
            replace(&mut self.agents, number, &slot.past, &facts.past, |agent| &mut agent.past);
            slot.past = facts.past.clone().into_boxed_slice();
        }
        if slot.claim.as_deref() != facts.claim.as_ref() {
            if let Some(Held { agent, .. }) = slot.claim.as_deref().copied() {
                self.agents.entry(agent).or_default().claims.remove(&number);
            }
            if let Some(Held { agent, .. }) = facts.claim {
                self.agents.entry(agent).or_default().claims.insert(number);
            }
            slot.claim = facts.claim.map(Box::new);
        }
        facts.due.is_some_and(|due| first.is_none_or(|first| due < first))
    }

    fn insert(&mut self, facts: &Facts) -> u32 {
        let tenants = u32::try_from(self.tenants.len()).unwrap_or(u32::MAX);
        let tenant = *self.tenants.entry(facts.id.tenant).or_insert(tenants);
        if tenant == tenants {
            self.tenant_stages.push([0; STAGES.len()]);
        }
        let slot = Slot {
            id: facts.id,
            tenant,
            version: facts.version,
            stage: facts.stage,
            has_next: true,
            created_at: facts.created_at,
            due: None,
            ring: None,
            owes: 0,
            open: Box::default(),
            claim: None,
            past: Box::default(),
        };
        let number = if let Some(number) = self.free.pop() {
            self.slots[number as usize] = Some(slot);
            number
        } else {
            self.slots.push(Some(slot));
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        };
        self.by_id.insert(facts.id, number);
        let (line, code) = ((tenant, facts.stage, facts.created_at, number), (tenant, facts.id.code(), number));
        if let Some(reading) = &mut self.reading {
            reading.listed.push(line);
            reading.codes.push(code);
        } else {
            self.listed.insert(line);
            self.codes.insert(code);
        }
        self.stages[usize::from(facts.stage)] += 1;
        self.tenant_stages[tenant as usize][usize::from(facts.stage)] += 1;
        number
    }

    fn remove(&mut self, id: &JobId) {
        let Some(number) = self.by_id.remove(id) else { return };
        let Some(slot) = self.slots.get_mut(number as usize).and_then(Option::take) else { return };
        self.free.push(number);
        self.listed.remove(&(slot.tenant, slot.stage, slot.created_at, number));
        self.codes.remove(&(slot.tenant, slot.id.code(), number));
        self.stages[usize::from(slot.stage)] -= 1;
        self.tenant_stages[slot.tenant as usize][usize::from(slot.stage)] -= 1;
        self.owed -= u64::from(slot.owes);
        self.open_offers -= slot.open.len() as u64;
        self.without_next -= u64::from(!slot.has_next);
        if let Some(ring) = slot.ring {
            self.rings.remove(&(ring, number));
        }
        replace(&mut self.agents, number, &slot.open, &[], |agent| &mut agent.open);
        replace(&mut self.agents, number, &slot.past, &[], |agent| &mut agent.past);
        if let Some(Held { agent, .. }) = slot.claim.as_deref().copied()
            && let Some(facts) = self.agents.get_mut(&agent)
        {
            facts.claims.remove(&number);
        }
    }
}

fn replace(
    agents: &mut HashMap<AgentId, AgentFacts>,
    number: u32,
    before: &[(AgentId, OfferNo)],
    after: &[(AgentId, OfferNo)],
    set: fn(&mut AgentFacts) -> &mut BTreeSet<(u32, OfferNo)>,
) {
    for (agent, no) in before {
        if let Some(facts) = agents.get_mut(agent) {
            set(facts).remove(&(number, *no));
        }
    }
    for (agent, no) in after {
        set(agents.entry(*agent).or_default()).insert((number, *no));
    }
}
