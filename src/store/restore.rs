//! A store from a backup: into an empty folder, and in quarantine until somebody releases it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use baton_actors::store::restored::{self, Restored};
use baton_actors::store::{KEY_MAX, StepWrites, Store, StoreError, VALUE_MAX, Verdict, Write};
use baton_core::time::Timestamp;

use super::backup::{Backup, BackupError, END, FORMAT, GONE, MAGIC, ROW, failing, salts_key};
use super::sled::{SledOptions, SledStore};
use crate::sealing::salts::Salts;

/// So many rows are stored in one commit: more would take memory (see the store's own cap).
const PAGE: usize = 256;

/// Reads a backup to its end and says what it holds, or what is wrong with it.
pub fn inspect(path: &Path) -> Result<Backup, BackupError> {
    let mut reader = BackupReader::open(path)?;
    while reader.next()?.is_some() {}
    Ok(Backup { taken: reader.taken, rows: reader.rows, bytes: reader.bytes })
}

/// Fills an empty folder from a backup. The file is read to its end first: a damaged one leaves the folder as it is.
/// `progress` is told the rows so far, now and then.
pub fn restore(
    path: &Path,
    folder: &Path,
    options: SledOptions,
    now: Timestamp,
    progress: &mut dyn FnMut(u64),
) -> Result<Backup, BackupError> {
    let backup = inspect(path)?;
    if folder.exists() && std::fs::read_dir(folder).map_err(failing("listing", folder))?.next().is_some() {
        return Err(BackupError::NotEmpty(folder.to_owned()));
    }
    let store = SledStore::open(folder, options)?;
    let incomplete = Restored { taken: backup.taken, at: now, complete: false };
    // Before the first row: what is broken off is known as such, and never taken for a whole store.
    commit(&store, vec![restored::mark(&incomplete)?])?;
    let mut reader = BackupReader::open(path)?;
    let mut page = Vec::with_capacity(PAGE);
    while let Some(row) = reader.next()? {
        if let (true, Some(salts)) = (row.key == salts_key(), &row.value) {
            Salts::write(folder, salts).map_err(failing("writing the salts into", folder))?;
            continue;
        }
        page.push(row);
        if page.len() == PAGE {
            commit(&store, std::mem::take(&mut page))?;
            progress(reader.rows);
        }
    }
    page.push(restored::mark(&Restored { complete: true, ..incomplete })?);
    commit(&store, page)?;
    Ok(backup)
}

fn commit(store: &SledStore, writes: Vec<Write>) -> Result<(), BackupError> {
    match store.commit(&[StepWrites { check: None, writes }])?.as_slice() {
        [Verdict::Stored] => Ok(()),
        _ => Err(StoreError::Failed("the store refused rows of the backup".to_owned()).into()),
    }
}

/// Reads a file row by row; ends only where the trailer is right.
struct BackupReader<'a> {
    path: &'a Path,
    file: BufReader<File>,
    taken: Timestamp,
    crc: u32,
    rows: u64,
    bytes: u64,
}

impl<'a> BackupReader<'a> {
    fn open(path: &'a Path) -> Result<Self, BackupError> {
        let file = File::open(path).map_err(failing("opening", path))?;
        let file = BufReader::with_capacity(1 << 20, file);
        let mut reader = Self { path, file, taken: Timestamp(0), crc: 0, rows: 0, bytes: 0 };
        if reader.take::<8>()? != MAGIC {
            return Err(reader.damaged("it does not begin as one"));
        }
        if u16::from_le_bytes(reader.take()?) != FORMAT {
            return Err(reader.damaged("its format is of a newer program"));
        }
        reader.taken = Timestamp(i64::from_le_bytes(reader.take()?));
        Ok(reader)
    }

    fn next(&mut self) -> Result<Option<Write>, BackupError> {
        let [tag] = self.take()?;
        if tag == END {
            return self.end().map(|()| None);
        }
        if tag != ROW && tag != GONE {
            return Err(self.damaged("there is a row of no kind"));
        }
        let key_len = usize::from(u16::from_le_bytes(self.take()?));
        let value_len = if tag == ROW { Some(u32::from_le_bytes(self.take()?) as usize) } else { None };
        if key_len > KEY_MAX || value_len.is_some_and(|len| len > VALUE_MAX) {
            return Err(self.damaged("there is a row larger than any"));
        }
        let key = self.take_vec(key_len)?;
        let value = value_len.map(|len| self.take_vec(len)).transpose()?;
        self.rows += 1;
        Ok(Some(Write { key, value }))
    }

    fn end(&mut self) -> Result<(), BackupError> {
        let rows = u64::from_le_bytes(self.take()?);
        let crc = self.crc;
        if crc != u32::from_le_bytes(self.take()?) {
            return Err(self.damaged("its checksum is wrong"));
        }
        if rows != self.rows {
            return Err(self.damaged("rows are missing"));
        }
        match self.file.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.damaged("something follows its end")),
            Err(error) => Err(failing("reading", self.path)(error)),
        }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], BackupError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn take_vec(&mut self, len: usize) -> Result<Vec<u8>, BackupError> {
        let mut bytes = vec![0; len];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), BackupError> {
        self.file.read_exact(bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => self.damaged("it ends too early"),
            _ => failing("reading", self.path)(error),
        })?;
        self.crc = crc32c::crc32c_append(self.crc, bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn damaged(&self, what: &'static str) -> BackupError {
        BackupError::Damaged { path: self.path.to_owned(), what }
    }
}
