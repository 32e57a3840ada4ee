//! What a provider can tell, whichever it is. Stored as JSON until it has been acted upon: a field may be added, none renamed.

use std::borrow::Cow;

use baton_core::delivery::{ChannelKind, Progress};
use serde::{Deserialize, Serialize};

use crate::channels::telegram::What;

/// One piece of news, with the provider's own name for it: the same on every repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The provider's name for it.
    pub id: String,
    /// What.
    pub news: News,
}

/// What is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// How far a message of ours has come.
    Reached(Reached),
    /// Somebody wrote.
    Wrote(Wrote),
    /// Somebody pressed a button.
    Pressed(Pressed),
    /// Something happened in a chat of Telegram's.
    Telegram(What),
    /// A mail came in.
    Mailed(Mailed),
    /// Somebody told the provider that they want no more, or some again.
    Wants(Wants),
}

/// Somebody told a provider what they want.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wants {
    /// By which channel.
    pub channel: Channel,
    /// Who: their mailbox.
    pub address: String,
    /// Whether they want messages.
    pub some: bool,
    /// How they told it: `complaint` or `unsubscribe`.
    pub source: String,
}

/// How far a message of ours has come.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// By which channel it went.
    pub channel: Channel,
    /// What we gave along with it.
    pub trace: String,
    /// The provider's id of it.
    pub message: String,
    /// How far.
    pub progress: Progress,
    /// Of a failure: the class of its code.
    #[serde(default)]
    pub class: String,
    /// Of a failure: its code, and what it means.
    #[serde(default)]
    pub reason: String,
    /// Whom it was for, in digits, where the window of a channel depends on it.
    #[serde(default)]
    pub digits: String,
}

/// Somebody wrote.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrote {
    /// By which channel.
    pub channel: Channel,
    /// Who: the digits of their number.
    pub digits: String,
    /// What, cut to what can be an answer.
    pub text: String,
    /// The message it replies to, by the provider's id.
    #[serde(default)]
    pub about: Option<String>,
}

/// Somebody pressed a button.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    /// By which channel.
    pub channel: Channel,
    /// Who: the digits of their number.
    pub digits: String,
    /// What the button carried.
    pub data: String,
}

/// A mail came in.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mailed {
    /// Who wrote, or who it says did.
    pub from: String,
    /// What stood in the address it was written to, and names the offer it answers.
    pub token: Option<String>,
    /// What they wrote themselves; nothing where it has to be fetched.
    pub text: String,
    /// Under which id the provider keeps it.
    pub fetch: Option<String>,
    /// A machine wrote it by itself: it is never answered.
    pub by_itself: bool,
    /// Neither SPF nor DKIM vouch for who wrote it, although the provider looked.
    pub doubtful: bool,
}

/// The channels that tell something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// WhatsApp.
    Whatsapp,
    /// SMS.
    Sms,
    /// E-mail.
    Email,
    /// Telegram.
    Telegram,
}

/// A longer text is no answer, and is not kept whole.
const TEXT_MAX: usize = 1000;

/// A text as it is kept.
pub fn clipped(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

impl Channel {
    /// As the engine knows it.
    pub fn kind(self) -> ChannelKind {
        match self {
            Self::Whatsapp => ChannelKind::Whatsapp,
            Self::Sms => ChannelKind::Sms,
            Self::Email => ChannelKind::Email,
            Self::Telegram => ChannelKind::Telegram,
        }
    }
}

impl News {
    /// By which channel.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Reached(reached) => reached.channel,
            Self::Wrote(wrote) => wrote.channel,
            Self::Pressed(pressed) => pressed.channel,
            Self::Telegram(_) => Channel::Telegram,
            Self::Mailed(_) => Channel::Email,
            Self::Wants(wants) => wants.channel,
        }
    }

    /// What must be acted upon in order: one message of ours, or one person.
    pub fn line(&self) -> Cow<'_, str> {
        match self {
            Self::Reached(reached) => Cow::Borrowed(&reached.trace),
            Self::Wrote(wrote) => Cow::Borrowed(&wrote.digits),
            Self::Pressed(pressed) => Cow::Borrowed(&pressed.digits),
            Self::Telegram(what) => Cow::Owned(what.whose()),
            Self::Mailed(mail) => Cow::Borrowed(&mail.from),
            Self::Wants(wants) => Cow::Borrowed(&wants.address),
        }
    }

    /// What it is, in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Reached(_) => "reached",
            Self::Wrote(_) => "text",
            Self::Pressed(_) => "pressed",
            Self::Telegram(what) => what.word(),
            Self::Mailed(_) => "mail",
            Self::Wants(_) => "wants",
        }
    }
}

/// Says what it is, never who or what was written.
impl std::fmt::Debug for News {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reached(reached) => {
                write!(f, "{:?} of {:?}: {:?} {}", self.channel(), reached.trace, reached.progress, reached.reason)
            }
            Self::Wrote(_) => write!(f, "{:?}: a text", self.channel()),
            Self::Wants(wants) => {
                write!(f, "{:?}: wants {} ({})", self.channel(), if wants.some { "some" } else { "none" }, wants.source)
            }
            Self::Pressed(pressed) => write!(f, "{:?}: pressed {:?}", self.channel(), pressed.data),
            Self::Telegram(what) => write!(f, "{:?}: {what:?}", self.channel()),
            Self::Mailed(_) => write!(f, "{:?}: a mail", self.channel()),
        }
    }
}
