//! The cascade: opening waves, moving on, and what the clock and the providers say meanwhile.

use std::time::Duration;

use super::command::By;
use super::event::{Actor, Cause, Event};
use super::publishing::GroupWave;
use super::turn::Turn;
use super::{
    Answer, Awaiting, Ending, HORIZON, Offer, OfferState, ROOM_LOOK, Refusal, SEAT_ASKED, SEAT_WAIT, Stage,
    UnfilledReason, Watch,
};
use crate::delivery::{ChannelKind, Delivery, DropReason, Provider};
use crate::eligibility::choose;
use crate::fit::{Short, fit};
use crate::ids::{AgentId, EffectNo, OfferNo};
use crate::message::{ClaimEnd, Message, Notice, Once, Over, Recipient, Topic};
use crate::plan::{Mode, Plan, Wave};
use crate::time::{Timestamp, Window};

impl Turn<'_> {
    /// Nothing stands before offering any more: it starts now, or waits for its time.
    pub(super) fn begin(&mut self, by_hand: bool) {
        match self.job.start_at {
            Some(start_at) if start_at > self.now && !by_hand => self.happened(Event::Scheduled { start_at }),
            Some(_) | None => self.start_round(None, false, by_hand),
        }
    }

    pub(super) fn start_round(&mut self, plan: Option<Box<Plan>>, skip_declined: bool, by_hand: bool) {
        let search_for = plan.as_deref().unwrap_or(&self.job.plan).search_for;
        // A round that follows by itself is part of the same search.
        let search_until = if skip_declined && !by_hand && self.job.search_until.is_some() {
            self.job.search_until
        } else {
            search_for.map(|span| self.now + span)
        };
        let round = self.job.round.saturating_add(1);
        self.happened(Event::RoundStarted { round, plan, search_until, skip_declined, by_hand });
        if self.job.assignment.is_some() {
            return self.hand_over();
        }
        self.open_from(0, false);
    }

    /// Opens the next wave that has somebody to ask, beginning with `step`. `continuing`: that step has asked before,
    /// and is silently left when it is used up.
    pub(super) fn open_from(&mut self, step: u16, continuing: bool) {
        let mut continuing = continuing;
        let mut step = step;
        while let Some(wave) = self.job.plan.waves.get(usize::from(step)).cloned() {
            if self.job.room() == 0 {
                break;
            }
            let wave = match self.group_wave(step, wave) {
                GroupWave::Asks(wave) => wave,
                GroupWave::Opened => return,
                GroupWave::UsedUp => {
                    continuing = false;
                    step += 1;
                    continue;
                }
            };
            let past = self.job.past();
            let chosen = choose(&wave, &self.job.wanted(&past), &self.world, self.now);
            if !chosen.agents.is_empty() {
                return self.open_wave(step, &wave, &chosen.agents);
            }
            let (waits_until, waited) = self.room_until(step, &wave);
            if chosen.some_full && waits_until > self.now {
                let look_at = waits_until.min(self.now + ROOM_LOOK);
                return self.happened(Event::RoomAwaited { step, until: waits_until, look_at });
            }
            if continuing {
                self.look_for_reach(step);
            }
            if !continuing || waited {
                self.happened(Event::WaveSkipped { step, full: chosen.some_full });
            }
            continuing = false;
            step += 1;
        }
        self.waves_used_up();
    }

    /// Until when a wave waits for room, and whether it has been waiting.
    fn room_until(&self, step: u16, wave: &Wave) -> (Timestamp, bool) {
        match &self.job.stage {
            Stage::Offering(offering) if offering.step == step => match offering.awaiting {
                Awaiting::Room { until, .. } => (until, true),
                Awaiting::Answers | Awaiting::Seat { .. } | Awaiting::Publisher => {
                    (self.now + wave.claim_within, false)
                }
            },
            Stage::Offering(_)
            | Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Claimed(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => (self.now + wave.claim_within, false),
        }
    }

    fn open_wave(&mut self, step: u16, wave: &Wave, agents: &[(AgentId, ChannelKind)]) {
        if let (Mode::Direct { answer_needed: false, .. }, Some((agent, channel))) = (&wave.mode, agents.first()) {
            return self.seat(*agent, *channel, step, false);
        }
        self.happened(Event::WaveOpened { wave: self.job.waves + 1, step });
        let fit = fit(agents, wave.claim_within, &self.world);
        if let Some(Short { wanted, asked, channel, sends }) = fit.short {
            self.happened(Event::WaveShrunk { step, wanted, asked, channel, sends });
        }
        let room = self.job.room();
        for (agent, channel) in fit.asked.iter().take(room) {
            let (closes_at, runs) = self.first_deadline(wave, *agent, *channel);
            let no = self.job.last_offer + 1;
            self.happened(Event::Offered { no, agent: *agent, channel: *channel, closes_at, runs });
            let debt = self.owe(Recipient::Agent(*agent), *channel, Topic::Offer(no), Some(closes_at));
            if let Some(offer) = self.job.offers.last_mut() {
                offer.debt = Some(debt);
            }
        }
    }

    /// Gives the job to an agent if they have room.
    pub(super) fn seat(&mut self, agent: AgentId, channel: ChannelKind, step: u16, promoted: bool) {
        let no = self.job.last_offer + 1;
        let until = self.now + SEAT_WAIT;
        self.happened(Event::SeatSought { no, agent, channel, step, until, promoted });
        self.seek_seat(agent, no);
    }

    pub(super) fn waves_used_up(&mut self) {
        let round = self.job.round;
        let asked_anybody = self.job.offers.iter().any(|offer| offer.round == round)
            || self.job.publications.iter().any(|published| published.round == round);
        let gone_through = self.job.round.saturating_sub(self.job.round_from).saturating_add(1);
        if asked_anybody && gone_through < self.job.plan.rounds {
            return self.start_round(None, true, false);
        }
        // Those who said no in an earlier round were asked, too.
        let reason = if self.job.offers.is_empty() && !asked_anybody {
            UnfilledReason::NobodyEligible
        } else {
            UnfilledReason::Exhausted
        };
        self.happened(Event::Unfilled { reason });
        self.notify_desk(Notice::Unfilled);
    }

    /// After an offer has ended: if nobody asked is left to answer, the next are asked.
    pub(super) fn move_on(&mut self) {
        let Stage::Offering(offering) = &self.job.stage else { return };
        let (step, paused) = (offering.step, offering.paused_at.is_some());
        match offering.awaiting {
            Awaiting::Answers
                if !paused && self.job.open_offers().next().is_none() && self.job.open_publication().is_none() =>
            {
                if self.search_is_over() {
                    self.expire();
                } else {
                    self.next_after(step);
                }
            }
            Awaiting::Answers | Awaiting::Room { .. } | Awaiting::Seat { .. } | Awaiting::Publisher => {}
        }
    }

    /// The standby line goes before the next wave.
    fn next_after(&mut self, step: u16) {
        while let Some(first) = self.job.standby.first().copied() {
            let there = self.world.roster.get(&first.agent).filter(|agent| agent.active && self.job.room() > 0);
            match there.and_then(|agent| self.world.way_to(agent).ok()) {
                Some(channel) => return self.seat(first.agent, channel, step, true),
                None => self.happened(Event::StandbyLeft { agent: first.agent }),
            }
        }
        self.open_from(step, true);
    }

    /// Ends every open offer, and tells those whose offer was on its way.
    pub(super) fn end_open_offers(&mut self, over: Over, except: Option<OfferNo>) {
        let open: Vec<OfferNo> =
            self.job.open_offers().map(|offer| offer.no).filter(|no| Some(*no) != except).collect();
        for no in open {
            self.end_offer(no, over);
        }
        self.end_publications(over);
    }

    fn end_offer(&mut self, no: OfferNo, over: Over) {
        self.happened(Event::OfferOver { no, over });
        self.tell_offer_over(no, over);
    }

    /// What never left need not be taken back; what may have left is.
    fn tell_offer_over(&mut self, no: OfferNo, over: Over) {
        let Some(offer) = self.job.offer(no) else { return };
        let (agent, channel, debt, sent) = (offer.agent, offer.channel, offer.debt, offer.receipt.is_some());
        if let Some(debt) = debt {
            // If an attempt is under way at this moment, its report comes and finds the offer over.
            self.settle(debt);
        }
        if sent {
            self.owe(Recipient::Agent(agent), channel, Topic::OfferOver(no, over), None);
        }
    }

    /// A no needs no news, but where a message can be changed its buttons must go. If the next round has begun with the no, the
    /// offer and its message are forgotten.
    pub(super) fn take_buttons_away(&mut self, no: OfferNo) {
        let Some(offer) = self.job.offer(no) else { return };
        if offer.receipt.is_some() && offer.channel.edits() {
            self.owe(Recipient::Agent(offer.agent), offer.channel, Topic::OfferOver(no, Over::Closed), None);
        }
    }

    /// Looks at the clock before an answer is judged: what the clock does is not the asker's doing.
    pub(super) fn ring_first(&mut self) {
        let timer = By { actor: Actor::Engine, cause: Cause::Timer };
        let asker = std::mem::replace(&mut self.by, timer);
        self.ring();
        self.by = asker;
    }

    /// Looks at the clock.
    pub(super) fn ring(&mut self) {
        self.ring_lead();
        match &self.job.stage {
            Stage::Scheduled { start_at } if *start_at <= self.now => self.start_round(None, false, false),
            Stage::Offering(offering) if offering.paused_at.is_none() => self.ring_offering(),
            Stage::Claimed(_) => {
                if !self.ring_assignment() {
                    self.advance();
                    self.ring_claimed();
                }
            }
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => {}
        }
    }

    fn ring_offering(&mut self) {
        if self.search_is_over() {
            return self.expire();
        }
        let Stage::Offering(offering) = &self.job.stage else { return };
        let step = offering.step;
        match offering.awaiting {
            Awaiting::Answers => {
                self.ring_offers();
                self.ring_publications();
                self.move_on();
            }
            Awaiting::Room { until, look_at } if until.min(look_at) <= self.now => self.open_from(step, true),
            Awaiting::Seat { agent, no, until, asked } if until <= self.now => {
                if asked < SEAT_ASKED {
                    self.happened(Event::SeatSoughtAgain { no, until: self.now + SEAT_WAIT });
                    self.seek_seat(agent, no);
                } else {
                    self.seat_failed(no, "no-answer");
                }
            }
            Awaiting::Publisher => self.publish_unasked(),
            Awaiting::Room { .. } | Awaiting::Seat { .. } => {}
        }
    }

    /// Whether the time of the search is over, outages apart.
    fn search_is_over(&mut self) -> bool {
        let Some(until) = self.job.search_until.filter(|until| *until <= self.now) else { return false };
        let Some((until, outage)) = self.after_outages(until, self.job.outage_seen) else { return true };
        self.happened(Event::SearchExtended { until, outage: Some(outage) });
        false
    }

    fn ring_offers(&mut self) {
        let overdue: Vec<(OfferNo, Timestamp, Timestamp, bool)> = self
            .job
            .offers
            .iter()
            .filter_map(|offer| match offer.state {
                OfferState::Open { closes_at, runs } if closes_at <= self.now => {
                    Some((offer.no, closes_at, offer.outage_seen, runs))
                }
                OfferState::Open { .. }
                | OfferState::Claimed
                | OfferState::Declined
                | OfferState::Over(_)
                | OfferState::Failed
                | OfferState::Lost => None,
            })
            .collect();
        for (no, closes_at, seen, runs) in overdue {
            if let Some((closes_at, outage)) = self.after_outages(closes_at, seen) {
                self.happened(Event::OfferExtended { no, closes_at, outage: Some(outage) });
                self.renew_lifetimes();
            } else if runs {
                self.end_offer(no, Over::TimedOut);
            } else if !self.reroute_offer(no, "undelivered", "not delivered in time") {
                self.offer_failed(no, "undelivered", "not delivered in time");
            }
        }
    }

    /// A deadline that ran while the engine was away has that time given back, once for each outage. `seen` is the moment
    /// it began to run, or the end of the last outage that was made up for.
    pub(super) fn after_outages(&self, deadline: Timestamp, seen: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let (mut extended, mut seen) = (deadline, seen);
        let began = seen;
        for outage in self.world.outages {
            if outage.to > seen && outage.overlaps(&Window { from: seen, to: extended }) {
                extended = extended + outage.to.since(outage.from.max(seen));
                seen = outage.to;
            }
        }
        (seen > began && extended > self.now).then_some((extended, seen))
    }

    fn ring_claimed(&mut self) {
        let Stage::Claimed(claim) = &self.job.stage else { return };
        let (agent, no, seen) = (claim.agent, claim.no, claim.outage_seen);
        let watch = claim.watch;
        let now = self.now;
        let over = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let Some(due) = self.job.due().filter(|due| *due <= now) else { return };
        if let Some((extended, outage)) = self.after_outages(due, seen) {
            let by_millis = u64::try_from(extended.since(due).as_millis()).unwrap_or(u64::MAX);
            return self.happened(Event::WatchExtended { by_millis, outage });
        }
        match watch {
            Watch::Silent { .. } if over(watch.due()) => self.remind(agent, no),
            Watch::Reminded { .. } if over(watch.due()) => self.stalled(agent),
            Watch::Silent { .. } | Watch::Reminded { .. } | Watch::Off => {}
        }
        if self.job.winner() == Some(agent)
            && let Some(late) = self.job.settlement.late
            && over(late.by)
        {
            self.step_is_late(late.what, agent);
        }
    }

    fn remind(&mut self, agent: AgentId, no: OfferNo) {
        let channel = self.job.offer(no).map(|offer| offer.channel);
        self.happened(Event::Reminded);
        let returns = match &self.job.stage {
            Stage::Claimed(claim) => claim.watch.due(),
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => None,
        };
        if let (Some(channel), Some(return_at)) = (channel, returns) {
            self.owe(Recipient::Agent(agent), channel, Topic::Reminder, Some(return_at));
        }
    }

    pub(super) fn stalled(&mut self, agent: AgentId) {
        self.end_claim(ClaimEnd::Stalled, None);
        self.notify_desk(Notice::Stalled(agent));
        self.move_on();
    }

    fn expire(&mut self) {
        self.end_open_offers(Over::Closed, None);
        self.happened(Event::Closed { outcome: Ending::Expired, reason: None });
        self.notify_desk(Notice::Expired);
    }

    /// What became of a message.
    pub(super) fn delivered(&mut self, effect: EffectNo, delivery: Delivery) {
        if let Delivery::Rerouted { from, to, class, reason } = delivery {
            return self.failed_over(effect, (from, to), class, reason);
        }
        let message = self.settle(effect).map(|owed| owed.message);
        if self.is_of_assignment(effect) {
            return self.route_delivered(effect, delivery);
        }
        if let Some(Topic::CrewOffer(no)) = message.as_ref().map(|message| &message.topic) {
            return self.publication_delivered(*no, delivery);
        }
        let offer_no = match message.as_ref().map(|message| &message.topic) {
            Some(Topic::Offer(no)) => Some(*no),
            // The debt was let go while an attempt was under way.
            None => self.job.offers.iter().find(|offer| offer.debt == Some(effect)).map(|offer| offer.no),
            Some(
                Topic::OfferOver(..)
                | Topic::Won
                | Topic::ClaimEnded(_)
                | Topic::Reminder
                | Topic::ApprovalWanted
                | Topic::Notice(_)
                | Topic::Settled(_)
                | Topic::Released(_)
                | Topic::CrewOffer(_)
                | Topic::CrewStatus(_)
                | Topic::Lead
                | Topic::CrewText
                | Topic::NoteDone(_)
                | Topic::Route,
            ) => None,
        };
        if let Some(no) = offer_no {
            return self.offer_delivered(no, delivery);
        }
        let Some(message) = message else { return };
        if let Topic::NoteDone(no) = message.topic {
            self.forget_note(no);
        }
        let once = message.topic.once();
        if let Some(what @ (Once::Lead | Once::CrewText)) = once {
            self.lead_told(what, &delivery);
        }
        let topic = message.topic.template().to_owned();
        match delivery {
            Delivery::Sent(receipt) => {
                self.note(effect, &message, receipt);
                self.note_sent(effect, message);
            }
            Delivery::Rerouted { .. } => {}
            Delivery::Failed { class, reason } => {
                if !self.reroute_message(&message, &class, &reason) {
                    self.happened(Event::MessageFailed { topic, class, reason });
                    self.not_reached(&message);
                }
            }
            Delivery::Dropped(_) if message.is_old_news(&self.job) => {}
            Delivery::Dropped(reason) => self.happened(Event::MessageDropped { topic, reason }),
            Delivery::Unsure => {
                let reason = "an attempt was interrupted; it may have arrived".to_owned();
                self.happened(Event::MessageFailed { topic, class: "unsure".to_owned(), reason });
                if let Some(what) = once {
                    self.in_doubt(what);
                }
            }
        }
    }

    /// A winner who hears nothing by any channel is a matter for the desk.
    pub(super) fn not_reached(&mut self, message: &Message) {
        let Recipient::Agent(agent) = message.to else { return };
        let matters = matches!(message.topic, Topic::Won | Topic::Reminder | Topic::Released(_));
        if matters && self.job.winner() == Some(agent) {
            self.notify_desk(Notice::Unreached(agent));
        }
    }

    /// A message that still waits has another provider from now on.
    fn failed_over(&mut self, effect: EffectNo, (from, to): (Provider, Provider), class: String, reason: String) {
        let Some(owed) = self.job.owed.iter().find(|owed| owed.no == effect) else { return };
        let topic = &owed.message.topic;
        let no = if let Topic::Offer(no) = topic { Some(*no) } else { None };
        let topic = topic.template().to_owned();
        self.happened(Event::FailedOver { topic, no, from, to, class, reason });
    }

    fn offer_delivered(&mut self, no: OfferNo, delivery: Delivery) {
        let Some(offer) = self.job.offer(no) else { return };
        if offer.receipt.is_some() {
            return;
        }
        if let (OfferState::Open { closes_at, .. }, Delivery::Dropped(DropReason::Late)) = (offer.state, &delivery)
            && let Some((closes_at, outage)) = self.after_outages(closes_at, offer.outage_seen)
        {
            let (agent, channel) = (offer.agent, offer.channel);
            return self.offer_again(no, agent, channel, closes_at, outage);
        }
        match (offer.state, delivery) {
            (OfferState::Open { runs, .. }, Delivery::Sent(receipt)) => {
                let waits = runs || self.awaits_arrival(offer.agent, offer.channel);
                let closes_at = if waits { None } else { self.claim_within().map(|span| self.now + span) };
                self.happened(Event::OfferSent { no, receipt, closes_at });
            }
            (OfferState::Over(over), Delivery::Sent(receipt)) => {
                self.happened(Event::OfferSent { no, receipt, closes_at: None });
                self.tell_offer_over(no, over);
            }
            (OfferState::Failed, Delivery::Sent(receipt)) => {
                // It arrived after all, too late.
                self.happened(Event::OfferSent { no, receipt, closes_at: None });
                self.tell_offer_over(no, Over::TimedOut);
            }
            (OfferState::Declined, Delivery::Sent(receipt)) => {
                self.happened(Event::OfferSent { no, receipt, closes_at: None });
                self.take_buttons_away(no);
            }
            (OfferState::Claimed | OfferState::Lost, Delivery::Sent(receipt)) => {
                self.happened(Event::OfferSent { no, receipt, closes_at: None });
            }
            (OfferState::Open { .. }, Delivery::Failed { class, reason }) => {
                self.undelivered(no, &class, &reason);
            }
            (OfferState::Open { runs: false, .. }, Delivery::Dropped(DropReason::Late)) => {
                self.undelivered(no, "undelivered", "not delivered in time");
            }
            (OfferState::Open { .. }, Delivery::Dropped(_)) => {
                self.fail_offer_and_move_on(no, "dropped", "it was not worth sending any more");
            }
            (OfferState::Open { .. }, Delivery::Unsure) => {
                self.fail_offer_and_move_on(no, "unsure", "an attempt was interrupted");
            }
            (
                OfferState::Over(_)
                | OfferState::Claimed
                | OfferState::Declined
                | OfferState::Failed
                | OfferState::Lost,
                Delivery::Failed { .. } | Delivery::Dropped(_) | Delivery::Unsure,
            )
            | (_, Delivery::Rerouted { .. }) => {}
        }
    }

    /// An open offer did not arrive: it goes by another channel, or the job moves on.
    pub(super) fn undelivered(&mut self, no: OfferNo, class: &str, reason: &str) {
        if !self.reroute_offer(no, class, reason) {
            self.fail_offer_and_move_on(no, class, reason);
        }
    }

    /// An offer has arrived: its clock begins, if it waited for that.
    pub(super) fn start_clock(&mut self, no: OfferNo) {
        let waits =
            |offer: &Offer| matches!(offer.state, OfferState::Open { runs: false, .. }) && offer.receipt.is_some();
        if self.job.offer(no).is_some_and(waits)
            && let Some(span) = self.claim_within()
        {
            self.happened(Event::OfferClockStarted { no, closes_at: self.now + span });
        }
    }

    /// Its time ran out while the engine was away and nothing was sent: it has that time back, and is sent after all.
    fn offer_again(
        &mut self,
        no: OfferNo,
        agent: AgentId,
        channel: ChannelKind,
        closes_at: Timestamp,
        outage: Timestamp,
    ) {
        self.happened(Event::OfferExtended { no, closes_at, outage: Some(outage) });
        let debt = self.owe(Recipient::Agent(agent), channel, Topic::Offer(no), Some(closes_at));
        self.note_debt(no, debt);
    }

    /// The message of an offer is owed under this number.
    pub(super) fn note_debt(&mut self, no: OfferNo, debt: EffectNo) {
        if let Some(offer) = self.job.offers.iter_mut().find(|offer| offer.no == no) {
            offer.debt = Some(debt);
        }
    }

    pub(super) fn claim_within(&self) -> Option<Duration> {
        let Stage::Offering(offering) = &self.job.stage else { return None };
        self.job.plan.waves.get(usize::from(offering.step)).map(|wave| wave.claim_within)
    }

    pub(super) fn fail_offer_and_move_on(&mut self, no: OfferNo, class: &str, reason: &str) {
        self.offer_failed(no, class, reason);
        self.move_on();
    }

    fn offer_failed(&mut self, no: OfferNo, class: &str, reason: &str) {
        self.happened(Event::OfferFailed { no, class: class.to_owned(), reason: reason.to_owned() });
        if let Some(debt) = self.job.offer(no).and_then(|offer| offer.debt) {
            self.settle(debt);
        }
    }

    /// The agent has no room for the job they were to be given.
    pub(super) fn no_room(&mut self, agent: AgentId, no: OfferNo) {
        let Stage::Offering(offering) = &self.job.stage else { return };
        match offering.awaiting {
            Awaiting::Seat { agent: sought, no: sought_no, .. } if sought == agent && sought_no == no => {
                self.seat_failed(no, "no-room");
            }
            Awaiting::Answers | Awaiting::Room { .. } | Awaiting::Seat { .. } | Awaiting::Publisher => {}
        }
    }

    fn seat_failed(&mut self, no: OfferNo, class: &str) {
        self.offer_failed(no, class, "the agent had no room for the job");
        self.move_on();
    }

    pub(super) fn pause(&mut self) -> Result<Answer, Refusal> {
        match &self.job.stage {
            Stage::Offering(offering) if offering.paused_at.is_some() => Ok(Answer::Already),
            Stage::Offering(_) => {
                self.happened(Event::Paused);
                self.renew_lifetimes();
                Ok(Answer::Done)
            }
            other => Err(self.not_offering(other.status())),
        }
    }

    pub(super) fn resume(&mut self) -> Result<Answer, Refusal> {
        match &self.job.stage {
            Stage::Offering(offering) => match offering.paused_at {
                None => Ok(Answer::Already),
                Some(since) => {
                    let stood = self.now.since(since);
                    self.happened(Event::Resumed {
                        stood_millis: u64::try_from(stood.as_millis()).unwrap_or(u64::MAX),
                    });
                    self.renew_lifetimes();
                    self.publish_unasked();
                    self.move_on();
                    Ok(Answer::Done)
                }
            },
            other => Err(self.not_offering(other.status())),
        }
    }

    pub(super) fn extend(&mut self, by: Duration) -> Result<Answer, Refusal> {
        let Stage::Offering(offering) = &self.job.stage else {
            return Err(self.not_offering(self.job.stage.status()));
        };
        let room = match offering.awaiting {
            Awaiting::Room { until, look_at } => Some((offering.step, until, look_at)),
            Awaiting::Answers | Awaiting::Seat { .. } | Awaiting::Publisher => None,
        };
        let open: Vec<_> = self.job.open_offers().filter_map(|offer| Some((offer.no, offer.closes_at()?))).collect();
        let horizon = self.now + HORIZON;
        let later = |deadline: Timestamp| deadline.max((deadline + by).min(horizon));
        let open: Vec<_> = open.into_iter().map(|(no, closes_at)| (no, later(closes_at))).collect();
        let until = self.job.search_until.map(later);
        for (no, closes_at) in open {
            self.happened(Event::OfferExtended { no, closes_at, outage: None });
        }
        self.extend_publications(later);
        if let Some((step, until, look_at)) = room {
            self.happened(Event::RoomAwaited { step, until: later(until), look_at });
        }
        if let Some(until) = until {
            self.happened(Event::SearchExtended { until, outage: None });
        }
        self.renew_lifetimes();
        Ok(Answer::Done)
    }

    pub(super) fn skip_wave(&mut self) -> Result<Answer, Refusal> {
        let Stage::Offering(offering) = &self.job.stage else {
            return Err(self.not_offering(self.job.stage.status()));
        };
        let (step, paused) = (offering.step, offering.paused_at.is_some());
        match offering.awaiting {
            Awaiting::Room { .. } | Awaiting::Publisher => {
                let full = offering.awaiting != Awaiting::Publisher;
                self.happened(Event::WaveSkipped { step, full });
                if !paused {
                    self.open_from(step + 1, false);
                }
            }
            Awaiting::Answers | Awaiting::Seat { .. } => {
                self.end_open_offers(Over::Skipped, None);
                if !paused {
                    self.move_on();
                }
            }
        }
        Ok(Answer::Done)
    }

    pub(super) fn restart(&mut self, plan: Option<Box<Plan>>, skip_declined: bool) -> Result<Answer, Refusal> {
        match &self.job.stage {
            Stage::Unfilled { .. } => {
                self.start_round(plan, skip_declined, true);
                Ok(Answer::Done)
            }
            Stage::Closed { outcome, .. } => Err(Refusal::JobClosed { ended: *outcome }),
            other @ (Stage::NeedsApproval | Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Claimed(_)) => {
                Err(Refusal::JobNotUnfilled { status: other.status() })
            }
        }
    }

    pub(super) fn not_offering(&self, status: &'static str) -> Refusal {
        match &self.job.stage {
            Stage::Closed { outcome, .. } => Refusal::JobClosed { ended: *outcome },
            Stage::NeedsApproval => Refusal::JobNotApproved,
            Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Claimed(_) | Stage::Unfilled { .. } => {
                Refusal::JobNotOffering { status }
            }
        }
    }
}
