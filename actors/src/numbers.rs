//! Small numbers beside our own ids, for clients that know things by such: counted from 1 in each tenant, given once, kept.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use baton_core::ids::{AgentId, JobId, OfferId, TenantId};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::committer::{NotStored, Pending};
use crate::error::Failure;
use crate::house::House;
use crate::records::Number;
use crate::store::keys::Key;
use crate::store::{StepWrites, Store, StoreError, Write, codec};

/// What bears a small number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbered {
    /// A job.
    Job(JobId),
    /// An agent.
    Agent(AgentId),
    /// An offer.
    Offer(OfferId),
}

/// A row of numbers: each counts for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Numbering {
    /// Of jobs.
    Jobs,
    /// Of agents.
    Agents,
    /// Of offers.
    Offers,
}

impl Numbering {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Jobs, Self::Agents, Self::Offers];

    /// As it stands in keys, for ever.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Jobs => 1,
            Self::Agents => 2,
            Self::Offers => 3,
        }
    }

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.byte() == byte)
    }
}

impl Numbered {
    fn parts(self) -> (TenantId, Numbering, Vec<u8>) {
        match self {
            Self::Job(job) => (job.tenant, Numbering::Jobs, job.local.as_bytes().to_vec()),
            Self::Agent(agent) => (agent.tenant, Numbering::Agents, agent.local.as_bytes().to_vec()),
            Self::Offer(offer) => {
                let id = [&offer.job.local.as_bytes()[..], &offer.no.to_be_bytes()].concat();
                (offer.job.tenant, Numbering::Offers, id)
            }
        }
    }

    fn read(tenant: TenantId, of: Numbering, id: &[u8]) -> Option<Self> {
        match of {
            Numbering::Jobs => Some(Self::Job(JobId { tenant, local: Uuid::from_slice(id).ok()? })),
            Numbering::Agents => Some(Self::Agent(AgentId { tenant, local: Uuid::from_slice(id).ok()? })),
            Numbering::Offers => {
                let (job, no) = id.split_last_chunk()?;
                let job = JobId { tenant, local: Uuid::from_slice(job).ok()? };
                Some(Self::Offer(job.offer(u16::from_be_bytes(*no))))
            }
        }
    }
}

/// Where each row of numbers stands. Numbers are handed to the disk in their order, so that none is ever given twice.
#[derive(Default)]
pub struct Numbers(Arc<Mutex<BTreeMap<(TenantId, Numbering), Counter>>>);

struct Counter {
    last: u64,
    /// Given, and not yet on disk.
    under_way: BTreeMap<Vec<u8>, u64>,
}

/// What whoever wants a number waits for.
enum Wait {
    /// It is there.
    Known(u64),
    /// It is given here.
    Given(u64, oneshot::Receiver<Result<(), NotStored>>),
    /// Somebody else's request has it on its way.
    Elsewhere(oneshot::Receiver<()>),
}

impl Numbers {
    /// The number of something; the next one where it has none yet. It is on disk before anybody hears of it.
    pub async fn of(&self, house: &House, what: Numbered) -> Result<u64, Failure> {
        let (tenant, of, id) = what.parts();
        loop {
            match self.look(house, tenant, of, &id)? {
                Wait::Known(number) => return Ok(number),
                Wait::Given(number, stored) => {
                    return stored.await.unwrap_or(Err(NotStored::Unknown)).map(|()| number).map_err(Failure::from);
                }
                Wait::Elsewhere(_) if house.committer.has_failed() => return Err(NotStored::Unknown.into()),
                Wait::Elsewhere(passed) => passed.await.map_err(|_| NotStored::Unknown)?,
            }
        }
    }

    fn look(&self, house: &House, tenant: TenantId, of: Numbering, id: &[u8]) -> Result<Wait, Failure> {
        let mut counters = self.0.lock();
        let key = Key::Number { tenant, of, id: id.to_vec() };
        if let Some(known) = read(house, &key)? {
            return Ok(Wait::Known(known.number));
        }
        let counted = Key::Numbered { tenant, of, number: 0 };
        let counter = match counters.entry((tenant, of)) {
            std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => {
                let last = read(house, &counted)?.map_or(0, |last| last.number);
                free.insert(Counter { last, under_way: BTreeMap::new() })
            }
        };
        if counter.under_way.contains_key(id) {
            let (ring, passed) = oneshot::channel();
            house.committer.once_passed(move || {
                let _ = ring.send(());
            });
            return Ok(Wait::Elsewhere(passed));
        }
        let number = counter.last + 1;
        let row = |key: Key, id: &[u8]| {
            let value = codec::seal(&Number { number, id: id.to_vec() }, 1, house.epoch);
            value
                .map(|value| Write { key: key.bytes(), value: Some(value) })
                .map_err(|error| Failure::unreadable(&error))
        };
        let writes = vec![row(key, id)?, row(Key::Numbered { tenant, of, number }, id)?, row(counted, &[])?];
        counter.last = number;
        counter.under_way.insert(id.to_vec(), number);
        let (told, stored) = oneshot::channel();
        let (counters_too, mine) = (Arc::clone(&self.0), id.to_vec());
        let done = Box::new(move |result| {
            if let Some(counter) = counters_too.lock().get_mut(&(tenant, of)) {
                counter.under_way.remove(&mine);
            }
            // Whoever asked may have hung up; the number is kept all the same.
            let _ = told.send(result);
        });
        house.committer.store(Pending { writes: StepWrites { check: None, writes }, facts: None, events: None, done });
        Ok(Wait::Given(number, stored))
    }

    /// What bears a number.
    pub fn named(house: &House, tenant: TenantId, of: Numbering, number: u64) -> Result<Option<Numbered>, Failure> {
        let record = if number == 0 { None } else { read(house, &Key::Numbered { tenant, of, number })? };
        Ok(record.and_then(|record| Numbered::read(tenant, of, &record.id)))
    }

    /// The rows of the numbers of a job and of its offers, which go with it.
    pub(crate) fn rows_of(store: &dyn Store, job: JobId) -> Result<Vec<Vec<u8>>, StoreError> {
        let (tenant, _, id) = Numbered::Job(job).parts();
        let mut rows = Vec::new();
        for of in [Numbering::Jobs, Numbering::Offers] {
            // The id of an offer begins with its job's.
            let borne = Key::Number { tenant, of, id: id.clone() }.bytes();
            store.scan(&borne, None, &mut |key, record| {
                rows.push(key.to_vec());
                // One that cannot be read is left to whoever looks into it.
                if let Ok((_, borne)) = codec::open::<Number>(record) {
                    rows.push(Key::Numbered { tenant, of, number: borne.number }.bytes());
                }
                ControlFlow::Continue(())
            })?;
        }
        Ok(rows)
    }
}

fn read(house: &House, key: &Key) -> Result<Option<Number>, Failure> {
    let record = house.store.get(&key.bytes()).map_err(|error| Failure::unreadable(&error))?;
    let open = |record: Vec<u8>| codec::open::<Number>(&record).map(|(_, number)| number);
    record.map(open).transpose().map_err(|error| Failure::unreadable(&error))
}
