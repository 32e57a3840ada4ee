//! Publishing in a group: the wave that asks everybody in a chat at once, claims that come from there, and the line below the
//! message that says how the job stands.
//!
//! A group gets one message about a job, whatever becomes of it. So a message of which nobody knows whether it arrived is not
//! sent again by itself: the desk is asked.

use super::event::Event;
use super::publication::{PUBLICATIONS_MAX, PostState, Publication, Standing};
use super::refusal::OfferEnd;
use super::turn::Turn;
use super::{Answer, Awaiting, HORIZON, Refusal, Stage};
use crate::crew::Publish;
use crate::delivery::{ChannelKind, Delivery, Receipt};
use crate::eligibility::{Exclusion, may_claim};
use crate::ids::{AgentId, OfferNo};
use crate::message::{Notice, Over, Recipient, Topic};
use crate::plan::{ClockStart, Mode, Wave};
use crate::time::Timestamp;

/// What becomes of a wave that is addressed to a group.
pub(super) enum GroupWave {
    /// It is open, or waits for the desk.
    Opened,
    /// It has had its time.
    UsedUp,
    /// Agents are asked one by one, as the wave says.
    Asks(Wave),
}

impl Turn<'_> {
    /// Opens a wave in its group. Where there is no such group, or nothing can be said there, everybody is asked in private.
    pub(super) fn group_wave(&mut self, step: u16, wave: Wave) -> GroupWave {
        let Mode::Group(name) = &wave.mode else { return GroupWave::Asks(wave) };
        let in_private = || GroupWave::Asks(Wave { mode: Mode::Everybody, ..wave.clone() });
        if self.world.group(name).is_none() {
            return in_private();
        }
        match self.job.published_in(name) {
            Some(before) if (before.round, before.step) == (self.job.round, step) => match before.state {
                PostState::Open { .. } => return GroupWave::Opened,
                PostState::Failed => return in_private(),
                // It was taken from there and is free again: nobody's word is needed for that.
                PostState::Over(Over::Taken) => {}
                PostState::Over(Over::TimedOut | Over::Skipped | Over::Closed) => return GroupWave::UsedUp,
            },
            None if self.job.publications.len() >= PUBLICATIONS_MAX => return in_private(),
            before
                if self.publisher() == Publish::Person
                    // What stands there already needs nobody's word.
                    && before.is_none_or(|before| before.receipt.is_none()) =>
            {
                self.happened(Event::PublishAwaited { step });
                self.notify_desk(Notice::PublishWanted);
                return GroupWave::Opened;
            }
            Some(_) | None => {}
        }
        self.open_in_group(step, &wave, name);
        GroupWave::Opened
    }

    fn open_in_group(&mut self, step: u16, wave: &Wave, name: &str) {
        self.happened(Event::WaveOpened { wave: self.job.waves + 1, step });
        let before = self.job.published_in(name);
        let sent = before.is_some_and(|before| before.receipt.is_some());
        let no = before.map_or(self.job.last_offer + 1, |before| before.no);
        let (span, runs) = match wave.starts {
            ClockStart::Delivered if !sent => (wave.claim_within + wave.claim_within, false),
            ClockStart::Offered | ClockStart::Delivered => (wave.claim_within, true),
        };
        self.happened(Event::Published { no, group: name.to_owned(), step, closes_at: self.now + span, runs });
        self.owe_publication(no);
    }

    /// The group's message, unless it was sent, is on its way, or may be there.
    fn owe_publication(&mut self, no: OfferNo) {
        let Some(published) = self.job.publication(no) else { return };
        if published.receipt.is_some() || self.is_on_its_way(published) {
            return;
        }
        if published.doubtful {
            // Only somebody who looks can know.
            self.notify_desk(Notice::PublicationDoubtful);
        } else {
            let debt = self.owe(Recipient::Group, ChannelKind::Telegram, Topic::CrewOffer(no), None);
            self.on_publication(no, |published| published.debt = Some(debt));
        }
    }

    fn is_on_its_way(&self, published: &Publication) -> bool {
        self.job.owed.iter().any(|owed| Some(owed.no) == published.debt)
    }

    fn on_publication(&mut self, no: OfferNo, change: impl FnOnce(&mut Publication)) {
        if let Some(published) = self.job.publications.iter_mut().find(|published| published.no == no) {
            change(published);
        }
    }

    /// Who publishes it: as the job says, or else its tenant.
    fn publisher(&self) -> Publish {
        self.job.publisher(&self.world.settings.crew)
    }

    /// Publishes what waits for a person where nobody's word is needed any more: the job's dial or the tenant's was turned.
    pub(super) fn publish_unasked(&mut self) {
        let Stage::Offering(offering) = &self.job.stage else { return };
        let waits = offering.awaiting == Awaiting::Publisher && offering.paused_at.is_none();
        if waits && self.publisher() == Publish::Engine {
            self.as_engine(|turn| {
                // It would refuse only what does not wait.
                let _ = turn.publish();
            });
        }
    }

    /// Somebody at the desk publishes what waits for them, or once more what may not have arrived.
    pub(super) fn publish(&mut self) -> Result<Answer, Refusal> {
        let Stage::Offering(offering) = &self.job.stage else {
            return Err(match &self.job.stage {
                Stage::NeedsApproval => Refusal::JobNotApproved,
                Stage::Closed { outcome, .. } => Refusal::JobClosed { ended: *outcome },
                Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Claimed(_) | Stage::Unfilled { .. } => {
                    Refusal::NothingToPublish
                }
            });
        };
        let step = offering.step;
        if offering.awaiting == Awaiting::Publisher {
            self.let_go(|message| message.topic == Topic::Notice(Notice::PublishWanted));
            let wave = self.job.plan.waves.get(usize::from(step)).cloned();
            match wave.as_ref().map(|wave| (wave, &wave.mode)) {
                Some((wave, Mode::Group(name))) if self.world.group(name).is_some() => {
                    self.open_in_group(step, wave, name);
                }
                // The group is gone meanwhile.
                _ => self.open_from(step, false),
            }
            return Ok(Answer::Done);
        }
        match self.job.open_publication() {
            Some(published) if published.doubtful && !self.is_on_its_way(published) => {
                let no = published.no;
                self.happened(Event::PublishedAgain { no });
                self.let_go(|message| message.topic == Topic::Notice(Notice::PublicationDoubtful));
                let debt = self.owe(Recipient::Group, ChannelKind::Telegram, Topic::CrewOffer(no), None);
                self.on_publication(no, |published| published.debt = Some(debt));
                Ok(Answer::Done)
            }
            Some(_) => Ok(Answer::Already),
            None => Err(Refusal::NothingToPublish),
        }
    }

    /// A claim from a group: whoever is first has the job, by an offer made with their claim.
    pub(super) fn judge_group_claim(
        &mut self,
        agent: AgentId,
        no: OfferNo,
        via: Option<ChannelKind>,
    ) -> Result<Answer, Refusal> {
        let Some(published) = self.job.publication(no) else { return Err(Refusal::OfferNotFound) };
        let (state, in_round) = (published.state, published.round == self.job.round);
        match &self.job.stage {
            Stage::Claimed(claim) if claim.agent == agent => Ok(Answer::Already),
            Stage::Closed { outcome, .. } => Err(Refusal::JobClosed { ended: *outcome }),
            Stage::Offering(_) if matches!(state, PostState::Open { .. }) => {
                let channel = self.may_claim(agent, no)?;
                if self.job.room() == 0 {
                    return Err(Refusal::JobWornOut);
                }
                let own = self.job.last_offer + 1;
                let closes_at = self.now + super::SEAT_WAIT;
                self.happened(Event::Offered { no: own, agent, channel, closes_at, runs: true });
                self.win(agent, own, via);
                Ok(Answer::Done)
            }
            Stage::Claimed(_) => {
                let in_line = in_round && state == PostState::Over(Over::Taken);
                let able = self.may_claim(agent, no).is_ok();
                Err(Refusal::AlreadyClaimed { place: self.place_behind(agent, no, in_line && able) })
            }
            Stage::Offering(_) | Stage::Unfilled { .. } | Stage::NeedsApproval | Stage::Scheduled { .. } => {
                Err(Refusal::OfferClosed(end_of(state)))
            }
        }
    }

    /// Whether somebody may claim from a group, and how they are told that the job is theirs.
    fn may_claim(&self, agent: AgentId, no: OfferNo) -> Result<ChannelKind, Refusal> {
        let known = self.world.roster.get(&agent).ok_or(Refusal::AgentNotFound)?;
        let step = self.job.publication(no).map_or(0, |published| published.step);
        let past = self.job.past();
        let wave = self.job.plan.waves.get(usize::from(step));
        may_claim(known, wave, &self.job.wanted(&past), &self.world).map_err(|exclusion| match exclusion {
            Exclusion::Inactive => Refusal::AgentInactive,
            Exclusion::HadIt => Refusal::OfferClosed(OfferEnd::Lost),
            Exclusion::Unreachable
            | Exclusion::Blocked
            | Exclusion::OptedOut
            | Exclusion::NoConsent
            | Exclusion::AddressPaused => Refusal::AgentUnreachable,
            other @ (Exclusion::NotNamed
            | Exclusion::MissingTag(_)
            | Exclusion::WrongVehicle(_)
            | Exclusion::AlreadyAsked
            | Exclusion::Away(_)
            | Exclusion::QuietHours
            | Exclusion::TakesNoJobs
            | Exclusion::Full { .. }
            | Exclusion::Busy(_)
            | Exclusion::TooManyOffers(_)) => Refusal::NotForThem { rule: other.code() },
        })
    }

    /// Nobody can claim it from a group any more.
    pub(super) fn end_publications(&mut self, over: Over) {
        let open: Vec<OfferNo> = self
            .job
            .publications
            .iter()
            .filter(|published| published.is_open())
            .map(|published| published.no)
            .collect();
        for no in open {
            self.happened(Event::PublicationOver { no, over });
        }
        self.let_go(|message| {
            matches!(message.topic, Topic::Notice(Notice::PublicationDoubtful | Notice::PublishWanted))
        });
    }

    /// The clock of what stands in groups.
    pub(super) fn ring_publications(&mut self) {
        let overdue: Vec<(OfferNo, Timestamp, Timestamp, bool)> = self
            .job
            .publications
            .iter()
            .filter_map(|published| match published.state {
                PostState::Open { closes_at, runs } if closes_at <= self.now => {
                    Some((published.no, closes_at, published.outage_seen, runs))
                }
                PostState::Open { .. } | PostState::Over(_) | PostState::Failed => None,
            })
            .collect();
        for (no, closes_at, seen, runs) in overdue {
            if let Some((closes_at, outage)) = self.after_outages(closes_at, seen) {
                self.happened(Event::PublicationExtended { no, closes_at, outage: Some(outage) });
            } else if runs {
                self.happened(Event::PublicationOver { no, over: Over::TimedOut });
            } else {
                self.publication_failed(no, "undelivered", "not sent in time");
            }
        }
    }

    /// More time for what stands in groups.
    pub(super) fn extend_publications(&mut self, later: impl Fn(Timestamp) -> Timestamp) {
        let open: Vec<_> = self.job.publications.iter().filter_map(|p| Some((p.no, p.closes_at()?))).collect();
        for (no, closes_at) in open {
            let closes_at = later(closes_at).min(self.now + HORIZON);
            self.happened(Event::PublicationExtended { no, closes_at, outage: None });
        }
    }

    fn publication_failed(&mut self, no: OfferNo, class: &str, reason: &str) {
        self.happened(Event::PublicationFailed { no, class: class.to_owned(), reason: reason.to_owned() });
        self.notify_desk(Notice::NotPublished);
    }

    /// What became of the group's message.
    pub(super) fn publication_delivered(&mut self, no: OfferNo, delivery: Delivery) {
        let Some(published) = self.job.publication(no) else { return };
        let state = published.state;
        match delivery {
            Delivery::Sent(receipt) => self.publication_sent(no, receipt),
            Delivery::Failed { class, reason } => match state {
                PostState::Open { .. } => {
                    self.publication_failed(no, &class, &reason);
                    self.move_on();
                }
                PostState::Over(_) | PostState::Failed => {
                    let topic = Topic::CrewOffer(no).template().to_owned();
                    self.happened(Event::MessageFailed { topic, class, reason });
                }
            },
            Delivery::Unsure => {
                self.happened(Event::PublicationDoubtful { no });
                if matches!(state, PostState::Open { .. }) {
                    self.notify_desk(Notice::PublicationDoubtful);
                }
            }
            // It waits in vain no more: if the job can be claimed from there again, it is owed again.
            Delivery::Dropped(_) if matches!(state, PostState::Open { .. }) => self.owe_publication(no),
            Delivery::Dropped(_) | Delivery::Rerouted { .. } => {}
        }
    }

    fn publication_sent(&mut self, no: OfferNo, receipt: Receipt) {
        let Some(published) = self.job.publication(no) else { return };
        let waits = matches!(published.state, PostState::Open { runs: false, .. });
        let closes_at = if waits { self.claim_within().map(|span| self.now + span) } else { None };
        self.happened(Event::PublicationSent { no, receipt, closes_at });
        self.let_go(|message| {
            message.topic == Topic::CrewOffer(no) || message.topic == Topic::Notice(Notice::PublicationDoubtful)
        });
    }

    /// Somebody has pressed the button below a message of which nobody knew that it is there.
    pub(super) fn publication_seen(&mut self, no: OfferNo, receipt: Receipt) {
        let is_anothers = self.job.publications.iter().any(|published| published.receipt.as_ref() == Some(&receipt));
        let in_doubt = |published: &Publication| published.doubtful && published.receipt.is_none();
        if self.job.publication(no).is_some_and(in_doubt) && !is_anothers {
            self.publication_sent(no, receipt);
        }
    }

    /// What the groups of a job read below it.
    pub(super) fn standings(job: &super::Job) -> Vec<(OfferNo, Option<Standing>)> {
        let read =
            |published: &Publication| (published.no, published.receipt.as_ref().map(|_| job.standing(published)));
        job.publications.iter().map(read).collect()
    }

    /// Owes each group the new line below its message, once, however often it has changed: it is worded when it is sent.
    pub(super) fn tell_groups(&mut self) {
        for (no, now) in Self::standings(&self.job) {
            let before = self.read_before.iter().find(|(before, _)| *before == no).and_then(|(_, read)| *read);
            // A message is sent only while the job can be claimed.
            if now.is_some_and(|now| now != before.unwrap_or(Standing::Open)) {
                self.let_go(|message| message.topic == Topic::CrewStatus(no));
                self.owe(Recipient::Group, ChannelKind::Telegram, Topic::CrewStatus(no), None);
            }
        }
    }
}

fn end_of(state: PostState) -> OfferEnd {
    match state {
        PostState::Over(over) => OfferEnd::Over(over),
        PostState::Failed => OfferEnd::Failed,
        PostState::Open { .. } => OfferEnd::Over(Over::Closed),
    }
}
