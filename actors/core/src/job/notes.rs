//! What the desk has been told and can do something about. As soon as it is done, whoever did it and by whatever way, the message
//! loses its buttons and says so.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::event::{Actor, Entry, Event};
use super::settlement::Wait;
use super::turn::Turn;
use super::{Job, Offer, OfferState, Stage};
use crate::delivery::Receipt;
use crate::gates::{Dial, Gate};
use crate::ids::EffectNo;
use crate::message::{Message, Notice, Recipient, Topic};
use crate::time::Timestamp;

/// So many of the latest stay in the record; an older one keeps its buttons, which do nothing any more.
pub const NOTES_KEPT: usize = 3;

/// No name of whoever did something is kept longer here: it leaves room for an agent's id with its tenant.
pub(super) const NAME_MAX: usize = 34;

/// No word for what was done is longer.
pub(super) const WHAT_MAX: usize = 20;

/// A message whose id at its provider is longer is not changed later.
pub(super) const NOTE_RECEIPT_MAX: usize = 24;

/// Something the desk was told in a message that can be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The debt that carried it.
    pub no: EffectNo,
    /// What.
    pub about: Notice,
    /// The message.
    pub receipt: Receipt,
    /// What was done about it.
    pub done: Option<Done>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// In the word of the event; of a claim that has ended, why.
    pub what: String,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

impl Notice {
    /// Whether the desk can do something about it.
    pub fn asks(self) -> bool {
        match self {
            Self::Unfilled
            | Self::PublishWanted
            | Self::PublicationDoubtful
            | Self::Stalled(_)
            | Self::Waiting(..)
            | Self::Asked(..)
            | Self::Unreached(_)
            | Self::NobodyReached
            | Self::Doubtful(_) => true,
            // One that was put aside can owe nothing.
            Self::Claimed(_) | Self::Expired | Self::Quarantined | Self::NotPublished => false,
        }
    }
}

impl Message {
    /// Whether it asks for something that nobody waits for any more, and can be spared as long as it has not left.
    pub fn is_old_news(&self, job: &Job) -> bool {
        match self.topic {
            Topic::Notice(notice @ (Notice::Asked(..) | Notice::Waiting(..) | Notice::Unreached(_))) => {
                self.channel.edits() && !job.holds(notice)
            }
            _ => false,
        }
    }
}

impl Job {
    /// Whether what the desk was told still waits for somebody.
    pub fn holds(&self, notice: Notice) -> bool {
        match notice {
            Notice::Asked(gate, agent) => self.winner() == Some(agent) && self.awaits() == Some(Wait::Gate(gate)),
            Notice::Waiting(what, agent) => self.winner() == Some(agent) && self.awaits() == Some(what),
            Notice::Unreached(agent) => self.winner() == Some(agent),
            Notice::NobodyReached => {
                matches!(self.stage, Stage::Offering(_) | Stage::Unfilled { .. }) && !self.reaches_somebody()
            }
            Notice::Unfilled => matches!(self.stage, Stage::Unfilled { .. }),
            Notice::Stalled(_) => matches!(self.stage, Stage::Offering(_)),
            Notice::Doubtful(crate::message::Once::Release) => {
                self.grant.as_ref().is_some_and(|grant| grant.revoked_at.is_none())
            }
            Notice::Doubtful(_) => !self.is_closed(),
            Notice::PublishWanted => self.awaits_publisher(),
            Notice::PublicationDoubtful => self.open_publication().is_some_and(|published| published.doubtful),
            Notice::Claimed(_) | Notice::Expired | Notice::Quarantined | Notice::NotPublished => false,
        }
    }
}

impl Job {
    /// Whether an offer, or the message in a group, has gone out to somebody and has not come back.
    fn reaches_somebody(&self) -> bool {
        let arrives = |offer: &Offer| offer.receipt.is_some() && offer.state != OfferState::Failed;
        self.offers.iter().any(arrives)
            || self.publications.iter().any(|published| published.is_open() && published.receipt.is_some())
    }
}

impl Turn<'_> {
    /// Everybody who was asked in a wave was unreachable: that is another thing than silence, and the desk hears of it, once.
    pub(super) fn look_for_reach(&mut self, step: u16) {
        let opened = |entry: &Entry| match entry.event {
            Event::WaveOpened { wave, step: of } if of == step => Some(wave),
            _ => None,
        };
        let mut waves: BTreeSet<u16> = self.job.timeline.iter().filter_map(opened).collect();
        if waves.is_empty() {
            // A large wave has pushed its own beginning out of the record.
            waves.insert(self.job.waves);
        }
        let round = self.job.round;
        // A seat that was sought is no offer: it has no message of its own.
        let of_wave = |offer: &&Offer| offer.round == round && waves.contains(&offer.wave) && offer.debt.is_some();
        let mut asked = self.job.offers.iter().filter(of_wave).peekable();
        let failed = asked.peek().is_some() && asked.all(|offer| offer.state == OfferState::Failed);
        let told = self.job.notes.iter().any(|note| note.about == Notice::NobodyReached && note.done.is_none());
        if failed && !told {
            self.notify_desk(Notice::NobodyReached);
        }
    }

    /// A message of the desk's has arrived: from now on it is changed when something is done about it.
    pub(super) fn note(&mut self, no: EffectNo, message: &Message, receipt: Receipt) {
        let Topic::Notice(about) = message.topic else { return };
        if !about.asks() || !message.channel.edits() || receipt.message.len() > NOTE_RECEIPT_MAX {
            return;
        }
        if self.job.notes.len() >= NOTES_KEPT {
            let oldest = self.job.notes.remove(0).no;
            self.let_go(|message| message.topic == Topic::NoteDone(oldest));
        }
        self.job.notes.push(Note { no, about, receipt, done: None });
        if !self.job.holds(about) {
            // It was done while the message was on its way.
            let done = self.job.timeline.iter().rev().find(|entry| is_what(about, &entry.event));
            let (what, by) = done.map_or(("settled", Actor::Engine), |entry| (word(&entry.event), entry.actor.clone()));
            self.note_done(no, what, &by);
        }
    }

    /// What has just become true may be what the desk was asked for.
    pub(super) fn look_at_notes(&mut self, event: &Event) {
        let done: Vec<EffectNo> =
            self.job.notes.iter().filter(|note| settles(&self.job, note, event)).map(|note| note.no).collect();
        if done.is_empty() {
            return;
        }
        let what = word(event);
        let by = self.by.actor.clone();
        for no in done {
            self.note_done(no, what, &by);
        }
    }

    fn note_done(&mut self, no: EffectNo, what: &str, by: &Actor) {
        let at = self.now;
        let Some(note) = self.job.notes.iter_mut().find(|note| note.no == no) else { return };
        let by = match by {
            Actor::Client(name) => Actor::Client(clipped(name, NAME_MAX)),
            Actor::Operator(name) => Actor::Operator(clipped(name, NAME_MAX)),
            other @ (Actor::Agent(_) | Actor::Link | Actor::Engine | Actor::Stranger) => other.clone(),
        };
        note.done = Some(Done { what: clipped(what, WHAT_MAX), by, at });
        let channel = note.receipt.channel;
        self.owe(Recipient::Desk, channel, Topic::NoteDone(no), None);
    }

    /// The message says so now, or cannot be made to.
    pub(super) fn forget_note(&mut self, no: EffectNo) {
        self.job.notes.retain(|note| note.no != no);
    }

    /// Where a person passes the next gate, the desk is asked to: once, and where it lives in a chat.
    pub(super) fn ask_the_desk(&mut self) {
        let job = &self.job;
        let asked = match (job.awaits(), job.winner()) {
            (Some(Wait::Gate(gate)), Some(agent)) if job.gates.of(gate) == Dial::Person => {
                Some(Notice::Asked(gate, agent))
            }
            (Some(_) | None, _) => None,
        };
        let Some(notice) = asked else { return };
        let topic = Topic::Notice(notice);
        let in_chat = self.world.way_to_desk(&topic).is_some_and(crate::delivery::ChannelKind::edits);
        let told = self.job.notes.iter().any(|note| note.about == notice && note.done.is_none())
            || self.job.owed.iter().any(|owed| owed.message.topic == topic);
        if in_chat && !told {
            self.tell_desk(topic);
        }
    }

    /// Whether the desk is being asked about the claim that holds now.
    pub(super) fn desk_is_asked(&self) -> bool {
        let asks = |notice: Notice| matches!(notice, Notice::Asked(..)) && self.job.holds(notice);
        self.job.owed.iter().any(|owed| matches!(owed.message.topic, Topic::Notice(notice) if asks(notice)))
    }
}

/// Whether an event is what a notice asks for, or makes it pointless.
fn is_what(notice: Notice, event: &Event) -> bool {
    match (notice, event) {
        (Notice::Asked(asked, _) | Notice::Waiting(Wait::Gate(asked), _), Event::GatePassed { gate, .. }) => {
            asked == *gate
        }
        (Notice::Asked(Gate::Release, _) | Notice::Waiting(Wait::Gate(Gate::Release), _), Event::Released { .. })
        | (Notice::Waiting(Wait::Start, _), Event::WorkStarted)
        | (Notice::Unfilled, Event::RoundStarted { .. })
        | (Notice::Stalled(_), Event::Claimed { .. } | Event::Unfilled { .. })
        | (_, Event::ClaimEnded { .. } | Event::Closed { .. }) => true,
        _ => false,
    }
}

/// What was done, in a word.
fn word(event: &Event) -> &'static str {
    match event {
        Event::ClaimEnded { end, .. } => end.as_str(),
        other => other.name(),
    }
}

fn settles(job: &Job, note: &Note, event: &Event) -> bool {
    if note.done.is_some() {
        return false;
    }
    match (note.about, event) {
        (Notice::Doubtful(what), Event::SentAgain { what: decided } | Event::NotSentAgain { what: decided }) => {
            what == *decided
        }
        (about, _) => !job.holds(about),
    }
}

fn clipped(text: &str, max: usize) -> String {
    text[..text.floor_char_boundary(max)].to_owned()
}
