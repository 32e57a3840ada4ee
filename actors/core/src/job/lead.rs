//! A finished lead: the desk gets all of it, and then the text for crews, to be copied. Each once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::turn::Turn;
use super::{Answer, Refusal, Stage};
use crate::delivery::Delivery;
use crate::message::{Notice, Once, Recipient, Topic};
use crate::time::Timestamp;

/// What the desk is to get of a finished lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadNews {
    /// The text for crews follows so long behind the lead itself; none: it does not.
    pub text_after: Option<Duration>,
}

/// What the desk gets of a finished lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// The text for crews follows so long behind the lead itself; none: it does not, or is on its way already.
    pub text_after: Option<Duration>,
    /// It is owed then.
    pub text_at: Option<Timestamp>,
}

impl Turn<'_> {
    /// The lead goes first. Where no desk can be reached, nothing does.
    pub(super) fn tell_lead(&mut self, news: LeadNews) {
        if self.world.way_to_desk(&Topic::Lead).is_none() {
            return;
        }
        self.job.lead = Some(Lead { text_after: news.text_after, text_at: None });
        self.tell_desk(Topic::Lead);
    }

    /// The lead has left, or never will: the text for crews follows, in its order.
    pub(super) fn lead_told(&mut self, what: Once, delivery: &Delivery) {
        if let Delivery::Sent(_) = delivery {
            self.happened(Event::DeskTold { what });
        }
        if what == Once::Lead
            && !self.job.is_closed()
            && let Some(after) = self.job.lead.and_then(|lead| lead.text_after)
        {
            self.happened(Event::CrewTextAwaited { at: self.now + after });
        }
    }

    /// The time of the text for crews has come.
    pub(super) fn ring_lead(&mut self) {
        if !self.job.is_closed() && self.job.lead.and_then(|lead| lead.text_at).is_some_and(|at| at <= self.now) {
            self.happened(Event::CrewTextDue);
            self.tell_desk(Topic::CrewText);
        }
    }

    /// What nobody knows to have arrived goes out once more, because somebody says so.
    pub(super) fn send_again(&mut self, what: Once) -> Result<Answer, Refusal> {
        if let Stage::Closed { outcome, .. } = &self.job.stage {
            return Err(Refusal::JobClosed { ended: *outcome });
        }
        let topic = match what {
            Once::Lead if !self.job.has_details => return Err(Refusal::NoDetails),
            Once::Lead => Topic::Lead,
            Once::CrewText => Topic::CrewText,
            Once::Release => {
                let grant = self.job.live_grant(self.now).ok_or(Refusal::NothingReleased)?;
                Topic::Released(grant.no)
            }
        };
        if !self.is_missing(what, &topic) {
            return Ok(Answer::Already);
        }
        match what {
            Once::Lead | Once::CrewText => {
                self.world.way_to_desk(&topic).ok_or(Refusal::NoPrivateWay)?;
                self.happened(Event::SentAgain { what });
                self.tell_desk(topic);
            }
            Once::Release => {
                let grant = self.job.live_grant(self.now).ok_or(Refusal::NothingReleased)?;
                let (agent, until) = (grant.agent, grant.until);
                let channel = self.private_way(agent).ok_or(Refusal::NoPrivateWay)?;
                self.happened(Event::SentAgain { what });
                self.owe(Recipient::Agent(agent), channel, topic, Some(until));
            }
        }
        Ok(Answer::Done)
    }

    /// Whether something that is sent once did not arrive, or nobody knows, and nothing has been decided about it since.
    fn is_missing(&self, what: Once, topic: &Topic) -> bool {
        let owed = |topic: &Topic| self.job.owed.iter().any(|owed| owed.message.topic == *topic);
        if owed(topic) {
            return false;
        }
        let latest = self.job.timeline.iter().rev().find_map(|entry| match &entry.event {
            Event::MessageFailed { topic: failed, .. } | Event::MessageDropped { topic: failed, .. } => {
                (failed == topic.template()).then_some(true)
            }
            Event::DeskTold { what: told } => (*told == what).then_some(false),
            Event::SentAgain { what: decided } | Event::NotSentAgain { what: decided } => {
                (*decided == what).then_some(false)
            }
            Event::Released { .. } => (what == Once::Release).then_some(false),
            _ => None,
        });
        // The timeline that a job carries is only the end of it.
        let doubt = Notice::Doubtful(what);
        let asked = || self.job.notes.iter().any(|note| note.about == doubt && note.done.is_none());
        latest.unwrap_or_else(|| asked() || owed(&Topic::Notice(doubt)))
    }

    /// The desk has decided that it is not sent again: what it was told loses its button.
    pub(super) fn leave_sent(&mut self, what: Once) -> Result<Answer, Refusal> {
        if let Stage::Closed { outcome, .. } = &self.job.stage {
            return Err(Refusal::JobClosed { ended: *outcome });
        }
        let doubt = Notice::Doubtful(what);
        let asked = self.job.notes.iter().any(|note| note.about == doubt && note.done.is_none());
        let to_ask = self.job.owed.iter().any(|owed| owed.message.topic == Topic::Notice(doubt));
        if !asked && !to_ask {
            return Ok(Answer::Already);
        }
        self.happened(Event::NotSentAgain { what });
        self.let_go(|message| message.topic == Topic::Notice(doubt) && !message.channel.edits());
        Ok(Answer::Done)
    }

    /// Nobody knows whether it arrived: the desk decides.
    pub(super) fn in_doubt(&mut self, what: Once) {
        self.notify_desk(Notice::Doubtful(what));
    }
}
