//! What a person agreed to and what they refused: by channel and purpose, with where it comes from and in which words.

mod chosen;
mod refused;
mod rules;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::chosen::{Choice, Chosen};
pub use self::refused::AddressKind;
pub use self::rules::{Because, CONSENTS_MAX, may_write, standing};
use crate::delivery::ChannelKind;
use crate::time::Timestamp;

/// What somebody said about messages of one purpose on one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Where the messages come.
    pub channel: ChannelKind,
    /// What they are about.
    pub purpose: Purpose,
    /// Whether they are wanted.
    pub status: Status,
    /// How we know: `reply`, `unsubscribe`, `complaint`, or a word of the tenant's own.
    pub source: String,
    /// Since when.
    pub at: Timestamp,
    /// The version of the words they said yes or no to.
    pub wording: Option<String>,
}

/// Whether messages are wanted. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    /// Yes.
    OptedIn,
    /// No, whatever else says yes.
    OptedOut,
    /// They were asked and have not confirmed it.
    Pending,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::OptedIn, Self::OptedOut, Self::Pending];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OptedIn => "opted_in",
            Self::OptedOut => "opted_out",
            Self::Pending => "pending",
        }
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;
    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

/// Not the word of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a consent is one of opted_in, opted_out, pending")]
pub struct UnknownStatus;

/// The longest name of a purpose.
const LONGEST: usize = 32;

/// What messages are about, named by a slug: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purpose([u8; LONGEST]);

/// Not the name of a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a purpose is named by 1 to 32 of a-z, 0-9 and -")]
pub struct InvalidPurpose;

impl Purpose {
    /// Whatever messages are about: a consent of it holds for every purpose. No message is about it.
    pub const EVERY: Self = Self::named("all");
    /// Jobs: what is offered, and what becomes of it.
    pub const DISPATCH: Self = Self::named("dispatch");
    /// What notifications are about where nobody says it.
    pub const NOTIFICATIONS: Self = Self::named("notifications");

    /// Reads a slug.
    pub fn new(slug: &str) -> Result<Self, InvalidPurpose> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if slug.is_empty() || slug.len() > LONGEST || !slug.bytes().all(plain) {
            return Err(InvalidPurpose);
        }
        Ok(Self::named(slug))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(LONGEST);
        std::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }

    const fn named(slug: &str) -> Self {
        let (mut padded, slug) = ([0; LONGEST], slug.as_bytes());
        let (head, _) = padded.split_at_mut(slug.len());
        head.copy_from_slice(slug);
        Self(padded)
    }
}

impl FromStr for Purpose {
    type Err = InvalidPurpose;
    fn from_str(text: &str) -> Result<Self, InvalidPurpose> {
        Self::new(text)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Purpose {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Purpose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slug = String::deserialize(deserializer)?;
        Self::new(&slug).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_a_slug() {
        for good in ["a", "dispatch", "order-updates-2", &"x".repeat(32)] {
            assert_eq!(Purpose::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "Dispatch", "a b", "a_b", "ключ", &"x".repeat(33)] {
            assert_eq!(Purpose::new(bad), Err(InvalidPurpose), "{bad}");
        }
        assert_eq!("dispatch".parse(), Ok(Purpose::DISPATCH));
        assert_eq!(Purpose::EVERY.to_string(), "all");
    }

    #[test]
    fn a_status_is_read_as_it_is_written() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert!(UnknownStatus.to_string().contains(status.as_str()));
        }
        assert_eq!("maybe".parse::<Status>(), Err(UnknownStatus));
    }
}
