//! The event log: what became true of a tenant's jobs, in the order in which it was stored, each event with its number.
//!
//! The rows lie with the step that they tell of, so there is none without the other. The committer gives the numbers, because it
//! alone knows the order. A step that is refused leaves a gap. Nobody reads further than to what is on disk.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use baton_core::ids::{JobId, TenantId};
use baton_core::job::{Entry, Step};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::records::Events;
use crate::store::keys::{Key, Prefix, Space};
use crate::store::{StepWrites, Store, StoreError, Write, codec};

/// So many events share a row: far below what a row can hold.
const ROW_MAX: usize = 64;

/// What a step adds to the log, written out and without its numbers.
#[derive(Debug)]
pub struct Unnumbered {
    tenant: TenantId,
    /// How many events each row holds, and the row.
    rows: Vec<(u64, Vec<u8>)>,
}

/// An event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Its number in the log of its tenant.
    pub no: u64,
    /// Of which job.
    pub job: JobId,
    /// The client's own name for that.
    pub external_ref: Option<String>,
    /// What became true, who did it and how.
    pub entry: Entry,
}

/// A part of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// The events, oldest first.
    pub events: Vec<Logged>,
    /// The number of the latest event.
    pub newest: u64,
}

/// How far the logs are.
pub struct EventLog {
    marks: Mutex<BTreeMap<TenantId, Marks>>,
    rung: watch::Sender<u64>,
}

#[derive(Clone, Copy)]
struct Marks {
    /// The last number that was given.
    given: u64,
    /// The last number on disk.
    stored: u64,
}

impl Default for EventLog {
    fn default() -> Self {
        Self { marks: Mutex::default(), rung: watch::Sender::new(0) }
    }
}

impl Unnumbered {
    /// What a step tells.
    pub fn of(step: &Step, epoch: u64) -> Result<Option<Self>, crate::store::envelope::RecordError> {
        if step.entries.is_empty() {
            return Ok(None);
        }
        let job = &step.job;
        // The log goes out to others: nothing is in it that people wrote.
        let plain = |entry: &Entry| Entry {
            seq: entry.seq,
            at: entry.at,
            actor: entry.actor.clone(),
            cause: entry.cause,
            event: entry.event.clone().without_words(),
        };
        let row = |entries: &[Entry]| {
            let entries = entries.iter().map(plain).collect();
            let events = Events { job: job.id.local, external_ref: job.external_ref.clone(), entries };
            Ok((events.entries.len() as u64, codec::seal(&events, 1, epoch)?))
        };
        let rows = step.entries.chunks(ROW_MAX).map(row).collect::<Result<_, _>>()?;
        Ok(Some(Self { tenant: job.id.tenant, rows }))
    }
}

impl EventLog {
    /// Gives the events of a step their numbers, and the step their rows.
    pub(crate) fn number(
        &self,
        store: &dyn Store,
        events: Unnumbered,
        writes: &mut StepWrites,
    ) -> Result<(TenantId, u64), StoreError> {
        let tenant = events.tenant;
        let mut all = self.marks.lock();
        let marks = marks(&mut all, store, tenant)?;
        for (count, value) in events.rows {
            marks.given += count;
            writes.writes.push(Write { key: Key::Events { tenant, last: marks.given }.bytes(), value: Some(value) });
        }
        Ok((tenant, marks.given))
    }

    /// What was given numbers until now is on disk, or has been refused.
    pub(crate) fn stored(&self, up_to: &BTreeMap<TenantId, u64>) {
        if up_to.is_empty() {
            return;
        }
        let mut all = self.marks.lock();
        for (tenant, last) in up_to {
            if let Some(marks) = all.get_mut(tenant) {
                marks.stored = marks.stored.max(*last);
            }
        }
        drop(all);
        self.rung.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Rings whenever something of any tenant is stored.
    pub fn rings(&self) -> watch::Receiver<u64> {
        self.rung.subscribe()
    }

    /// At most so many events after a number.
    pub fn after(&self, store: &dyn Store, tenant: TenantId, after: u64, most: usize) -> Result<Stretch, StoreError> {
        let newest = marks(&mut self.marks.lock(), store, tenant)?.stored;
        let mut events = Vec::new();
        // Most rings are of other tenants.
        if newest <= after {
            return Ok(Stretch { events, newest });
        }
        let mut failed = None;
        let from = Key::Events { tenant, last: after }.bytes();
        store.scan(&Prefix::tenant(Space::Events, tenant), Some(&from), &mut |key, record| {
            match read(key, record) {
                Ok(read) => events.extend(read.into_iter().filter(|event| event.no > after && event.no <= newest)),
                // It is told of at the start, and nobody is kept from what follows.
                Err(error) => failed = Some(error),
            }
            if events.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        if let Some(error) = failed {
            tracing::error!(%error, "a row of the event log cannot be read and is passed over");
        }
        events.truncate(most);
        Ok(Stretch { events, newest })
    }

    /// The latest number of a tenant, where anything was asked of its log since the start.
    pub fn newest_known(&self, tenant: TenantId) -> Option<u64> {
        self.marks.lock().get(&tenant).map(|marks| marks.stored)
    }

    /// The number of the oldest event that is kept; what was before it has been removed by age.
    pub fn oldest(store: &dyn Store, tenant: TenantId) -> Result<Option<u64>, StoreError> {
        let mut oldest = None;
        store.scan(&Prefix::tenant(Space::Events, tenant), None, &mut |key, record| {
            oldest = read(key, record).ok().and_then(|events| events.first().map(|event| event.no));
            if oldest.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(oldest)
    }
}

fn marks<'a>(
    all: &'a mut BTreeMap<TenantId, Marks>,
    store: &dyn Store,
    tenant: TenantId,
) -> Result<&'a mut Marks, StoreError> {
    use std::collections::btree_map::Entry::{Occupied, Vacant};
    Ok(match all.entry(tenant) {
        Occupied(there) => there.into_mut(),
        Vacant(free) => {
            let last = store.last(&Prefix::tenant(Space::Events, tenant))?;
            let last = last.and_then(|key| match Key::parse(&key) {
                Some(Key::Events { last, .. }) => Some(last),
                _ => None,
            });
            let last = last.unwrap_or_default();
            free.insert(Marks { given: last, stored: last })
        }
    })
}

/// The events of a row.
pub(crate) fn read(key: &[u8], record: &[u8]) -> Result<Vec<Logged>, String> {
    let Some(Key::Events { tenant, last }) = Key::parse(key) else { return Err("its key is none".to_owned()) };
    let (_, events) = codec::open::<Events>(record).map_err(|error| error.to_string())?;
    let first = (last + 1).saturating_sub(events.entries.len() as u64);
    let job = JobId { tenant, local: events.job };
    let numbered = events.entries.into_iter().zip(first..);
    Ok(numbered.map(|(entry, no)| Logged { no, job, external_ref: events.external_ref.clone(), entry }).collect())
}
