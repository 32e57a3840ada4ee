//! What stands in a group about a job: one message for each group, edited in place as long as the job lives.

use serde::{Deserialize, Serialize};

use super::{Awaiting, Ending, Job, Stage};
use crate::crew::{Crew, Publish};
use crate::delivery::Receipt;
use crate::ids::{AgentId, EffectNo, OfferNo};
use crate::message::Over;
use crate::time::Timestamp;

/// A job is published in no more groups than this.
pub const PUBLICATIONS_MAX: usize = 8;

/// A job as it was published in one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// What a claim from the group names: counted among the offers, once for each group.
    pub no: OfferNo,
    /// The group's name in its tenant's settings.
    pub group: String,
    /// The round in which it was opened last.
    pub round: u16,
    /// The wave of the plan for which it was opened last, from 0.
    pub step: u16,
    /// Since when.
    pub at: Timestamp,
    /// Whether it can be claimed from there.
    pub state: PostState,
    /// The message in the group, once it was sent.
    pub receipt: Option<Receipt>,
    /// The debt of that message.
    pub debt: Option<EffectNo>,
    /// It may stand in the group and nobody knows: it is sent again by the desk's word alone.
    pub doubtful: bool,
    /// The end of the last outage it was extended for.
    pub outage_seen: Timestamp,
}

/// Whether a job can be claimed from a group. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostState {
    /// It can.
    Open {
        /// Until then; while its clock has not begun, the moment by which it must have been sent.
        closes_at: Timestamp,
        /// Whether its clock runs.
        runs: bool,
    },
    /// Not any more.
    Over(Over),
    /// It could not be sent there.
    Failed,
}

/// What the group reads below a job: its status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Whoever claims it first has it.
    Open,
    /// Nobody can claim it from here at present.
    Shut,
    /// Somebody has it.
    Reserved(AgentId),
    /// Somebody has it, and its details.
    Released(AgentId),
    /// It is over.
    Ended(Ending),
}

impl Publication {
    /// Whether it can be claimed from the group.
    pub fn is_open(&self) -> bool {
        matches!(self.state, PostState::Open { .. })
    }

    /// Its deadline, while it is open.
    pub fn closes_at(&self) -> Option<Timestamp> {
        match self.state {
            PostState::Open { closes_at, .. } => Some(closes_at),
            PostState::Over(_) | PostState::Failed => None,
        }
    }

    /// The stable word for where it stands.
    pub fn status(&self) -> &'static str {
        match self.state {
            PostState::Open { .. } if self.doubtful => "doubtful",
            PostState::Open { .. } => "open",
            PostState::Over(over) => over.as_str(),
            PostState::Failed => "failed",
        }
    }
}

impl Standing {
    /// The word templates use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Shut => "shut",
            Self::Reserved(_) => "reserved",
            Self::Released(_) => "released",
            Self::Ended(ending) => ending.as_str(),
        }
    }

    /// Who has the job.
    pub fn winner(self) -> Option<AgentId> {
        match self {
            Self::Reserved(agent) | Self::Released(agent) => Some(agent),
            Self::Open | Self::Shut | Self::Ended(_) => None,
        }
    }
}

impl Job {
    /// What was published under a number.
    pub fn publication(&self, no: OfferNo) -> Option<&Publication> {
        self.publications.iter().find(|published| published.no == no)
    }

    /// What stands in a group.
    pub fn published_in(&self, group: &str) -> Option<&Publication> {
        self.publications.iter().find(|published| published.group == group)
    }

    /// Where it can be claimed from at present.
    pub fn open_publication(&self) -> Option<&Publication> {
        self.publications.iter().find(|published| published.is_open())
    }

    /// Who publishes it in its groups: as it says itself, or else its tenant.
    pub fn publisher(&self, tenant: &Crew) -> Publish {
        self.own_publish.unwrap_or(tenant.publish)
    }

    /// Whether somebody at the desk is to publish it.
    pub fn awaits_publisher(&self) -> bool {
        matches!(&self.stage, Stage::Offering(offering) if offering.awaiting == Awaiting::Publisher)
    }

    /// What a group reads below it.
    pub fn standing(&self, published: &Publication) -> Standing {
        match &self.stage {
            Stage::Claimed(claim) => {
                let theirs = self.grant.as_ref().filter(|grant| grant.revoked_at.is_none());
                if theirs.is_some_and(|grant| grant.agent == claim.agent) {
                    Standing::Released(claim.agent)
                } else {
                    Standing::Reserved(claim.agent)
                }
            }
            Stage::Closed { outcome, .. } => Standing::Ended(*outcome),
            Stage::Offering(_) if published.is_open() => Standing::Open,
            Stage::NeedsApproval | Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Unfilled { .. } => {
                Standing::Shut
            }
        }
    }

    /// What an agent's claim by the job's code is about: an offer of their own that is open, else what stands in one of these
    /// groups, rather where it is open.
    pub fn claimable_by(&self, agent: &AgentId, here: impl Fn(&Publication) -> bool) -> Option<OfferNo> {
        let own = self.open_offers().find(|offer| offer.agent == *agent).map(|offer| offer.no);
        let mut stands = self.publications.iter().filter(|published| here(published));
        let open = stands.clone().find(|published| published.is_open());
        own.or_else(|| open.or_else(|| stands.next_back()).map(|published| published.no))
    }
}
