//! What is asked often about live jobs, in memory: rebuilt from the records at start, kept by every stored step since.
//!
//! One [`Index::apply`] serves both. Jobs are numbered by slots, so that a million cost tens of bytes an entry.

use baton_core::ids::{AgentId, Code, JobId, OfferId, TenantId};
use baton_core::time::Timestamp;
use baton_core::world::{AgentLoad, Load};
use parking_lot::RwLock;
use tokio::sync::Notify;

use crate::event_log::EventLog;
use crate::records::STAGES;

mod facts;
mod notifications;
mod on_the_way;
mod slots;

pub use facts::{Facts, Held, Owes};
pub use notifications::{NotificationFacts, Notifications};
pub use on_the_way::OnTheWay;

use slots::{Inner, Reading};

/// So many jobs are taken in under one lock.
const AT_ONCE: usize = 8;

/// The index.
#[derive(Default)]
pub struct Index {
    inner: RwLock<Inner>,
    /// Offers that are not stored yet.
    pub on_the_way: OnTheWay,
    /// Rung when an earlier deadline than all others comes in.
    pub earlier: Notify,
    /// What became true of jobs, told in order.
    pub events: EventLog,
    /// The same of notifications.
    pub notifications: Notifications,
}

/// What is learnt of a stored step.
pub enum Learns {
    /// What a job has become.
    Job(Box<Facts>),
    /// What a notification has become.
    Notification(Box<NotificationFacts>),
}

impl Learns {
    /// Of a job.
    pub fn job(&self) -> Option<&Facts> {
        match self {
            Self::Job(facts) => Some(facts),
            Self::Notification(_) => None,
        }
    }

    /// Of a notification.
    pub fn notification(&self) -> Option<&NotificationFacts> {
        match self {
            Self::Job(_) => None,
            Self::Notification(facts) => Some(facts),
        }
    }
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

    /// The jobs of which an agent is to have no more than one.
    pub fn kept_alone(&self, agent: &AgentId) -> Vec<JobId> {
        let inner = self.inner.read();
        let Some(facts) = inner.agents.get(agent) else { return Vec::new() };
        facts.alone.iter().filter_map(|slot| inner.slot(*slot).map(|slot| slot.id)).collect()
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

    /// The jobs that owe somebody something.
    pub fn owing(&self) -> Vec<JobId> {
        self.inner.read().slots.iter().flatten().filter(|slot| slot.owes > 0).map(|slot| slot.id).collect()
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
