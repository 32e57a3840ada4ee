//! The domain's no. Each has a stable code, the same as its problem page.

use std::time::Duration;

use super::Ending;
use crate::gates::GateSet;
use crate::ids::JobId;
use crate::message::Over;

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such job.
    #[error("there is no such job")]
    JobNotFound,
    /// It must be approved first.
    #[error("the job must be approved first")]
    JobNotApproved,
    /// It was approved before and cannot be rejected any more.
    #[error("the job is {status}, no longer waiting for approval")]
    AlreadyApproved {
        /// Where it stands.
        status: &'static str,
    },
    /// It is not being offered.
    #[error("the job is {status}, not being offered")]
    JobNotOffering {
        /// Where it stands.
        status: &'static str,
    },
    /// It was started before.
    #[error("offering was started before")]
    AlreadyStarted,
    /// Nobody has it.
    #[error("the job is {status}: nobody has it")]
    JobNotClaimed {
        /// Where it stands.
        status: &'static str,
    },
    /// Only an unfilled job can be restarted.
    #[error("the job is {status}, not unfilled")]
    JobNotUnfilled {
        /// Where it stands.
        status: &'static str,
    },
    /// It is over.
    #[error("the job is {}", ended.as_str())]
    JobClosed {
        /// How it ended.
        ended: Ending,
    },
    /// It is not over, and still needs its details.
    #[error("the job is {status}, and whoever does it needs its details")]
    JobOpen {
        /// Where it stands.
        status: &'static str,
    },
    /// Somebody else has it.
    #[error("somebody else has the job{}", place_text(*place))]
    AlreadyClaimed {
        /// Where the claimant now stands in the line, from 1.
        place: Option<u16>,
    },
    /// There is no such offer.
    #[error("there is no such offer")]
    OfferNotFound,
    /// The offer was made to somebody else.
    #[error("the offer was made to somebody else")]
    NotYourOffer,
    /// The offer is over.
    #[error("the offer is over")]
    OfferClosed(OfferEnd),
    /// They have the job and said no.
    #[error("the job is yours; to give it back, withdraw")]
    JobIsYours,
    /// Somebody else is the winner.
    #[error("somebody else has the job")]
    NotTheWinner,
    /// There is no such agent.
    #[error("there is no such agent")]
    AgentNotFound,
    /// The agent is switched off.
    #[error("the agent is not active")]
    AgentInactive,
    /// The agent cannot be reached by any configured channel.
    #[error("the agent has no address on a configured channel")]
    AgentUnreachable,
    /// The agent has as many jobs as they can.
    #[error("the agent has {claims} of {capacity} jobs")]
    AgentFull {
        /// Claimed and not closed, or about to be.
        claims: u32,
        /// What they can have.
        capacity: u32,
    },
    /// The agent is being given another job of which they may have only one.
    #[error("the agent has another assignment: job {job}")]
    AgentAssigned {
        /// Which.
        job: JobId,
    },
    /// The agent has a job at the same time.
    #[error("the agent has another job at that time")]
    AgentBusy,
    /// No more offers fit into the job's record.
    #[error("the job was offered as often as a job can be; cancel it and publish another")]
    JobWornOut,
    /// The job has another version than the caller has seen.
    #[error("the job has version {is}, not {expected}")]
    VersionChanged {
        /// What the caller has seen.
        expected: u64,
        /// What it is.
        is: u64,
    },
    /// The idempotency key came with another command before.
    #[error("the idempotency key was used for another command")]
    KeyReused,
    /// Gates are not passed.
    #[error("not before: {}", missing.words())]
    GatesMissing {
        /// Which.
        missing: GateSet,
    },
    /// Nothing private came with the job.
    #[error("the job has no private details")]
    NoDetails,
    /// The winner cannot be told anything in private.
    #[error("the winner has no address where nobody else reads")]
    NoPrivateWay,
    /// Its details were never handed to anybody, or were taken back.
    #[error("the job's details are released to nobody")]
    NothingReleased,
    /// The grant has run out or was taken back.
    #[error("the details can no longer be seen by this link")]
    GrantOver,
    /// It waits for nobody to publish it in a group.
    #[error("nothing of the job waits to be published")]
    NothingToPublish,
    /// It does not stand in the group it is claimed from.
    #[error("the job is not published there")]
    NotPublished,
    /// They cannot do it, by a rule of `explain`.
    #[error("the job is not for them: {rule}")]
    NotForThem {
        /// The word of the rule.
        rule: &'static str,
    },
    /// They have won as many jobs lately as the tenant allows.
    #[error("they have claimed {won} jobs within the hour; {most} are allowed")]
    TooManyClaims {
        /// Won in the last hour, or about to be.
        won: u32,
        /// How many are allowed.
        most: u32,
    },
    /// They gave a job back lately.
    #[error("they gave a job back, and can claim again in {}", minutes(*left))]
    CoolingDown {
        /// How much longer.
        left: Duration,
    },
    /// The reference exists with another body.
    #[error("a job with this reference exists and was created from another body")]
    ReferenceConflict,
}

/// How an offer ended for the one who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferEnd {
    /// They said no.
    Declined,
    /// It ended without their answer.
    Over(Over),
    /// It could not be delivered.
    Failed,
    /// They had the job and lost it.
    Lost,
}

fn minutes(left: Duration) -> String {
    format!("{} min", left.as_secs().div_ceil(60))
}

fn place_text(place: Option<u16>) -> String {
    place.map_or_else(String::new, |place| format!("; you are number {place} in the line"))
}

impl Refusal {
    /// The stable code, as problems and the ledger show it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::JobNotFound => "job-not-found",
            Self::JobNotApproved => "job-not-approved",
            Self::AlreadyApproved { .. } => "job-already-approved",
            Self::JobNotOffering { .. } => "job-not-offering",
            Self::AlreadyStarted => "job-already-started",
            Self::JobNotClaimed { .. } => "job-not-claimed",
            Self::JobNotUnfilled { .. } => "job-not-unfilled",
            Self::JobClosed { .. } => "job-closed",
            Self::JobOpen { .. } => "job-open",
            Self::AlreadyClaimed { .. } => "job-already-claimed",
            Self::OfferNotFound => "offer-not-found",
            Self::NotYourOffer => "not-your-offer",
            Self::OfferClosed(_) => "offer-closed",
            Self::JobIsYours => "job-is-yours",
            Self::NotTheWinner => "not-the-winner",
            Self::AgentNotFound => "agent-not-found",
            Self::AgentInactive => "agent-inactive",
            Self::AgentUnreachable => "agent-unreachable",
            Self::AgentFull { .. } => "agent-full",
            Self::AgentAssigned { .. } => "agent-assigned",
            Self::AgentBusy => "agent-busy",
            Self::JobWornOut => "job-worn-out",
            Self::VersionChanged { .. } => "version-changed",
            Self::KeyReused => "idempotency-key-reused",
            Self::GatesMissing { .. } => "gates-missing",
            Self::NoDetails => "no-details",
            Self::NoPrivateWay => "no-private-way",
            Self::NothingReleased => "nothing-released",
            Self::GrantOver => "release-over",
            Self::NothingToPublish => "nothing-to-publish",
            Self::NotPublished => "job-not-published",
            Self::NotForThem { .. } => "job-not-for-agent",
            Self::TooManyClaims { .. } => "too-many-claims",
            Self::CoolingDown { .. } => "agent-cooling-down",
            Self::ReferenceConflict => "external-ref-conflict",
        }
    }
}
