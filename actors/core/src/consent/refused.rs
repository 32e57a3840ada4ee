//! A no belongs to the address it was said from: it stays when the person is removed or moves, and holds for whoever is known by
//! that address next.

use super::{Consent, Status, standing};
use crate::agent::Agent;
use crate::delivery::ChannelKind;
use crate::time::Timestamp;

/// What kind of address messages go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressKind {
    /// A phone number.
    Phone,
    /// A mailbox.
    Email,
    /// A private Telegram chat.
    Telegram,
}

impl AddressKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Phone, Self::Email, Self::Telegram];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Telegram => "telegram",
        }
    }

    /// Whether messages of a channel go there.
    fn carries(self, channel: ChannelKind) -> bool {
        match channel {
            ChannelKind::Sms | ChannelKind::Whatsapp => self == Self::Phone,
            ChannelKind::Email => self == Self::Email,
            ChannelKind::Telegram => self == Self::Telegram,
            ChannelKind::Console => false,
        }
    }
}

impl Agent {
    /// Their address of a kind, the same however it was written.
    pub fn address(&self, kind: AddressKind) -> Option<String> {
        match kind {
            AddressKind::Phone => self.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            AddressKind::Email => self.email.as_ref().map(|email| email.to_lowercase()),
            AddressKind::Telegram => self.telegram.map(|chat| chat.to_string()),
        }
    }

    /// What they said no to at an address.
    pub fn refused_at(&self, kind: AddressKind) -> Vec<Consent> {
        let no = |consent: &&Consent| consent.status == Status::OptedOut && kind.carries(consent.channel);
        self.consents.iter().filter(no).cloned().collect()
    }

    /// Takes up what was said no to at their address before they were known by it. Whoever tells us of them cannot have heard a
    /// yes that is worth more: only they themselves lift it.
    pub fn refused_before(&mut self, refused: &[Consent], now: Timestamp) {
        for no in refused {
            self.consents.retain(|known| (known.channel, known.purpose) != (no.channel, no.purpose));
            self.says(Consent { at: no.at.max(now), ..no.clone() });
        }
    }

    /// Whether they still do not want what was said no to.
    pub fn still_refuses(&self, no: &Consent) -> bool {
        standing(self, no.channel, no.purpose) == Some(Status::OptedOut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::Purpose;
    use crate::ids::{AgentId, TenantId};

    fn ana() -> Agent {
        let phone = crate::phone::Phone::new("+447700900001").ok();
        Agent { phone, ..Agent::named(AgentId::of_reference(TenantId::DEFAULT, "ana"), "Ana", Timestamp(0)) }
    }

    fn said(channel: ChannelKind, purpose: Purpose, status: Status, at: i64) -> Consent {
        Consent { channel, purpose, status, source: "reply".to_owned(), at: Timestamp(at), wording: None }
    }

    #[test]
    fn d12_a_no_that_was_left_behind_wins_over_what_others_tell_and_is_lifted_by_a_yes() {
        let mut before = ana();
        before.says(said(ChannelKind::Sms, Purpose::EVERY, Status::OptedOut, 3));
        before.says(said(ChannelKind::Whatsapp, Purpose::DISPATCH, Status::OptedOut, 4));
        before.says(said(ChannelKind::Email, Purpose::EVERY, Status::OptedOut, 4));
        let left = before.refused_at(AddressKind::Phone);
        assert_eq!(left.len(), 2, "what was said by mail belongs to the mailbox");
        let mut after = ana();
        after.says(said(ChannelKind::Sms, Purpose::EVERY, Status::OptedIn, 9));
        after.says(said(ChannelKind::Whatsapp, Purpose::EVERY, Status::OptedIn, 9));
        after.refused_before(&left, Timestamp(9));
        assert!(left.iter().all(|no| after.still_refuses(no)));
        after.says(said(ChannelKind::Sms, Purpose::EVERY, Status::OptedIn, 10));
        assert_eq!(left.iter().map(|no| after.still_refuses(no)).collect::<Vec<_>>(), [false, true]);
    }
}
