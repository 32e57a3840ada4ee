//! A job: one piece of work to be done by someone, and all that has become of it.
//!
//! A [`Turn`] decides on a working copy; events are what changes it; what it owes stands in it until it is delivered.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::brief::Brief;
use crate::crew::Publish;
use crate::crew_view::CrewView;
use crate::delivery::{ChannelKind, Receipt};
use crate::eligibility::{Past, Wanted};
use crate::gates::{Gates, OwnGates};
use crate::ids::{AgentId, EffectNo, JobId, OfferNo};
use crate::message::{Message, Over};
use crate::plan::{Plan, Stall};
use crate::tenant::Settings;
use crate::time::{Timestamp, Window};

mod about;
pub mod assignment;
mod callback;
mod claim;
mod closing;
pub mod command;
mod deeds;
mod erasing;
pub mod event;
mod evolve;
pub mod explain;
mod fallback;
pub mod fates;
pub mod invariants;
mod lead;
pub mod ledger;
mod notes;
mod offering;
pub mod publication;
mod publishing;
pub mod refusal;
pub mod release;
pub mod report;
pub mod settlement;
mod settling;
pub mod turn;
pub mod weight;

pub use assignment::{Asked, Assignment};
pub use command::{AfterNoShow, Answer, Ask, By, Command, NewJob};
pub use deeds::Deed;
pub use event::{Actor, Cause, Entry, Event};
pub use lead::{Lead, LeadNews};
pub use notes::{Done, NOTES_KEPT, Note};
pub use publication::{Publication, Standing};
pub use refusal::Refusal;
pub use report::Report;
pub use settlement::{Grant, GrantNo, Settlement, Wait};
pub use turn::{Step, Turn};

/// A job holds no more offers than this, over all its waves of a round; see [`weight`] for what may make them fewer.
pub const OFFERS_MAX: usize = 512;

/// So many of the latest messages that were sent stay in the record.
pub const SENT_KEPT: usize = 16;

/// So many of the latest timeline entries stay in the record; older ones become rows of their own.
pub const ENTRIES_KEPT: usize = 32;

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Derived from the external reference, or drawn.
    pub id: JobId,
    /// How many steps were stored.
    pub version: u64,
    /// When it came in.
    pub created_at: Timestamp,
    /// The client's own name for it.
    pub external_ref: Option<String>,
    /// Of the request that created it: tells a repeat from a conflict.
    pub fingerprint: [u8; 16],
    /// What a crew may see.
    pub brief: Brief,
    /// Whether private details lie sealed in a record of their own.
    pub has_details: bool,
    /// What stands before offering.
    pub approval: Approval,
    /// The rules of asking.
    pub plan: Plan,
    /// The named plan it came from, and its version.
    pub plan_name: Option<(String, u32)>,
    /// Not before this moment.
    pub start_at: Option<Timestamp>,
    /// When the work takes place, as far as that is known.
    pub occupies: Option<Window>,
    /// Where it stands.
    pub stage: Stage,
    /// When it was approved.
    pub approved_at: Option<Timestamp>,
    /// How often the plan was begun.
    pub round: u16,
    /// The round with which the present search began: those that follow by themselves are counted from it.
    pub round_from: u16,
    /// How many waves were opened, over all rounds.
    pub waves: u16,
    /// The number of the latest offer.
    pub last_offer: OfferNo,
    /// The search ends then; while somebody has the job, it stands still.
    pub search_until: Option<Timestamp>,
    /// The end of the last outage the search was extended for.
    pub outage_seen: Timestamp,
    /// Whether somebody has started it by hand.
    pub started_by_hand: bool,
    /// The offers of this round, in order of their numbers.
    pub offers: Vec<Offer>,
    /// Who had the job and lost it: they are not asked again.
    pub had_it: Vec<AgentId>,
    /// Later claimants, in order of arrival.
    pub standby: Vec<Standby>,
    /// What it owes, until it is delivered.
    pub owed: Vec<Owed>,
    /// The latest commands that came with a key, for their repeats.
    pub answered: Vec<Answered>,
    /// The latest timeline entries.
    pub timeline: Vec<Entry>,
    /// How many entries the timeline has in all.
    pub entries: u32,
    /// The head of the claim ledger.
    pub ledger: ledger::Head,
    /// The latest messages to agents that were sent and of which their providers may still tell, but for offers.
    pub sent: Vec<Sent>,
    /// What it says of its gates; its tenant says the rest.
    pub own_gates: OwnGates,
    /// The gates that hold.
    pub gates: Gates,
    /// What the winner has reached.
    pub settlement: Settlement,
    /// The latest grant of its private details.
    pub grant: Option<Grant>,
    /// What stands in groups, one for each.
    pub publications: Vec<Publication>,
    /// What the desk has been told and can still do something about, by its messages that can be changed.
    pub notes: Vec<Note>,
    /// Of a finished lead: what the desk gets of it.
    pub lead: Option<Lead>,
    /// Of a route that is handed to a named driver: how they are told, and how far that has come.
    pub assignment: Option<Assignment>,
    /// What it says of who publishes it in groups; where it says nothing, its tenant does.
    pub own_publish: Option<Publish>,
}

/// A message that was sent: if it does not arrive, it is known what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The debt it was.
    pub no: EffectNo,
    /// What.
    pub message: Message,
}

/// What stands before offering.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Approval {
    /// Nothing.
    #[default]
    None,
    /// Somebody opens the link and approves.
    Link,
    /// The same, and the desk gets the link by e-mail.
    Email,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Somebody must approve it.
    NeedsApproval,
    /// Offering starts later.
    Scheduled {
        /// When.
        start_at: Timestamp,
    },
    /// Agents are being asked.
    Offering(Offering),
    /// Somebody has it.
    Claimed(Claim),
    /// Nobody took it; the desk knows.
    Unfilled {
        /// Why.
        reason: UnfilledReason,
    },
    /// It is over.
    Closed {
        /// How it ended.
        outcome: Ending,
        /// When.
        at: Timestamp,
    },
}

/// How a job ended. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ending {
    /// Not approved.
    Rejected,
    /// Called off.
    Cancelled,
    /// The search time ran out.
    Expired,
    /// Done.
    Completed,
    /// Taken, but not done.
    Failed,
    /// Taken, and the winner did not come.
    NoShow,
}

/// Why nobody took a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UnfilledReason {
    /// Everybody was asked.
    Exhausted,
    /// Nobody could be asked.
    NobodyEligible,
}

/// Agents are being asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offering {
    /// Which wave of the plan.
    pub step: u16,
    /// What is awaited.
    pub awaiting: Awaiting,
    /// The clocks stand still since then.
    pub paused_at: Option<Timestamp>,
}

/// What an offering job awaits. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Awaiting {
    /// The answers of those asked; the open offers carry their own deadlines.
    Answers,
    /// Room: everybody who could be asked is full.
    Room {
        /// The wave gives up then.
        until: Timestamp,
        /// It looks again then.
        look_at: Timestamp,
    },
    /// A named agent's capacity: the job is theirs if they have room.
    Seat {
        /// Who.
        agent: AgentId,
        /// The offer made for it.
        no: OfferNo,
        /// Asked again then, or given up.
        until: Timestamp,
        /// How often their capacity was asked.
        asked: u8,
    },
    /// Somebody at the desk, who publishes it in a group.
    Publisher,
}

/// Somebody has the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who.
    pub agent: AgentId,
    /// By which offer.
    pub no: OfferNo,
    /// Since when.
    pub at: Timestamp,
    /// The wave of the plan in which it was taken: the search goes on from there if it is lost.
    pub step: u16,
    /// The watch over a silent winner.
    pub watch: Watch,
    /// The end of the last outage the watch was extended for.
    pub outage_seen: Timestamp,
}

/// The watch over a silent winner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Watch {
    /// Nobody watches, or they have acknowledged.
    Off,
    /// They will be reminded.
    Silent {
        /// When they are reminded.
        remind_at: Timestamp,
        /// When the job returns to the pool.
        return_at: Timestamp,
    },
    /// They were reminded.
    Reminded {
        /// When the job returns to the pool.
        return_at: Timestamp,
    },
}

/// A job put to one agent in one wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Counted from 1 over the whole job.
    pub no: OfferNo,
    /// To whom.
    pub agent: AgentId,
    /// In which round, counted from 1.
    pub round: u16,
    /// In which wave, counted from 1 over the whole job.
    pub wave: u16,
    /// Since when.
    pub at: Timestamp,
    /// By which channel.
    pub channel: ChannelKind,
    /// What became of it.
    pub state: OfferState,
    /// The message that carries it, once it was sent.
    pub receipt: Option<Receipt>,
    /// The debt of that message.
    pub debt: Option<EffectNo>,
    /// The end of the last outage it was extended for.
    pub outage_seen: Timestamp,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OfferState {
    /// It waits for its answer.
    Open {
        /// Until then; while its clock has not begun, the moment by which it must have been delivered.
        closes_at: Timestamp,
        /// Whether its clock runs.
        runs: bool,
    },
    /// They took it.
    Claimed,
    /// They said no.
    Declined,
    /// It ended without their answer.
    Over(Over),
    /// It could not be delivered.
    Failed,
    /// They had taken it and no longer have it.
    Lost,
}

impl Watch {
    /// The moment at which it acts.
    pub fn due(self) -> Option<Timestamp> {
        match self {
            Self::Off => None,
            Self::Silent { remind_at, .. } => Some(remind_at),
            Self::Reminded { return_at } => Some(return_at),
        }
    }
}

impl Offer {
    /// Whether it waits for its answer.
    pub fn is_open(&self) -> bool {
        matches!(self.state, OfferState::Open { .. })
    }

    /// Its deadline, while it is open and its clock runs.
    pub fn closes_at(&self) -> Option<Timestamp> {
        match self.state {
            OfferState::Open { closes_at, runs: true } => Some(closes_at),
            OfferState::Open { runs: false, .. }
            | OfferState::Claimed
            | OfferState::Declined
            | OfferState::Over(_)
            | OfferState::Failed
            | OfferState::Lost => None,
        }
    }

    /// The stable word for what became of it.
    pub fn status(&self) -> &'static str {
        self.state.as_str()
    }
}

impl OfferState {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Claimed => "claimed",
            Self::Declined => "declined",
            Self::Over(Over::TimedOut) => "timed_out",
            Self::Over(Over::Taken) => "taken",
            Self::Over(Over::Skipped) => "skipped",
            Self::Over(Over::Closed) => "closed",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }
}

/// A later claimant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standby {
    /// Who.
    pub agent: AgentId,
    /// By which offer.
    pub no: OfferNo,
    /// Since when.
    pub at: Timestamp,
}

/// A debt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Which.
    pub no: EffectNo,
    /// Since when.
    pub at: Timestamp,
    /// What.
    pub message: Message,
}

/// A command that came with a key, and what was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The key, hashed.
    pub key: [u8; 16],
    /// The command, hashed.
    pub fingerprint: [u8; 16],
    /// What was answered.
    pub answer: Answer,
}

/// What happens next to a job, or who must act (promise P7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The engine acts at this moment.
    Timer(Timestamp),
    /// A person acts.
    Party(Party),
    /// Nothing: it is over.
    Nothing,
}

/// A person a job waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// Whoever holds the approval link.
    Approver,
    /// The desk.
    Operator,
    /// The winner.
    Winner(AgentId),
}

impl Stage {
    /// The stable word for it. What a winner has reached is said by [`Job::status`].
    pub fn status(&self) -> &'static str {
        match self {
            Self::NeedsApproval => "needs_approval",
            Self::Scheduled { .. } => "scheduled",
            Self::Offering(_) => "offering",
            Self::Claimed(_) => "claimed",
            Self::Unfilled { .. } => "unfilled",
            Self::Closed { outcome, .. } => outcome.status(),
        }
    }
}

impl Ending {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::NoShow => "no_show",
        }
    }

    /// The word of a job that ended so: one to which nobody came has failed, too.
    pub fn status(self) -> &'static str {
        match self {
            Self::NoShow => Self::Failed.as_str(),
            Self::Rejected | Self::Cancelled | Self::Expired | Self::Completed | Self::Failed => self.as_str(),
        }
    }
}

impl UnfilledReason {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::NobodyEligible => "nobody-eligible",
        }
    }
}

impl Job {
    /// Whether it is over.
    pub fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed { .. })
    }

    /// The offers that wait for an answer.
    pub fn open_offers(&self) -> impl Iterator<Item = &Offer> {
        self.offers.iter().filter(|offer| offer.is_open())
    }

    /// One offer of this round.
    pub fn offer(&self, no: OfferNo) -> Option<&Offer> {
        self.offers.binary_search_by_key(&no, |offer| offer.no).ok().map(|at| &self.offers[at])
    }

    /// The latest offer made to an agent in this round.
    pub fn offer_to(&self, agent: &AgentId) -> Option<&Offer> {
        self.offers.iter().rev().find(|offer| offer.agent == *agent)
    }

    /// Who has it.
    pub fn winner(&self) -> Option<AgentId> {
        match &self.stage {
            Stage::Claimed(claim) => Some(claim.agent),
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => None,
        }
    }

    /// Whether a dial of its tenant's stands otherwise than when it was looked at last.
    pub fn is_behind(&self, settings: &Settings) -> bool {
        let taken = self.winner().is_some();
        let gates = taken && self.own_gates.over(settings.settlement.gates) != self.gates;
        gates || (self.awaits_publisher() && self.publisher(&settings.crew) == Publish::Engine)
    }

    /// What a crew may see of it.
    pub fn crew_view(&self) -> CrewView {
        CrewView { job: self.id, code: self.id.code(), brief: self.brief.clone() }
    }

    /// The agent whose capacity it waits for: asked for again when the job wakes, since the first request may be lost.
    pub fn seat_sought(&self) -> Option<(AgentId, OfferNo)> {
        match &self.stage {
            Stage::Offering(Offering { awaiting: Awaiting::Seat { agent, no, .. }, .. }) => Some((*agent, *no)),
            Stage::Offering(Offering {
                awaiting: Awaiting::Answers | Awaiting::Room { .. } | Awaiting::Publisher,
                ..
            })
            | Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Claimed(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => None,
        }
    }

    /// The moment at which it must look at its clock.
    pub fn due(&self) -> Option<Timestamp> {
        let crew_text = self.lead.and_then(|lead| lead.text_at).filter(|_| !self.is_closed());
        self.stage_due().into_iter().chain(crew_text).min()
    }

    fn stage_due(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Scheduled { start_at } => Some(*start_at),
            Stage::Offering(offering) if offering.paused_at.is_some() => None,
            Stage::Offering(offering) => {
                let awaited = match offering.awaiting {
                    Awaiting::Answers => self.first_deadline(),
                    Awaiting::Room { until, look_at } => Some(until.min(look_at)),
                    Awaiting::Seat { until, .. } => Some(until),
                    Awaiting::Publisher => None,
                };
                awaited.into_iter().chain(self.search_until).min()
            }
            Stage::Claimed(claim) => {
                let late = self.settlement.late.and_then(|late| late.by);
                claim.watch.due().into_iter().chain(late).chain(self.assignment_ends_at()).min()
            }
            Stage::NeedsApproval | Stage::Unfilled { .. } | Stage::Closed { .. } => None,
        }
    }

    fn first_deadline(&self) -> Option<Timestamp> {
        let deadline = |offer: &Offer| match offer.state {
            OfferState::Open { closes_at, .. } => Some(closes_at),
            OfferState::Claimed
            | OfferState::Declined
            | OfferState::Over(_)
            | OfferState::Failed
            | OfferState::Lost => None,
        };
        let published = self.publications.iter().filter_map(Publication::closes_at);
        self.offers.iter().filter_map(deadline).chain(published).min()
    }

    /// What happens next, or who must act.
    pub fn next(&self) -> Next {
        if let Some(at) = self.due() {
            return Next::Timer(at);
        }
        match &self.stage {
            Stage::NeedsApproval => Next::Party(Party::Approver),
            Stage::Unfilled { .. } => Next::Party(Party::Operator),
            Stage::Offering(offering) if offering.paused_at.is_some() || offering.awaiting == Awaiting::Publisher => {
                Next::Party(Party::Operator)
            }
            Stage::Claimed(claim) => Next::Party(match self.awaits() {
                Some(Wait::Gate(_)) => Party::Operator,
                Some(Wait::Start | Wait::Finish) | None => Party::Winner(claim.agent),
            }),
            Stage::Closed { .. } | Stage::Scheduled { .. } | Stage::Offering(_) => Next::Nothing,
        }
    }

    /// Whom it cannot be offered to again in this round. An offer that was taken from somebody is not an answer of theirs.
    pub fn past(&self) -> BTreeMap<AgentId, Past> {
        let mut past = BTreeMap::new();
        for offer in &self.offers {
            match offer.state {
                OfferState::Over(Over::Taken) => {
                    past.remove(&offer.agent);
                }
                OfferState::Open { .. }
                | OfferState::Claimed
                | OfferState::Declined
                | OfferState::Over(Over::TimedOut | Over::Skipped | Over::Closed)
                | OfferState::Failed
                | OfferState::Lost => {
                    past.insert(offer.agent, Past::Asked);
                }
            }
        }
        past.extend(self.had_it.iter().map(|agent| (*agent, Past::HadIt)));
        past
    }

    /// What eligibility looks at.
    pub fn wanted<'a>(&'a self, past: &'a BTreeMap<AgentId, Past>) -> Wanted<'a> {
        Wanted { brief: &self.brief, occupies: self.occupies, past }
    }

    /// The job after these events, which tell everything but its debts, its memory of commands and its own bookkeeping.
    #[must_use]
    pub fn replayed(mut self, entries: &[Entry]) -> Self {
        for entry in entries {
            evolve::evolve(&mut self, &entry.event, entry.at);
        }
        self
    }

    fn watch_from(&self, now: Timestamp) -> Watch {
        match self.plan.stall {
            Some(Stall { remind_after, return_after }) => {
                Watch::Silent { remind_at: now + remind_after, return_at: now + remind_after.max(return_after) }
            }
            None => Watch::Off,
        }
    }
}

/// How long an answer about a named agent's capacity is awaited before it is asked again.
const SEAT_WAIT: Duration = Duration::from_secs(10);

/// How often it is asked before the wave moves on: a request is lost with the process that carries it.
const SEAT_ASKED: u8 = 3;

/// Nothing is put off further than this.
pub(crate) const HORIZON: Duration = Duration::from_secs(400 * 24 * 3600);

/// How often a wave that waits for room looks again.
const ROOM_LOOK: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests;
