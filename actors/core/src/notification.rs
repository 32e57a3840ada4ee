//! A notification: a message that another system asked us to send, once or again and again, and all that has become of it.
//!
//! Like a job it is decided on a working copy by a [`Turn`], stored as a whole, and looks at its own clock. What it says stays
//! sealed: the core knows whom it is for, when, and by which channels, never what.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::consent::Purpose;
use crate::delivery::{ChannelKind, Provider};
use crate::details::SealedPayload;
use crate::ids::{AgentId, EffectNo, JobId, NotificationId};
use crate::job::Actor;
use crate::message::Lane;
use crate::time::Timestamp;

pub mod delivery;
pub mod schedule;
pub mod turn;

pub use delivery::{Delivery, State};
pub use schedule::Schedule;
pub use turn::{Step, Turn, World};

/// So many deliveries stay in the record; the oldest of a series go.
pub const DELIVERIES_KEPT: usize = 24;

/// So many lines of history stay in the record.
pub const HISTORY_KEPT: usize = 48;

/// So many runs of a series that are over stay in the record.
pub const RUNS_KEPT: usize = 16;

/// One message intent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Derived from the client's reference or key, or drawn.
    pub id: NotificationId,
    /// How many steps were stored.
    pub version: u64,
    /// When it came in.
    pub created_at: Timestamp,
    /// Of the request that created or replaced it: tells a repeat from a conflict.
    pub fingerprint: [u8; 16],
    /// What was asked for.
    pub intent: Intent,
    /// Where it stands.
    pub stage: Stage,
    /// Which run it is in, counted from 1.
    pub run: u32,
    /// When that run was due.
    pub due_at: Timestamp,
    /// If its message has not arrived by then, the next channel is tried.
    pub fallback_at: Option<Timestamp>,
    /// The provider is asked then what became of it.
    pub poll_at: Option<Timestamp>,
    /// The messages that were made of it, the latest last.
    pub deliveries: Vec<Delivery>,
    /// What it owes, until it is sent.
    pub owed: Vec<Owed>,
    /// The runs of a series that are over.
    pub runs: Vec<RunOver>,
    /// What happened, the latest last.
    pub history: Vec<Line>,
}

/// What was asked for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The client's own name for it: repeats, replacing and cancelling go by it.
    pub reference: Option<String>,
    /// Which system asks.
    pub source: String,
    /// What it is about, in that system's words.
    pub event_type: String,
    /// Whom it is for.
    pub recipient: AgentId,
    /// By which channels, best first; empty: in the person's own order.
    pub channels: Vec<ChannelKind>,
    /// What it is for: consent is given per purpose.
    pub purpose: Purpose,
    /// The key of its template.
    pub template: String,
    /// The values its template is filled with, sealed.
    pub payload: SealedPayload,
    /// The language, where it is not the person's own.
    pub locale: Option<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// Why it must go out at any hour and beyond any cap.
    pub critical: Option<String>,
    /// Each message is worth nothing so long after it was due.
    pub lifetime: Option<Duration>,
    /// When.
    pub schedule: Schedule,
    /// The job it is about: once that is over, nothing more is sent.
    pub job: Option<JobId>,
}

/// How urgent a notification is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    /// Nobody waits for it.
    Low,
    /// As most are.
    #[default]
    Normal,
    /// Before all others.
    High,
}

/// Where a notification stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// It waits for its moment.
    Waiting {
        /// When.
        until: Timestamp,
        /// For what.
        why: Wait,
    },
    /// Its message is on its way, or the news of its arrival.
    Sending,
    /// It is over.
    Ended {
        /// How.
        ending: Ending,
        /// When.
        at: Timestamp,
    },
}

/// What a notification waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Wait {
    /// The moment it was asked for.
    Schedule,
    /// The end of the person's rest.
    QuietHours,
    /// That the person has had fewer messages lately.
    Cap,
}

/// How a notification ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// Everything was sent: how far it came stands with the deliveries.
    Done,
    /// It could not be sent.
    Failed {
        /// The class of the last failure.
        class: String,
        /// What the provider said.
        reason: String,
    },
    /// It must not be sent.
    Suppressed {
        /// The rule.
        code: String,
    },
    /// Its lifetime was over before it could be sent.
    Expired,
    /// Somebody called it off.
    Canceled,
}

/// A debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Which.
    pub no: EffectNo,
    /// Since when.
    pub at: Timestamp,
    /// By which channel.
    pub channel: ChannelKind,
    /// How urgent.
    pub lane: Lane,
    /// Of no worth after this moment.
    pub lifetime: Option<Timestamp>,
}

/// A run of a series that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOver {
    /// Which, counted from 1.
    pub no: u32,
    /// When it was due.
    pub due_at: Timestamp,
    /// When it was over.
    pub at: Timestamp,
    /// How it ended.
    pub ending: Ending,
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// What happened to a notification. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It came in.
    Created {
        /// From whom.
        by: Actor,
    },
    /// It was replaced by another with the same reference.
    Replaced {
        /// By whom.
        by: Actor,
    },
    /// It waits.
    Waits {
        /// Until when.
        until: Timestamp,
        /// For what.
        why: Wait,
    },
    /// A message was put into a channel's queue.
    Queued {
        /// Which channel.
        channel: ChannelKind,
    },
    /// A channel was passed over.
    ChannelSkipped {
        /// Which.
        channel: ChannelKind,
        /// The rule.
        code: String,
    },
    /// A message was sent.
    Sent {
        /// By which channel.
        channel: ChannelKind,
    },
    /// A message could not be sent, or did not arrive.
    Failed {
        /// By which channel.
        channel: ChannelKind,
        /// The class of the failure.
        class: String,
        /// What the provider said.
        reason: String,
    },
    /// A message had not arrived in time: the next channel is tried.
    Late {
        /// By which channel it was sent.
        channel: ChannelKind,
    },
    /// A rest or a cap was passed over, because it is critical.
    CriticalBypass {
        /// Why it is critical.
        reason: String,
    },
    /// Somebody called it off.
    Canceled {
        /// Who.
        by: Actor,
        /// Why.
        reason: Option<String>,
    },
    /// A run is over.
    RunOver {
        /// Which.
        no: u32,
    },
    /// Another provider of the same channel took its message over.
    FailedOver {
        /// Who had it.
        from: Provider,
        /// Who has it now.
        to: Provider,
        /// The class of the failure.
        class: String,
        /// What the provider said.
        reason: String,
    },
}

/// Something asked of a notification.
pub enum Command {
    /// Another intent in its place.
    Replace {
        /// What is asked for now.
        intent: Box<Intent>,
        /// Of the request.
        fingerprint: [u8; 16],
    },
    /// Nothing more is to be sent.
    Cancel {
        /// Why.
        reason: Option<String>,
        /// Those of its debts that were taken out of the channels' hands: they will not be sent.
        withdrawn: Vec<EffectNo>,
    },
}

/// What the world tells a notification; it is never refused.
pub enum Report {
    /// Look at your clock.
    Ring,
    /// What became of a message.
    Delivery {
        /// Which.
        no: EffectNo,
        /// What.
        delivery: crate::delivery::Delivery,
        /// Who carried it.
        provider: Option<Provider>,
    },
    /// What a provider told of a message later.
    CalledBack {
        /// Which.
        no: EffectNo,
        /// What.
        callback: crate::delivery::Callback,
    },
}

/// A notification as it comes in.
pub struct NewNotification {
    /// Its id.
    pub id: NotificationId,
    /// Of the request.
    pub fingerprint: [u8; 16],
    /// What is asked for.
    pub intent: Intent,
}

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done now.
    Done,
    /// It was so already.
    Already,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such notification.
    #[error("there is no such notification")]
    NotFound,
    /// Its message has left, or is leaving.
    #[error("the notification is {status}: its message is out of our hands")]
    AlreadySent {
        /// Where it stands.
        status: &'static str,
    },
    /// It is over.
    #[error("the notification is {status}")]
    Ended {
        /// How it ended.
        status: &'static str,
    },
    /// The reference or key came with another body before.
    #[error("a notification with this reference exists and was made from another body")]
    ReferenceConflict,
}

impl Refusal {
    /// The stable code, the same as its problem page.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "notification-not-found",
            Self::AlreadySent { .. } => "notification-already-sent",
            Self::Ended { .. } => "notification-ended",
            Self::ReferenceConflict => "external-ref-conflict",
        }
    }
}

/// Says which it is and where it stands, never for whom or what.
impl std::fmt::Debug for Notification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "notification {:?} ({}, version {})", self.id, self.status(), self.version)
    }
}

impl Priority {
    /// Every priority.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }

    /// Where its messages queue: behind answers and claims, which people wait for.
    pub fn lane(self) -> Lane {
        match self {
            Self::High => Lane::Offers,
            Self::Normal => Lane::Status,
            Self::Low => Lane::Bulk,
        }
    }
}

impl Wait {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::QuietHours => "quiet-hours",
            Self::Cap => "frequency-cap",
        }
    }
}

impl Ending {
    /// Of a failed attempt.
    pub(crate) fn failed(class: &str, reason: &str) -> Self {
        Self::Failed { class: class.to_owned(), reason: reason.to_owned() }
    }
}

impl Event {
    /// The stable word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Replaced { .. } => "replaced",
            Self::Waits { .. } => "waits",
            Self::Queued { .. } => "queued",
            Self::ChannelSkipped { .. } => "channel_skipped",
            Self::Sent { .. } => "sent",
            Self::Failed { .. } => "failed",
            Self::Late { .. } => "late",
            Self::CriticalBypass { .. } => "critical_bypass",
            Self::Canceled { .. } => "canceled",
            Self::RunOver { .. } => "run_over",
            Self::FailedOver { .. } => "failed_over",
        }
    }
}

impl Notification {
    /// Every word of [`Notification::status`].
    pub const STATUSES: [&str; 10] =
        ["scheduled", "deferred", "queued", "sent", "delivered", "read", "failed", "suppressed", "expired", "canceled"];

    /// The stable word for where it stands.
    pub fn status(&self) -> &'static str {
        match &self.stage {
            Stage::Waiting { why: Wait::Schedule, .. } => "scheduled",
            Stage::Waiting { why: Wait::QuietHours | Wait::Cap, .. } => "deferred",
            Stage::Sending => self.best().map_or("queued", |state| match state {
                State::Sent => "sent",
                State::Delivered => "delivered",
                State::Read => "read",
                State::Queued | State::Unsure | State::Failed | State::Dropped => "queued",
            }),
            Stage::Ended { ending, .. } => match ending {
                Ending::Done => self.best().map_or("sent", |state| match state {
                    State::Delivered => "delivered",
                    State::Read => "read",
                    State::Sent | State::Queued | State::Unsure | State::Failed | State::Dropped => "sent",
                }),
                Ending::Failed { .. } => "failed",
                Ending::Suppressed { .. } => "suppressed",
                Ending::Expired => "expired",
                Ending::Canceled => "canceled",
            },
        }
    }

    /// The furthest any message of the present run has come.
    fn best(&self) -> Option<State> {
        self.current().map(|delivery| delivery.state).max_by_key(|state| state.rank())
    }

    /// The messages of the present run.
    pub fn current(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().filter(|delivery| delivery.run == self.run)
    }

    /// Whether it is over.
    pub fn is_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. })
    }

    /// When it must look at its clock.
    pub fn due(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Waiting { until, .. } => Some(*until),
            Stage::Sending => self.fallback_at.into_iter().chain(self.poll_at).min(),
            Stage::Ended { .. } => None,
        }
    }

    /// Whether something happens next, or a channel has something in hand (promise P7).
    pub fn has_next(&self) -> bool {
        self.is_ended() || self.due().is_some() || !self.owed.is_empty()
    }
}

#[cfg(test)]
mod tests;
