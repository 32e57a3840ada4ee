//! What has become of a claim: which gates were passed, and whether the private details were handed over.

use serde::{Deserialize, Serialize};

use super::{Job, Stage};
use crate::gates::{Gate, GateSet, Gates};
use crate::ids::AgentId;
use crate::time::Timestamp;

/// Grants of a job are counted from 1.
pub type GrantNo = u16;

/// What the winner has reached. Whoever has the job next begins anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The gates that were passed, in the order in which that happened.
    pub passed: Vec<Passed>,
    /// When the work began.
    pub started_at: Option<Timestamp>,
    /// What must happen by when.
    pub late: Option<Late>,
}

/// A gate that was passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// Which.
    pub gate: Gate,
    /// When.
    pub at: Timestamp,
    /// The number of an invoice or of a payment.
    pub reference: Option<String>,
}

/// How far a claim has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reached {
    /// Somebody has the job.
    Claimed,
    /// This is the last of the gates that were passed.
    Passed(Gate),
    /// The winner has begun.
    InProgress,
}

/// What a claimed job waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Wait {
    /// A gate to be passed.
    Gate(Gate),
    /// The winner to begin.
    Start,
    /// The winner to be done.
    Finish,
}

/// Something that must happen by a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// What.
    pub what: Wait,
    /// By when; none: that is over, and the desk knows.
    pub by: Option<Timestamp>,
}

/// Private details handed to somebody: who may see which of them, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Counted from 1 over the whole job: the link carries it.
    pub no: GrantNo,
    /// Who.
    pub agent: AgentId,
    /// Which.
    pub fields: Fields,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The gates there were before it.
    pub required: GateSet,
    /// Those of them that were not passed and that an operator went by, with a reason.
    pub overridden: GateSet,
    /// When it was first opened.
    pub opened_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

/// A part of the private details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Field {
    /// Whom to ask for.
    ContactName,
    /// How to reach them.
    Phone,
    /// Where it begins.
    FromAddress,
    /// Where it ends.
    ToAddress,
    /// Anything else in their words.
    Notes,
    /// What else the client gave a name.
    Extra,
}

/// Which parts of the private details are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fields(u16);

/// Why a grant was taken back. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Revoked {
    /// Whom it was for no longer has the job.
    ClaimEnded,
    /// The job is over.
    Closed,
    /// An operator took it back.
    ByHand,
    /// The details are erased.
    Erased,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::ContactName, Self::Phone, Self::FromAddress, Self::ToAddress, Self::Notes, Self::Extra];

    /// The stable word for it: the name of the field in a job's details.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContactName => "contact_name",
            Self::Phone => "phone",
            Self::FromAddress => "from_address",
            Self::ToAddress => "to_address",
            Self::Notes => "notes",
            Self::Extra => "extra",
        }
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

impl Fields {
    /// Everything, whatever is there.
    pub const ALL: Self = Self(u16::MAX);

    /// Whether a field is among them.
    pub fn contain(self, field: Field) -> bool {
        self.0 & field.bit() != 0
    }

    /// They.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |field| self.contain(*field))
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        Self(fields.into_iter().fold(0, |bits, field| bits | field.bit()))
    }
}

impl Wait {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gate(gate) => gate.as_str(),
            Self::Start => "start",
            Self::Finish => "finish",
        }
    }
}

impl Revoked {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClaimEnded => "claim_ended",
            Self::Closed => "closed",
            Self::ByHand => "by_hand",
            Self::Erased => "erased",
        }
    }
}

impl Grant {
    /// Whether it opens anything now.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.until
    }
}

impl Settlement {
    /// When a gate was passed.
    pub fn passed(&self, gate: Gate) -> Option<&Passed> {
        self.passed.iter().find(|passed| passed.gate == gate)
    }

    /// How far a claim has come.
    pub fn reached(&self) -> Reached {
        if self.started_at.is_some() {
            return Reached::InProgress;
        }
        self.passed.iter().map(|passed| passed.gate).max().map_or(Reached::Claimed, Reached::Passed)
    }
}

impl Job {
    /// The stable word for where it stands.
    pub fn status(&self) -> &'static str {
        match &self.stage {
            Stage::Claimed(_) => match self.settlement.reached() {
                Reached::Claimed => "claimed",
                Reached::Passed(gate) => gate.passed(),
                Reached::InProgress => "in_progress",
            },
            other @ (Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. }) => other.status(),
        }
    }

    /// Whether there is such a gate for it: where nothing private came with it, there is nothing to release.
    pub fn has_gate(&self, gate: Gate) -> bool {
        self.gates.has(gate) && (gate != Gate::Release || self.has_details)
    }

    /// The gates before this one that are there and not passed, whether an operator went by them or not.
    pub fn missing_before(&self, gate: Gate) -> GateSet {
        self.not_passed().filter(|missing| *missing < gate).collect()
    }

    /// The gates that are there and not passed, and that no operator went by.
    pub fn missing(&self) -> impl Iterator<Item = Gate> + '_ {
        let overridden = self.grant.as_ref().filter(|grant| grant.revoked_at.is_none());
        let overridden = overridden.map(|grant| grant.overridden).unwrap_or_default();
        self.not_passed().filter(move |gate| !overridden.contains(*gate))
    }

    fn not_passed(&self) -> impl Iterator<Item = Gate> + '_ {
        Gate::ALL.into_iter().filter(|gate| self.has_gate(*gate) && self.settlement.passed(*gate).is_none())
    }

    /// What a claimed job waits for.
    pub fn awaits(&self) -> Option<Wait> {
        match &self.stage {
            Stage::Claimed(_) => Some(match self.missing().next() {
                _ if self.settlement.started_at.is_some() => Wait::Finish,
                Some(gate) => Wait::Gate(gate),
                None => Wait::Start,
            }),
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => None,
        }
    }

    /// The grant that opens the details now.
    pub fn live_grant(&self, now: Timestamp) -> Option<&Grant> {
        self.grant.as_ref().filter(|grant| grant.is_live(now))
    }

    /// The gates there are before a release.
    pub(super) fn required(gates: Gates) -> GateSet {
        Gate::ALL.into_iter().filter(|gate| *gate != Gate::Release && gates.has(*gate)).collect()
    }
}
