//! Channels, and what a provider's answer means: one taxonomy for every provider.

pub mod failover;
mod provider;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::provider::{Provider, UnknownProvider};

/// A way to reach a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChannelKind {
    /// Printed by the server itself: for trying out.
    Console,
    /// Telegram, by the Bot API.
    Telegram,
    /// E-mail.
    Email,
    /// WhatsApp.
    Whatsapp,
    /// SMS.
    Sms,
}

impl ChannelKind {
    /// Every channel, in the order in which they are tried where nobody says otherwise.
    pub const ALL: [Self; 5] = [Self::Telegram, Self::Whatsapp, Self::Sms, Self::Email, Self::Console];

    /// The word on the wire, in configuration and in metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Telegram => "telegram",
            Self::Email => "email",
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
        }
    }

    /// Whether a provider can tell that a message has arrived: where none does, being sent is all there is to know.
    pub fn tells_of_arrival(self) -> bool {
        match self {
            Self::Email | Self::Whatsapp | Self::Sms => true,
            Self::Console | Self::Telegram => false,
        }
    }

    /// Whether a message can be changed after it has arrived: then an offer loses its buttons once it is answered.
    pub fn edits(self) -> bool {
        match self {
            Self::Telegram => true,
            Self::Console | Self::Email | Self::Whatsapp | Self::Sms => false,
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ChannelKind {
    type Err = UnknownChannel;
    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownChannel)
    }
}

/// Not the name of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a channel is one of telegram, whatsapp, sms, email, console")]
pub struct UnknownChannel;

/// What one attempt came to. A provider's client returns exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The provider took responsibility.
    Accepted(Receipt),
    /// The provider said when, and for what scope.
    RetryAfter(Duration, Scope),
    /// A passing fault: nothing was sent, or sending again is harmless.
    Retry(String),
    /// The provider may have taken it: nobody can tell.
    Unknown(String),
    /// This address cannot be reached until the person acts.
    Recipient(String),
    /// Free text is not allowed now; a template is.
    Window(String),
    /// The same recipient under a new address.
    Moved(String),
    /// Our message is wrong: never retried, shown to the operator.
    Content(String),
    /// Our credential, number, quota or account is the problem: the whole account pauses.
    Sender(String),
    /// It already was so.
    Noop,
}

impl Outcome {
    /// The word in metric labels and histories.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::RetryAfter(..) => "retry_after",
            Self::Retry(_) => "retry",
            Self::Unknown(_) => "unknown",
            Self::Recipient(_) => "recipient",
            Self::Window(_) => "window",
            Self::Moved(_) => "moved",
            Self::Content(_) => "content",
            Self::Sender(_) => "sender",
            Self::Noop => "noop",
        }
    }
}

/// How far a provider's "wait" reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Only the chat or address that was written to.
    Chat,
    /// The whole account.
    Account,
}

/// What a provider gave us for a message, to edit it or to match its callbacks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Receipt {
    /// The channel it went through.
    pub channel: ChannelKind,
    /// The provider's id of the message; several, joined by commas, where it was split.
    pub message: String,
}

/// What became of a message we owed, as the job is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    /// The provider took it.
    Sent(Receipt),
    /// It will not be sent: why, in a word of [`Outcome::class`], and the provider's reason.
    Failed {
        /// The class of the last outcome.
        class: String,
        /// What the provider said, without addresses.
        reason: String,
    },
    /// It was not worth sending any more.
    Dropped(DropReason),
    /// An attempt was interrupted; the kind of message says it must not be repeated.
    Unsure,
    /// It has not left: another provider of the same channel takes it over.
    Rerouted {
        /// Who had it.
        from: Provider,
        /// Who has it now.
        to: Provider,
        /// The class of the last outcome; `paused` where none was attempted.
        class: String,
        /// What the provider said, without addresses.
        reason: String,
    },
}

/// How far a message has come, as its provider tells. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Progress {
    /// The provider has passed it on.
    Sent,
    /// It is on the person's phone, or in their mailbox.
    Delivered,
    /// They have seen it.
    Read,
    /// It will not arrive.
    Failed,
}

impl Progress {
    /// Whether this is news after what is known. Callbacks come in any order and more than once: a message never goes back,
    /// and one that has arrived cannot fail any more.
    pub fn goes_beyond(self, known: Option<Self>) -> bool {
        known.is_none_or(|known| self.rank() > known.rank())
    }

    fn rank(self) -> u8 {
        match self {
            Self::Sent => 0,
            Self::Failed => 1,
            Self::Delivered => 2,
            Self::Read => 3,
        }
    }

    /// The word in histories.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

/// What a provider told of a message after it was sent, as the job is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// How far it has come.
    pub progress: Progress,
    /// The provider's id of it: it may be heard here first.
    pub receipt: Receipt,
    /// The name of its template.
    pub topic: String,
    /// Of a failure: the class of its code, a word of [`Outcome::class`].
    pub class: String,
    /// Of a failure: what the provider said, without addresses.
    pub reason: String,
    /// Of a failure: whether another attempt would be made in another form.
    pub again: bool,
}

impl Callback {
    /// What a provider said when it was asked about a notification's message.
    pub fn found(receipt: Receipt, progress: Progress, class: &str, reason: String) -> Self {
        let (topic, class) = ("notification".to_owned(), class.to_owned());
        Self { progress, receipt, topic, class, reason, again: false }
    }
}

/// Why a message was dropped unsent. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DropReason {
    /// Its offer was over before it went out.
    OfferOver,
    /// Its lifetime had passed.
    Late,
    /// The recipient no longer exists.
    RecipientGone,
    /// The recipient wants no such messages.
    Unwanted,
    /// The recipient has not agreed to such messages, and that is needed.
    NoConsent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_never_goes_back() {
        use Progress::{Delivered, Failed, Read, Sent};
        for (told, known, is_news) in [
            (Sent, None, true),
            (Sent, Some(Sent), false),
            (Failed, Some(Sent), true),
            (Failed, Some(Failed), false),
            (Delivered, Some(Failed), true),
            (Failed, Some(Delivered), false),
            (Read, Some(Delivered), true),
            (Delivered, Some(Read), false),
            (Failed, Some(Read), false),
            (Read, None, true),
        ] {
            assert_eq!(told.goes_beyond(known), is_news, "{told:?} after {known:?}");
        }
    }
}
