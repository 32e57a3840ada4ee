//! The envelope every record is stored in: 28 bytes that say whose it is, how to read it, and whether it is whole.
//!
//! ```text
//! 0      2        3      4        6       8         16      24       28
//! | "JD" | format | kind | schema | flags | version | epoch | crc32c | payload …
//! ```
//!
//! Numbers are little-endian. The checksum covers everything but itself. The version counts the record's changes and is
//! what a step checks; the epoch names the writer, so that a stale one can be told.

use super::StoreError;

/// How many bytes stand before the payload.
pub const ENVELOPE_LEN: usize = 28;

const MAGIC: [u8; 2] = *b"JD";
/// bincode 1 with variable integers. Another encoding is another number, and this one stays readable.
const FORMAT: u8 = 1;
const CRC_AT: usize = 24;

/// What a record is, in its envelope. A number, once used, means the same for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// What the store knows about itself.
    Meta = 1,
    /// A job, live or closed; a [`JobHead`](super::job_head::JobHead) stands before its payload.
    Job = 2,
    /// Sealed details.
    Details = 3,
    /// A ledger entry.
    Ledger = 4,
    /// Older timeline entries.
    History = 5,
    /// A line of the list of closed jobs.
    ClosedDay = 6,
    /// An agent's profile.
    Agent = 7,
    /// An agent's holds.
    Holds = 8,
    /// A named plan.
    Plan = 9,
    /// A tenant's settings.
    Tenant = 10,
    /// A change of settings.
    TenantAudit = 11,
    /// An API key.
    ApiKey = 12,
    /// A registration token.
    Registration = 13,
    /// A kept answer.
    Idempotency = 14,
    /// Events.
    Events = 15,
    /// Attempts.
    Attempts = 16,
    /// The state of a channel account.
    Channel = 17,
    /// What a provider told us.
    Inbox = 18,
    /// Why a row is in quarantine.
    Quarantine = 19,
    /// A notification, waiting or ended.
    Notification = 20,
    /// A line of the list of notifications.
    NotificationLine = 21,
    /// When a person was written to lately.
    Lately = 22,
    /// A version of a template.
    Template = 23,
    /// What was said no to at an address.
    Refused = 24,
    /// A small number, and what bears it.
    Number = 25,
    /// The mapping of a sender's payloads.
    Source = 26,
    /// A place outside that is told what happens.
    Endpoint = 27,
    /// How far it has come.
    Follower = 28,
    /// What became of an event there.
    Delivery = 29,
    /// A driver of a fleet.
    Driver = 30,
    /// A vehicle of a fleet.
    Vehicle = 31,
    /// A route with its stops.
    Route = 32,
    /// A line of the list of routes that were handed to drivers.
    AssignmentLine = 33,
    /// What waits for a dashboard.
    DashboardEvent = 34,
    /// What a dashboard has heard of an order.
    DashboardOrder = 35,
    /// How far a dashboard's jobs are read.
    DashboardReader = 36,
    /// A customer that a bot told us of.
    SyncCustomer = 37,
    /// An order of theirs.
    SyncOrder = 38,
    /// What a bot told us.
    SyncEvent = 39,
}

/// What an envelope says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the record is.
    pub kind: Kind,
    /// Which frozen layout its payload has.
    pub schema: u16,
    /// Bits that a kind may give a meaning; 0 where it does not.
    pub flags: u16,
    /// How often the record was written, from 1.
    pub version: u64,
    /// Who wrote it: the boot counter on one node, the partition's lease on many.
    pub epoch: u64,
}

/// A record whose envelope was found whole.
#[derive(Clone, Copy, Debug)]
pub struct Opened<'a> {
    /// What the envelope says.
    pub header: Header,
    /// What it holds.
    pub payload: &'a [u8],
}

/// Why a record cannot be read. All of these lead to quarantine, none to an overwrite.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Shorter than an envelope, or without the magic bytes.
    #[error("the record has no envelope")]
    NoEnvelope,
    /// Bytes were changed since they were written.
    #[error("the record fails its checksum")]
    Checksum,
    /// Written by a newer program, or by none of ours.
    #[error("the record has format {0}, which this program does not know")]
    UnknownFormat(u8),
    /// Written by a newer program, or by none of ours.
    #[error("the record has kind {0}, which this program does not know")]
    UnknownKind(u8),
    /// A record of one kind under the key of another.
    #[error("the record is of kind {found:?} where {expected:?} was expected")]
    WrongKind {
        /// What the reader asked for.
        expected: Kind,
        /// What it found.
        found: Kind,
    },
    /// Written by a newer program.
    #[error("the record has schema {schema} of {kind:?}, this program reads up to {newest}; update it")]
    TooNew {
        /// What the record is.
        kind: Kind,
        /// The schema it has.
        schema: u16,
        /// The newest this program reads.
        newest: u16,
    },
    /// The checksum holds, but the payload is not what its schema says.
    #[error("the payload cannot be decoded")]
    Undecodable(#[source] bincode::Error),
    /// A value does not fit a record.
    #[error("the value cannot be encoded")]
    Unencodable(#[source] bincode::Error),
}

impl RecordError {
    /// Whether a newer program wrote it: this one must leave it alone.
    pub fn is_newer(&self) -> bool {
        match self {
            Self::TooNew { .. } | Self::UnknownFormat(_) | Self::UnknownKind(_) => true,
            Self::NoEnvelope
            | Self::Checksum
            | Self::WrongKind { .. }
            | Self::Undecodable(_)
            | Self::Unencodable(_) => false,
        }
    }
}

impl Kind {
    const ALL: [Kind; 39] = [
        Kind::Meta,
        Kind::Job,
        Kind::Details,
        Kind::Ledger,
        Kind::History,
        Kind::ClosedDay,
        Kind::Agent,
        Kind::Holds,
        Kind::Plan,
        Kind::Tenant,
        Kind::TenantAudit,
        Kind::ApiKey,
        Kind::Registration,
        Kind::Idempotency,
        Kind::Events,
        Kind::Attempts,
        Kind::Channel,
        Kind::Inbox,
        Kind::Quarantine,
        Kind::Notification,
        Kind::NotificationLine,
        Kind::Lately,
        Kind::Template,
        Kind::Refused,
        Kind::Number,
        Kind::Source,
        Kind::Endpoint,
        Kind::Follower,
        Kind::Delivery,
        Kind::Driver,
        Kind::Vehicle,
        Kind::Route,
        Kind::AssignmentLine,
        Kind::DashboardEvent,
        Kind::DashboardOrder,
        Kind::DashboardReader,
        Kind::SyncCustomer,
        Kind::SyncOrder,
        Kind::SyncEvent,
    ];

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// Puts a payload into its envelope.
pub fn seal(header: &Header, payload: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(ENVELOPE_LEN + payload.len());
    record.resize(ENVELOPE_LEN, 0);
    record.extend_from_slice(payload);
    stamp(header, &mut record);
    record
}

/// Writes the envelope into the room left for it at the beginning of a record.
pub(super) fn stamp(header: &Header, record: &mut [u8]) {
    record[0..2].copy_from_slice(&MAGIC);
    record[2] = FORMAT;
    record[3] = header.kind as u8;
    record[4..6].copy_from_slice(&header.schema.to_le_bytes());
    record[6..8].copy_from_slice(&header.flags.to_le_bytes());
    record[8..16].copy_from_slice(&header.version.to_le_bytes());
    record[16..24].copy_from_slice(&header.epoch.to_le_bytes());
    let crc = checksum(record);
    record[CRC_AT..ENVELOPE_LEN].copy_from_slice(&crc.to_le_bytes());
}

/// Opens a record: its envelope is whole, its checksum holds.
pub fn open(record: &[u8]) -> Result<Opened<'_>, RecordError> {
    let Some((envelope, payload)) = record.split_first_chunk::<ENVELOPE_LEN>() else {
        return Err(RecordError::NoEnvelope);
    };
    if envelope[0..2] != MAGIC {
        return Err(RecordError::NoEnvelope);
    }
    // The format comes before the checksum: another format may place it elsewhere.
    if envelope[2] != FORMAT {
        return Err(RecordError::UnknownFormat(envelope[2]));
    }
    if checksum(record) != u32::from_le_bytes(number(envelope, CRC_AT)) {
        return Err(RecordError::Checksum);
    }
    read_header(envelope).map(|header| Opened { header, payload })
}

/// Reads what the envelope says without looking at the payload: the checksum is not verified.
pub fn header(record: &[u8]) -> Result<Header, RecordError> {
    match record.first_chunk::<ENVELOPE_LEN>() {
        Some(envelope) if envelope[0..2] == MAGIC && envelope[2] == FORMAT => read_header(envelope),
        Some(envelope) if envelope[0..2] == MAGIC => Err(RecordError::UnknownFormat(envelope[2])),
        Some(_) | None => Err(RecordError::NoEnvelope),
    }
}

fn read_header(envelope: &[u8; ENVELOPE_LEN]) -> Result<Header, RecordError> {
    Ok(Header {
        kind: Kind::from_byte(envelope[3]).ok_or(RecordError::UnknownKind(envelope[3]))?,
        schema: u16::from_le_bytes(number(envelope, 4)),
        flags: u16::from_le_bytes(number(envelope, 6)),
        version: u64::from_le_bytes(number(envelope, 8)),
        epoch: u64::from_le_bytes(number(envelope, 16)),
    })
}

fn number<const N: usize>(envelope: &[u8; ENVELOPE_LEN], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&envelope[at..at + N]);
    bytes
}

fn checksum(record: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&record[..CRC_AT]), &record[ENVELOPE_LEN..])
}

impl From<RecordError> for StoreError {
    fn from(error: RecordError) -> Self {
        StoreError::Corrupt(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers() -> impl Strategy<Value = Header> {
        (1..=23_u8, any::<(u16, u16, u64, u64)>()).prop_map(|(kind, (schema, flags, version, epoch))| Header {
            kind: Kind::from_byte(kind).unwrap(),
            schema,
            flags,
            version,
            epoch,
        })
    }

    proptest! {
        #[test]
        fn a_record_opens_as_it_was_sealed(header in headers(), payload: Vec<u8>) {
            let record = seal(&header, &payload);
            let opened = open(&record).unwrap();
            prop_assert_eq!(opened.header, header);
            prop_assert_eq!(opened.payload, payload);
            prop_assert_eq!(super::header(&record).unwrap(), header);
        }

        #[test]
        fn any_changed_byte_is_found(header in headers(), payload: Vec<u8>, at: prop::sample::Index, flip in 1..=255_u8) {
            let mut record = seal(&header, &payload);
            let at = at.index(record.len());
            record[at] ^= flip;
            prop_assert!(open(&record).is_err());
        }

        #[test]
        fn any_cut_is_found(header in headers(), payload: Vec<u8>, at: prop::sample::Index) {
            let record = seal(&header, &payload);
            prop_assert!(open(&record[..at.index(record.len())]).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = (open(&bytes).is_ok(), header(&bytes).is_ok());
        }
    }

    #[test]
    fn kinds_are_numbered_without_a_gap() {
        let numbers: Vec<u8> = Kind::ALL.into_iter().map(|kind| kind as u8).collect();
        assert_eq!(numbers, (1..=39).collect::<Vec<u8>>());
    }

    #[test]
    fn what_a_newer_program_wrote_is_told_apart_from_damage() {
        let header = Header { kind: Kind::Job, schema: 1, flags: 0, version: 1, epoch: 1 };
        let mut record = seal(&header, b"payload");
        record[2] = 2;
        assert!(matches!(open(&record), Err(RecordError::UnknownFormat(2))));

        let mut record = seal(&header, b"payload");
        record[3] = 200;
        let crc = checksum(&record);
        record[CRC_AT..ENVELOPE_LEN].copy_from_slice(&crc.to_le_bytes());
        assert!(matches!(open(&record), Err(RecordError::UnknownKind(200))));
    }
}
