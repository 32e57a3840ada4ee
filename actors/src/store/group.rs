//! How a group of steps becomes rows: the checks and refusals, the same for every store.

use std::collections::BTreeMap;

use super::{KEY_MAX, StepWrites, StoreError, VALUE_MAX, Verdict, VersionCheck, Write, envelope};

/// Rows on their way to the disk: what the steps gathered so far leave behind, the last write of a key winning.
#[derive(Debug, Default)]
pub struct Gathered<'a> {
    rows: BTreeMap<&'a [u8], Option<&'a [u8]>>,
    bytes: usize,
}

impl<'a> Gathered<'a> {
    /// Judges a step as if everything gathered before it were stored, and takes its rows if it may be.
    pub fn take(
        &mut self,
        step: &'a StepWrites,
        read: impl FnOnce(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
    ) -> Result<Verdict, StoreError> {
        if step.writes.is_empty() || !step.writes.iter().all(fits) {
            return Ok(Verdict::Refused);
        }
        if let Some(check) = &step.check
            && !self.holds(check, read)?
        {
            return Ok(Verdict::Conflict);
        }
        for row in &step.writes {
            self.bytes += row.key.len() + row.value.as_ref().map_or(0, Vec::len);
            self.rows.insert(&row.key, row.value.as_deref());
        }
        Ok(Verdict::Stored)
    }

    /// How many rows are gathered.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing is gathered.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// About how many bytes are gathered.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The keys of the rows.
    pub fn keys(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.rows.keys().copied()
    }

    /// Hands over the rows and begins anew.
    pub fn drain(&mut self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'a> {
        self.bytes = 0;
        std::mem::take(&mut self.rows).into_iter()
    }

    fn holds(
        &self,
        check: &VersionCheck,
        read: impl FnOnce(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
    ) -> Result<bool, StoreError> {
        Ok(match self.rows.get(check.key.as_slice()) {
            Some(pending) => matches(*pending, check.version),
            None => matches(read(&check.key)?.as_deref(), check.version),
        })
    }
}

fn fits(row: &Write) -> bool {
    row.key.len() <= KEY_MAX && row.value.as_ref().is_none_or(|value| value.len() <= VALUE_MAX)
}

/// Nobody can have decided on a damaged record, so it matches no version, and stays for the quarantine.
fn matches(record: Option<&[u8]>, version: u64) -> bool {
    match record {
        None => version == 0,
        Some(record) => version != 0 && envelope::open(record).is_ok_and(|opened| opened.header.version == version),
    }
}
