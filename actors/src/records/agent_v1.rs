//! An agent as it was stored before anybody noted who had blocked us.

use std::collections::BTreeSet;

use baton_core::agent::{Availability, QuietHours};
use baton_core::delivery::ChannelKind;
use baton_core::ids::AgentId;
use baton_core::phone::Phone;
use baton_core::time::Timestamp;
use serde::Deserialize;

use super::agent_v2::AgentV2;

/// Schema 1; frozen.
#[derive(Deserialize)]
pub(super) struct AgentV1 {
    id: AgentId,
    version: u64,
    reference: String,
    name: String,
    phone: Option<Phone>,
    email: Option<String>,
    telegram: Option<i64>,
    channels: Vec<ChannelKind>,
    priority: i32,
    active: bool,
    tags: BTreeSet<String>,
    capacity: Option<u32>,
    availability: Availability,
    quiet_hours: Option<QuietHours>,
    locale: Option<String>,
    time_zone: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<AgentV1> for AgentV2 {
    fn from(old: AgentV1) -> Self {
        Self {
            id: old.id,
            version: old.version,
            reference: old.reference,
            name: old.name,
            phone: old.phone,
            email: old.email,
            telegram: old.telegram,
            channels: old.channels,
            priority: old.priority,
            active: old.active,
            tags: old.tags,
            capacity: old.capacity,
            availability: old.availability,
            quiet_hours: old.quiet_hours,
            locale: old.locale,
            time_zone: old.time_zone,
            created_at: old.created_at,
            updated_at: old.updated_at,
            unreachable: Vec::new(),
        }
    }
}
