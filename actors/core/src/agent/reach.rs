//! Addresses that providers call dead: tried last at first, then not at all, until something arrives there again or the
//! address is another one.

use serde::{Deserialize, Serialize};

use super::Agent;
use crate::delivery::ChannelKind;
use crate::time::Timestamp;

/// What is known of an address that a provider called dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// The channel of the address.
    pub channel: ChannelKind,
    /// How many messages in a row it could not take.
    pub failures: u32,
    /// When the last one failed.
    pub last: Timestamp,
    /// Since when nothing is sent there; none: it is only tried after their other channels.
    pub paused: Option<Timestamp>,
}

/// So many messages in a row pause an address.
pub const PAUSES_AFTER: u32 = 3;

/// What one more dead message came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// The channel is tried after the others.
    Lowered,
    /// Nothing is sent there any more.
    Paused,
    /// It was paused before.
    Nothing,
}

impl Agent {
    /// A provider says that their address is dead.
    pub fn missed(&mut self, channel: ChannelKind, at: Timestamp) -> Missed {
        let known = self.reach.iter().position(|reach| reach.channel == channel);
        let index = known.unwrap_or_else(|| {
            self.reach.push(Reach { channel, failures: 0, last: at, paused: None });
            self.reach.len() - 1
        });
        let Some(reach) = self.reach.get_mut(index).filter(|reach| reach.paused.is_none()) else {
            return Missed::Nothing;
        };
        reach.failures += 1;
        reach.last = reach.last.max(at);
        if reach.failures < PAUSES_AFTER {
            return Missed::Lowered;
        }
        reach.paused = Some(at);
        Missed::Paused
    }

    /// Something has arrived at their address, or it is another one. Says whether that is news.
    pub fn arrived(&mut self, channel: ChannelKind) -> bool {
        let before = self.reach.len();
        self.reach.retain(|reach| reach.channel != channel);
        self.reach.len() < before
    }

    /// An address that is another one has failed nobody yet, and whoever blocked us at the old one has not done so here.
    pub fn moved_from(&mut self, before: &Self) {
        let moved = |kind: &ChannelKind| match kind {
            ChannelKind::Console => false,
            ChannelKind::Telegram => self.telegram != before.telegram,
            ChannelKind::Email => self.email != before.email,
            ChannelKind::Whatsapp | ChannelKind::Sms => self.phone != before.phone,
        };
        for kind in ChannelKind::ALL.into_iter().filter(moved).collect::<Vec<_>>() {
            self.reached(kind, true);
        }
    }

    /// Whether nothing is sent to this address any more.
    pub fn is_paused(&self, channel: ChannelKind) -> bool {
        self.reach.iter().any(|reach| reach.channel == channel && reach.paused.is_some())
    }

    /// Whether this address has failed lately.
    pub fn is_weak(&self, channel: ChannelKind) -> bool {
        self.reach.iter().any(|reach| reach.channel == channel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AgentId, TenantId};

    fn ana() -> Agent {
        Agent::named(AgentId::of_reference(TenantId::DEFAULT, "ana"), "Ana", Timestamp(0))
    }

    #[test]
    fn a_dead_address_is_tried_last_then_not_at_all_until_something_arrives() {
        let mut ana = ana();
        let missed = |agent: &mut Agent, at| agent.missed(ChannelKind::Email, Timestamp(at));
        assert_eq!(missed(&mut ana, 1), Missed::Lowered);
        assert!(ana.is_weak(ChannelKind::Email) && !ana.is_weak(ChannelKind::Sms));
        assert!(ana.arrived(ChannelKind::Email) && !ana.is_weak(ChannelKind::Email));
        assert!(!ana.arrived(ChannelKind::Email), "that is no news");
        let came_to: Vec<Missed> = (1..=4).map(|at| missed(&mut ana, at)).collect();
        assert_eq!(came_to, [Missed::Lowered, Missed::Lowered, Missed::Paused, Missed::Nothing]);
        assert!(ana.is_paused(ChannelKind::Email));
        assert_eq!(ana.reach[0].paused, Some(Timestamp(3)));
    }

    #[test]
    fn another_address_begins_anew() {
        let mut before = Agent { email: Some("old@example.com".to_owned()), telegram: Some(1), ..ana() };
        for at in 1..=3 {
            before.missed(ChannelKind::Email, Timestamp(at));
        }
        before.reached(ChannelKind::Telegram, false);
        let mut after = Agent { email: Some("new@example.com".to_owned()), ..before.clone() };
        after.moved_from(&before);
        assert!(!after.is_weak(ChannelKind::Email));
        assert_eq!(after.unreachable, [ChannelKind::Telegram]);
        after.telegram = Some(2);
        after.moved_from(&before);
        assert!(after.unreachable.is_empty());
    }
}
