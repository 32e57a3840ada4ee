//! What a provider tells of a message after it was sent. Which of it is news, by rank, is decided before it gets here.

use super::event::Event;
use super::turn::Turn;
use super::{OfferState, Stage, Watch};
use crate::delivery::{Callback, ChannelKind, Delivery, Progress};
use crate::ids::{AgentId, EffectNo, OfferNo};
use crate::message::{Message, Recipient, Topic};
use crate::time::Timestamp;

impl Turn<'_> {
    pub(super) fn called_back(&mut self, effect: EffectNo, callback: Callback) {
        // A callback may overtake the answer to the call that it is about: then the message was sent, and this is its receipt.
        if self.job().owed.iter().any(|owed| owed.no == effect) {
            self.delivered(effect, Delivery::Sent(callback.receipt.clone()));
        }
        if self.is_of_assignment(effect) {
            return self.route_called_back(effect, callback);
        }
        let offer = self.job().offers.iter().find(|offer| offer.debt == Some(effect)).map(|offer| offer.no);
        match (callback.progress, offer) {
            (Progress::Sent, _) | (Progress::Delivered | Progress::Read, None) => {}
            (Progress::Delivered | Progress::Read, Some(no)) => self.offer_reached(no, callback.progress),
            (Progress::Failed, Some(no)) => self.offer_undelivered(no, callback),
            (Progress::Failed, None) => {
                let sent = self.take_sent(effect);
                if !sent.as_ref().is_some_and(|message| self.goes_on(message, &callback)) {
                    let Callback { topic, class, reason, .. } = callback;
                    self.happened(Event::MessageFailed { topic, class, reason });
                    if let Some(message) = &sent {
                        self.not_reached(message);
                    }
                }
            }
        }
    }

    /// A message that did not arrive goes on, in another form or by the next channel, if what it says is still true.
    fn goes_on(&mut self, message: &Message, callback: &Callback) -> bool {
        if !self.is_still_true(message) {
            return false;
        }
        let (class, reason) = (callback.class.clone(), callback.reason.clone());
        if !callback.again {
            return self.reroute_message(message, &class, &reason);
        }
        if message.lifetime.is_some_and(|lifetime| lifetime <= self.now) {
            return false;
        }
        let (topic, channel) = (message.topic.template().to_owned(), message.channel);
        self.happened(Event::MessageRerouted { topic, from: channel, to: channel, class, reason });
        self.owe(message.to, channel, message.topic.clone(), message.lifetime);
        true
    }

    /// A message that was settled when it was sent cannot be let go like one that is owed: it is looked at anew.
    fn is_still_true(&self, message: &Message) -> bool {
        let Recipient::Agent(agent) = message.to else { return false };
        let claim = match &self.job().stage {
            Stage::Claimed(claim) if claim.agent == agent => Some(claim),
            Stage::Claimed(_)
            | Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => None,
        };
        match &message.topic {
            Topic::Won | Topic::Settled(_) => claim.is_some(),
            Topic::Released(no) => {
                self.job().live_grant(self.now).is_some_and(|grant| grant.no == *no && grant.agent == agent)
            }
            Topic::Reminder => claim.is_some_and(|claim| matches!(claim.watch, Watch::Reminded { .. })),
            Topic::ClaimEnded(_) => claim.is_none(),
            Topic::OfferOver(no, _) => {
                claim.is_none() && self.job().offer(*no).is_some_and(|offer| offer.agent == agent && !offer.is_open())
            }
            // Offers carry their own debts, and the desk has one channel.
            Topic::Offer(_)
            | Topic::Route
            | Topic::ApprovalWanted
            | Topic::Notice(_)
            | Topic::Lead
            | Topic::CrewText
            | Topic::NoteDone(_)
            | Topic::CrewOffer(_)
            | Topic::CrewStatus(_) => false,
        }
    }

    fn offer_undelivered(&mut self, no: OfferNo, callback: Callback) {
        let Some(offer) = self.job().offer(no) else { return };
        // Over in another way: that its message did not arrive changes nothing any more.
        let OfferState::Open { closes_at, .. } = offer.state else { return };
        let to = (offer.agent, offer.channel);
        if callback.again && matches!(self.job().stage, Stage::Offering(_)) {
            self.offer_returned(no, to, closes_at, callback.class);
        } else {
            self.undelivered(no, &callback.class, &callback.reason);
        }
    }

    /// Told twice, after a crash between two rows, it is one line of the timeline.
    fn offer_reached(&mut self, no: OfferNo, progress: Progress) {
        let event = Event::OfferReached { no, progress };
        if !self.job().timeline.iter().any(|entry| entry.event == event) {
            self.happened(event);
        }
        self.start_clock(no);
    }

    /// The same offer, owed once more: its channel knows by now that it needs another form.
    fn offer_returned(
        &mut self,
        no: OfferNo,
        (agent, channel): (AgentId, ChannelKind),
        closes_at: Timestamp,
        class: String,
    ) {
        self.happened(Event::OfferReturned { no, class });
        let debt = self.owe(Recipient::Agent(agent), channel, Topic::Offer(no), Some(closes_at));
        self.note_debt(no, debt);
    }
}
