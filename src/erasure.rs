//! Private details erased for good: their rows go, and with the salts of their partitions what still lies about of them.
//!
//! One partition at a time, and only one at all: a second salt says on the disk that something is going on, so that a start carries
//! it to its end ([`crate::sealing::rotate::finish`]).

use std::ops::ControlFlow;
use std::sync::Arc;

use baton_actors::committer::NotStored;
use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_actors::retention::{self, Ages, Removed, SweepError};
use baton_actors::store::StoreError;
use baton_actors::store::keys::{Key, PARTITIONS, Prefix, Space};
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::{Answer, Ask, By, Command, Job, Refusal, Stage};
use baton_core::time::Timestamp;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use crate::sealing::rotate::{self, Page};
use crate::sealing::{Keyring, SealingError};

/// So many jobs are looked at in one go: the more, the less often what stays of a partition is sealed anew.
const LOOKED_AT: usize = 10_000;

/// So many are asked at once.
const AT_ONCE: usize = 256;

/// Whose details are to be erased.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// Those of the jobs that an agent has or had: what was or could be released to them.
    Of(AgentId),
    /// Those of the jobs that were over before a moment; of those that are not over, the ones that came in before it.
    Before(Timestamp),
}

/// How.
#[derive(Clone, Debug)]
pub struct How {
    /// Why.
    pub reason: String,
    /// Who, and how.
    pub by: By,
    /// Also where the job is not over.
    pub although_open: bool,
    /// Nothing is erased, only counted.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    /// So many jobs' details were erased; with a dry run, would be.
    pub erased: u64,
    /// So many were left, because the job is not over.
    pub open: u64,
    /// Where to go on: the key of the details looked at last; none: nothing is left.
    pub next: Option<Vec<u8>>,
}

/// Why nothing was erased, or it is not certain that it is gone.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// A job refused, or could not be asked.
    #[error("{0}")]
    Asked(#[from] Failure),
    /// Reading the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The salts.
    #[error(transparent)]
    Salts(#[from] SealingError),
    /// Sealing anew what stays.
    #[error("what stays could not be sealed anew; the next start carries it on: {0}")]
    NotStored(#[from] NotStored),
    /// A configured key is missing.
    #[error(
        "{0} details lie in this partition whose sealing key is not configured: nothing is erased for good before it is; see \
         `baton sealing status`"
    )]
    Locked(u64),
    /// Removing what is old did not come to its end.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// It was cut off.
    #[error("it was cut off; the next start carries it on")]
    CutOff,
}

/// Erases the details of one job.
pub async fn of_job(engine: &Engine, keyring: &Arc<Keyring>, job: JobId, how: How) -> Result<Erased, ErasureError> {
    if how.dry_run {
        let found = engine.job(job)?.ok_or(Failure::Refused(Refusal::JobNotFound, None))?;
        return Ok(count([&found].into_iter().filter(|job| job.has_details), &how));
    }
    in_one_partition(engine, keyring, vec![job], how, true).await
}

/// Erases the details of those jobs of a tenant that are meant: the next of them.
pub async fn page(
    engine: &Engine,
    keyring: &Arc<Keyring>,
    tenant: TenantId,
    (which, after): (Which, Option<Vec<u8>>),
    how: How,
) -> Result<Erased, ErasureError> {
    let looking = engine.clone();
    let look = move || found(&looking, tenant, which, after.as_deref());
    let (jobs, next) = tokio::task::spawn_blocking(look).await.map_err(|_| ErasureError::CutOff)??;
    if how.dry_run || jobs.is_empty() {
        return Ok(Erased { next, ..count(jobs.iter(), &how) });
    }
    let ids = jobs.iter().map(|job| job.id).collect();
    Ok(Erased { next, ..in_one_partition(engine, keyring, ids, how, false).await? })
}

fn count<'a>(jobs: impl Iterator<Item = &'a Job>, how: &How) -> Erased {
    jobs.fold(Erased::default(), |mut erased, job| {
        let goes = how.although_open || job.is_closed();
        erased.erased += u64::from(goes);
        erased.open += u64::from(!goes);
        erased
    })
}

type Found = (Vec<Job>, Option<Vec<u8>>);

/// The next jobs that are meant, all of one partition, and where to go on.
fn found(engine: &Engine, tenant: TenantId, which: Which, after: Option<&[u8]>) -> Result<Found, ErasureError> {
    let from = after.and_then(|key| key.get(1).copied()).unwrap_or(0).min(PARTITIONS);
    for partition in from..PARTITIONS {
        let prefix = Prefix::tenant_in_partition(Space::Details, partition, tenant);
        let (mut ids, mut last) = (Vec::new(), None);
        engine.house().store.scan(&prefix, after.filter(|key| key.starts_with(&prefix)), &mut |key, _| {
            ids.extend(Key::parse(key).as_ref().and_then(Key::job));
            last = Some(key.to_vec());
            if ids.len() < LOOKED_AT { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let full = ids.len() >= LOOKED_AT;
        let mut jobs = Vec::new();
        for id in ids {
            jobs.extend(engine.job(id)?.filter(|job| job.has_details && is_meant(job, which)));
        }
        let next_partition =
            (partition + 1 < PARTITIONS).then(|| Prefix::tenant_in_partition(Space::Details, partition + 1, tenant));
        let next = if full { last } else { next_partition };
        if !jobs.is_empty() || full || next.is_none() {
            return Ok((jobs, next));
        }
    }
    Ok((Vec::new(), None))
}

fn is_meant(job: &Job, which: Which) -> bool {
    match which {
        Which::Of(agent) => {
            let granted = job.grant.as_ref().is_some_and(|grant| grant.agent == agent);
            granted || job.winner() == Some(agent) || job.had_it.contains(&agent)
        }
        Which::Before(moment) => match &job.stage {
            Stage::Closed { at, .. } => *at < moment,
            _ => job.created_at < moment,
        },
    }
}

/// Removes what is old, and with the rows of details that go the salts under which their keys lay: what the store's file still holds of
/// them opens with nothing. A partition from which nothing goes is left alone.
pub async fn sweep(
    engine: &Engine,
    keyring: &Arc<Keyring>,
    ages: Ages,
    now: Timestamp,
) -> Result<Removed, ErasureError> {
    let _alone = keyring.salts().working().lock().await;
    let looking = engine.clone();
    let look = move || retention::old_details(looking.house(), ages, now);
    let partitions = tokio::task::spawn_blocking(look).await.map_err(|_| ErasureError::CutOff)??;
    for partition in partitions.iter().copied() {
        if keyring.salts().is_turning(partition) {
            turn_over(engine, keyring, partition).await?;
        }
        // On the disk before the first row goes, as when somebody erases.
        blocking(keyring, move |keyring| keyring.salts().turn(partition)).await?;
    }
    let removed = retention::sweep(engine.house(), ages, now).await;
    // What went is to be gone, also where not all of it did.
    for partition in partitions {
        turn_over(engine, keyring, partition).await?;
    }
    Ok(removed?)
}

/// Erases the details of jobs of one partition. It is carried to its end, also where whoever asked has gone.
async fn in_one_partition(
    engine: &Engine,
    keyring: &Arc<Keyring>,
    jobs: Vec<JobId>,
    how: How,
    refusing: bool,
) -> Result<Erased, ErasureError> {
    let (engine, keyring) = (engine.clone(), Arc::clone(keyring));
    let work = async move {
        let Some(partition) = jobs.first().map(JobId::partition) else { return Ok(Erased::default()) };
        let _alone = keyring.salts().working().lock().await;
        // What was begun before has sealed under this second salt: only a new one is of use.
        if keyring.salts().is_turning(partition) {
            turn_over(&engine, &keyring, partition).await?;
        }
        // On the disk before the first row goes: whatever happens from here on, what is removed will be gone for good.
        blocking(&keyring, move |keyring| keyring.salts().turn(partition)).await?;
        let mut erased = Erased::default();
        let mut failed = None;
        for some in jobs.chunks(AT_ONCE) {
            for verdict in join_all(some.iter().map(|job| engine.ask(*job, ask(&how)))).await {
                match verdict {
                    Ok(done) if done.answer == Answer::Done => erased.erased += 1,
                    Ok(_) => {}
                    Err(Failure::Refused(Refusal::JobOpen { .. }, _)) if !refusing => erased.open += 1,
                    Err(failure) => failed = Some(failure),
                }
            }
        }
        turn_over(&engine, &keyring, partition).await?;
        failed.map_or(Ok(erased), |failure| Err(failure.into()))
    };
    tokio::spawn(work).await.map_err(|_| ErasureError::CutOff)?
}

fn ask(how: &How) -> Ask {
    let command = Command::EraseDetails { reason: how.reason.clone(), although_open: how.although_open };
    Ask { command, by: how.by.clone(), key: None, expects: None }
}

/// Seals what stays under the second salt, and destroys the first.
async fn turn_over(engine: &Engine, keyring: &Arc<Keyring>, partition: u8) -> Result<(), ErasureError> {
    let house = engine.house();
    let salt = blocking(keyring, move |keyring| keyring.salts().turn(partition)).await?;
    // Nothing that was sealed at the door under the first is on its way any more once the committer has come this far.
    house.salted.none_before(partition, salt);
    let (ring, passed) = oneshot::channel();
    house.committer.once_passed(move || {
        // Whoever asked may have been cut off.
        let _ = ring.send(());
    });
    passed.await.map_err(|_| ErasureError::CutOff)?;
    let (mut after, mut locked) = (None, 0);
    loop {
        let (store, ring) = (Arc::clone(&house.store), Arc::clone(keyring));
        let read = move || rotate::page(&*store, &ring, (Space::Details, partition), after.as_deref());
        let page = tokio::task::spawn_blocking(read).await.map_err(|_| ErasureError::CutOff)??;
        let Page { steps, next, locked: closed, .. } = page;
        locked += closed;
        for stored in join_all(steps.into_iter().map(|step| house.committer.store_rows(step))).await {
            match stored {
                // It went meanwhile: nobody but the retention and this writes to them.
                Ok(()) | Err(NotStored::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match next {
            None => break,
            next => after = next,
        }
    }
    if locked > 0 {
        return Err(ErasureError::Locked(locked));
    }
    blocking(keyring, move |keyring| keyring.salts().destroy_before(partition)).await
}

/// The salts wait for the disk.
async fn blocking<T: Send + 'static>(
    keyring: &Arc<Keyring>,
    work: impl FnOnce(&Keyring) -> std::io::Result<T> + Send + 'static,
) -> Result<T, ErasureError> {
    let keyring = Arc::clone(keyring);
    let done = tokio::task::spawn_blocking(move || work(&keyring)).await.map_err(|_| ErasureError::CutOff)?;
    Ok(done.map_err(SealingError::Salts)?)
}
