//! Private details erased for good: their rows go, and with the salts of their partitions what still lies about of them.
//!
//! One partition at a time, and only one at all: a second salt says on the disk that something is going on, so that a start carries
//! it to its end ([`crate::sealing::rotate::finish`]).

mod meant;
mod turning;

use std::sync::Arc;

use baton_actors::committer::NotStored;
use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_actors::retention::{self, Ages, Removed, SweepError};
use baton_actors::store::StoreError;
use baton_actors::store::keys::PARTITIONS;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::{Answer, Ask, By, Command, Job, Refusal};
use baton_core::time::Timestamp;
use futures_util::future::join_all;

use crate::sealing::{Keyring, SealingError};
use meant::found;
use turning::{blocking, turn_over};

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
    #[error("what stays could not be sealed anew; asking again or the next start carries it on: {0}")]
    NotStored(#[from] NotStored),
    /// Other details lie there that cannot be taken over, and would be lost with the salt.
    #[error(
        "beside what is to be erased lie {locked} details whose sealing key is not configured and {unreadable} that cannot be \
         read: with what is erased they would be lost. Mend that first; see `baton sealing status`"
    )]
    Stuck {
        /// So many whose key is not configured.
        locked: u64,
        /// So many that cannot be read.
        unreadable: u64,
    },
    /// Removing what is old did not come to its end.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// It was cut off.
    #[error("it was cut off; asking again or the next start carries it on")]
    CutOff,
}

/// Erases the details of one job. Where they are gone already, what that left undone is carried to its end.
pub async fn of_job(engine: &Engine, keyring: &Arc<Keyring>, job: JobId, how: How) -> Result<Erased, ErasureError> {
    let found = engine.job(job)?.ok_or(Failure::Refused(Refusal::JobNotFound, None))?;
    if how.dry_run {
        return Ok(count([&found].into_iter().filter(|job| job.has_details), &how));
    }
    if !found.has_details {
        turning::carry_on(engine, keyring, job.partition()..job.partition() + 1).await?;
        return Ok(Erased::default());
    }
    // Before anything is gone over for it.
    if !how.takes(&found) {
        let refusal = Refusal::JobOpen { status: found.status() };
        return Err(Failure::Refused(refusal, Some(Arc::new(found))).into());
    }
    in_one_partition(engine, keyring, vec![job], how, true).await
}

/// Erases the details of those jobs of a tenant that are meant: the next of them. With the last of them goes what an erasure before
/// left undone.
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
    let counted = count(jobs.iter(), &how);
    if how.dry_run {
        return Ok(Erased { next, ..counted });
    }
    let ids: Vec<JobId> = jobs.iter().filter(|job| how.takes(job)).map(|job| job.id).collect();
    let mut erased = in_one_partition(engine, keyring, ids, how, false).await?;
    erased.open += counted.open;
    if next.is_none() {
        turning::carry_on(engine, keyring, 0..PARTITIONS).await?;
    }
    Ok(Erased { next, ..erased })
}

impl How {
    /// Whether it is for this job.
    fn takes(&self, job: &Job) -> bool {
        self.although_open || job.is_closed()
    }
}

fn count<'a>(jobs: impl Iterator<Item = &'a Job>, how: &How) -> Erased {
    jobs.fold(Erased::default(), |mut erased, job| {
        let goes = how.takes(job);
        erased.erased += u64::from(goes);
        erased.open += u64::from(!goes);
        erased
    })
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
    let mut turned = Vec::new();
    for partition in partitions {
        // What is old goes all the same: its salt goes with what is erased there next.
        if let Err(error @ ErasureError::Stuck { .. }) =
            turning::stuck(engine, keyring, partition, &[]).await?.nothing()
        {
            tracing::warn!(partition, %error, "what is old is removed, and the salt it was sealed under is kept");
            continue;
        }
        turned.push(partition);
        if keyring.salts().is_turning(partition) {
            turn_over(engine, keyring, partition).await?;
        }
        // On the disk before the first row goes, as when somebody erases.
        blocking(keyring, move |keyring| keyring.salts().turn(partition)).await?;
    }
    let removed = retention::sweep(engine.house(), ages, now).await;
    // What went is to be gone, also where not all of it did.
    for partition in turned {
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
        let stuck = turning::stuck(&engine, &keyring, partition, &jobs).await?;
        let theirs = stuck.nothing()?;
        let mut asked = Asked { refusing, ..Asked::default() };
        // What was begun before has sealed under this second salt: only a new one is of use.
        if keyring.salts().is_turning(partition) {
            // What they hold that cannot be taken over would be in the way.
            asked.all(&engine, &theirs, &how).await;
            turn_over(&engine, &keyring, partition).await?;
        }
        // On the disk before the first row goes: whatever happens from here on, what is removed will be gone for good.
        blocking(&keyring, move |keyring| keyring.salts().turn(partition)).await?;
        asked.all(&engine, &jobs, &how).await;
        turn_over(&engine, &keyring, partition).await?;
        asked.failed.map_or(Ok(asked.erased), |failure| Err(failure.into()))
    };
    tokio::spawn(work).await.map_err(|_| ErasureError::CutOff)?
}

/// What jobs said that were asked.
#[derive(Default)]
struct Asked {
    erased: Erased,
    failed: Option<Failure>,
    /// Whether the no of a job that is not over fails the whole.
    refusing: bool,
}

impl Asked {
    async fn all(&mut self, engine: &Engine, jobs: &[JobId], how: &How) {
        for some in jobs.chunks(AT_ONCE) {
            for verdict in join_all(some.iter().map(|job| engine.ask(*job, ask(how)))).await {
                match verdict {
                    Ok(done) if done.answer == Answer::Done => self.erased.erased += 1,
                    Ok(_) => {}
                    Err(Failure::Refused(Refusal::JobOpen { .. }, _)) if !self.refusing => self.erased.open += 1,
                    Err(failure) => self.failed = Some(failure),
                }
            }
        }
    }
}

fn ask(how: &How) -> Ask {
    let command = Command::EraseDetails { reason: how.reason.clone(), although_open: how.although_open };
    Ask { command, by: how.by.clone(), key: None, expects: None }
}
