//! Whether a person may be written to, by which channels, and when.

use crate::agent::Agent;
use crate::consent::{Purpose, Status};
use crate::delivery::ChannelKind;
use crate::tenant::Settings;
use crate::time::Timestamp;

use super::{Priority, Wait};

/// Whether a message may leave at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calm {
    /// Now.
    Go,
    /// Later.
    Later {
        /// When.
        until: Timestamp,
        /// Why not now.
        why: Wait,
    },
    /// Not at all.
    Never {
        /// Why.
        why: Wait,
    },
}

/// The channels in the order to try them.
pub fn order(agent: &Agent, configured: &[ChannelKind]) -> Vec<ChannelKind> {
    if agent.channels.is_empty() { configured.to_vec() } else { agent.channels.clone() }
}

/// Whether they may be written to about something on a channel; the rule where not.
pub fn may_write(
    agent: &Agent,
    channel: ChannelKind,
    purpose: &Purpose,
    needs_opt_in: bool,
) -> Result<(), &'static str> {
    let said = |status| {
        let about = |stated: &Purpose| stated == purpose || *stated == Purpose::EVERY;
        agent
            .consents
            .iter()
            .any(|consent| consent.channel == channel && about(&consent.purpose) && consent.status == status)
    };
    if said(Status::OptedOut) {
        return Err("opted-out");
    }
    if agent.unreachable.contains(&channel) {
        return Err("blocked");
    }
    if needs_opt_in && !said(Status::OptedIn) { Err("no-consent") } else { Ok(()) }
}

/// Whether a message may leave now.
pub fn calm(_: &Agent, _: &Settings, _: Priority, _: &[Timestamp], _: Timestamp) -> Calm {
    Calm::Go
}
