//! The claim lock: one yes wins, later ones get a truthful place, and a lost claim goes to the next in line.

use super::event::{Cause, Event};
use super::ledger::Heard;
use super::refusal::OfferEnd;
use super::settlement::Revoked;
use super::turn::Turn;
use super::{Answer, Awaiting, Offer, OfferState, Refusal, Stage, Watch};
use crate::delivery::ChannelKind;
use crate::ids::{AgentId, OfferNo};
use crate::message::{ClaimEnd, Notice, Once, Over, Recipient, Topic};

/// The verdict in the ledger on a place in line that was given up.
const LEFT_LINE: &str = "standby-left";

impl Turn<'_> {
    pub(super) fn claim(
        &mut self,
        agent: AgentId,
        no: OfferNo,
        via: Option<ChannelKind>,
        heard: Heard,
    ) -> Result<Answer, Refusal> {
        let verdict = self.judge_claim(agent, no, via);
        let word = match &verdict {
            Ok(Answer::Done) => "claimed",
            Ok(Answer::Already) => "already",
            Err(refusal) => refusal.code(),
        };
        self.enter_attempt((agent, no, via), heard, word);
        verdict
    }

    fn judge_claim(&mut self, agent: AgentId, no: OfferNo, via: Option<ChannelKind>) -> Result<Answer, Refusal> {
        // A yes at the very deadline finds the clock already looked at: either it was in time, or the next are asked.
        self.ring_first();
        if self.job.publication(no).is_some() {
            return self.judge_group_claim(agent, no, via);
        }
        let offer = self.offer_of(agent, no)?;
        let (state, no) = (offer.state, offer.no);
        match &self.job.stage {
            Stage::Offering(_) => match state {
                OfferState::Open { .. } => {
                    self.win(agent, no, via);
                    Ok(Answer::Done)
                }
                OfferState::Claimed
                | OfferState::Declined
                | OfferState::Over(_)
                | OfferState::Failed
                | OfferState::Lost => Err(Refusal::OfferClosed(end_of(state))),
            },
            Stage::Claimed(claim) if claim.agent == agent => Ok(Answer::Already),
            Stage::Claimed(_) => Err(Refusal::AlreadyClaimed { place: self.place_in_line(agent, no) }),
            Stage::Closed { outcome, .. } => Err(Refusal::JobClosed { ended: *outcome }),
            Stage::Unfilled { .. } | Stage::NeedsApproval | Stage::Scheduled { .. } => {
                Err(Refusal::OfferClosed(end_of(state)))
            }
        }
    }

    fn offer_of(&self, agent: AgentId, no: OfferNo) -> Result<&Offer, Refusal> {
        match self.job.offer(no) {
            Some(offer) if offer.agent == agent => Ok(offer),
            Some(_) => Err(Refusal::NotYourOffer),
            // Offers of an earlier round are no longer kept.
            None if no > 0 && no <= self.job.last_offer => Err(Refusal::OfferClosed(OfferEnd::Over(Over::Skipped))),
            None => Err(Refusal::OfferNotFound),
        }
    }

    pub(super) fn win(&mut self, agent: AgentId, no: OfferNo, via: Option<ChannelKind>) {
        let channel = self.job.offer(no).map(|offer| (offer.channel, offer.debt));
        self.happened(Event::Claimed { no, agent, via });
        self.end_open_offers(Over::Taken, Some(no));
        if let Some((channel, debt)) = channel {
            if let Some(debt) = debt {
                self.settle(debt);
            }
            if self.job.assignment.is_none() {
                self.owe(Recipient::Agent(agent), channel, Topic::Won, None);
            }
        }
        self.tell_route(agent);
        self.advance();
        // Whoever gave it to them by name knows whose it is.
        if !self.desk_is_asked() && self.job.assignment.is_none() {
            self.notify_desk(Notice::Claimed(agent));
        }
    }

    /// Whoever was asked and not too late stands in the line behind the winner. What became of the latest offer to them
    /// counts, whichever they answer.
    fn place_in_line(&mut self, agent: AgentId, no: OfferNo) -> Option<u16> {
        let asked = self.job.offer_to(&agent).is_some_and(|latest| match latest.state {
            OfferState::Over(Over::Taken) => true,
            OfferState::Open { .. }
            | OfferState::Claimed
            | OfferState::Declined
            | OfferState::Over(Over::TimedOut | Over::Skipped | Over::Closed)
            | OfferState::Failed
            | OfferState::Lost => false,
        });
        self.place_behind(agent, no, asked)
    }

    /// Their place behind the winner; a new one only for those who may.
    pub(super) fn place_behind(&mut self, agent: AgentId, no: OfferNo, may: bool) -> Option<u16> {
        let place = |at: usize| u16::try_from(at + 1).ok();
        if let Some(at) = self.job.standby.iter().position(|waiting| waiting.agent == agent) {
            return place(at);
        }
        if !may || self.job.standby.len() >= usize::from(self.job.plan.standby) || self.job.room() == 0 {
            return None;
        }
        let place = place(self.job.standby.len())?;
        self.happened(Event::StandbyJoined { no, agent, place });
        Some(place)
    }

    /// Somebody in the line no longer waits: those behind them move up, and it stands in the ledger beside their claim.
    fn leave_line(&mut self, agent: AgentId, no: OfferNo) -> Answer {
        let via = match self.by.cause {
            Cause::Reply(channel) => Some(channel),
            Cause::Request | Cause::Page | Cause::Timer | Cause::Delivery | Cause::Seat | Cause::Rule => None,
        };
        self.enter_attempt((agent, no, via), Heard::default(), LEFT_LINE);
        self.happened(Event::StandbyLeft { agent });
        Answer::Done
    }

    pub(super) fn decline(&mut self, agent: AgentId, no: OfferNo) -> Result<Answer, Refusal> {
        self.ring_first();
        let in_line = self.job.standby.iter().any(|waiting| waiting.agent == agent && waiting.no == no);
        // Whoever has their place from a group was made no offer.
        if in_line && self.job.publication(no).is_some() {
            return Ok(self.leave_line(agent, no));
        }
        let offer = self.offer_of(agent, no)?;
        let (state, no, debt) = (offer.state, offer.no, offer.debt);
        match state {
            OfferState::Open { .. } => {
                self.happened(Event::Declined { no });
                if let Some(debt) = debt {
                    self.settle(debt);
                }
                self.move_on();
                self.take_buttons_away(no);
                Ok(Answer::Done)
            }
            OfferState::Declined => Ok(Answer::Already),
            OfferState::Over(Over::Taken) if self.job.standby.iter().any(|waiting| waiting.agent == agent) => {
                Ok(self.leave_line(agent, no))
            }
            // A winner who no longer can must give the job back in so many words: a stray NO changes nothing.
            OfferState::Claimed => match &self.job.stage {
                Stage::Closed { outcome, .. } => Err(Refusal::JobClosed { ended: *outcome }),
                Stage::NeedsApproval
                | Stage::Scheduled { .. }
                | Stage::Offering(_)
                | Stage::Claimed(_)
                | Stage::Unfilled { .. } => Err(Refusal::JobIsYours),
            },
            OfferState::Over(Over::Taken) if self.job.winner().is_some() => {
                Err(Refusal::AlreadyClaimed { place: None })
            }
            OfferState::Over(_) | OfferState::Failed | OfferState::Lost => Err(Refusal::OfferClosed(end_of(state))),
        }
    }

    pub(super) fn take_seat(&mut self, agent: AgentId, no: OfferNo) -> Result<Answer, Refusal> {
        match &self.job.stage {
            Stage::Offering(offering) => match offering.awaiting {
                Awaiting::Seat { agent: sought, no: sought_no, .. } if sought == agent && sought_no == no => {
                    self.win(agent, no, None);
                    Ok(Answer::Done)
                }
                Awaiting::Answers | Awaiting::Room { .. } | Awaiting::Seat { .. } | Awaiting::Publisher => {
                    Err(Refusal::OfferClosed(OfferEnd::Over(Over::Skipped)))
                }
            },
            Stage::Claimed(claim) if claim.agent == agent => Ok(Answer::Already),
            Stage::Claimed(_) => Err(Refusal::AlreadyClaimed { place: None }),
            other => Err(self.not_offering(other.status())),
        }
    }

    pub(super) fn assign(&mut self, agent: AgentId, channel: ChannelKind) -> Result<Answer, Refusal> {
        let room = self.job.room();
        match &self.job.stage {
            Stage::NeedsApproval => return Err(Refusal::JobNotApproved),
            Stage::Closed { outcome, .. } => return Err(Refusal::JobClosed { ended: *outcome }),
            Stage::Claimed(claim) if claim.agent == agent => return Ok(Answer::Already),
            Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Claimed(_) | Stage::Unfilled { .. } if room == 0 => {
                return Err(Refusal::JobWornOut);
            }
            Stage::Claimed(_) => self.end_claim(ClaimEnd::Reassigned, None),
            Stage::Offering(_) => {}
            Stage::Scheduled { .. } | Stage::Unfilled { .. } => {
                let round = self.job.round.saturating_add(1);
                let search_until = None;
                self.happened(Event::RoundStarted {
                    round,
                    plan: None,
                    search_until,
                    skip_declined: true,
                    by_hand: true,
                });
            }
        }
        if self.job.standby.iter().any(|waiting| waiting.agent == agent) {
            self.happened(Event::StandbyLeft { agent });
        }
        let step = match &self.job.stage {
            Stage::Offering(offering) => offering.step,
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Claimed(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => 0,
        };
        self.end_open_offers(Over::Taken, None);
        self.give_at(step, agent, channel);
        Ok(Answer::Done)
    }

    /// Gives it to an agent in the first wave, whatever they hold.
    pub(super) fn give_to(&mut self, agent: AgentId, channel: ChannelKind) {
        self.give_at(0, agent, channel);
    }

    fn give_at(&mut self, step: u16, agent: AgentId, channel: ChannelKind) {
        let no = self.job.last_offer + 1;
        self.happened(Event::WaveOpened { wave: self.job.waves + 1, step });
        self.happened(Event::Offered { no, agent, channel, closes_at: self.now + super::SEAT_WAIT, runs: true });
        self.win(agent, no, None);
    }

    pub(super) fn withdraw(&mut self, agent: Option<AgentId>, reason: Option<String>) -> Result<Answer, Refusal> {
        self.winner_is(agent)?;
        self.end_claim(ClaimEnd::Withdrawn, reason);
        self.move_on();
        Ok(Answer::Done)
    }

    pub(super) fn acknowledge(&mut self, agent: Option<AgentId>) -> Result<Answer, Refusal> {
        match self.winner_is(agent)? {
            _ if self.job.assignment.is_some() => Ok(self.acknowledge_route()),
            Watch::Off => Ok(Answer::Already),
            Watch::Silent { .. } | Watch::Reminded { .. } => {
                self.happened(Event::Acknowledged);
                self.let_go(|message| message.topic == Topic::Reminder);
                Ok(Answer::Done)
            }
        }
    }

    /// The claim's watch, if `agent` is the winner or nobody is named.
    pub(super) fn winner_is(&self, agent: Option<AgentId>) -> Result<Watch, Refusal> {
        match &self.job.stage {
            Stage::Claimed(claim) if agent.is_none_or(|agent| agent == claim.agent) => Ok(claim.watch),
            Stage::Claimed(_) => Err(Refusal::NotTheWinner),
            Stage::Closed { outcome, .. } => Err(Refusal::JobClosed { ended: *outcome }),
            other @ (Stage::NeedsApproval | Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Unfilled { .. }) => {
                Err(Refusal::JobNotClaimed { status: other.status() })
            }
        }
    }

    /// The winner no longer has the job, and is told unless they said so themselves.
    pub(super) fn end_claim(&mut self, end: ClaimEnd, reason: Option<String>) {
        let Stage::Claimed(claim) = &self.job.stage else { return };
        let (agent, no) = (claim.agent, claim.no);
        let channel = self.job.offer(no).map(|offer| offer.channel);
        // What has not left yet is no longer true.
        self.let_go(|message| match message.topic {
            // A doubt was about what they were sent.
            Topic::Won
            | Topic::Route
            | Topic::Reminder
            | Topic::Settled(_)
            | Topic::Notice(Notice::Doubtful(Once::Release)) => true,
            Topic::Notice(Notice::Claimed(winner)) => winner == agent,
            // One on its way to a chat is changed when it has arrived; one that has not left is dropped then.
            Topic::Notice(
                Notice::Waiting(_, winner) | Notice::Asked(_, winner) | Notice::Unreached(winner),
            ) => winner == agent && !message.channel.edits(),
            Topic::Offer(_)
            | Topic::CrewOffer(_)
            | Topic::CrewStatus(_)
            | Topic::OfferOver(..)
            | Topic::ClaimEnded(_)
            | Topic::ApprovalWanted
            // The grant takes its news with it.
            | Topic::Released(_)
            | Topic::Lead
            | Topic::CrewText
            | Topic::NoteDone(_)
            | Topic::Notice(
                Notice::Unfilled
                | Notice::Stalled(_)
                | Notice::Expired
                | Notice::Quarantined
                | Notice::PublishWanted
                | Notice::NotPublished
                | Notice::PublicationDoubtful
                | Notice::NobodyReached
                | Notice::Doubtful(Once::Lead | Once::CrewText),
            ) => false,
        });
        self.revoke_grant(Revoked::ClaimEnded, None);
        self.happened(Event::ClaimEnded { agent, end, reason });
        if let Some(channel) = channel {
            self.owe(Recipient::Agent(agent), channel, Topic::ClaimEnded(end), None);
        }
    }
}

fn end_of(state: OfferState) -> OfferEnd {
    match state {
        OfferState::Declined => OfferEnd::Declined,
        OfferState::Over(over) => OfferEnd::Over(over),
        OfferState::Failed => OfferEnd::Failed,
        OfferState::Claimed | OfferState::Lost => OfferEnd::Lost,
        OfferState::Open { .. } => OfferEnd::Over(Over::Closed),
    }
}
