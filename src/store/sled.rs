//! The embedded store: sled 0.34.7, with what it lacks to keep a promise through a power cut.
//!
//! - sled's `flush` ends in `sync_file_range`, which neither writes the file's metadata nor empties the disk's own
//!   cache: emulated power cuts left most databases unreadable. Our own `fdatasync` follows every flush.
//! - sled writes a page over a quarter of a segment into a file of its own that it never syncs. So segments are large
//!   enough for the fullest page of the largest values ([`SEGMENT`]).
//! - Its writer holds the garbage of a batch in memory until the batch ends, so batches are small.
//! - It may panic on broken files, so it is never called outside of `catch_unwind`.
//! - A failed flush is final: what the disk then holds is unknown, and a repeated fsync may lie. From then on every call
//!   fails, and the restart is the recovery.
//!
//! A read may show rows of a group that is not yet flushed. Whoever decides on them commits in a later group, which is
//! flushed after.

use std::fs::{DirBuilder, File};
use std::ops::Bound;
use std::os::unix::fs::DirBuilderExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use baton_actors::clock::Stopwatch;
use baton_actors::store::{Gathered, KEY_MAX, StepWrites, Store, StoreError, VALUE_MAX, Verdict, Visitor};
use parking_lot::Mutex;
use sled::{Batch, Db, IVec};

use super::watch::{Watch, Watched};

/// No batch has more rows than this: a thousand of them took 0.8 GB where 200 took nothing.
const BATCH_ROWS: usize = 256;

/// Nor more bytes.
const BATCH_BYTES: usize = 1024 * 1024;

/// sled splits a page at 17 values and merges one of up to 3 into one of up to 16, whatever their size, so the fullest
/// page has 19, and must fit a quarter of a segment. Larger ones cost throughput (8 MiB: an eighth). A store that exists
/// keeps the size it was made with.
const SEGMENT: usize = 4 * 1024 * 1024;
const _: () = assert!(19 * (KEY_MAX + VALUE_MAX) < SEGMENT / 4 - 16 * 1024);

/// A store in a folder.
pub struct SledStore {
    db: Db,
    folder: PathBuf,
    /// Our own handle on sled's file, to sync it with.
    file: File,
    options: SledOptions,
    /// One group is written at a time, and one sync runs at a time; the next group is written while the last is synced.
    writing: Mutex<()>,
    syncing: Mutex<()>,
    watched: Watched,
    failure: OnceLock<StoreError>,
}

/// How to open a store.
#[derive(Clone, Copy, Debug)]
pub struct SledOptions {
    cache_bytes: u64,
    fdatasync: bool,
}

impl Default for SledOptions {
    fn default() -> Self {
        Self { cache_bytes: 128 * 1024 * 1024, fdatasync: true }
    }
}

impl SledOptions {
    /// How much memory the page cache may take, more or less.
    #[must_use]
    pub fn cache_bytes(self, cache_bytes: u64) -> Self {
        Self { cache_bytes, ..self }
    }

    /// Leaves the fdatasync out. Loses data: exists so that the test of the power cut can fail.
    #[doc(hidden)]
    #[must_use]
    pub fn without_fdatasync(self) -> Self {
        Self { fdatasync: false, ..self }
    }
}

impl SledStore {
    /// Opens the store in this folder, which is made if it is missing.
    pub fn open(folder: &Path, options: SledOptions) -> Result<Self, StoreError> {
        make_folder(folder)?;
        let config = sled::Config::new()
            .path(folder)
            .cache_capacity(options.cache_bytes)
            .segment_size(SEGMENT)
            .flush_every_ms(Some(500));
        let db = once_free(|| guarded(|| config.open()).map_err(|error| in_words(error, folder)))?;
        sync_folder(folder)?;
        let file = File::open(folder.join("db")).map_err(failed("opening the store's file"))?;
        Ok(Self {
            db,
            folder: folder.to_owned(),
            file,
            options,
            writing: Mutex::new(()),
            syncing: Mutex::new(()),
            watched: Watched::default(),
            failure: OnceLock::new(),
        })
    }

    /// Why nothing is believed any more; none while all is well.
    pub fn failure(&self) -> Option<&StoreError> {
        self.failure.get()
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Remembers the keys that are written from now on; none where somebody does already.
    pub(super) fn watch(&self) -> Option<Watch<'_>> {
        self.watched.begin()
    }

    /// Does something while nothing is committed and everything committed is on disk.
    pub(super) fn between_commits<T, E: From<StoreError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let _alone = self.writing.lock();
        self.sync()?;
        work()
    }

    fn write_group(&self, group: &[StepWrites]) -> Result<Vec<Verdict>, StoreError> {
        let mut verdicts = Vec::with_capacity(group.len());
        let mut gathered = Gathered::default();
        for step in group {
            let full = gathered.len() + step.writes.len() > BATCH_ROWS || gathered.bytes() + bytes(step) > BATCH_BYTES;
            if full && !gathered.is_empty() {
                self.apply(&mut gathered)?;
            }
            verdicts.push(gathered.take(step, |key| self.read(key))?);
        }
        if !gathered.is_empty() {
            self.apply(&mut gathered)?;
        }
        Ok(verdicts)
    }

    fn apply(&self, gathered: &mut Gathered<'_>) -> Result<(), StoreError> {
        self.watched.note(gathered.keys());
        let mut batch = Batch::default();
        for (key, value) in gathered.drain() {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        guarded(|| self.db.apply_batch(batch))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where the fdatasync follows")]
    fn make_durable(&self) -> Result<(), StoreError> {
        guarded(|| self.db.flush())?;
        if self.options.fdatasync {
            self.file.sync_data().map_err(failed("syncing the store's file"))?;
        }
        Ok(())
    }

    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        guarded(|| self.db.get(key)).map(|value| value.map(|value| value.to_vec()))
    }

    fn fail(&self, error: &StoreError) {
        // The first failure is the one that is told.
        let _ = self.failure.set(StoreError::Failed(format!("an earlier write failed, restart: {error}")));
    }

    fn expect_well(&self) -> Result<(), StoreError> {
        self.failure.get().map_or(Ok(()), |failure| Err(failure.clone()))
    }
}

impl Store for SledStore {
    fn write(&self, group: &[StepWrites]) -> Result<Vec<Verdict>, StoreError> {
        let _alone = self.writing.lock();
        self.expect_well()?;
        self.write_group(group).inspect_err(|error| self.fail(error))
    }

    fn sync(&self) -> Result<(), StoreError> {
        let _alone = self.syncing.lock();
        // A sync after one that failed may lie.
        self.expect_well()?;
        self.make_durable().inspect_err(|error| self.fail(error))
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.expect_well()?;
        self.read(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, visit: Visitor<'_>) -> Result<(), StoreError> {
        self.expect_well()?;
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            Some(_) | None => Bound::Included(prefix),
        };
        let mut rows = self.db.range::<&[u8], _>((from, Bound::Unbounded));
        while let Some((key, value)) = next(&mut rows)? {
            if !key.starts_with(prefix) || visit(&key, &value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn last(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.expect_well()?;
        let mut rows = self.db.scan_prefix(prefix);
        Ok(guarded(|| rows.next_back().transpose())?.map(|(key, _)| key.to_vec()))
    }

    fn size_on_disk(&self) -> Result<u64, StoreError> {
        guarded(|| self.db.size_on_disk())
    }
}

fn bytes(step: &StepWrites) -> usize {
    step.writes.iter().map(|row| row.key.len() + row.value.as_ref().map_or(0, Vec::len)).sum()
}

fn next(rows: &mut sled::Iter) -> Result<Option<(IVec, IVec)>, StoreError> {
    guarded(|| rows.next().transpose())
}

/// Calls sled, which panics where it finds its files broken.
fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error @ (sled::Error::Corruption { .. } | sled::Error::ReportableBug(_)))) => {
            Err(StoreError::Corrupt(error.to_string()))
        }
        Ok(Err(error @ (sled::Error::Io(_) | sled::Error::Unsupported(_) | sled::Error::CollectionNotFound(_)))) => {
            Err(StoreError::Failed(error.to_string()))
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("sled panicked");
            Err(StoreError::Corrupt(text.to_owned()))
        }
    }
}

/// How long a folder that is in use is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A store that was let go a moment ago is held a little longer by sled's own threads, and one of a process that is just
/// ending by that process: neither is another Baton at work.
#[expect(
    clippy::disallowed_methods,
    reason = "waits for the machine, before there is a runtime or a clock to wait with"
)]
fn once_free<T>(open: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let waited = Stopwatch::start();
    loop {
        match open() {
            Err(StoreError::InUse(_)) if waited.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
            opened => return opened,
        }
    }
}

fn in_words(error: StoreError, folder: &Path) -> StoreError {
    match error {
        StoreError::Failed(text) if text.contains("could not acquire lock") => StoreError::InUse(folder.to_owned()),
        StoreError::Failed(_)
        | StoreError::Corrupt(_)
        | StoreError::Newer(_)
        | StoreError::InUse(_)
        | StoreError::HalfRestored => error,
    }
}

fn failed(doing: &'static str) -> impl FnOnce(std::io::Error) -> StoreError {
    move |error| StoreError::Failed(format!("{doing}: {error}"))
}

/// Nobody else on the machine has any business in the folder.
fn make_folder(folder: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        let folder = folder.display();
        StoreError::Failed(format!("{folder} cannot be made or is no folder: {error}; name another with --data"))
    })
}

/// The names of sled's files, and what it wrote to them on opening, survive from here on.
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let files = std::fs::read_dir(folder).map_err(failed("listing the store's folder"))?;
    let inside = files.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let absolute = folder.canonicalize().map_err(failed("finding the store's folder"))?;
    let parent = absolute.parent().map(Path::to_owned);
    for path in inside.chain([absolute.clone()]).chain(parent) {
        sync(&path)?;
    }
    Ok(())
}

fn sync(path: &PathBuf) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(failed("syncing the store's folder"))
}
