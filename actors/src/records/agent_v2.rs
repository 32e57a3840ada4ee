//! An agent as it was stored while everybody took jobs, and STOP was noted as a channel that does not reach them.

use std::collections::BTreeSet;

use baton_core::agent::{Agent, Availability, QuietHours};
use baton_core::consent::{Consent, Purpose, Status};
use baton_core::delivery::ChannelKind;
use baton_core::ids::AgentId;
use baton_core::phone::Phone;
use baton_core::time::Timestamp;
use serde::Deserialize;

/// Schema 2; frozen.
#[derive(Deserialize)]
pub(super) struct AgentV2 {
    pub(super) id: AgentId,
    pub(super) version: u64,
    pub(super) reference: String,
    pub(super) name: String,
    pub(super) phone: Option<Phone>,
    pub(super) email: Option<String>,
    pub(super) telegram: Option<i64>,
    pub(super) channels: Vec<ChannelKind>,
    pub(super) priority: i32,
    pub(super) active: bool,
    pub(super) tags: BTreeSet<String>,
    pub(super) capacity: Option<u32>,
    pub(super) availability: Availability,
    pub(super) quiet_hours: Option<QuietHours>,
    pub(super) locale: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) unreachable: Vec<ChannelKind>,
}

impl From<AgentV2> for Agent {
    fn from(old: AgentV2) -> Self {
        // Only Telegram tells of somebody who has blocked us; on the other channels it was a STOP. In Telegram it may have been
        // either, and stays what ends most easily: whoever blocked us is asked again once they let us write.
        let (unreachable, stopped) = old.unreachable.into_iter().partition(|kind| *kind == ChannelKind::Telegram);
        let stopped: Vec<ChannelKind> = stopped;
        let stop = |channel| Consent {
            channel,
            purpose: Purpose::EVERY,
            status: Status::OptedOut,
            source: "reply".to_owned(),
            at: old.updated_at,
            wording: None,
        };
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
            unreachable,
            takes_jobs: true,
            consents: stopped.into_iter().map(stop).collect(),
            reach: Vec::new(),
            username: None,
        }
    }
}
