//! The port to the disk: one commit is whole or not at all, and durable before it answers.
//!
//! Everything here blocks: the committer calls it from threads of its own.

pub mod codec;
pub mod conformance;
pub mod envelope;
#[cfg(test)]
pub(crate) mod golden;
mod group;
pub mod job_head;
pub mod keys;
pub mod memory;
pub mod quarantine;
pub mod restored;
pub mod verify;

use std::ops::ControlFlow;
use std::path::PathBuf;

pub use group::Gathered;

/// Where records lie. A record begins with an envelope, whose version the check of a step compares.
pub trait Store: Send + Sync + 'static {
    /// Writes a group of steps: reads show it from here on, but a power cut may still take it. Each step is whole or not
    /// at all, and refused alone if its check fails; steps of one group see each other's writes, in order. An `Err`
    /// means the outcome is unknown for the whole group: nothing may be believed, and nothing retried.
    fn write(&self, group: &[StepWrites]) -> Result<Vec<Verdict>, StoreError>;

    /// When this returns `Ok`, everything written before it was called survives a power cut. An `Err` is like one of
    /// [`Store::write`], for all of it.
    fn sync(&self) -> Result<(), StoreError>;

    /// Writes a group and makes it durable.
    fn commit(&self, group: &[StepWrites]) -> Result<Vec<Verdict>, StoreError> {
        let verdicts = self.write(group)?;
        if verdicts.contains(&Verdict::Stored) {
            self.sync()?;
        }
        Ok(verdicts)
    }

    /// The record under a key, byte for byte.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Visits the records whose keys begin with `prefix`, in order of keys, beginning after `after`.
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, visit: Visitor<'_>) -> Result<(), StoreError>;

    /// The last key that begins with `prefix`.
    fn last(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// How many bytes the store takes on disk.
    fn size_on_disk(&self) -> Result<u64, StoreError>;
}

/// Is shown a row's key and value, and says whether the scan goes on. It may use the store.
pub type Visitor<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// What one step writes.
#[derive(Clone, Debug, Default)]
pub struct StepWrites {
    /// The record that must be as the step's decision saw it.
    pub check: Option<VersionCheck>,
    /// The rows: a value, or none to delete. No key is over [`KEY_MAX`], no value over [`VALUE_MAX`].
    pub writes: Vec<Write>,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Write {
    /// Where.
    pub key: Vec<u8>,
    /// What; none deletes.
    pub value: Option<Vec<u8>>,
}

/// The version a record must have, as its envelope says; 0: there must be no record.
#[derive(Clone, Debug)]
pub struct VersionCheck {
    /// The record.
    pub key: Vec<u8>,
    /// Its version.
    pub version: u64,
}

/// What became of a step of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is written, and durable from the next [`Store::sync`].
    Stored,
    /// Its check failed: decided on another version. Nothing of it was written.
    Conflict,
    /// A value or a key is too large, or the step has no rows. Nothing of it was written.
    Refused,
}

/// A value larger than this is refused: a page of such values would go to a file that sled never syncs.
pub const VALUE_MAX: usize = 48 * 1024;

/// A longer key is refused, for the same reason.
pub const KEY_MAX: usize = 1024;

/// No group has more steps than this: sled pins the garbage of a whole batch in memory.
pub const GROUP_MAX: usize = 256;

/// The disk failed us, or what it holds is broken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Reading or writing failed.
    #[error("the store failed: {0}")]
    Failed(String),
    /// The files cannot be read.
    #[error("the store's files are broken: {0}; restore a backup into an empty folder with `baton restore`")]
    Corrupt(String),
    /// A newer program has written to it.
    #[error("the store was written by a newer baton ({0}): start that one, or restore a backup of this one's")]
    Newer(String),
    /// Its folder is locked.
    #[error("another baton is using the folder {}: stop it first, or give this one a folder of its own", .0.display())]
    InUse(PathBuf),
    /// Some of a backup's rows are missing.
    #[error("a restore into this folder was interrupted: empty the folder and restore again")]
    HalfRestored,
}
