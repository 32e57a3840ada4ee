//! What an update tells, as it is stored until it has been acted upon: a field may be added, none renamed.

use serde::{Deserialize, Serialize};

use super::order::{DeskPress, Typed};
use crate::channels::press::Press;

/// What happened in a chat. Chats below zero are groups.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Somebody wrote.
    Text {
        /// Where.
        chat: i64,
        /// Who; in a private chat the same as the chat.
        from: i64,
        /// What.
        text: String,
        /// The message it answers.
        reply_to_message: Option<i64>,
        /// The language of their Telegram, where it tells.
        #[serde(default)]
        language: Option<String>,
        /// When, in seconds since 1970, as Telegram tells.
        #[serde(default)]
        told_at: Option<i64>,
    },
    /// Somebody in a group gave a command of ours.
    Commanded {
        /// The group.
        chat: i64,
        /// The topic in it.
        thread: Option<i64>,
        /// Who.
        from: i64,
        /// What they are called at Telegram.
        #[serde(default)]
        username: Option<String>,
        /// What, without its slash.
        said: String,
        /// The language of their Telegram, where it tells.
        language: Option<String>,
        /// When, in seconds since 1970, as Telegram tells.
        told_at: Option<i64>,
    },
    /// Somebody pressed a button of ours.
    Button {
        /// What is to be answered, or the button spins.
        callback_id: String,
        /// Where.
        chat: i64,
        /// Who.
        from: i64,
        /// What they are called at Telegram.
        #[serde(default)]
        username: Option<String>,
        /// The message that carries the button.
        message_id: i64,
        /// Which button.
        press: Press,
    },
    /// Somebody typed a command of the desk's.
    Ordered {
        /// Where.
        chat: i64,
        /// Who.
        from: i64,
        /// The message, by its number in the chat.
        message_id: i64,
        /// What they typed.
        typed: Typed,
        /// The language of their Telegram, where it tells.
        #[serde(default)]
        language: Option<String>,
        /// When, in seconds since 1970, as Telegram tells.
        #[serde(default)]
        told_at: Option<i64>,
    },
    /// Somebody pressed a button of the desk's.
    DeskButton {
        /// What is to be answered, or the button spins.
        callback_id: String,
        /// Where.
        chat: i64,
        /// Who.
        from: i64,
        /// The message that carries the button.
        message_id: i64,
        /// Which button.
        press: DeskPress,
    },
    /// Somebody pressed a button that is not ours, or no longer: it too spins until it is answered.
    ForeignButton {
        /// What is to be answered.
        callback_id: String,
    },
    /// Somebody came by a link, or typed `/start`.
    Start {
        /// Where.
        chat: i64,
        /// Who.
        from: i64,
        /// What the link carried; empty where they only typed it.
        token: String,
        /// Nobody registers in a group.
        group: bool,
        /// The language of their Telegram, where it tells.
        #[serde(default)]
        language: Option<String>,
    },
    /// The person blocked the bot, or the group threw it out.
    Blocked {
        /// Where.
        chat: i64,
    },
    /// The bot may write again.
    Unblocked {
        /// Where.
        chat: i64,
    },
    /// A group lives on under another id.
    Migrated {
        /// The id it had.
        from: i64,
        /// The id it has.
        to: i64,
    },
    /// Nothing to us.
    Ignored,
}

impl What {
    /// What it is, in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Commanded { .. } => "command",
            Self::Button { .. } => "pressed",
            Self::Ordered { .. } => "order",
            Self::DeskButton { .. } => "desk_button",
            Self::ForeignButton { .. } => "foreign_button",
            Self::Start { .. } => "start",
            Self::Blocked { .. } => "blocked",
            Self::Unblocked { .. } => "unblocked",
            Self::Migrated { .. } => "migrated",
            Self::Ignored => "ignored",
        }
    }

    /// Whose it is: what one person or one group does is taken in order.
    pub fn whose(&self) -> String {
        match self {
            Self::Text { from, .. }
            | Self::Button { from, .. }
            | Self::Ordered { from, .. }
            | Self::DeskButton { from, .. }
            | Self::Commanded { from, .. }
            | Self::Start { from, .. } => from.to_string(),
            Self::Blocked { chat } | Self::Unblocked { chat } | Self::Migrated { from: chat, .. } => chat.to_string(),
            Self::ForeignButton { callback_id } => callback_id.clone(),
            Self::Ignored => String::new(),
        }
    }

    /// Whether anything follows from it. What people in a group say to each other is none of our business, and is not kept.
    pub fn matters(&self) -> bool {
        match self {
            Self::Ignored | Self::Start { group: true, .. } => false,
            Self::Text { chat, .. } => *chat > 0,
            Self::Commanded { said, .. } => IN_GROUPS.contains(&first_word(said).as_str()),
            Self::Start { .. }
            | Self::Button { .. }
            | Self::Ordered { .. }
            | Self::DeskButton { .. }
            | Self::ForeignButton { .. }
            | Self::Blocked { .. }
            | Self::Unblocked { .. }
            | Self::Migrated { .. } => true,
        }
    }
}

/// The commands that mean something in a group.
const IN_GROUPS: [&str; 1] = ["claim"];

fn first_word(said: &str) -> String {
    said.split_whitespace().next().unwrap_or_default().to_lowercase()
}

/// Says what it is, never who or what was written.
impl std::fmt::Debug for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
