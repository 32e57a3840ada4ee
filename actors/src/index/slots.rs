//! The index under its lock: a slot for each job, and what is ordered by moment, stage, code and agent.

use std::collections::{BTreeSet, HashMap};

use baton_core::ids::{AgentId, Code, JobId, OfferId, OfferNo, TenantId};
use baton_core::time::Timestamp;
use baton_core::world::AgentLoad;

use super::facts::{Facts, Held};
use crate::records::STAGES;

#[derive(Default)]
pub(super) struct Inner {
    pub(super) slots: Vec<Option<Slot>>,
    pub(super) free: Vec<u32>,
    pub(super) by_id: HashMap<JobId, u32>,
    pub(super) tenants: HashMap<TenantId, u32>,
    /// When to ring, by moment: a job's due time, or a while later if it was rung and has not answered.
    pub(super) rings: BTreeSet<(Timestamp, u32)>,
    /// (tenant, stage, created, slot): lists, newest last.
    pub(super) listed: BTreeSet<(u32, u8, Timestamp, u32)>,
    pub(super) codes: BTreeSet<(u32, Code, u32)>,
    /// While a start reads the records, what is to be ordered waits here: ordering it once is faster, and denser.
    pub(super) reading: Option<Reading>,
    pub(super) agents: HashMap<AgentId, AgentFacts>,
    pub(super) stages: [u64; STAGES.len()],
    /// The same of each tenant, by its number.
    pub(super) tenant_stages: Vec<[u64; STAGES.len()]>,
    pub(super) without_next: u64,
    pub(super) owed: u64,
    pub(super) open_offers: u64,
}

#[derive(Default)]
pub(super) struct Reading {
    pub(super) rings: Vec<(Timestamp, u32)>,
    pub(super) listed: Vec<(u32, u8, Timestamp, u32)>,
    pub(super) codes: Vec<(u32, Code, u32)>,
}

pub(super) struct Slot {
    pub(super) id: JobId,
    pub(super) tenant: u32,
    pub(super) version: u64,
    pub(super) stage: u8,
    pub(super) has_next: bool,
    pub(super) created_at: Timestamp,
    pub(super) due: Option<Timestamp>,
    pub(super) ring: Option<Timestamp>,
    pub(super) owes: u16,
    pub(super) open: Box<[(AgentId, OfferNo)]>,
    // Boxed, because most jobs that wait have none.
    pub(super) claim: Option<Box<Held>>,
    pub(super) past: Box<[(AgentId, OfferNo)]>,
    pub(super) alone: Option<Box<AgentId>>,
}

#[derive(Default)]
pub(super) struct AgentFacts {
    pub(super) open: BTreeSet<(u32, OfferNo)>,
    pub(super) past: BTreeSet<(u32, OfferNo)>,
    pub(super) claims: BTreeSet<u32>,
    pub(super) alone: BTreeSet<u32>,
    pub(super) last_offered: Option<Timestamp>,
}

impl Inner {
    pub(super) fn slot(&self, slot: u32) -> Option<&Slot> {
        self.slots.get(slot as usize)?.as_ref()
    }

    pub(super) fn load(&self, agent: &AgentId) -> AgentLoad {
        let Some(facts) = self.agents.get(agent) else { return AgentLoad::default() };
        let busy = facts.claims.iter().filter_map(|slot| self.slot(*slot)?.claim.as_deref()?.occupies).collect();
        AgentLoad {
            claims: u32::try_from(facts.claims.len()).unwrap_or(u32::MAX),
            open_offers: u32::try_from(facts.open.len()).unwrap_or(u32::MAX),
            busy,
            last_offered: facts.last_offered,
        }
    }

    pub(super) fn offers(&self, of: &BTreeSet<(u32, OfferNo)>) -> Vec<OfferId> {
        let mut offers: Vec<_> = of
            .iter()
            .filter_map(|(slot, no)| self.slot(*slot).map(|slot| (slot.created_at, slot.id.offer(*no))))
            .collect();
        offers.sort();
        offers.into_iter().map(|(_, offer)| offer).collect()
    }

    pub(super) fn apply(&mut self, facts: &Facts) -> bool {
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
        if slot.alone.as_deref() != facts.alone.as_ref() {
            if let Some(agent) = slot.alone.as_deref() {
                self.agents.entry(*agent).or_default().alone.remove(&number);
            }
            if let Some(agent) = facts.alone {
                self.agents.entry(agent).or_default().alone.insert(number);
            }
            slot.alone = facts.alone.map(Box::new);
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
            alone: None,
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

    pub(super) fn remove(&mut self, id: &JobId) {
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
        if let Some(facts) = slot.alone.as_deref().and_then(|agent| self.agents.get_mut(agent)) {
            facts.alone.remove(&number);
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
