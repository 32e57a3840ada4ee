//! Whether a person may be written to, by which channels, and when.

use crate::agent::Agent;
use crate::calm::{self, Class, Why};
use crate::consent::Purpose;
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

/// The channels in the order to try them: those whose address has failed lately come last.
pub fn order(agent: &Agent, configured: &[ChannelKind]) -> Vec<ChannelKind> {
    let mut order = if agent.channels.is_empty() { configured.to_vec() } else { agent.channels.clone() };
    order.sort_by_key(|channel| agent.is_weak(*channel));
    order
}

/// Whether they may be written to about something on a channel; the rule where not.
pub fn may_write(
    agent: &Agent,
    channel: ChannelKind,
    purpose: &Purpose,
    needs_opt_in: bool,
) -> Result<(), &'static str> {
    agent.bar(channel, *purpose, needs_opt_in).map_or(Ok(()), |no| Err(no.code()))
}

/// Whether a message may leave now. That a critical one does so all the same is decided where that is recorded.
pub fn calm(agent: &Agent, settings: &Settings, priority: Priority, lately: &[Timestamp], now: Timestamp) -> Calm {
    let class = match priority {
        Priority::Low => Class::Bulk,
        Priority::Normal => Class::Normal,
        Priority::High => Class::High,
    };
    let wait = |why| match why {
        Why::QuietHours => Wait::QuietHours,
        Why::TooMany(_) => Wait::Cap,
    };
    match calm::decide(agent, settings, class, false, lately, now) {
        calm::Calm::Go => Calm::Go,
        calm::Calm::Later(until, why) => Calm::Later { until, why: wait(why) },
        calm::Calm::Never(why) => Calm::Never { why: wait(why) },
    }
}
