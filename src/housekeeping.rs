//! What is done by the clock and need not survive a restart: removing what is old, backups, metrics upkeep. In UTC only.
//!
//! A firing may come twice under load, and a missed one is not made up for: everything here is harmless to repeat and to
//! leave out.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use baton_actors::clock::Clock;
use baton_actors::engine::Engine;
use baton_actors::gauges;
use baton_actors::retention::Ages;
use baton_actors::store::Store;
use baton_actors::store::keys::{Key, Space};
use baton_core::time::Timestamp;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::canary::{self, Canary};
use crate::config::Config;
use crate::erasure;
use crate::sealing::Keyring;
use crate::store::SledStore;
use crate::store::backup::backup;
use crate::telemetry::metrics::Exposition;

/// Metrics are taken in every five seconds: histograms queue their samples until then.
const UPKEEP: &str = "*/5 * * * * *";

/// What house-keeping works on. The schedule's own tasks outlive its shutdown, so they do not own it: once the schedule is dropped, a
/// job that fires finds nothing to do, and the store can be opened again.
struct House {
    config: Config,
    engine: Engine,
    store: Arc<SledStore>,
    exposition: Option<Exposition>,
    clock: Arc<dyn Clock>,
    keyring: Arc<Keyring>,
}

/// The running schedule.
pub struct Schedule {
    scheduler: JobScheduler,
    _house: Arc<House>,
    canary: Option<Arc<Canary>>,
}

impl Schedule {
    /// Has the canary fly.
    pub async fn has_fly(&mut self, canary: Canary, cron: &str) -> Result<(), JobSchedulerError> {
        let canary = self.canary.insert(Arc::new(canary));
        self.scheduler.add(job(cron, canary, canary::fly)?).await?;
        Ok(())
    }

    /// Ends it: nothing fires any more.
    pub async fn end(mut self) {
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::warn!(%error, "the schedule of house-keeping did not stop");
        }
    }
}

/// Starts the schedule.
pub async fn start(
    config: &Config,
    engine: &Engine,
    store: &Arc<SledStore>,
    exposition: Option<&Exposition>,
    clock: &Arc<dyn Clock>,
    keyring: &Arc<Keyring>,
) -> Result<Schedule, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let house = Arc::new(House {
        config: config.clone(),
        engine: engine.clone(),
        store: Arc::clone(store),
        exposition: exposition.cloned(),
        clock: Arc::clone(clock),
        keyring: Arc::clone(keyring),
    });
    // A restored copy loses nothing before somebody has looked at it, and its backups would push out those of the original.
    if !engine.is_restored() {
        if !engine.rests() {
            scheduler.add(job(&config.retention.cron, &house, remove)?).await?;
        }
        if config.backup.enabled {
            let newest = newest_backup(&config.backup.dir).unwrap_or_else(|| clock.now());
            metrics::gauge!(gauges::BACKUP_LAST).set(seconds(newest));
            scheduler.add(job(&config.backup.cron, &house, back_up)?).await?;
        }
    }
    scheduler.add(job(UPKEEP, &house, upkeep)?).await?;
    scheduler.start().await?;
    Ok(Schedule { scheduler, _house: house, canary: None })
}

/// A job of the schedule, for as long as there is what it works on.
fn job<T, F>(cron: &str, house: &Arc<T>, work: fn(Arc<T>) -> F) -> Result<Job, JobSchedulerError>
where
    T: Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let house = Arc::downgrade(house);
    Job::new_async(cron, move |_, _| {
        let house = Weak::upgrade(&house);
        Box::pin(async move {
            if let Some(house) = house {
                work(house).await;
            }
        })
    })
}

/// Takes samples in, and sets the gauges that nobody counts up and down.
fn upkeep(house: Arc<House>) -> std::future::Ready<()> {
    if let Some(exposition) = &house.exposition {
        exposition.upkeep();
    }
    metrics::gauge!(gauges::ADMISSION_USED).set(house.engine.under_way() as f64);
    for (kind, count) in broken_by_kind(house.engine.broken()) {
        metrics::gauge!(gauges::RECORDS_QUARANTINED, "kind" => kind).set(f64::from(count));
    }
    if let Ok(bytes) = house.store.size_on_disk() {
        metrics::gauge!(gauges::STORE_BYTES).set(bytes as f64);
    }
    std::future::ready(())
}

/// Removing what is old.
async fn remove(house: Arc<House>) {
    let config = &house.config;
    let ages = Ages {
        closed_jobs: config.retention.closed_jobs,
        closed_jobs_of: config.canary.enabled.then_some((config.canary.tenant, config.canary.keep)),
        notifications: config.retention.notifications,
        tokens: config.retention.tokens,
        inbox: config.retention.inbox,
        events: config.events.keep,
        deliveries: config.endpoints.keep,
    };
    match erasure::sweep(&house.engine, &house.keyring, ages, house.clock.now()).await {
        Ok(removed) => {
            tracing::info!(
                closed_jobs = removed.closed_jobs,
                notifications = removed.notifications,
                tokens = removed.tokens,
                "removed what is old"
            );
        }
        Err(error) => tracing::error!(%error, "removing what is old did not come to its end"),
    }
}

/// Making backups.
async fn back_up(house: Arc<House>) {
    // A backup reads the whole store: not on a thread that answers requests.
    let made = tokio::task::spawn_blocking(move || {
        let set = &house.config.backup;
        make_backup(&house.store, &set.dir, set.keep, &*house.clock)
    });
    match made.await {
        Ok(Ok(file)) => tracing::info!(file = %file.display(), "made a backup"),
        Ok(Err(error)) => tracing::error!(error, "no backup was made"),
        Err(error) => tracing::error!(%error, "making a backup fell"),
    }
}

/// The records that could not be read at the start, counted by what they are.
fn broken_by_kind(broken: &[(Vec<u8>, String)]) -> BTreeMap<&'static str, u32> {
    let mut counts = BTreeMap::from(["job", "agent", "notification", "settings", "key", "other"].map(|kind| (kind, 0)));
    for (key, _) in broken {
        let kind = match Key::parse(key).map(|key| key.space()) {
            Some(Space::LiveJobs | Space::ClosedJobs | Space::Details | Space::Ledger | Space::History) => "job",
            Some(Space::Agents | Space::Holds | Space::Lately | Space::Refused) => "agent",
            Some(Space::LiveNotifications | Space::EndedNotifications | Space::NotificationLines) => "notification",
            Some(Space::Plans | Space::Templates | Space::Tenants | Space::TenantAudit) => "settings",
            Some(Space::ApiKeys) => "key",
            Some(_) | None => "other",
        };
        *counts.entry(kind).or_insert(0) += 1;
    }
    counts
}

/// Makes one backup and removes those beyond the newest `keep`.
pub fn make_backup(store: &SledStore, dir: &Path, keep: usize, clock: &dyn Clock) -> Result<PathBuf, String> {
    let now = clock.now();
    let described = |error: &dyn std::error::Error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    };
    std::fs::create_dir_all(dir).map_err(|error| format!("{} cannot be made: {error}", dir.display()))?;
    let file = dir.join(format!("baton-{}.bak", now.to_string().replace([':', '.'], "-")));
    backup(store, &file, now, &mut |_| {}).map_err(|error| described(&error))?;
    metrics::gauge!(gauges::BACKUP_LAST).set(seconds(now));
    let files = backups_in(dir).map_err(|error| described(&error))?;
    let surplus = files.len().saturating_sub(keep.max(1));
    for old in &files[..surplus] {
        std::fs::remove_file(old).map_err(|error| format!("{} cannot be removed: {error}", old.display()))?;
    }
    Ok(file)
}

/// The backups in a folder, the oldest first: their names are in order of their moments.
fn backups_in(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "bak"))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("baton-")))
        .collect();
    files.sort();
    Ok(files)
}

/// When the newest backup in a folder was written. None: there is none, and what is missing is missed from the start on.
pub fn newest_backup(dir: &Path) -> Option<Timestamp> {
    let written = backups_in(dir).ok()?.last()?.metadata().ok()?.modified().ok()?;
    let since = written.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp(i64::try_from(since.as_millis()).ok()?))
}

fn seconds(moment: Timestamp) -> f64 {
    Duration::from_millis(moment.0.unsigned_abs()).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_backup_in_the_folder_counts_after_a_restart_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| std::fs::File::create(folder.path().join(name)).unwrap();
        let written = |file: std::fs::File, millis| {
            file.set_modified(std::time::UNIX_EPOCH + Duration::from_millis(millis)).unwrap();
        };
        assert_eq!(newest_backup(&folder.path().join("nowhere")), None);
        written(file("of-somebody-else.bak"), 9_000_000);
        assert_eq!(newest_backup(folder.path()), None);
        written(file("baton-2027-01-02T00-00-00-000Z.bak"), 2_000);
        written(file("baton-2027-01-01T00-00-00-000Z.bak"), 1_000);
        assert_eq!(newest_backup(folder.path()), Some(Timestamp(2_000)));
    }
}
