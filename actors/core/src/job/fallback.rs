//! From channel to channel: what did not arrive by one goes by the next that the agent can be reached on. Only where the tenant
//! has said after how long (`fallback_after`); whoever has one channel is asked by that one.
//!
//! The order is the agent's own, and a message only ever goes on in it, so that it comes to an end.

use super::event::Event;
use super::turn::Turn;
use super::{OfferState, Stage};
use crate::delivery::ChannelKind;
use crate::ids::{AgentId, OfferNo};
use crate::message::{Message, Recipient, Topic};
use crate::plan::{ClockStart, Wave};
use crate::time::Timestamp;

impl Turn<'_> {
    /// Until when a wave's offer can be claimed, or must have been delivered, and whether its clock runs already.
    pub(super) fn first_deadline(&self, wave: &Wave, agent: AgentId, channel: ChannelKind) -> (Timestamp, bool) {
        match wave.starts {
            ClockStart::Offered => (self.now + wave.claim_within, true),
            // As long to deliver it as to answer it: a provider that says nothing must not hold the job for ever.
            ClockStart::Delivered => {
                let latest = self.now + wave.claim_within + wave.claim_within;
                (self.falls_back_at(agent, channel).map_or(latest, |at| at.min(latest)), false)
            }
        }
    }

    /// Whether being sent is not enough for an offer's clock to begin: its provider tells of arrival, and there is another channel
    /// for what does not arrive.
    pub(super) fn awaits_arrival(&self, agent: AgentId, channel: ChannelKind) -> bool {
        channel.tells_of_arrival() && self.channel_after(agent, channel).is_some()
    }

    /// The same offer by the agent's next channel. False: there is none, or no time is left.
    pub(super) fn reroute_offer(&mut self, no: OfferNo, class: &str, reason: &str) -> bool {
        if !matches!(self.job.stage, Stage::Offering(_)) {
            return false;
        }
        let Some(offer) = self.job.offer(no) else { return false };
        let OfferState::Open { closes_at, runs } = offer.state else { return false };
        let (agent, from, debt) = (offer.agent, offer.channel, offer.debt);
        let Some(to) = self.channel_after(agent, from) else { return false };
        let closes_at = if runs { closes_at } else { self.deliver_by(agent, to).unwrap_or(closes_at) };
        if closes_at <= self.now {
            return false;
        }
        if let Some(debt) = debt {
            // If an attempt is under way at this moment, its report finds that the offer has another debt.
            self.settle(debt);
        }
        let (class, reason) = (class.to_owned(), reason.to_owned());
        self.happened(Event::OfferRerouted { no, from, to, class, reason, closes_at });
        let debt = self.owe(Recipient::Agent(agent), to, Topic::Offer(no), Some(closes_at));
        self.note_debt(no, debt);
        self.renew_lifetimes();
        true
    }

    /// Another message to an agent by their next channel. False: there is none, or no time is left.
    pub(super) fn reroute_message(&mut self, message: &Message, class: &str, reason: &str) -> bool {
        let Recipient::Agent(agent) = message.to else { return false };
        // What only took buttons away has nothing to say elsewhere.
        if matches!(message.topic, Topic::OfferOver(..)) && message.channel.edits() {
            return false;
        }
        if message.lifetime.is_some_and(|lifetime| lifetime <= self.now) {
            return false;
        }
        let from = message.channel;
        let Some(to) = self.channel_after(agent, from) else { return false };
        if matches!(message.topic, Topic::Released(_)) && self.world.group_of(&agent, to).is_some() {
            return false;
        }
        let topic = message.topic.template().to_owned();
        let (class, reason) = (class.to_owned(), reason.to_owned());
        self.happened(Event::MessageRerouted { topic, from, to, class, reason });
        self.owe(message.to, to, message.topic.clone(), message.lifetime);
        true
    }

    /// The wave's own deadline for a delivery that begins now.
    fn deliver_by(&self, agent: AgentId, channel: ChannelKind) -> Option<Timestamp> {
        let Stage::Offering(offering) = &self.job.stage else { return None };
        let wave = self.job.plan.waves.get(usize::from(offering.step))?;
        Some(self.first_deadline(wave, agent, channel).0)
    }

    /// When a message that is not delivered goes by the next channel.
    fn falls_back_at(&self, agent: AgentId, channel: ChannelKind) -> Option<Timestamp> {
        let after = self.world.settings.fallback_after?;
        self.channel_after(agent, channel).map(|_| self.now + after)
    }

    fn channel_after(&self, agent: AgentId, failed: ChannelKind) -> Option<ChannelKind> {
        self.world.settings.fallback_after?;
        self.world.channel_after(self.world.roster.get(&agent)?, failed)
    }
}
