//! The rules of asking: a list of waves. A wave names who is asked together and how long they have.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::AgentId;

pub mod forecast;
pub mod lint;

/// No wave asks more than this many at once: a job's record must stay small enough to be stored whole.
pub const WAVE_MAX: u16 = 256;

/// The rules of asking. Frozen on the job when offering starts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Plan {
    /// Who is asked, in order.
    pub waves: Vec<Wave>,
    /// How many later claimants may wait behind the winner; 0: none.
    pub standby: u16,
    /// How long to search before the job expires, from the first wave; none: until the waves are used up.
    pub search_for: Option<Duration>,
    /// What happens to a winner who goes silent; none: nothing.
    pub stall: Option<Stall>,
    /// How often the waves are gone through before the job is unfilled.
    pub rounds: u16,
}

/// Those asked together, one group after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Wave {
    /// How many at once.
    pub mode: Mode,
    /// How long each group has.
    pub claim_within: Duration,
    /// When that time begins to run.
    pub starts: ClockStart,
    /// Only agents with all of these tags.
    pub tags: Vec<String>,
}

/// How many are asked at once. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// One after the other.
    OneByOne,
    /// So many at a time, until everybody was asked.
    Several(u16),
    /// All together.
    Everybody,
    /// One named agent. Where no answer is needed, the job is theirs at once.
    Direct {
        /// Who.
        agent: AgentId,
        /// Whether they may decline.
        answer_needed: bool,
    },
    /// Everybody in a crew group, by its name in the tenant's settings; in private where there is no such group.
    Group(String),
}

/// When an offer's clock begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClockStart {
    /// When the offer is made.
    #[default]
    Offered,
    /// When the provider has delivered it, or taken it where it reports nothing more.
    Delivered,
}

/// The watch over a silent winner: they must acknowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stall {
    /// They are reminded after this time.
    pub remind_after: Duration,
    /// The job returns to the pool after this time.
    pub return_after: Duration,
}

impl Default for Plan {
    /// One by one by priority, 30 minutes each, everybody once.
    fn default() -> Self {
        Self {
            waves: vec![Wave::new(Mode::OneByOne, Duration::from_mins(30))],
            standby: 16,
            search_for: None,
            stall: None,
            rounds: 1,
        }
    }
}

impl Wave {
    /// A wave whose clock starts when it is offered, for agents of any tags.
    pub fn new(mode: Mode, claim_within: Duration) -> Self {
        Self { mode, claim_within, starts: ClockStart::Offered, tags: Vec::new() }
    }

    /// How many are asked at once, at most.
    pub fn size(&self) -> u16 {
        match self.mode {
            Mode::OneByOne | Mode::Direct { .. } => 1,
            Mode::Several(size) => size.min(WAVE_MAX),
            Mode::Everybody | Mode::Group(_) => WAVE_MAX,
        }
    }
}
