//! From values to records and back.
//!
//! A stored type is frozen: a field more is a new schema, and [`Record::decode`] goes on reading every old one. bincode
//! does not describe itself, so stored types use no `default`, `flatten`, `untagged`, `tag` or `skip_serializing_if`, and
//! ordered maps only, for equal bytes. A golden file of every schema holds this (see `baton_actors::store::golden`).

use bincode::Options;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::envelope::{self, ENVELOPE_LEN, Header, Kind, RecordError};
use super::job_head::JobHead;

/// No payload is larger than this, whatever a length in it claims.
pub const PAYLOAD_MAX: u64 = 1024 * 1024;

/// A type that is stored under an envelope of its own.
pub trait Record: Serialize + DeserializeOwned {
    /// What it is.
    const KIND: Kind;
    /// The newest layout, which is the one written.
    const SCHEMA: u16;

    /// Reads a payload of this schema or an older one; newer ones never get here.
    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        // A type that never changed has one layout.
        let _ = schema;
        decode(payload)
    }
}

/// The bytes of a value, without an envelope.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, RecordError> {
    options().serialize(value).map_err(RecordError::Unencodable)
}

/// The value of these bytes, all of which must be its own.
pub fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, RecordError> {
    options().deserialize(payload).map_err(RecordError::Undecodable)
}

/// The record of a value.
pub fn seal<T: Record>(value: &T, version: u64, epoch: u64) -> Result<Vec<u8>, RecordError> {
    write(value, &[], version, epoch)
}

/// The value of a record.
pub fn open<T: Record>(record: &[u8]) -> Result<(Header, T), RecordError> {
    let opened = envelope::open(record)?;
    expect_readable::<T>(&opened.header)?;
    Ok((opened.header, T::decode(opened.header.schema, opened.payload)?))
}

/// The record of a job, with its head.
pub fn seal_job<T: Record>(job: &T, head: &JobHead, version: u64, epoch: u64) -> Result<Vec<u8>, RecordError> {
    debug_assert!(T::KIND == Kind::Job);
    write(job, &head.bytes(), version, epoch)
}

/// The job of a record, with its head.
pub fn open_job<T: Record>(record: &[u8]) -> Result<(Header, JobHead, T), RecordError> {
    let opened = envelope::open(record)?;
    expect_readable::<T>(&opened.header)?;
    let (head, payload) = JobHead::split(opened.payload)?;
    Ok((opened.header, head, T::decode(opened.header.schema, payload)?))
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(PAYLOAD_MAX)
}

fn write<T: Record>(value: &T, head: &[u8], version: u64, epoch: u64) -> Result<Vec<u8>, RecordError> {
    // Room for the commonest job; encoding straight behind the envelope saves a copy.
    let mut record = Vec::with_capacity(512);
    record.resize(ENVELOPE_LEN, 0);
    record.extend_from_slice(head);
    options().serialize_into(&mut record, value).map_err(RecordError::Unencodable)?;
    envelope::stamp(&Header { kind: T::KIND, schema: T::SCHEMA, flags: 0, version, epoch }, &mut record);
    Ok(record)
}

fn expect_readable<T: Record>(header: &Header) -> Result<(), RecordError> {
    if header.kind != T::KIND {
        return Err(RecordError::WrongKind { expected: T::KIND, found: header.kind });
    }
    if header.schema > T::SCHEMA {
        return Err(RecordError::TooNew { kind: header.kind, schema: header.schema, newest: T::SCHEMA });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct NoteV1 {
        text: String,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        text: String,
        seen: BTreeMap<String, u64>,
    }

    impl Record for NoteV1 {
        const KIND: Kind = Kind::Plan;
        const SCHEMA: u16 = 1;
    }

    impl Record for Note {
        const KIND: Kind = Kind::Plan;
        const SCHEMA: u16 = 2;

        fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
            match schema {
                0 | 1 => decode(payload).map(|NoteV1 { text }| Note { text, seen: BTreeMap::new() }),
                _ => decode(payload),
            }
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct TinyJob(u8);

    impl Record for TinyJob {
        const KIND: Kind = Kind::Job;
        const SCHEMA: u16 = 1;
    }

    fn note() -> Note {
        Note { text: "ring twice".into(), seen: BTreeMap::from([("ana".into(), 3)]) }
    }

    #[test]
    fn a_value_comes_back_with_its_version_and_epoch() {
        let record = seal(&note(), 7, 3).unwrap();
        let (header, read) = open::<Note>(&record).unwrap();
        assert_eq!((header.version, header.epoch, read), (7, 3, note()));
    }

    #[test]
    fn an_older_schema_is_upgraded_on_reading() {
        let record = seal(&NoteV1 { text: "old".into() }, 1, 1).unwrap();
        let (header, read) = open::<Note>(&record).unwrap();
        assert_eq!(header.schema, 1);
        assert_eq!(read, Note { text: "old".into(), seen: BTreeMap::new() });
    }

    #[test]
    fn a_newer_schema_another_kind_and_damage_are_told_apart() {
        let mut record = seal(&note(), 1, 1).unwrap();
        assert!(matches!(open::<NoteV1>(&record), Err(RecordError::TooNew { schema: 2, newest: 1, .. })));
        assert!(matches!(open::<TinyJob>(&record), Err(RecordError::WrongKind { found: Kind::Plan, .. })));
        let last = record.len() - 1;
        record[last] ^= 1;
        assert!(matches!(open::<Note>(&record), Err(RecordError::Checksum)));
    }

    #[test]
    fn a_payload_that_is_too_short_or_too_long_is_undecodable() {
        let header = Header { kind: Kind::Plan, schema: 2, flags: 0, version: 1, epoch: 1 };
        let payload = encode(&note()).unwrap();
        let longer = [payload.as_slice(), &[0]].concat();
        for bad in [&payload[..payload.len() - 1], &longer] {
            let record = envelope::seal(&header, bad);
            assert!(matches!(open::<Note>(&record), Err(RecordError::Undecodable(_))));
        }
    }

    #[test]
    fn a_length_that_lies_does_not_take_the_memory_it_claims() {
        // 253 announces eight bytes of length.
        let lying = [&[253_u8][..], &u64::MAX.to_le_bytes()].concat();
        assert!(matches!(decode::<String>(&lying), Err(RecordError::Undecodable(_))));
        assert!(matches!(encode(&vec![0_u8; 2 << 20]), Err(RecordError::Unencodable(_))));
    }

    #[test]
    fn a_job_carries_its_head() {
        let head = JobHead { due: None, stage: 2, owes: true };
        let record = seal_job(&TinyJob(5), &head, 4, 1).unwrap();
        assert_eq!(JobHead::read(&record).unwrap().1, head);
        let (header, read, job) = open_job::<TinyJob>(&record).unwrap();
        assert_eq!((header.version, read, job), (4, head, TinyJob(5)));
    }
}
