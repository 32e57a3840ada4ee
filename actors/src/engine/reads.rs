//! Reading what is stored. Nothing here wakes an actor: a record is always as its last acknowledged step left it.

use std::ops::ControlFlow;

use baton_core::details::SealedDetails;
use baton_core::ids::{AgentId, Code, JobId, OfferId, TenantId};
use baton_core::job::explain::{Explanation, explain};
use baton_core::job::fates::Fates;
use baton_core::job::ledger::Attempt;
use baton_core::job::{Entry, Job};
use baton_core::time::Timestamp;
use baton_core::world::World;

use super::Engine;
use crate::error::Failure;
use crate::event_log::{EventLog, Stretch};
use crate::records::{self, History, STAGES, SettingsChange};
use crate::store::codec::{self, Record};
use crate::store::keys::{Key, Prefix, Space};
use crate::store::quarantine::{self, SetAside};

/// Where a list goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Among live jobs: older than this one.
    Live {
        /// When it came in.
        created_at: Timestamp,
        /// Which.
        job: JobId,
    },
    /// Among closed jobs: closed on this day (since 1970 UTC), behind this one.
    Closed {
        /// The day.
        day: i32,
        /// Behind this job of that day; none: from its beginning.
        after: Option<JobId>,
    },
}

/// A page of a list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<Position>,
}

impl Engine {
    /// The agent an offer was made to; the record is read only where the index does not know.
    pub fn agent_of(&self, offer: OfferId) -> Result<Option<AgentId>, Failure> {
        if let Some(agent) = self.index().agent_of(&offer) {
            return Ok(Some(agent));
        }
        Ok(self.job(offer.job)?.and_then(|job| job.offer(offer.no).map(|offer| offer.agent)))
    }

    /// A job as it is stored, live or closed.
    pub fn job(&self, id: JobId) -> Result<Option<Job>, Failure> {
        for key in [Key::LiveJob(id), Key::ClosedJob(id)] {
            let record = self.house().store.get(&key.bytes()).map_err(|error| Failure::unreadable(&error))?;
            if let Some(record) = record {
                return records::open_job(&record).map(Some).map_err(|error| Failure::unreadable(&error));
            }
        }
        Ok(None)
    }

    /// The live jobs of a tenant with a code.
    pub fn jobs_by_code(&self, tenant: TenantId, code: Code) -> Vec<JobId> {
        self.index().by_code(tenant, code)
    }

    /// At most so many events of a tenant after a number.
    pub fn events(&self, tenant: TenantId, after: u64, most: usize) -> Result<Stretch, Failure> {
        let log = &self.index().events;
        log.after(&*self.house().store, tenant, after, most).map_err(|error| Failure::unreadable(&error))
    }

    /// The number of a tenant's oldest event that is kept.
    pub fn oldest_event(&self, tenant: TenantId) -> Result<Option<u64>, Failure> {
        EventLog::oldest(&*self.house().store, tenant).map_err(|error| Failure::unreadable(&error))
    }

    /// A job's sealed details.
    pub fn details(&self, id: JobId) -> Result<Option<SealedDetails>, Failure> {
        self.record(Key::Details(id))
    }

    fn record<T: Record>(&self, key: Key) -> Result<Option<T>, Failure> {
        let record = self.house().store.get(&key.bytes()).map_err(|error| Failure::unreadable(&error))?;
        let open = |record: Vec<u8>| codec::open::<T>(&record).map_err(|error| Failure::unreadable(&error));
        Ok(record.map(open).transpose()?.map(|(_, value)| value))
    }

    fn rows<T: Record>(&self, prefix: &[u8]) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        self.each_row(prefix, |row| rows.push(row))?;
        Ok(rows)
    }

    fn each_row<T: Record>(&self, prefix: &[u8], mut see: impl FnMut(T)) -> Result<(), Failure> {
        let mut failed = None;
        let scan = self.house().store.scan(prefix, None, &mut |_, record| match codec::open::<T>(record) {
            Ok((_, value)) => {
                see(value);
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(Failure::unreadable(&error));
                ControlFlow::Break(())
            }
        });
        scan.map_err(|error| Failure::unreadable(&error))?;
        failed.map_or(Ok(()), Err)
    }

    /// Every record that could not be read: those that were put aside, now or at an earlier start, and those that stay where
    /// they are, because they are whole and a mended program may read them.
    pub fn unreadable(&self) -> Result<Vec<SetAside>, Failure> {
        let house = self.house();
        let mut all = quarantine::list(&*house.store).map_err(|error| Failure::unreadable(&error))?;
        for (key, reason) in self.broken() {
            if !all.iter().any(|aside| aside.key == *key) {
                all.push(SetAside { at: house.booted_at, key: key.clone(), reason: reason.clone() });
            }
        }
        Ok(all)
    }

    /// The whole timeline of a job, oldest first.
    pub fn timeline(&self, job: &Job) -> Result<Vec<Entry>, Failure> {
        let mut entries: Vec<Entry> = Vec::new();
        self.each_entry(job, |entry| entries.push(entry.clone()))?;
        Ok(entries)
    }

    /// Shows every entry of a job's timeline, oldest first, and keeps none: rows are read only where the record has overflowed.
    pub fn each_entry(&self, job: &Job, mut see: impl FnMut(&Entry)) -> Result<(), Failure> {
        let first = job.timeline.first().map_or(job.entries + 1, |entry| entry.seq);
        if first > 1 {
            // A row may have been written by a later step than the record we were given.
            self.each_row(&Prefix::job(Space::History, job.id), |row: History| {
                row.0.iter().filter(|entry| entry.seq < first).for_each(&mut see);
            })?;
        }
        job.timeline.iter().for_each(see);
        Ok(())
    }

    /// What became of every offer of a job, over all its rounds.
    pub fn fates(&self, job: &Job) -> Result<Fates, Failure> {
        let mut fates = Fates::default();
        if job.offers.len() < usize::from(job.last_offer) {
            self.each_entry(job, |entry| fates.take_in(&entry.event))?;
        }
        Ok(fates.as_recorded(&job.offers))
    }

    /// The claim ledger of a job, in order.
    pub fn ledger(&self, job: JobId) -> Result<Vec<Attempt>, Failure> {
        self.rows(&Prefix::job(Space::Ledger, job))
    }

    /// The changes of a tenant's settings, oldest first.
    pub fn settings_changes(&self, tenant: TenantId) -> Result<Vec<SettingsChange>, Failure> {
        self.rows(&Prefix::tenant(Space::TenantAudit, tenant))
    }

    /// Why a job stands where it stands, at this moment.
    pub fn explain(&self, job: &Job) -> Explanation {
        self.with_world(job.id.tenant, |world| explain(job, world, self.now()))
    }

    /// Looks at what a decision of this tenant would look at.
    pub fn with_world<T>(&self, tenant: TenantId, look: impl FnOnce(&World<'_>) -> T) -> T {
        let house = self.house();
        let view = house.tenants.view(tenant);
        let outages = house.outages.load();
        look(&house.world(&view, &outages))
    }

    /// Jobs of a tenant, newest first: live ones by when they came in, then closed ones by the day they were closed.
    /// `stages`: only these, by their numbers; none: all.
    pub fn list(
        &self,
        tenant: TenantId,
        stages: Option<&[u8]>,
        from: Option<Position>,
        limit: usize,
    ) -> Result<Page, Failure> {
        let all: Vec<u8> = (0..u8::try_from(STAGES.len()).unwrap_or(u8::MAX)).collect();
        let stages = stages.unwrap_or(&all);
        let mut page = Page::default();
        let closed_from = match from {
            None => {
                self.list_live(tenant, stages, None, limit, &mut page)?;
                None
            }
            Some(Position::Live { created_at, job }) => {
                self.list_live(tenant, stages, Some((created_at, job)), limit, &mut page)?;
                None
            }
            Some(Position::Closed { day, after }) => Some((day, after)),
        };
        if page.next.is_none() && stages.iter().any(|stage| records::is_closed(*stage)) {
            self.list_closed(tenant, stages, closed_from, limit, &mut page)?;
        }
        Ok(page)
    }

    fn list_live(
        &self,
        tenant: TenantId,
        stages: &[u8],
        before: Option<(Timestamp, JobId)>,
        limit: usize,
        page: &mut Page,
    ) -> Result<(), Failure> {
        let mut ids = self.index().list(tenant, stages, before, limit + 1);
        let more = ids.len() > limit;
        ids.truncate(limit);
        for id in &ids {
            // Gone from the live ones between the index and the store: it has closed meanwhile.
            page.jobs.extend(self.job(*id)?);
        }
        let last = page.jobs.last().filter(|_| more);
        page.next = last.map(|last| Position::Live { created_at: last.created_at, job: last.id });
        Ok(())
    }

    fn list_closed(
        &self,
        tenant: TenantId,
        stages: &[u8],
        from: Option<(i32, Option<JobId>)>,
        limit: usize,
        page: &mut Page,
    ) -> Result<(), Failure> {
        let store = &self.house().store;
        let mut oldest = None;
        let scan = store.scan(&Prefix::tenant(Space::ClosedDays, tenant), None, &mut |key, _| {
            oldest = Key::parse(key);
            ControlFlow::Break(())
        });
        scan.map_err(|error| Failure::unreadable(&error))?;
        let Some(Key::ClosedDay { day: oldest, .. }) = oldest else { return Ok(()) };
        let today = i32::try_from(self.now().0.div_euclid(86_400_000)).unwrap_or(i32::MAX);
        let (mut day, mut after) = from.unwrap_or((today, None));
        while day >= oldest {
            let mut more = false;
            let mut keys = Vec::new();
            let start = after.map(|job| Key::ClosedDay { tenant, day, job: job.local }.bytes());
            let scan = store.scan(&Prefix::closed_day(tenant, day), start.as_deref(), &mut |key, _| {
                if page.jobs.len() + keys.len() >= limit {
                    more = true;
                    return ControlFlow::Break(());
                }
                if let Some(Key::ClosedDay { job, .. }) = Key::parse(key) {
                    keys.push(JobId::drawn(tenant, job));
                }
                ControlFlow::Continue(())
            });
            scan.map_err(|error| Failure::unreadable(&error))?;
            let last = keys.last().copied().or(after);
            for id in keys {
                let job = self.job(id)?;
                page.jobs.extend(job.filter(|job| stages.contains(&records::stage_number(job))));
            }
            if more && page.jobs.len() >= limit {
                page.next = Some(Position::Closed { day, after: last });
                return Ok(());
            }
            if more {
                after = last;
                continue;
            }
            (day, after) = (day - 1, None);
            if page.jobs.len() >= limit && day >= oldest {
                page.next = Some(Position::Closed { day, after: None });
                return Ok(());
            }
        }
        Ok(())
    }
}
