//! Damaged rows are moved out of the way, byte for byte: never overwritten, never in the way of a start.

use std::ops::ControlFlow;

use baton_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::codec::{self, Record};
use super::envelope::{self, Kind, RecordError};
use super::keys::{Key, Prefix, QuarantinePart, Space};
use super::{StepWrites, Store, StoreError, Verdict, Write};

/// So many rows are moved in one commit.
const PAGE: usize = 64;

/// Why a row is in quarantine, as it is stored beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reason(String);

impl Record for Reason {
    const KIND: Kind = Kind::Quarantine;
    const SCHEMA: u16 = 1;
}

/// A row in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Since when.
    pub at: Timestamp,
    /// Where it lay.
    pub key: Vec<u8>,
    /// Why it is here.
    pub reason: String,
}

/// Moves those of the rows into quarantine that are damaged; how many that were.
pub fn set_aside(
    store: &dyn Store,
    broken: &[(Vec<u8>, String)],
    now: Timestamp,
    epoch: u64,
) -> Result<usize, StoreError> {
    let mut moved = 0;
    for page in broken.chunks(PAGE) {
        let mut steps = Vec::with_capacity(page.len());
        for (key, reason) in page {
            if let Some(value) = store.get(key)?
                && is_damaged(&value)
            {
                steps.push(moving(key, value, reason, now, epoch)?);
            }
        }
        moved += store.commit(&steps)?.iter().filter(|verdict| **verdict == Verdict::Stored).count();
    }
    Ok(moved)
}

/// What is in quarantine, oldest first.
pub fn list(store: &dyn Store) -> Result<Vec<SetAside>, StoreError> {
    let mut found = Vec::new();
    store.scan(&Prefix::space(Space::Quarantine), None, &mut |key, record| {
        if let Some(Key::Quarantined { at, key, part: QuarantinePart::Reason }) = Key::parse(key) {
            let reason = codec::open::<Reason>(record).map_or_else(|error| error.to_string(), |(_, reason)| reason.0);
            found.push(SetAside { at: Timestamp(at.cast_signed()), key, reason });
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// Whether the bytes are not what was written. A whole record that this program cannot read was written by a newer one, or
/// will be read by a mended one: it stays where it is, unread, and nothing can overwrite it.
fn is_damaged(record: &[u8]) -> bool {
    match envelope::open(record) {
        Err(RecordError::NoEnvelope | RecordError::Checksum) => true,
        Ok(_)
        | Err(
            RecordError::UnknownFormat(_)
            | RecordError::UnknownKind(_)
            | RecordError::WrongKind { .. }
            | RecordError::TooNew { .. }
            | RecordError::Undecodable(_)
            | RecordError::Unencodable(_),
        ) => false,
    }
}

/// No check: a damaged row matches no version, and nobody else writes it.
fn moving(key: &[u8], value: Vec<u8>, reason: &str, now: Timestamp, epoch: u64) -> Result<StepWrites, StoreError> {
    let why = codec::seal(&Reason(reason.to_owned()), 1, epoch)?;
    let [reason_at, value_at] = keys(key, now);
    let writes = vec![
        Write { key: reason_at, value: Some(why) },
        Write { key: value_at, value: Some(value) },
        Write { key: key.to_vec(), value: None },
    ];
    Ok(StepWrites { check: None, writes })
}

fn keys(key: &[u8], at: Timestamp) -> [Vec<u8>; 2] {
    [QuarantinePart::Reason, QuarantinePart::Value]
        .map(|part| Key::Quarantined { at: at.0.cast_unsigned(), key: key.to_vec(), part }.bytes())
}

#[cfg(test)]
mod tests {
    use baton_core::ids::{JobId, TenantId};

    use super::super::envelope::Header;
    use super::super::memory::MemoryStore;
    use super::*;

    fn row(key: &[u8], value: &[u8]) -> StepWrites {
        StepWrites { check: None, writes: vec![Write { key: key.to_vec(), value: Some(value.to_vec()) }] }
    }

    fn job(reference: &str) -> Vec<u8> {
        Key::LiveJob(JobId::of_reference(TenantId::DEFAULT, reference)).bytes()
    }

    #[test]
    fn a_damaged_row_is_kept_byte_for_byte_and_listed() {
        let store = MemoryStore::new();
        let key = job("a");
        store.commit(&[row(&key, b"no record")]).unwrap();

        let broken = [(key.clone(), "no envelope".to_owned()), (b"gone".to_vec(), "gone".to_owned())];
        assert_eq!(set_aside(&store, &broken, Timestamp(5), 1).unwrap(), 1);
        assert_eq!(store.get(&key).unwrap(), None);
        let [_, value] = keys(&key, Timestamp(5));
        assert_eq!(store.get(&value).unwrap().as_deref(), Some(b"no record".as_slice()));
        assert_eq!(list(&store).unwrap(), [SetAside { at: Timestamp(5), key, reason: "no envelope".into() }]);
        // A second start finds it gone and moves nothing.
        assert_eq!(set_aside(&store, &broken, Timestamp(9), 2).unwrap(), 0);
    }

    #[test]
    fn what_a_newer_program_wrote_stays_for_it() {
        let store = MemoryStore::new();
        let header = Header { kind: Kind::Job, schema: 99, flags: 0, version: 1, epoch: 1 };
        let newer = envelope::seal(&header, b"of tomorrow");
        let mut of_another_format = newer.clone();
        of_another_format[2] = 9;
        store.commit(&[row(&job("a"), &newer), row(&job("b"), &of_another_format)]).unwrap();
        let broken = ["a", "b"].map(|reference| (job(reference), "too new".to_owned()));
        assert_eq!(set_aside(&store, &broken, Timestamp(5), 1).unwrap(), 0);
        assert_eq!(store.get(&job("a")).unwrap(), Some(newer));
    }
}
