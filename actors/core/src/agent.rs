//! A person or crew that can take a job.

mod reach;
mod ways;

use std::collections::BTreeSet;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

pub use self::reach::{Missed, PAUSES_AFTER, Reach, tells_of_a_person};
pub use self::ways::NoWay;
use crate::consent::Consent;
use crate::delivery::ChannelKind;
use crate::ids::AgentId;
use crate::phone::Phone;
use crate::time::Timestamp;

/// An agent as the tenant registered them. Who holds which offer is derived from the jobs, not kept here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Derived from the reference.
    pub id: AgentId,
    /// How many times the record was stored.
    pub version: u64,
    /// The tenant's own name for them; the phone number where none was given.
    pub reference: String,
    /// What people call them.
    pub name: String,
    /// Where SMS and WhatsApp go, and how replies are recognised.
    pub phone: Option<Phone>,
    /// Where e-mail goes.
    pub email: Option<String>,
    /// The private Telegram chat, set when they register with the bot.
    pub telegram: Option<i64>,
    /// The channels to use, best first; empty: the tenant's order.
    pub channels: Vec<ChannelKind>,
    /// Lower is asked earlier.
    pub priority: i32,
    /// Whether they are asked at all.
    pub active: bool,
    /// What they can do (vehicle types, skills).
    pub tags: BTreeSet<String>,
    /// How many claimed jobs they can have open; none: any number.
    pub capacity: Option<u32>,
    /// Whether they can be asked now.
    pub availability: Availability,
    /// When they are not to be disturbed, in their own zone.
    pub quiet_hours: Option<QuietHours>,
    /// The language of their messages (`en`).
    pub locale: Option<String>,
    /// IANA zone (`Europe/London`); none: the tenant's.
    pub time_zone: Option<String>,
    /// When the record was first stored.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Channels that have an address where the person blocked us. STOP is no block: it is a consent.
    pub unreachable: Vec<ChannelKind>,
    /// Whether they are ever offered jobs; false for somebody who only gets notifications.
    pub takes_jobs: bool,
    /// What they agreed to and what they refused: the newest of each channel and purpose.
    pub consents: Vec<Consent>,
    /// Channels whose address has failed them lately.
    pub reach: Vec<Reach>,
    /// What they are called at Telegram, and in which chat they were when we heard it: for another chat it says nothing.
    pub username: Option<(i64, String)>,
}

/// Whether an agent can be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Availability {
    /// Yes.
    #[default]
    Available,
    /// Not before this moment; none: until they say so.
    Away {
        /// When they are back.
        until: Option<Timestamp>,
    },
}

/// A nightly rest; it may cross midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// It begins at this local time.
    pub from: Time,
    /// It ends at this local time.
    pub to: Time,
}

impl QuietHours {
    /// Whether a local time of day lies in the rest.
    pub fn contain(&self, time: Time) -> bool {
        if self.from <= self.to { self.from <= time && time < self.to } else { self.from <= time || time < self.to }
    }
}

impl Agent {
    /// An active agent of whom nothing is known but the name: without addresses, tags or bounds.
    pub fn named(id: AgentId, name: &str, at: Timestamp) -> Self {
        Self {
            id,
            version: 1,
            reference: name.to_owned(),
            name: name.to_owned(),
            phone: None,
            email: None,
            telegram: None,
            channels: Vec::new(),
            priority: 0,
            active: true,
            tags: BTreeSet::new(),
            capacity: None,
            availability: Availability::Available,
            quiet_hours: None,
            locale: None,
            time_zone: None,
            created_at: at,
            updated_at: at,
            unreachable: Vec::new(),
            takes_jobs: true,
            consents: Vec::new(),
            reach: Vec::new(),
            username: None,
        }
    }

    /// Telegram tells what the person of a chat is called there, or nothing any more. Says whether that is news.
    pub fn is_called(&mut self, chat: i64, username: Option<&str>) -> bool {
        let called = username.filter(|name| is_username(name)).map(|name| (chat, name.to_owned()));
        let news = self.username != called;
        self.username = called;
        news
    }

    /// What others in a group know them by: `@` and their username, where they have one, or else their name.
    pub fn handle(&self) -> String {
        match &self.username {
            Some((chat, username)) if self.telegram == Some(*chat) => format!("@{username}"),
            Some(_) | None => self.name.clone(),
        }
    }

    /// A provider tells whether they let us write to them. Says whether that is news.
    pub fn reached(&mut self, kind: ChannelKind, can: bool) -> bool {
        let before = self.unreachable.len();
        self.unreachable.retain(|blocked| *blocked != kind);
        if !can {
            self.unreachable.push(kind);
        }
        // Whoever lets us write again is there again.
        let is_back = can && self.arrived(kind);
        self.unreachable.len() != before || is_back
    }

    /// Whether there is an address for a channel.
    pub fn has_address(&self, kind: ChannelKind) -> bool {
        match kind {
            ChannelKind::Console => true,
            ChannelKind::Telegram => self.telegram.is_some(),
            ChannelKind::Email => self.email.is_some(),
            ChannelKind::Whatsapp | ChannelKind::Sms => self.phone.is_some(),
        }
    }
}

/// What Telegram allows; anything else is not repeated to anybody.
fn is_username(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_cross_midnight() {
        let at = |h, m| Time::constant(h, m, 0, 0);
        let night = QuietHours { from: at(22, 0), to: at(7, 0) };
        assert!(night.contain(at(23, 59)) && night.contain(at(0, 0)) && night.contain(at(6, 59)));
        assert!(!night.contain(at(7, 0)) && !night.contain(at(21, 59)));
        let noon = QuietHours { from: at(12, 0), to: at(13, 0) };
        assert!(noon.contain(at(12, 30)) && !noon.contain(at(13, 0)));
    }
}
