//! What is removed by age: closed jobs with all their rows, notifications that ended long ago, registration tokens long past their
//! end, and when people were written to, once no frequency cap counts it any more.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use baton_core::ids::{JobId, NotificationId, TenantId};
use baton_core::notification::{Notification, Stage};
use baton_core::time::Timestamp;
use metrics::counter;
use tokio::sync::oneshot;

use crate::committer::{NotStored, Pending};
use crate::event_log;
use crate::gauges;
use crate::house::House;
use crate::numbers::Numbers;
use crate::records::{self, Registration, Told};
use crate::sinks::queue::{Handed, Order};
use crate::sinks::{Delivery, DeliveryState, read};
use crate::store::codec;
use crate::store::keys::{Key, Prefix, Space};
use crate::store::{StepWrites, StoreError, Write};
use crate::synced;

/// How old what is removed must be. None: it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Ages {
    /// Closed jobs.
    pub closed_jobs: Option<Duration>,
    /// The closed jobs of one tenant in which nothing is private: they go at an age of their own.
    pub closed_jobs_of: Option<(TenantId, Duration)>,
    /// Notifications, after their end.
    pub notifications: Option<Duration>,
    /// Registration tokens, after their end.
    pub tokens: Duration,
    /// What providers told.
    pub inbox: Duration,
    /// Events of the log.
    pub events: Option<Duration>,
    /// What became of events at endpoints.
    pub deliveries: Option<Duration>,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Closed jobs.
    pub closed_jobs: u64,
    /// Notifications.
    pub notifications: u64,
    /// Registration tokens.
    pub tokens: u64,
    /// What providers told.
    pub told: u64,
    /// When people were written to, beyond the reach of every cap.
    pub lately: u64,
    /// Rows of the event log.
    pub events: u64,
    /// What became of events at endpoints.
    pub deliveries: u64,
    /// What dashboards did not take, and what they have heard of orders.
    pub dashboards: u64,
    /// What bots told us.
    pub synced: u64,
}

impl Ages {
    /// The day before which a tenant's closed jobs are old.
    fn jobs_before(&self, tenant: TenantId, now: Timestamp) -> i32 {
        let own = self.closed_jobs_of.filter(|(of, _)| *of == tenant).map(|(_, age)| age);
        let age = own.or(self.closed_jobs);
        age.map_or(i32::MIN, |age| i32::try_from((now - age).0.div_euclid(86_400_000)).unwrap_or(i32::MIN))
    }
}

/// Why a sweep did not come to its end; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Reading.
    #[error("the store could not be read")]
    Read(#[from] StoreError),
    /// Removing.
    #[error("a row was not removed")]
    Remove(#[from] NotStored),
}

/// So many rows are found before they are removed: a sweep takes little memory, however much there is.
const PAGE: usize = 128;

/// So many rows are removed in one step.
const ROWS_MAX: usize = 200;

/// Removes what is old. Harmless to repeat and to interrupt: the line that lists a job goes last.
pub async fn sweep(house: &House, ages: Ages, now: Timestamp) -> Result<Removed, SweepError> {
    let mut removed = Removed::default();
    if ages.closed_jobs.is_some() || ages.closed_jobs_of.is_some() {
        let mut after = None;
        loop {
            let is_old = |tenant, day| day < ages.jobs_before(tenant, now);
            let (page, next) = old_jobs(house, is_old, after.as_deref())?;
            for (line, job) in page {
                remove_job(house, job, line).await?;
                removed.closed_jobs += 1;
            }
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    if let Some(age) = ages.notifications {
        removed.notifications = remove_notifications(house, now - age).await?;
    }
    for key in old_tokens(house, now - ages.tokens)? {
        remove(house, vec![key]).await?;
        removed.tokens += 1;
    }
    loop {
        let keys = old_news(house, now - ages.inbox)?;
        let more = keys.len() == ROWS_MAX;
        removed.told += keys.len() as u64;
        if !keys.is_empty() {
            remove(house, keys).await?;
        }
        if !more {
            break;
        }
    }
    removed.lately = forget_lately(house, now).await?;
    if let Some(age) = ages.events {
        removed.events = remove_events(house, now - age).await?;
    }
    if let Some(age) = ages.deliveries {
        removed.deliveries = remove_deliveries(house, now - age).await?;
    }
    let given_up = ages.deliveries.map(|age| now - age);
    removed.dashboards = remove_old(house, Space::DashboardEvents, |key, record| {
        let (Some(Key::DashboardEvent { endpoint, no }), Ok((_, handed))) =
            (Key::parse(key), codec::open::<Handed>(record))
        else {
            return false;
        };
        let failed = || {
            let row = read::<Delivery>(house, &Key::Delivery { endpoint, no }).ok().flatten();
            row.is_none_or(|(_, delivery)| delivery.state == DeliveryState::Failed)
        };
        let is_old = given_up.is_some_and(|before| handed.at < before);
        house.sinks.queue(endpoint).is_none_or(|queue| is_old && !queue.holds(no) && failed())
    })
    .await?;
    removed.dashboards += remove_old(house, Space::DashboardOrders, |key, record| {
        let (Some(Key::DashboardOrder { endpoint, .. }), Ok((_, order))) =
            (Key::parse(key), codec::open::<Order>(record))
        else {
            return false;
        };
        order.at < now - ORDERS_KEPT || house.sinks.queue(endpoint).is_none()
    })
    .await?;
    if let Some(age) = ages.events {
        // The last of each tenant stays: the numbers go on from it.
        let mut last = BTreeSet::new();
        for (tenant, _) in house.tenants.all() {
            last.extend(house.store.last(&Prefix::tenant(Space::SyncEvents, tenant))?);
        }
        removed.synced = remove_old(house, Space::SyncEvents, |key, record| {
            !last.contains(key) && codec::open::<synced::Told>(record).is_ok_and(|(_, told)| told.at < now - age)
        })
        .await?;
    }
    counter!(gauges::RETENTION_REMOVED, "kind" => "dashboards").increment(removed.dashboards);
    counter!(gauges::RETENTION_REMOVED, "kind" => "synced").increment(removed.synced);
    counter!(gauges::RETENTION_REMOVED, "kind" => "deliveries").increment(removed.deliveries);
    counter!(gauges::RETENTION_REMOVED, "kind" => "events").increment(removed.events);
    counter!(gauges::RETENTION_REMOVED, "kind" => "told").increment(removed.told);
    counter!(gauges::RETENTION_REMOVED, "kind" => "lately").increment(removed.lately);
    counter!(gauges::RETENTION_REMOVED, "kind" => "closed_job").increment(removed.closed_jobs);
    counter!(gauges::RETENTION_REMOVED, "kind" => "notification").increment(removed.notifications);
    counter!(gauges::RETENTION_REMOVED, "kind" => "token").increment(removed.tokens);
    Ok(removed)
}

/// Rows of the event log that are old as a whole. The last of each tenant stays: the numbers go on from it.
async fn remove_events(house: &House, before: Timestamp) -> Result<u64, SweepError> {
    let mut removed = 0;
    let tenants: Vec<_> = house.tenants.all().into_iter().map(|(tenant, _)| tenant).collect();
    for tenant in tenants {
        let prefix = Prefix::tenant(Space::Events, tenant);
        let last = house.store.last(&prefix)?;
        loop {
            let mut old = Vec::new();
            house.store.scan(&prefix, None, &mut |key, record| {
                // One that cannot be read is kept for whoever looks into it.
                let Ok(events) = event_log::read(key, record) else { return ControlFlow::Continue(()) };
                let is_old = events.last().is_none_or(|event| event.entry.at < before);
                if !is_old || last.as_deref() == Some(key) || old.len() == ROWS_MAX {
                    return ControlFlow::Break(());
                }
                old.push(key.to_vec());
                ControlFlow::Continue(())
            })?;
            if old.is_empty() {
                break;
            }
            removed += old.len() as u64;
            remove(house, old).await?;
        }
    }
    Ok(removed)
}

/// What became of events long ago, or at endpoints that are there no more. What waits stays.
async fn remove_deliveries(house: &House, before: Timestamp) -> Result<u64, SweepError> {
    remove_old(house, Space::Deliveries, |key, record| {
        let Some(Key::Delivery { endpoint, .. }) = Key::parse(key) else { return false };
        // One that cannot be read is kept for whoever looks into it.
        let Ok((_, delivery)) = codec::open::<Delivery>(record) else { return false };
        let is_old = delivery.tries.last().is_none_or(|tried| tried.at < before);
        (is_old && delivery.state != DeliveryState::Waiting) || house.sinks.get(endpoint).is_none()
    })
    .await
}

/// So long it is known which orders a dashboard has heard of.
const ORDERS_KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// The rows of a space that are old.
async fn remove_old(
    house: &House,
    space: Space,
    is_old: impl Fn(&[u8], &[u8]) -> bool + Send,
) -> Result<u64, SweepError> {
    let (mut removed, mut after) = (0, None::<Vec<u8>>);
    loop {
        let (mut old, mut last) = (Vec::new(), None);
        house.store.scan(&Prefix::space(space), after.as_deref(), &mut |key, record| {
            last = Some(key.to_vec());
            if is_old(key, record) {
                old.push(key.to_vec());
            }
            if old.len() < ROWS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let more = old.len() == ROWS_MAX;
        removed += old.len() as u64;
        if !old.is_empty() {
            remove(house, old).await?;
        }
        if !more {
            return Ok(removed);
        }
        after = last;
    }
}

/// Those who were not written to for so long that no tenant's cap counts it.
async fn forget_lately(house: &House, now: Timestamp) -> Result<u64, SweepError> {
    let all = house.tenants.all();
    let spans = all.iter().flat_map(|(_, view)| view.settings.messages.caps.iter().map(|cap| cap.per));
    let before = now - spans.max().unwrap_or_default();
    let mut forgotten = 0;
    loop {
        let (done, removed) = oneshot::channel();
        let count = house.lately.forget(before, ROWS_MAX, |old| {
            let writes = old.iter().map(|agent| Write { key: Key::Lately(*agent).bytes(), value: None }).collect();
            let writes = StepWrites { check: None, writes };
            // Whoever swept may have been stopped meanwhile.
            let done = Box::new(move |result| {
                let _ = done.send(result);
            });
            house.committer.store(Pending { writes, facts: None, events: None, done });
        });
        if count == 0 {
            return Ok(forgotten);
        }
        // Without an answer nobody knows: those rows are read again at the next start, and removed by its sweep.
        removed.await.unwrap_or(Err(NotStored::Unknown))?;
        forgotten += count as u64;
    }
}

/// The partitions in which private details lie of jobs that a sweep at this moment removes.
pub fn old_details(house: &House, ages: Ages, now: Timestamp) -> Result<BTreeSet<u8>, StoreError> {
    let mut partitions = BTreeSet::new();
    let Some(age) = ages.closed_jobs else { return Ok(partitions) };
    let before = i32::try_from((now - age).0.div_euclid(86_400_000)).unwrap_or(i32::MIN);
    let mut after = None;
    loop {
        let (page, next) = old_jobs(house, |_, day| day < before, after.as_deref())?;
        for (_, job) in page {
            if !partitions.contains(&job.partition()) && house.store.get(&Key::Details(job).bytes())?.is_some() {
                partitions.insert(job.partition());
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(partitions),
        }
    }
}

type OldJobs = (Vec<(Vec<u8>, JobId)>, Option<Vec<u8>>);

/// A page of the lines of jobs that were closed before a day, and where to go on.
fn old_jobs(
    house: &House,
    is_old: impl Fn(TenantId, i32) -> bool,
    after: Option<&[u8]>,
) -> Result<OldJobs, StoreError> {
    let mut page = Vec::new();
    let mut last = None;
    house.store.scan(&Prefix::space(Space::ClosedDays), after, &mut |key, _| {
        if let Some(Key::ClosedDay { tenant, day, job }) = Key::parse(key)
            && is_old(tenant, day)
        {
            page.push((key.to_vec(), JobId::drawn(tenant, job)));
        }
        last = Some(key.to_vec());
        if page.len() < PAGE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    let more = page.len() == PAGE;
    Ok((page, last.filter(|_| more)))
}

async fn remove_job(house: &House, job: JobId, line: Vec<u8>) -> Result<(), SweepError> {
    let mut keys = Vec::new();
    for space in [Space::Ledger, Space::History] {
        house.store.scan(&Prefix::job(space, job), None, &mut |key, _| {
            keys.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
    }
    keys.extend(Numbers::rows_of(&*house.store, job)?);
    // The line that lists it stands under the moment it came in.
    let record = house.store.get(&Key::ClosedJob(job).bytes())?;
    if let Some(Ok(known)) = record.as_deref().map(records::open_job)
        && known.assignment.is_some()
    {
        keys.push(Key::AssignmentLine { created_at: known.created_at, job }.bytes());
    }
    for rows in keys.chunks(ROWS_MAX) {
        remove(house, rows.to_vec()).await?;
    }
    remove(house, vec![Key::Details(job).bytes(), Key::ClosedJob(job).bytes(), line]).await?;
    Ok(())
}

/// Those that ended before a moment, each with the line that lists it. One that waits for its day is kept, however old.
async fn remove_notifications(house: &House, before: Timestamp) -> Result<u64, SweepError> {
    let mut removed = 0;
    let mut after: Option<Vec<u8>> = None;
    loop {
        let (page, next) = old_lines(house, before, after.as_deref())?;
        for (line, id) in page {
            if house.store.get(&Key::LiveNotification(id).bytes())?.is_some() {
                continue;
            }
            let key = Key::EndedNotification(id).bytes();
            let record = house.store.get(&key)?;
            // A record that cannot be read is kept for whoever looks into it.
            let over = record.as_deref().is_none_or(|record| match codec::open::<Notification>(record) {
                Ok((_, notification)) => matches!(notification.stage, Stage::Ended { at, .. } if at < before),
                Err(_) => false,
            });
            if over {
                remove(house, vec![key, line]).await?;
                removed += 1;
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(removed),
        }
    }
}

type OldLines = (Vec<(Vec<u8>, NotificationId)>, Option<Vec<u8>>);

/// A page of the lines of notifications that came in before a moment, and where to go on.
fn old_lines(house: &House, before: Timestamp, after: Option<&[u8]>) -> Result<OldLines, StoreError> {
    let mut page = Vec::new();
    let mut last = None;
    house.store.scan(&Prefix::space(Space::NotificationLines), after, &mut |key, _| {
        if let Some(Key::NotificationLine { created_at, id }) = Key::parse(key)
            && created_at < before
        {
            page.push((key.to_vec(), id));
        }
        last = Some(key.to_vec());
        if page.len() < PAGE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    let more = page.len() == PAGE;
    Ok((page, last.filter(|_| more)))
}

fn old_tokens(house: &House, before: Timestamp) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut keys = Vec::new();
    house.store.scan(&Prefix::space(Space::Registrations), None, &mut |key, record| {
        if let Ok((_, token)) = codec::open::<Registration>(record)
            && token.expires_at < before
        {
            keys.push(key.to_vec());
        }
        ControlFlow::Continue(())
    })?;
    Ok(keys)
}

/// What was acted upon; what was not is kept, however old.
fn old_news(house: &House, before: Timestamp) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut keys = Vec::new();
    house.store.scan(&Prefix::space(Space::Inbox), None, &mut |key, record| {
        match codec::open::<Told>(record) {
            Ok((_, Told::News { at, done: true, .. } | Told::Progress { at, .. })) if at < before => {
                keys.push(key.to_vec());
            }
            Ok(_) | Err(_) => {}
        }
        if keys.len() < ROWS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(keys)
}

async fn remove(house: &House, keys: Vec<Vec<u8>>) -> Result<(), NotStored> {
    let writes = keys.into_iter().map(|key| Write { key, value: None }).collect();
    house.committer.store_rows(StepWrites { check: None, writes }).await
}
