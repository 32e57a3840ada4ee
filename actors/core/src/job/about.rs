//! Whom an entry of the timeline is about, where it is about one agent.

use std::collections::BTreeSet;

use super::event::{Actor, Entry, Event};
use crate::ids::{AgentId, OfferNo};

impl Entry {
    /// Whether an agent did it, or it happened to them: to the agent themselves, or to one of the offers that were made to them.
    pub fn is_about(&self, agent: AgentId, offers: &BTreeSet<OfferNo>) -> bool {
        self.actor == Actor::Agent(agent)
            || self.event.agent() == Some(agent)
            || self.event.offer().is_some_and(|no| offers.contains(&no))
    }
}

impl Event {
    /// The agent it names.
    pub fn agent(&self) -> Option<AgentId> {
        match self {
            Self::Offered { agent, .. }
            | Self::SeatSought { agent, .. }
            | Self::Claimed { agent, .. }
            | Self::StandbyJoined { agent, .. }
            | Self::StandbyLeft { agent }
            | Self::ClaimEnded { agent, .. }
            | Self::Released { agent, .. } => Some(*agent),
            // What is about everybody, the desk or a group names nobody; what is about an offer names that.
            _ => None,
        }
    }

    /// The offer it names, of those that are made to one agent.
    pub fn offer(&self) -> Option<OfferNo> {
        match self {
            Self::Offered { no, .. }
            | Self::SeatSought { no, .. }
            | Self::OfferSent { no, .. }
            | Self::OfferFailed { no, .. }
            | Self::Declined { no }
            | Self::OfferOver { no, .. }
            | Self::OfferExtended { no, .. }
            | Self::SeatSoughtAgain { no, .. }
            | Self::OfferReached { no, .. }
            | Self::OfferReturned { no, .. }
            | Self::OfferRerouted { no, .. }
            | Self::OfferClockStarted { no, .. } => Some(*no),
            Self::FailedOver { no, .. } => *no,
            _ => None,
        }
    }
}
