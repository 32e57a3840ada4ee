//! One message of a notification on one channel: how far it has come, by rank and never backwards.

use serde::{Deserialize, Serialize};

use crate::agent::NoWay;
use crate::delivery::{ChannelKind, DropReason, Progress, Provider, Receipt};
use crate::ids::EffectNo;
use crate::time::Timestamp;

/// So many callbacks are kept with a message.
pub const CALLBACKS_KEPT: usize = 8;

/// One message on one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The debt it stands for.
    pub no: EffectNo,
    /// In which run.
    pub run: u32,
    /// By which channel.
    pub channel: ChannelKind,
    /// Who carried it, once that is known.
    pub provider: Option<Provider>,
    /// How far it has come.
    pub state: State,
    /// The provider's id of it.
    pub receipt: Option<Receipt>,
    /// Since when it waits.
    pub queued_at: Timestamp,
    /// When its provider took it.
    pub sent_at: Option<Timestamp>,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// When the person saw it.
    pub read_at: Option<Timestamp>,
    /// Of a failure: its class. Of a message that was not wanted: the rule.
    pub class: Option<String>,
    /// Of a failure: what the provider said, without addresses.
    pub reason: Option<String>,
    /// What the provider told later.
    pub callbacks: Vec<CalledBack>,
}

/// Something a provider told of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledBack {
    /// When.
    pub at: Timestamp,
    /// What.
    pub progress: Progress,
    /// Whether it was news.
    pub news: bool,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// It waits for its channel.
    Queued,
    /// An attempt may have left it with the provider; nobody can tell.
    Unsure,
    /// Its provider took it.
    Sent,
    /// It arrived.
    Delivered,
    /// The person saw it.
    Read,
    /// It did not arrive.
    Failed,
    /// It was not worth sending any more.
    Dropped,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Unsure, Self::Sent, Self::Delivered, Self::Read, Self::Failed, Self::Dropped];

    /// Its rank: what comes later in a message's life is higher, and a message that has arrived cannot fail any more.
    pub fn rank(self) -> u8 {
        match self {
            Self::Dropped => 0,
            Self::Queued => 1,
            Self::Unsure => 2,
            Self::Failed => 3,
            Self::Sent => 4,
            Self::Delivered => 5,
            Self::Read => 6,
        }
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Unsure => "unsure",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }

    /// Whether it has arrived.
    pub fn has_arrived(self) -> bool {
        matches!(self, Self::Delivered | Self::Read)
    }
}

impl Delivery {
    /// A message that waits for its channel.
    pub fn queued(no: EffectNo, run: u32, channel: ChannelKind, at: Timestamp) -> Self {
        Self {
            no,
            run,
            channel,
            provider: None,
            state: State::Queued,
            receipt: None,
            queued_at: at,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            class: None,
            reason: None,
            callbacks: Vec::new(),
        }
    }

    /// Its provider took it.
    pub fn sent(&mut self, receipt: Receipt, provider: Option<Provider>, at: Timestamp) {
        self.provider = provider.or(self.provider);
        self.receipt.get_or_insert(receipt);
        self.sent_at.get_or_insert(at);
        if matches!(self.state, State::Queued | State::Unsure | State::Failed) {
            self.state = State::Sent;
        }
    }

    /// It failed. Says whether that is news: what has arrived does not fail.
    pub fn failed(&mut self, class: &str, reason: &str) -> bool {
        if self.state.has_arrived() || self.state == State::Failed {
            return false;
        }
        self.state = State::Failed;
        self.class = Some(class.to_owned());
        self.reason = Some(reason.to_owned());
        true
    }

    /// It was dropped.
    pub fn dropped(&mut self, why: DropReason) {
        self.state = State::Dropped;
        self.class = match why {
            DropReason::Unwanted => Some(NoWay::OptedOut.code().to_owned()),
            DropReason::NoConsent => Some(NoWay::NoConsent.code().to_owned()),
            DropReason::OfferOver | DropReason::Late | DropReason::RecipientGone => None,
        };
    }

    /// Its provider tells how far it has come. Says whether that is news.
    pub fn reached(&mut self, progress: Progress, receipt: &Receipt, at: Timestamp) -> bool {
        let before = self.state;
        match progress {
            Progress::Sent => self.sent(receipt.clone(), None, at),
            Progress::Delivered => {
                self.sent(receipt.clone(), None, at);
                self.delivered_at.get_or_insert(at);
                if self.state != State::Read {
                    self.state = State::Delivered;
                }
            }
            Progress::Read => {
                self.sent(receipt.clone(), None, at);
                // Whoever has seen it has it.
                self.delivered_at.get_or_insert(at);
                self.read_at.get_or_insert(at);
                self.state = State::Read;
            }
            // Its caller knows why, and says so.
            Progress::Failed => {}
        }
        self.state != before
    }

    /// Notes what its provider told.
    pub fn note(&mut self, at: Timestamp, progress: Progress, news: bool) {
        if self.callbacks.len() < CALLBACKS_KEPT {
            self.callbacks.push(CalledBack { at, progress, news });
        }
    }
}
