//! What a start must know of a job, at a fixed place in its record, so that a million are scanned without decoding one.

use baton_core::time::Timestamp;

use super::envelope::{self, Header, Kind, RecordError};

/// Stands right behind the envelope of a job's record, covered by its checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobHead {
    /// When the job must look at its clock next.
    pub due: Option<Timestamp>,
    /// Its stage, as the owner of the record numbers them.
    pub stage: u8,
    /// Whether it owes anything that is not delivered.
    pub owes: bool,
}

impl JobHead {
    /// How many bytes it takes.
    pub const LEN: usize = 10;

    /// The bytes as they stand in the record: due (little-endian, the largest number for none), stage, owes.
    pub fn bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&self.due.map_or(i64::MAX, |due| due.0).to_le_bytes());
        bytes[8] = self.stage;
        bytes[9] = u8::from(self.owes);
        bytes
    }

    /// Reads the head of a job's record, whose checksum must hold.
    pub fn read(record: &[u8]) -> Result<(Header, Self), RecordError> {
        let opened = envelope::open(record)?;
        if opened.header.kind != Kind::Job {
            return Err(RecordError::WrongKind { expected: Kind::Job, found: opened.header.kind });
        }
        let (head, _) = Self::split(opened.payload)?;
        Ok((opened.header, head))
    }

    /// Parts the head from the encoded job behind it.
    pub(super) fn split(payload: &[u8]) -> Result<(Self, &[u8]), RecordError> {
        let (bytes, rest) = payload.split_first_chunk::<{ Self::LEN }>().ok_or(RecordError::NoEnvelope)?;
        let [d0, d1, d2, d3, d4, d5, d6, d7, stage, owes] = *bytes;
        let due = i64::from_le_bytes([d0, d1, d2, d3, d4, d5, d6, d7]);
        let due = (due != i64::MAX).then_some(Timestamp(due));
        Ok((Self { due, stage, owes: owes != 0 }, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_without_decoding_what_follows() {
        for due in [None, Some(Timestamp(-5)), Some(Timestamp(1_767_225_600_123))] {
            let head = JobHead { due, stage: 7, owes: due.is_some() };
            let header = Header { kind: Kind::Job, schema: 3, flags: 0, version: 9, epoch: 2 };
            let payload = [head.bytes().as_slice(), b"no job at all"].concat();
            let read = JobHead::read(&envelope::seal(&header, &payload)).unwrap();
            assert_eq!(read, (header, head));
        }
    }

    #[test]
    fn other_records_have_no_head() {
        let header = Header { kind: Kind::Agent, schema: 1, flags: 0, version: 1, epoch: 1 };
        let record = envelope::seal(&header, &[0; 40]);
        assert!(matches!(JobHead::read(&record), Err(RecordError::WrongKind { found: Kind::Agent, .. })));
        let header = Header { kind: Kind::Job, ..header };
        assert!(JobHead::read(&envelope::seal(&header, &[0; 9])).is_err());
    }
}
