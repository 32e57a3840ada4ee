//! A job with one named agent and no answer needed: a route that is handed to its driver, by one channel or several.
//!
//! Whose it is stands in the plan; what was asked for, and how far each message has come, stands here.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::Event;
use super::turn::Turn;
use super::{Answer, Ending, Job, Stage};
use crate::agent::Agent;
use crate::delivery::{Callback, ChannelKind, Delivery as Delivered, DropReason, Progress, Receipt};
use crate::ids::{AgentId, EffectNo};
use crate::message::{Message, Notice, Recipient, Topic};
use crate::notification::{Delivery, State};
use crate::time::Timestamp;
use crate::world::World;

/// The channels that carry a route, in the order in which they are tried. WhatsApp does not: it takes no free text from those who
/// begin.
pub const CARRIERS: [ChannelKind; 3] = [ChannelKind::Telegram, ChannelKind::Email, ChannelKind::Sms];

/// A route handed to a driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The route, by its id within the tenant. What it says is read when it is sent.
    pub route: Uuid,
    /// To whom.
    pub agent: AgentId,
    /// How they are to be told.
    pub asked: Asked,
    /// So long after it was handed over it is over by itself.
    pub lasts: Duration,
    /// Whether the agent has no other such at the same time.
    pub alone: bool,
    /// The messages that were made of it, the latest last: one a channel.
    pub attempts: Vec<Delivery>,
    /// When the agent said that they have it.
    pub acknowledged_at: Option<Timestamp>,
    /// It is over by itself then.
    pub ends_at: Option<Timestamp>,
}

/// How the agent is to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Asked {
    /// By these, as far as they can be used; empty: nobody says.
    pub channels: Vec<ChannelKind>,
    /// By every one that can be used.
    pub multi: bool,
    /// By this one, if it can be used.
    pub preferred: Option<ChannelKind>,
    /// Where one fails, by the next.
    pub fallback: bool,
}

/// How far an assignment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It waits for its moment.
    Pending,
    /// Its messages are on their way.
    Sending,
    /// All have arrived, or are with providers that tell nothing more.
    Delivered,
    /// Some have.
    Partial,
    /// None has.
    Failed,
    /// The agent said that they have it.
    Acknowledged,
    /// Somebody called it off.
    Cancelled,
}

/// What became of the messages of an assignment. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// One is owed.
    Queued {
        /// Which.
        no: EffectNo,
        /// By which channel.
        channel: ChannelKind,
    },
    /// Its provider took it.
    Sent {
        /// Which.
        no: EffectNo,
        /// The provider's id of it.
        receipt: Receipt,
    },
    /// Its provider told how far it has come.
    Reached {
        /// Which.
        no: EffectNo,
        /// How far.
        progress: Progress,
        /// The provider's id of it.
        receipt: Receipt,
    },
    /// It could not be sent, or did not arrive.
    Failed {
        /// Which.
        no: EffectNo,
        /// The class of the failure.
        class: String,
        /// What the provider said.
        reason: String,
    },
    /// It was not worth sending any more, or not wanted.
    Dropped {
        /// Which.
        no: EffectNo,
        /// Why.
        why: DropReason,
    },
    /// It may have arrived: nobody can tell.
    Unsure {
        /// Which.
        no: EffectNo,
    },
}

impl Standing {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Sending,
        Self::Delivered,
        Self::Partial,
        Self::Failed,
        Self::Acknowledged,
        Self::Cancelled,
    ];

    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Acknowledged => "acknowledged",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Asked {
    /// The channels to use, of those that can be used: what was asked for before all of them, before the preferred one, before
    /// Telegram, before the first.
    pub fn chosen(&self, usable: &[ChannelKind]) -> Vec<ChannelKind> {
        let mut wanted = Vec::new();
        for channel in self.channels.iter().filter(|channel| usable.contains(channel)) {
            if !wanted.contains(channel) {
                wanted.push(*channel);
            }
        }
        if !wanted.is_empty() {
            return wanted;
        }
        if self.multi {
            return usable.to_vec();
        }
        let one = [self.preferred, Some(ChannelKind::Telegram)].into_iter().flatten();
        one.filter(|channel| usable.contains(channel)).chain(usable.first().copied()).take(1).collect()
    }
}

impl Assignment {
    /// A route for an agent, not handed over yet.
    pub fn of(route: Uuid, agent: AgentId, asked: Asked, lasts: Duration) -> Self {
        let (attempts, acknowledged_at, ends_at) = (Vec::new(), None, None);
        Self { route, agent, asked, lasts, alone: false, attempts, acknowledged_at, ends_at }
    }

    /// The channels that can carry it to an agent.
    pub fn ways(world: &World<'_>, agent: &Agent) -> Vec<ChannelKind> {
        let usable = world.ways_to(agent);
        CARRIERS.into_iter().filter(|channel| usable.contains(channel)).collect()
    }

    fn attempt(&self, no: EffectNo) -> Option<&Delivery> {
        self.attempts.iter().find(|attempt| attempt.no == no)
    }

    /// How its messages stand together.
    fn delivered(&self) -> Standing {
        let waits = |attempt: &Delivery| attempt.state == State::Queued;
        let left = |attempt: &&Delivery| attempt.state == State::Sent || attempt.state.has_arrived();
        match self.attempts.iter().filter(left).count() {
            _ if self.attempts.iter().any(waits) => Standing::Sending,
            0 => Standing::Failed,
            all if all == self.attempts.len() => Standing::Delivered,
            _ => Standing::Partial,
        }
    }

    /// Takes in what became of a message.
    pub(super) fn hears(&mut self, news: &News, now: Timestamp) {
        let no = match news {
            News::Queued { no, channel } => return self.attempts.push(Delivery::queued(*no, 1, *channel, now)),
            News::Sent { no, .. }
            | News::Reached { no, .. }
            | News::Failed { no, .. }
            | News::Dropped { no, .. }
            | News::Unsure { no } => *no,
        };
        let Some(attempt) = self.attempts.iter_mut().find(|attempt| attempt.no == no) else { return };
        match news {
            News::Sent { receipt, .. } => attempt.sent(receipt.clone(), None, now),
            News::Reached { progress, receipt, .. } => {
                let news = attempt.reached(*progress, receipt, now);
                attempt.note(now, *progress, news);
            }
            News::Failed { class, reason, .. } => {
                attempt.failed(class, reason);
            }
            News::Dropped { why, .. } => attempt.dropped(*why),
            News::Unsure { .. } if attempt.state == State::Queued => attempt.state = State::Unsure,
            News::Queued { .. } | News::Unsure { .. } => {}
        }
    }

    /// It is handed over anew, to whoever has it now.
    pub(super) fn begins(&mut self, agent: AgentId, now: Timestamp) {
        self.agent = agent;
        self.attempts.clear();
        self.acknowledged_at = None;
        self.ends_at = Some(now + self.lasts);
    }
}

impl News {
    /// The stable word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued { .. } => "assignment_queued",
            Self::Sent { .. } => "assignment_sent",
            Self::Reached { progress, .. } => match progress {
                Progress::Sent => "assignment_passed_on",
                Progress::Delivered => "assignment_delivered",
                Progress::Read => "assignment_read",
                Progress::Failed => "assignment_undelivered",
            },
            Self::Failed { .. } => "assignment_failed",
            Self::Dropped { .. } => "assignment_dropped",
            Self::Unsure { .. } => "assignment_unsure",
        }
    }
}

impl Job {
    /// How far it has come, where it is an assignment. It is told from the job alone.
    pub fn standing_of_assignment(&self) -> Option<Standing> {
        let assignment = self.assignment.as_ref()?;
        Some(match &self.stage {
            Stage::Closed { outcome: Ending::Cancelled | Ending::Rejected, .. } => Standing::Cancelled,
            Stage::NeedsApproval | Stage::Scheduled { .. } => Standing::Pending,
            _ if assignment.acknowledged_at.is_some() => Standing::Acknowledged,
            Stage::Offering(_) => Standing::Sending,
            // Nobody could be told, or nobody has it any more.
            Stage::Unfilled { .. } => Standing::Failed,
            Stage::Claimed(_) | Stage::Closed { .. } => assignment.delivered(),
        })
    }

    /// Whether it keeps its agent from having another such: from when it comes in until its messages are out.
    pub fn keeps_alone(&self) -> Option<AgentId> {
        let assignment = self.assignment.as_ref().filter(|assignment| assignment.alone)?;
        let stands = self.standing_of_assignment()?;
        let active = !self.is_closed() && matches!(stands, Standing::Pending | Standing::Sending);
        active.then_some(assignment.agent)
    }

    /// When it is over by itself, where it is an assignment that somebody has.
    pub(super) fn assignment_ends_at(&self) -> Option<Timestamp> {
        self.assignment.as_ref().and_then(|assignment| assignment.ends_at)
    }
}

impl Turn<'_> {
    /// The named agent has it now. Where nobody could tell them, the job is unfilled, and the desk is told.
    pub(super) fn hand_over(&mut self) {
        let Some(agent) = self.job.assignment.as_ref().map(|assignment| assignment.agent) else { return };
        let there = self.world.roster.get(&agent).filter(|agent| agent.active && self.job.room() > 0);
        let asked = self.job.assignment.as_ref().map(|assignment| assignment.asked.clone()).unwrap_or_default();
        let first = there.and_then(|agent| asked.chosen(&Assignment::ways(&self.world, agent)).first().copied());
        match first {
            Some(channel) => self.give_to(agent, channel),
            None => self.waves_used_up(),
        }
    }

    /// Owes whoever has it the route, by every channel that was asked for.
    pub(super) fn tell_route(&mut self, agent: AgentId) {
        let Some(assignment) = &self.job.assignment else { return };
        let asked = assignment.asked.clone();
        let ways = self.world.roster.get(&agent).map(|agent| Assignment::ways(&self.world, agent)).unwrap_or_default();
        let chosen = asked.chosen(&ways);
        if chosen.is_empty() {
            self.notify_desk(Notice::Unreached(agent));
        }
        for channel in chosen {
            self.tell_route_by(agent, channel);
        }
    }

    fn tell_route_by(&mut self, agent: AgentId, channel: ChannelKind) {
        let no = self.owe(Recipient::Agent(agent), channel, Topic::Route, None);
        self.happened(Event::Assignment(News::Queued { no, channel }));
    }

    /// Whether a debt is a message of the assignment: also one that was let go while an attempt was under way.
    pub(super) fn is_of_assignment(&self, no: EffectNo) -> bool {
        self.job.assignment.as_ref().is_some_and(|assignment| assignment.attempt(no).is_some())
    }

    /// What became of an attempt.
    pub(super) fn route_delivered(&mut self, no: EffectNo, delivery: Delivered) {
        match delivery {
            Delivered::Sent(receipt) => self.happened(Event::Assignment(News::Sent { no, receipt })),
            Delivered::Failed { class, reason } => self.route_failed(no, class, reason),
            Delivered::Dropped(why) => {
                self.happened(Event::Assignment(News::Dropped { no, why }));
                self.route_goes_on();
            }
            Delivered::Unsure => self.happened(Event::Assignment(News::Unsure { no })),
            Delivered::Rerouted { .. } => {}
        }
    }

    /// What a provider told later.
    pub(super) fn route_called_back(&mut self, no: EffectNo, callback: Callback) {
        let Some(attempt) = self.job.assignment.as_ref().and_then(|assignment| assignment.attempt(no)) else { return };
        let known = attempt.state;
        match callback.progress {
            Progress::Failed if known.has_arrived() || known == State::Failed => {}
            Progress::Failed => self.route_failed(no, callback.class, callback.reason),
            Progress::Sent if known == State::Sent || known.has_arrived() => {}
            Progress::Delivered if known.has_arrived() => {}
            Progress::Read if known == State::Read => {}
            progress @ (Progress::Sent | Progress::Delivered | Progress::Read) => {
                self.happened(Event::Assignment(News::Reached { no, progress, receipt: callback.receipt }));
            }
        }
    }

    fn route_failed(&mut self, no: EffectNo, class: String, reason: String) {
        self.happened(Event::Assignment(News::Failed { no, class, reason }));
        self.route_goes_on();
    }

    /// After a message has failed: by the next channel that was not tried, if that is wanted; else the desk is told once nothing is
    /// left.
    fn route_goes_on(&mut self) {
        let (Some(assignment), Some(agent)) = (&self.job.assignment, self.job.winner()) else { return };
        if assignment.acknowledged_at.is_some() {
            return;
        }
        let untried = |channel: &ChannelKind| assignment.attempts.iter().all(|tried| tried.channel != *channel);
        let there = self.world.roster.get(&agent).filter(|_| assignment.asked.fallback);
        let next = there.and_then(|agent| Assignment::ways(&self.world, agent).into_iter().find(untried));
        match next {
            Some(channel) => self.tell_route_by(agent, channel),
            None if assignment.delivered() == Standing::Failed => self.notify_desk(Notice::Unreached(agent)),
            None => {}
        }
    }

    /// The agent says that they have it.
    pub(super) fn acknowledge_route(&mut self) -> Answer {
        if self.job.assignment.as_ref().is_some_and(|assignment| assignment.acknowledged_at.is_some()) {
            return Answer::Already;
        }
        self.happened(Event::Acknowledged);
        // What has not left yet they need no more.
        self.let_go(|message| matches!(message.topic, Topic::Route | Topic::Reminder));
        Answer::Done
    }

    /// Its day is over. Says whether it was.
    pub(super) fn ring_assignment(&mut self) -> bool {
        if self.job.assignment_ends_at().is_none_or(|at| at > self.now) {
            return false;
        }
        let told = matches!(
            self.job.standing_of_assignment(),
            Some(Standing::Delivered | Standing::Partial | Standing::Acknowledged)
        );
        self.let_go(|message| message.topic == Topic::Route);
        let untold = || (Ending::Failed, Some("its agent was not told in its time".to_owned()));
        let (outcome, reason) = if told { (Ending::Completed, None) } else { untold() };
        // It has a winner, so this is refused by nothing.
        let _ = self.finish_work(outcome, reason);
        true
    }
}

impl Message {
    /// Whether it is the route of an assignment.
    pub fn is_route(&self) -> bool {
        self.topic == Topic::Route
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChannelKind::{Email, Sms, Telegram};

    #[test]
    fn e6_what_was_asked_for_goes_before_all_before_the_preferred_before_telegram_before_the_first() {
        let asked = |channels: &[ChannelKind], multi, preferred| Asked {
            channels: channels.to_vec(),
            multi,
            preferred,
            fallback: true,
        };
        for (given, usable, chosen) in [
            // asked for               usable              chosen
            (asked(&[Email], true, Some(Telegram)), &[Telegram, Email][..], &[Email][..]),
            (asked(&[Email, Email, Telegram], false, None), &[Telegram, Email], &[Email, Telegram]),
            (asked(&[Sms], false, None), &[Telegram, Email], &[Telegram]),
            (asked(&[Sms], true, None), &[Telegram, Email], &[Telegram, Email]),
            (asked(&[], true, Some(Email)), &[Telegram, Email], &[Telegram, Email]),
            (asked(&[], false, Some(Email)), &[Telegram, Email], &[Email]),
            (asked(&[], false, Some(Email)), &[Telegram], &[Telegram]),
            (asked(&[], false, Some(Sms)), &[Email], &[Email]),
            (asked(&[], false, None), &[Email, Telegram], &[Telegram]),
            (asked(&[], true, None), &[], &[]),
            (asked(&[Telegram], false, Some(Telegram)), &[], &[]),
        ] {
            assert_eq!(given.chosen(usable), chosen, "{given:?} of {usable:?}");
        }
    }
}
