//! Crew groups: chats in which a tenant's jobs are published, and what is allowed to those who claim.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// No tenant has more groups.
pub const GROUPS_MAX: usize = 64;

/// No name of a group is longer, in bytes.
pub const GROUP_NAME_MAX: usize = 32;

/// What a tenant has set about its crews.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crew {
    /// Its groups, by the names that plans use.
    pub groups: BTreeMap<String, CrewGroup>,
    /// Who publishes a job in a group.
    pub publish: Publish,
    /// How much one agent may claim.
    pub caps: ClaimCaps,
}

/// A chat in which jobs are published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrewGroup {
    /// The Telegram group.
    pub chat: i64,
    /// The topic in it, where it is a forum.
    pub topic: Option<i64>,
    /// The language spoken there; none: the tenant's.
    pub locale: Option<String>,
}

/// Who publishes a job in a group. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Publish {
    /// The engine, when the wave comes.
    #[default]
    Engine,
    /// A person at the desk, by a command: the wave waits for them.
    Person,
}

/// How much one agent may claim by themselves; none: any number. What the desk gives them is not counted against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimCaps {
    /// Jobs claimed and not closed.
    pub open: Option<u32>,
    /// Jobs won in any hour.
    pub an_hour: Option<u32>,
    /// After they gave a job back, they can claim none for so long.
    pub cool_down: Option<Duration>,
}

impl Publish {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Person => "person",
        }
    }
}

impl ClaimCaps {
    /// Whether an agent's past matters.
    pub fn looks_back(&self) -> bool {
        self.an_hour.is_some() || self.cool_down.is_some()
    }
}
