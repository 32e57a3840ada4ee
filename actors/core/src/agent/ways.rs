//! How somebody can be written to: which of their channels, in which order, and why none.

use super::Agent;
use crate::consent::{self, Because, Purpose};
use crate::delivery::ChannelKind;

/// Why somebody cannot be written to. Of several reasons the last in this order counts: what a person has decided goes
/// before what a provider says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoWay {
    /// There is no configured channel with an address.
    NoAddress,
    /// Nothing arrives at their address any more.
    Paused,
    /// They have blocked us.
    Blocked,
    /// They have not opted in.
    NoConsent,
    /// They have opted out.
    OptedOut,
}

impl NoWay {
    /// The stable word of the reason.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoAddress => "no-address",
            Self::Paused => "address-paused",
            Self::Blocked => "blocked",
            Self::NoConsent => "no-consent",
            Self::OptedOut => "opted-out",
        }
    }
}

impl From<Because> for NoWay {
    fn from(because: Because) -> Self {
        match because {
            Because::OptedOut => Self::OptedOut,
            Because::NoConsent => Self::NoConsent,
        }
    }
}

impl Agent {
    /// The channels to try for a message about this, best first: in their own order, or in that of the tenant; those whose
    /// address has failed lately come last. Blocked, paused and opted-out ones are not among them.
    pub fn channels_for(&self, configured: &[ChannelKind], purpose: Purpose, needs_opt_in: bool) -> Vec<ChannelKind> {
        self.ways(configured, purpose, needs_opt_in).collect()
    }

    /// All their configured channels in the order to try them, whether they can be used or not.
    pub fn in_order(&self, configured: &[ChannelKind]) -> Vec<ChannelKind> {
        let (weak, well): (Vec<_>, Vec<_>) = self.order(configured).partition(|kind| self.is_weak(*kind));
        well.into_iter().chain(weak).collect()
    }

    /// The channel for a message about this, or why there is none.
    pub fn way(&self, configured: &[ChannelKind], purpose: Purpose, needs_opt_in: bool) -> Result<ChannelKind, NoWay> {
        self.ways(configured, purpose, needs_opt_in).next().ok_or_else(|| {
            let named = self.order(configured).filter_map(|kind| self.bar(kind, purpose, needs_opt_in));
            named.max().unwrap_or(NoWay::NoAddress)
        })
    }

    /// What stands between us and them on one channel.
    pub fn bar(&self, kind: ChannelKind, purpose: Purpose, needs_opt_in: bool) -> Option<NoWay> {
        if !self.has_address(kind) {
            return Some(NoWay::NoAddress);
        }
        if let Err(because) = consent::may_write(self, kind, purpose, needs_opt_in) {
            return Some(because.into());
        }
        if self.unreachable.contains(&kind) {
            return Some(NoWay::Blocked);
        }
        self.is_paused(kind).then_some(NoWay::Paused)
    }

    fn ways<'a>(
        &'a self,
        configured: &'a [ChannelKind],
        purpose: Purpose,
        needs_opt_in: bool,
    ) -> impl Iterator<Item = ChannelKind> + 'a {
        let usable = move |kind: &ChannelKind| self.bar(*kind, purpose, needs_opt_in).is_none();
        let well = self.order(configured).filter(|kind| !self.is_weak(*kind));
        let weak = self.order(configured).filter(|kind| self.is_weak(*kind));
        well.chain(weak).filter(usable)
    }

    fn order<'a>(&'a self, configured: &'a [ChannelKind]) -> impl Iterator<Item = ChannelKind> + 'a {
        let order = if self.channels.is_empty() { configured } else { &self.channels };
        order.iter().copied().filter(|kind| configured.contains(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{Consent, Status};
    use crate::ids::{AgentId, TenantId};
    use crate::phone::Phone;
    use crate::time::Timestamp;

    const ALL: [ChannelKind; 3] = [ChannelKind::Telegram, ChannelKind::Sms, ChannelKind::Email];

    fn ana() -> Agent {
        Agent {
            telegram: Some(1001),
            phone: Some(Phone::new("+447700900001").unwrap()),
            email: Some("ana@example.com".to_owned()),
            ..Agent::named(AgentId::of_reference(TenantId::DEFAULT, "ana"), "Ana", Timestamp(0))
        }
    }

    fn says(agent: &mut Agent, channel: ChannelKind, purpose: Purpose, status: Status, at: i64) {
        let (source, wording) = ("reply".to_owned(), None);
        assert!(agent.says(Consent { channel, purpose, status, source, at: Timestamp(at), wording }));
    }

    #[test]
    fn channels_are_tried_in_their_own_order_and_weak_ones_last() {
        let ways = |agent: &Agent| agent.channels_for(&ALL, Purpose::DISPATCH, false);
        let mut agent = ana();
        assert_eq!(ways(&agent), ALL);
        agent.channels = vec![ChannelKind::Email, ChannelKind::Whatsapp, ChannelKind::Telegram];
        assert_eq!(ways(&agent), [ChannelKind::Email, ChannelKind::Telegram]);
        agent.missed(ChannelKind::Email, Timestamp(1));
        assert_eq!(ways(&agent), [ChannelKind::Telegram, ChannelKind::Email]);
        agent.reached(ChannelKind::Telegram, false);
        assert_eq!(ways(&agent), [ChannelKind::Email]);
        says(&mut agent, ChannelKind::Email, Purpose::DISPATCH, Status::OptedOut, 2);
        assert_eq!(ways(&agent), []);
        assert_eq!(agent.way(&ALL, Purpose::DISPATCH, false), Err(NoWay::OptedOut));
        assert_eq!(agent.way(&ALL, Purpose::NOTIFICATIONS, false), Ok(ChannelKind::Email));
    }

    #[test]
    fn what_keeps_a_message_back_has_one_name() {
        let way = |agent: &Agent, needs| agent.way(&ALL, Purpose::DISPATCH, needs);
        let mut agent = ana();
        assert_eq!(way(&agent, false), Ok(ChannelKind::Telegram));
        assert_eq!(way(&agent, true), Err(NoWay::NoConsent));
        says(&mut agent, ChannelKind::Sms, Purpose::DISPATCH, Status::Pending, 1);
        assert_eq!(way(&agent, true), Err(NoWay::NoConsent));
        says(&mut agent, ChannelKind::Sms, Purpose::EVERY, Status::OptedIn, 2);
        assert_eq!(way(&agent, true), Ok(ChannelKind::Sms));
        let nobody = Agent { telegram: None, phone: None, email: None, ..ana() };
        assert_eq!(way(&nobody, false), Err(NoWay::NoAddress));
        let mut blocked = Agent { phone: None, email: None, ..ana() };
        blocked.reached(ChannelKind::Telegram, false);
        assert_eq!(way(&blocked, false), Err(NoWay::Blocked));
        assert_eq!(blocked.way(&[ChannelKind::Sms], Purpose::DISPATCH, false), Err(NoWay::NoAddress));
        let mut dead = Agent { telegram: None, phone: None, ..ana() };
        for at in 1..=3 {
            dead.missed(ChannelKind::Email, Timestamp(at));
        }
        assert_eq!(way(&dead, false), Err(NoWay::Paused));
    }
}
