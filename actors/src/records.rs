//! Which types are stored, as what, and in which layout.
//!
//! A stored type is frozen: changing one is a new schema with a decoder of every older one, and a golden file each.

mod agent_v1;
mod agent_v2;
mod attempt_v1;
mod book_v1;
mod details_v1;
mod fleet;
mod job_v1;
mod job_v2;
mod settings_v1;
mod settings_v2;
mod settings_v3;
mod settings_v4;
mod settings_v5;
mod template;

use baton_core::agent::Agent;
use baton_core::consent::Consent;
use baton_core::delivery::Progress;
use baton_core::details::SealedDetails;
use baton_core::gates::Gate;
use baton_core::holds::Book;
use baton_core::ids::{AgentId, DebtId, EffectId};
use baton_core::job::ledger::Attempt;
use baton_core::job::settlement::Reached;
use baton_core::job::{Ending, Entry, Job, Stage};
use baton_core::notification::Notification;
use baton_core::plan::Plan;
use baton_core::tenant::Settings;
use baton_core::time::{Timestamp, Window};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::agent_v1::AgentV1;
use self::agent_v2::AgentV2;
use self::attempt_v1::AttemptV1;
use self::book_v1::BookV1;
use self::details_v1::DetailsV1;
pub use self::fleet::{AssignmentLine, Driver, Route, Vehicle};
use self::job_v1::JobV1;
use self::job_v2::JobV2;
use self::settings_v1::{SettingsChangeV1, TenantRecordV1};
use self::settings_v2::{SettingsChangeV2, TenantRecordV2};
use self::settings_v3::{SettingsChangeV3, TenantRecordV3};
use self::settings_v4::{SettingsChangeV4, TenantRecordV4};
use self::settings_v5::{SettingsChangeV5, TenantRecordV5};
pub use self::template::{Part, ProviderTemplate, Template, TemplateId, TemplateState, Variable};
use crate::store::codec::{self, Record};
use crate::store::envelope::{Kind, RecordError};
use crate::store::job_head::JobHead;

/// An empty list and a `None`, as they are stored.
const NOTHING: u8 = 0;

/// A record as it was stored before fields were appended to its type, of which it has nothing.
fn without<T: DeserializeOwned>(appended: &[u8], payload: &[u8]) -> Result<T, RecordError> {
    codec::decode(&[payload, appended].concat())
}

impl Record for Job {
    const KIND: Kind = Kind::Job;
    const SCHEMA: u16 = 7;

    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        match schema {
            1 => codec::decode::<JobV1>(payload).map(|old| JobV2::from(old).into()),
            2 => codec::decode::<JobV2>(payload).map(Self::from),
            3 => without(&[NOTHING; 5], payload),
            4 => without(&[NOTHING; 4], payload),
            5 => without(&[NOTHING; 2], payload),
            6 => without(&[NOTHING; 1], payload),
            _ => codec::decode(payload),
        }
    }
}

impl Record for SealedDetails {
    const KIND: Kind = Kind::Details;
    const SCHEMA: u16 = 2;

    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        match schema {
            1 => codec::decode::<DetailsV1>(payload).map(Self::from),
            _ => codec::decode(payload),
        }
    }
}

impl Record for Attempt {
    const KIND: Kind = Kind::Ledger;
    const SCHEMA: u16 = 2;

    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        match schema {
            1 => codec::decode::<AttemptV1>(payload).map(Self::from),
            _ => codec::decode(payload),
        }
    }
}

impl Record for Agent {
    const KIND: Kind = Kind::Agent;
    const SCHEMA: u16 = 4;

    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        match schema {
            1 => codec::decode::<AgentV1>(payload).map(|old| AgentV2::from(old).into()),
            2 => codec::decode::<AgentV2>(payload).map(Self::from),
            3 => without(&[NOTHING], payload),
            _ => codec::decode(payload),
        }
    }
}

impl Record for Book {
    const KIND: Kind = Kind::Holds;
    const SCHEMA: u16 = 2;

    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        match schema {
            1 => codec::decode::<BookV1>(payload).map(Self::from),
            _ => codec::decode(payload),
        }
    }
}

/// Timeline entries that no longer fit a job's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History(pub Vec<Entry>);

impl Record for History {
    const KIND: Kind = Kind::History;
    const SCHEMA: u16 = 1;
}

/// A line of the list of closed jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedLine {
    /// How it ended.
    pub outcome: Ending,
    /// When.
    pub at: Timestamp,
}

impl Record for ClosedLine {
    const KIND: Kind = Kind::ClosedDay;
    const SCHEMA: u16 = 1;
}

/// A version of a named plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedPlan {
    /// Its name.
    pub name: String,
    /// Counted from 1.
    pub version: u32,
    /// The rules.
    pub plan: Plan,
    /// Since when.
    pub at: Timestamp,
    /// Who stored it.
    pub by: String,
}

impl Record for NamedPlan {
    const KIND: Kind = Kind::Plan;
    const SCHEMA: u16 = 1;
}

/// How the payloads of a sender become jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// How many times it was stored.
    pub version: u64,
    /// The mapping in JSON, as the doors read and write it: nobody behind them looks into it.
    pub mapping: String,
    /// Since when.
    pub at: Timestamp,
    /// Who stored it.
    pub by: String,
    /// Since when it has the address by which senders reach it that can set no header; none: there is none.
    pub address_since: Option<Timestamp>,
}

impl Record for Source {
    const KIND: Kind = Kind::Source;
    const SCHEMA: u16 = 2;

    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        match schema {
            1 => without(&[NOTHING], payload),
            _ => codec::decode(payload),
        }
    }
}

/// A tenant with its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantRecord {
    /// How many times it was stored.
    pub version: u64,
    /// What it has set.
    pub settings: Settings,
    /// Since when it is there.
    pub created_at: Timestamp,
}

impl Record for TenantRecord {
    const KIND: Kind = Kind::Tenant;
    const SCHEMA: u16 = 6;

    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        match schema {
            1 => codec::decode::<TenantRecordV1>(payload).map(Self::from),
            2 => codec::decode::<TenantRecordV2>(payload).map(Self::from),
            3 => codec::decode::<TenantRecordV3>(payload).map(Self::from),
            4 => codec::decode::<TenantRecordV4>(payload).map(Self::from),
            5 => codec::decode::<TenantRecordV5>(payload).map(Self::from),
            _ => codec::decode(payload),
        }
    }
}

/// A change of a tenant's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsChange {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// The settings before; none when the tenant was made.
    pub before: Option<Settings>,
    /// The settings after.
    pub after: Settings,
}

impl Record for SettingsChange {
    const KIND: Kind = Kind::TenantAudit;
    const SCHEMA: u16 = 6;

    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        match schema {
            1 => codec::decode::<SettingsChangeV1>(payload).map(Self::from),
            2 => codec::decode::<SettingsChangeV2>(payload).map(Self::from),
            3 => codec::decode::<SettingsChangeV3>(payload).map(Self::from),
            4 => codec::decode::<SettingsChangeV4>(payload).map(Self::from),
            5 => codec::decode::<SettingsChangeV5>(payload).map(Self::from),
            _ => codec::decode(payload),
        }
    }
}

/// A single-use registration token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Whose.
    pub agent: AgentId,
    /// It works until then.
    pub expires_at: Timestamp,
    /// The chat that used it; none while unused.
    pub used_by: Option<i64>,
}

impl Record for Registration {
    const KIND: Kind = Kind::Registration;
    const SCHEMA: u16 = 1;
}

/// When the node was last alive, and when it was away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The last sign of life.
    pub at: Timestamp,
    /// The latest long outages, oldest first.
    pub outages: Vec<Window>,
}

impl Record for Heartbeat {
    const KIND: Kind = Kind::Meta;
    const SCHEMA: u16 = 1;
}

/// What a channel account was about to send when this was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempting(pub Vec<DebtId>);

impl Record for Attempting {
    const KIND: Kind = Kind::Attempts;
    const SCHEMA: u16 = 2;

    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        match schema {
            // When only jobs owed anything.
            1 => codec::decode::<Vec<EffectId>>(payload).map(|old| Self(old.into_iter().map(DebtId::Job).collect())),
            _ => codec::decode(payload),
        }
    }
}

impl Record for Notification {
    const KIND: Kind = Kind::Notification;
    const SCHEMA: u16 = 1;
}

/// A line of the list of notifications: everything it says stands in its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationLine;

impl Record for NotificationLine {
    const KIND: Kind = Kind::NotificationLine;
    const SCHEMA: u16 = 1;
}

/// When a person was written to lately, oldest first: what frequency caps count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lately(pub Vec<Timestamp>);

impl Record for Lately {
    const KIND: Kind = Kind::Lately;
    const SCHEMA: u16 = 1;
}

/// What was said no to at an address that nobody is known by any more, or was not at the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused(pub Vec<Consent>);

impl Record for Refused {
    const KIND: Kind = Kind::Refused;
    const SCHEMA: u16 = 1;
}

/// What a step of a job has told: a row of the event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// The job's id within the tenant.
    pub job: Uuid,
    /// The client's own name for it.
    pub external_ref: Option<String>,
    /// What became true.
    pub entries: Vec<Entry>,
}

impl Record for Events {
    const KIND: Kind = Kind::Events;
    const SCHEMA: u16 = 1;
}

/// A small number, and what bears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// The number.
    pub number: u64,
    /// The bytes of the id that bears it; none where this counts what was given.
    pub id: Vec<u8>,
}

impl Record for Number {
    const KIND: Kind = Kind::Number;
    const SCHEMA: u16 = 1;
}

/// What a channel account remembers over a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelMemory {
    /// Nothing is sent before this moment.
    pub paused_until: Option<Timestamp>,
    /// The state of each bucket that is not full, in nanoseconds since 1970: its theoretical arrival time.
    pub buckets: Vec<(String, u64)>,
    /// Where long polling goes on.
    pub offset: Option<i64>,
}

impl Record for ChannelMemory {
    const KIND: Kind = Kind::Channel;
    const SCHEMA: u16 = 1;
}

/// What a provider has told us lately, by its own numbers, oldest first: what stands here is a repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox(pub Vec<i64>);

impl Record for Inbox {
    const KIND: Kind = Kind::Inbox;
    const SCHEMA: u16 = 1;
}

/// Something a provider told us, or how far it says a message of ours has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// A piece of news, under the provider's name for it: kept after it was acted upon, so that a repeat is known as one.
    News {
        /// When it came.
        at: Timestamp,
        /// Whether it was acted upon.
        done: bool,
        /// What it says, as the doors wrote it.
        #[serde(with = "serde_bytes")]
        news: Vec<u8>,
    },
    /// How far a message has come, under its trace.
    Progress {
        /// When that was told.
        at: Timestamp,
        /// How far.
        progress: Progress,
    },
}

impl Record for Told {
    const KIND: Kind = Kind::Inbox;
    // The first schema of this kind is another thing, under keys of its own: a list of numbers.
    const SCHEMA: u16 = 2;

    fn decode(schema: u16, payload: &[u8]) -> Result<Self, RecordError> {
        if schema < Self::SCHEMA {
            let what = "a list of numbers, and no news".to_owned();
            return Err(RecordError::Undecodable(Box::new(bincode::ErrorKind::Custom(what))));
        }
        codec::decode(payload)
    }
}

/// The number of where a job stands, in the head of a record and in the index.
pub fn stage_number(job: &Job) -> u8 {
    match &job.stage {
        Stage::NeedsApproval => 0,
        Stage::Scheduled { .. } => 1,
        Stage::Offering(_) => 2,
        Stage::Claimed(_) => match job.settlement.reached() {
            Reached::Claimed => 3,
            Reached::Passed(Gate::Confirm) => 10,
            Reached::Passed(Gate::Invoice) => 11,
            Reached::Passed(Gate::Payment) => 12,
            Reached::Passed(Gate::Release) => 13,
            Reached::InProgress => 14,
        },
        Stage::Unfilled { .. } => 4,
        Stage::Closed { outcome, .. } => match outcome {
            Ending::Rejected => 5,
            Ending::Cancelled => 6,
            Ending::Expired => 7,
            Ending::Completed => 8,
            Ending::Failed | Ending::NoShow => 9,
        },
    }
}

/// Whether a job of this number is over.
pub fn is_closed(stage: u8) -> bool {
    (5..=9).contains(&stage)
}

/// Whether somebody has a job of this number.
pub fn is_taken(stage: u8) -> bool {
    stage == 3 || (10..=14).contains(&stage)
}

/// The words of the stages, by their numbers.
pub const STAGES: [&str; 15] = [
    "needs_approval",
    "scheduled",
    "offering",
    "claimed",
    "unfilled",
    "rejected",
    "cancelled",
    "expired",
    "completed",
    "failed",
    "confirmed",
    "invoiced",
    "paid",
    "released",
    "in_progress",
];

/// The record of a job.
pub fn seal_job(job: &Job, epoch: u64) -> Result<Vec<u8>, RecordError> {
    let head = JobHead { due: job.due(), stage: stage_number(job), owes: !job.owed.is_empty() };
    codec::seal_job(job, &head, job.version, epoch)
}

/// The job of a record.
pub fn open_job(record: &[u8]) -> Result<Job, RecordError> {
    codec::open_job::<Job>(record).map(|(_, _, job)| job)
}

#[cfg(test)]
mod tests;
