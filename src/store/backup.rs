//! A store as one file: streamed, checksummed, and as of one moment although commits go on while it is written.
//!
//! ```text
//! "BATONBAK" | format u16 | taken i64 | rows … | 0 | count u64 | crc32c u32
//! row:  1 | key length u16 | value length u32 | key | value       a row
//!       2 | key length u16 | key                                  no row: it went while the file was written
//! ```
//!
//! Numbers are little-endian; the checksum covers everything before it. A scan alone would be torn: a job that closes in
//! the meantime would be in it twice or not at all. So the keys written during the scan are remembered, and at the end,
//! with commits held for that moment, their rows follow once more. Later rows of a file hold.
//!
//! The salts of the sealing, which lie beside the store, are a row of the backup: without them it could not be read. So what is
//! erased later can still be read from a backup of before; see `docs/PRIVACY.md`.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use baton_actors::store::keys::{Key, MetaRow};
use baton_actors::store::{Store, StoreError, restored};
use baton_core::time::Timestamp;

use super::sled::SledStore;
use crate::sealing::salts::Salts;

/// How a backup file begins.
pub(super) const MAGIC: [u8; 8] = *b"BATONBAK";
/// The layout of the file.
pub(super) const FORMAT: u16 = 1;
/// Before the end of the file.
pub(super) const END: u8 = 0;
/// Before a row.
pub(super) const ROW: u8 = 1;
/// Before a key whose row is gone.
pub(super) const GONE: u8 = 2;

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backup {
    /// When it was begun.
    pub taken: Timestamp,
    /// How many entries it has; a row that changed while it was written has two.
    pub rows: u64,
    /// How large the file is.
    pub bytes: u64,
}

/// Why there is no backup, or nothing was restored from it.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file or its folder.
    #[error("{doing} {} failed", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// There is a file of this name already.
    #[error("{} is there already; a backup overwrites nothing", .0.display())]
    Exists(PathBuf),
    /// Another backup of the same store is being written.
    #[error("another backup of this store is under way")]
    UnderWay,
    /// The file is not what was once written.
    #[error("{} is no whole backup: {what}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A restore wants an empty folder.
    #[error("{} is not empty; a restore fills an empty folder", .0.display())]
    NotEmpty(PathBuf),
}

/// Writes the store into a file, which appears under its name only when it is whole and on disk. `progress` is told the
/// rows so far, now and then.
pub fn backup(
    store: &SledStore,
    path: &Path,
    now: Timestamp,
    progress: &mut dyn FnMut(u64),
) -> Result<Backup, BackupError> {
    if path.exists() {
        return Err(BackupError::Exists(path.to_owned()));
    }
    let watch = store.watch().ok_or(BackupError::UnderWay)?;
    let partial = path.with_extension("partial");
    let written = BackupWriter::begin(&partial, now).and_then(|mut file| {
        let mut failed = None;
        store.scan(b"", None, &mut |key, value| {
            // What is said about the copied store is said by the restore.
            let written = if key == restored::key() { Ok(()) } else { file.row(key, Some(value), progress) };
            failed = written.err();
            if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        // Most of what changed is written while commits go on, so that the last of it takes but a moment.
        for key in watch.changed() {
            file.row(&key, store.get(&key)?.as_deref(), progress)?;
        }
        store.between_commits(|| {
            for key in watch.changed() {
                file.row(&key, store.get(&key)?.as_deref(), progress)?;
            }
            let salts = Salts::copy(store.folder()).map_err(failing("reading the salts in", store.folder()))?;
            match salts {
                Some(salts) => file.row(&salts_key(), Some(&salts), progress),
                None => Ok(()),
            }
        })?;
        file.end(path)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    written
}

/// Writes a file row by row.
struct BackupWriter {
    path: PathBuf,
    file: BufWriter<File>,
    taken: Timestamp,
    crc: u32,
    rows: u64,
    bytes: u64,
}

impl BackupWriter {
    fn begin(path: &Path, taken: Timestamp) -> Result<Self, BackupError> {
        // What an interrupted backup left behind is nobody's.
        let _ = std::fs::remove_file(path);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = BufWriter::with_capacity(1 << 20, file.map_err(failing("making", path))?);
        let mut backup = Self { path: path.to_owned(), file, taken, crc: 0, rows: 0, bytes: 0 };
        backup.put(&[&MAGIC[..], &FORMAT.to_le_bytes(), &taken.0.to_le_bytes()])?;
        Ok(backup)
    }

    fn row(&mut self, key: &[u8], value: Option<&[u8]>, progress: &mut dyn FnMut(u64)) -> Result<(), BackupError> {
        let key_len = (key.len() as u16).to_le_bytes();
        match value {
            Some(value) => self.put(&[&[ROW], &key_len, &(value.len() as u32).to_le_bytes(), key, value])?,
            None => self.put(&[&[GONE], &key_len, key])?,
        }
        self.rows += 1;
        if self.rows.is_multiple_of(1000) {
            progress(self.rows);
        }
        Ok(())
    }

    fn end(mut self, path: &Path) -> Result<Backup, BackupError> {
        let rows = self.rows.to_le_bytes();
        self.put(&[&[END], &rows])?;
        let crc = self.crc.to_le_bytes();
        self.put(&[&crc])?;
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(failing("writing", &self.path))?;
        std::fs::rename(&self.path, path).map_err(failing("renaming", &self.path))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failing("syncing", folder))?;
        Ok(Backup { taken: self.taken, rows: self.rows, bytes: self.bytes })
    }

    fn put(&mut self, parts: &[&[u8]]) -> Result<(), BackupError> {
        for part in parts {
            self.file.write_all(part).map_err(failing("writing", &self.path))?;
            self.crc = crc32c::crc32c_append(self.crc, part);
            self.bytes += part.len() as u64;
        }
        Ok(())
    }
}

/// Where a backup keeps the salts.
pub(super) fn salts_key() -> Vec<u8> {
    Key::Meta(MetaRow::Salts).bytes()
}

/// Names the file that something failed with.
pub(super) fn failing(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { doing, path, source }
}
