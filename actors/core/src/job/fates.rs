//! What became of every offer of a job, over all its rounds. The record keeps the offers of the latest round; of those before,
//! only the timeline tells.

use std::collections::BTreeMap;

use super::{Event, Offer, OfferState};
use crate::ids::{AgentId, OfferNo};

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// To whom it was made.
    pub agent: AgentId,
    /// What became of it.
    pub state: OfferState,
    /// Whether its message went out.
    pub sent: bool,
}

/// Every offer by its number.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    offers: BTreeMap<OfferNo, Fate>,
    claimed: Option<OfferNo>,
}

impl Fates {
    /// Takes in the events of a job, in order.
    pub fn take_in(&mut self, event: &Event) {
        match event {
            Event::Offered { no, agent, closes_at, .. } | Event::SeatSought { no, agent, until: closes_at, .. } => {
                let state = OfferState::Open { closes_at: *closes_at, runs: false };
                self.offers.insert(*no, Fate { agent: *agent, state, sent: false });
            }
            Event::OfferSent { no, .. } => {
                if let Some(fate) = self.offers.get_mut(no) {
                    fate.sent = true;
                }
            }
            Event::OfferFailed { no, .. } => self.ends(*no, OfferState::Failed),
            Event::Declined { no } => self.ends(*no, OfferState::Declined),
            Event::OfferOver { no, over } => self.ends(*no, OfferState::Over(*over)),
            Event::Claimed { no, .. } => {
                self.claimed = Some(*no);
                self.ends(*no, OfferState::Claimed);
            }
            Event::ClaimEnded { .. } => {
                if let Some(no) = self.claimed.take() {
                    self.ends(no, OfferState::Lost);
                }
            }
            Event::Created
            | Event::Approved
            | Event::Rejected { .. }
            | Event::Scheduled { .. }
            | Event::RoundStarted { .. }
            | Event::StartSeen
            | Event::WaveOpened { .. }
            | Event::WaveSkipped { .. }
            | Event::RoomAwaited { .. }
            | Event::SeatSoughtAgain { .. }
            | Event::OfferExtended { .. }
            | Event::SearchExtended { .. }
            | Event::StandbyJoined { .. }
            | Event::StandbyLeft { .. }
            | Event::Acknowledged
            | Event::Reminded
            | Event::WatchExtended { .. }
            | Event::Paused
            | Event::Resumed { .. }
            | Event::Unfilled { .. }
            | Event::MessageFailed { .. }
            | Event::MessageDropped { .. }
            | Event::OfferReached { .. }
            | Event::OfferReturned { .. }
            | Event::FailedOver { .. }
            | Event::OfferRerouted { .. }
            | Event::MessageRerouted { .. }
            | Event::OfferClockStarted { .. }
            | Event::WaveShrunk { .. }
            | Event::GatesSet { .. }
            | Event::PublisherSet { .. }
            | Event::GatePassed { .. }
            | Event::Released { .. }
            | Event::GrantOpened { .. }
            | Event::GrantRevoked { .. }
            | Event::DetailsErased { .. }
            | Event::WorkStarted
            | Event::Awaited { .. }
            | Event::Escalated { .. }
            | Event::Denied { .. }
            | Event::Published { .. }
            | Event::PublishAwaited { .. }
            | Event::PublicationSent { .. }
            | Event::PublicationFailed { .. }
            | Event::PublicationDoubtful { .. }
            | Event::PublishedAgain { .. }
            | Event::PublicationOver { .. }
            | Event::PublicationExtended { .. }
            | Event::DeskTold { .. }
            | Event::CrewTextAwaited { .. }
            | Event::CrewTextDue
            | Event::SentAgain { .. }
            | Event::DetailsExported
            | Event::Retried
            | Event::NotSentAgain { .. }
            | Event::Assignment(_)
            | Event::Closed { .. } => {}
        }
    }

    /// The offers that the record still has stand as it says.
    #[must_use]
    pub fn as_recorded(mut self, offers: &[Offer]) -> Self {
        let fate = |offer: &Offer| Fate { agent: offer.agent, state: offer.state, sent: offer.receipt.is_some() };
        self.offers.extend(offers.iter().map(|offer| (offer.no, fate(offer))));
        self
    }

    /// All of them, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Fate> {
        self.offers.values()
    }

    fn ends(&mut self, no: OfferNo, state: OfferState) {
        if let Some(fate) = self.offers.get_mut(&no) {
            fate.state = state;
        }
    }
}
