//! What the index keeps of one job, as it is read off its record.

use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, EffectNo, JobId, OfferNo};
use baton_core::job::{Job, Next, OfferState, Stage, Watch};
use baton_core::message::Lane;
use baton_core::time::{Timestamp, Window};

use crate::records::stage_number;

/// What the index keeps of one job; read off its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Which job.
    pub id: JobId,
    /// Its version.
    pub version: u64,
    /// When it must look at its clock.
    pub due: Option<Timestamp>,
    /// The number of its stage.
    pub stage: u8,
    /// When it came in.
    pub created_at: Timestamp,
    /// Whether something happens next, or somebody is awaited (promise P7).
    pub has_next: bool,
    /// Its open offers.
    pub open: Vec<(AgentId, OfferNo)>,
    /// When the latest of them was made.
    pub offered_at: Option<Timestamp>,
    /// Its winner, by which offer, and when the work takes place.
    pub claim: Option<Held>,
    /// Offers that wait no longer: a late yes is told the truth, and may stand in line.
    pub past: Vec<(AgentId, OfferNo)>,
    /// What it owes.
    pub owes: Vec<Owes>,
    /// The agent who is to have no other such job.
    pub alone: Option<AgentId>,
    /// Whether its record has left the live ones.
    pub gone: bool,
}

/// A debt, as the outbox knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owes {
    /// Which.
    pub no: EffectNo,
    /// By which channel.
    pub channel: ChannelKind,
    /// How urgent.
    pub lane: Lane,
}

impl Facts {
    /// What the index keeps of a job.
    pub fn of(job: &Job) -> Self {
        let owes = |owed: &baton_core::job::Owed| Owes {
            no: owed.no,
            channel: owed.message.channel,
            lane: owed.message.topic.lane(),
        };
        let claim = match &job.stage {
            Stage::Claimed(claim) => Some(Held {
                agent: claim.agent,
                no: claim.no,
                occupies: job.occupies,
                reminded: matches!(claim.watch, Watch::Reminded { .. }),
            }),
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => None,
        };
        let past = |offer: &&baton_core::job::Offer| !offer.is_open() && offer.state != OfferState::Claimed;
        Self {
            id: job.id,
            version: job.version,
            due: job.due(),
            stage: stage_number(job),
            created_at: job.created_at,
            has_next: matches!(job.stage, Stage::Closed { .. }) || job.next() != Next::Nothing,
            open: job.open_offers().map(|offer| (offer.agent, offer.no)).collect(),
            offered_at: job.open_offers().map(|offer| offer.at).max(),
            claim,
            past: job.offers.iter().filter(past).map(|offer| (offer.agent, offer.no)).collect(),
            owes: job.owed.iter().map(owes).collect(),
            alone: job.keeps_alone(),
            gone: job.is_closed() && job.owed.is_empty(),
        }
    }
}

/// A claim, as the index knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose.
    pub agent: AgentId,
    /// By which offer.
    pub no: OfferNo,
    /// When the work takes place.
    pub occupies: Option<Window>,
    /// Whether the winner was reminded and is silent.
    pub reminded: bool,
}
