//! What may be sent after what was said: a no always wins.

use super::{Consent, Purpose, Status};
use crate::agent::Agent;
use crate::delivery::ChannelKind;

/// Why somebody must not be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// They said no.
    OptedOut,
    /// They have not said yes, and that is needed.
    NoConsent,
}

impl Because {
    /// The stable word of the reason.
    pub fn code(self) -> &'static str {
        match self {
            Self::OptedOut => "opted-out",
            Self::NoConsent => "no-consent",
        }
    }
}

/// Whether messages of a purpose are wanted on a channel; none where nobody ever said so.
///
/// A no to every purpose holds over everything, and ends only with a yes to every purpose. A no to this one ends with a yes
/// to it, or with a newer yes to every purpose.
pub fn standing(agent: &Agent, channel: ChannelKind, purpose: Purpose) -> Option<Status> {
    let said =
        |about: Purpose| agent.consents.iter().find(|consent| consent.channel == channel && consent.purpose == about);
    let (every, own) = (said(Purpose::EVERY), said(purpose));
    let is = |consent: Option<&Consent>, status| consent.is_some_and(|consent| consent.status == status);
    if is(every, Status::OptedOut) {
        return Some(Status::OptedOut);
    }
    if let Some(no) = own.filter(|own| own.status == Status::OptedOut)
        && !every.is_some_and(|every| every.status == Status::OptedIn && every.at > no.at)
    {
        return Some(Status::OptedOut);
    }
    if is(every, Status::OptedIn) || is(own, Status::OptedIn) {
        return Some(Status::OptedIn);
    }
    (every.is_some() || own.is_some()).then_some(Status::Pending)
}

/// Whether a message of a purpose may go to somebody on a channel. No urgency and no setting goes over an opt-out.
pub fn may_write(agent: &Agent, channel: ChannelKind, purpose: Purpose, needs_opt_in: bool) -> Result<(), Because> {
    match standing(agent, channel, purpose) {
        Some(Status::OptedOut) => Err(Because::OptedOut),
        Some(Status::Pending) | None if needs_opt_in => Err(Because::NoConsent),
        Some(Status::OptedIn | Status::Pending) | None => Ok(()),
    }
}

/// So many consents are kept of one person.
pub const CONSENTS_MAX: usize = 100;

impl Agent {
    /// Notes what somebody said, if it is newer than what is known; at the same moment, no wins. Only a yes ends a no.
    /// Says whether that is news.
    pub fn says(&mut self, mut said: Consent) -> bool {
        let place = |consents: &[Consent], said: &Consent| {
            consents.iter().position(|known| known.channel == said.channel && known.purpose == said.purpose)
        };
        if place(&self.consents, &said).is_none() && self.consents.len() >= CONSENTS_MAX {
            // A yes that is forgotten silences; a no that is forgotten would not.
            let yes = self.consents.iter().enumerate().filter(|(_, known)| known.status != Status::OptedOut);
            match yes.min_by_key(|(_, known)| known.at).map(|(index, _)| index) {
                Some(oldest) => drop(self.consents.remove(oldest)),
                None if said.status == Status::OptedOut => said.purpose = Purpose::EVERY,
                None => return false,
            }
        }
        match place(&self.consents, &said).and_then(|index| self.consents.get_mut(index)) {
            Some(known) if said.replaces(known) => *known = said,
            Some(_) => return false,
            None => self.consents.push(said),
        }
        true
    }
}

impl Consent {
    /// Whether this is what holds from now on.
    fn replaces(&self, known: &Self) -> bool {
        match (known.status, self.status) {
            (Status::OptedOut, Status::Pending) => false,
            // What waits for its confirmation may have taken the place of an older yes.
            (Status::Pending, Status::OptedOut) => true,
            (Status::OptedIn, Status::OptedOut) => self.at >= known.at,
            (Status::OptedOut, Status::OptedOut | Status::OptedIn)
            | (Status::OptedIn | Status::Pending, Status::OptedIn | Status::Pending) => self.at > known.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::{AgentId, TenantId};
    use crate::time::Timestamp;

    const SMS: ChannelKind = ChannelKind::Sms;

    fn ana() -> Agent {
        let phone = crate::phone::Phone::new("+447700900001").ok();
        Agent { phone, ..Agent::named(AgentId::of_reference(TenantId::DEFAULT, "ana"), "Ana", Timestamp(0)) }
    }

    fn said(channel: ChannelKind, purpose: Purpose, status: Status, at: i64) -> Consent {
        Consent { channel, purpose, status, source: "reply".to_owned(), at: Timestamp(at), wording: None }
    }

    #[test]
    fn d12_f3_what_was_said_decides_what_may_be_sent() {
        let offers = Purpose::DISPATCH;
        let news = Purpose::NOTIFICATIONS;
        #[rustfmt::skip]
        let table = "
            # said, the oldest first                          offers                  news that needs a yes
              -                                               go                      no-consent
              pending all                                     go                      no-consent
              in all                                          go                      go
              in notifications                                go                      go
              out all                                         opted-out               opted-out
              out dispatch                                    opted-out               no-consent
              out all, in notifications                       opted-out               opted-out
              out all, pending all                            opted-out               opted-out
              out all, in all                                 go                      go
              out notifications, in all                       go                      go
              in all, out notifications                       go                      opted-out
              in all, out all                                 opted-out               opted-out
              out dispatch, in dispatch                       go                      no-consent";
        for line in table.lines().skip(2) {
            let columns: Vec<&str> = line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
            let mut agent = ana();
            for (at, words) in (1..).zip(columns[0].split(", ").filter(|words| *words != "-")) {
                let (status, purpose) = words.split_once(' ').unwrap();
                let status = match status {
                    "in" => Status::OptedIn,
                    "out" => Status::OptedOut,
                    _ => Status::Pending,
                };
                agent.says(said(SMS, purpose.parse().unwrap(), status, at));
            }
            let word = |verdict: Result<(), Because>| verdict.map_or_else(Because::code, |()| "go");
            let verdicts = [word(may_write(&agent, SMS, offers, false)), word(may_write(&agent, SMS, news, true))];
            assert_eq!(verdicts, columns[1..], "{}", columns[0]);
            assert_eq!(may_write(&agent, ChannelKind::Email, offers, false), Ok(()), "another channel");
        }
    }

    #[test]
    fn what_was_said_before_is_no_news_and_no_wins_at_the_same_moment() {
        let mut ana = ana();
        assert!(ana.says(said(SMS, Purpose::EVERY, Status::OptedIn, 5)));
        assert!(!ana.says(said(SMS, Purpose::EVERY, Status::OptedOut, 4)), "older");
        assert!(ana.says(said(SMS, Purpose::EVERY, Status::OptedOut, 5)));
        assert!(!ana.says(said(SMS, Purpose::EVERY, Status::OptedIn, 5)));
        assert_eq!(ana.consents.len(), 1);
        assert!(ana.says(said(SMS, Purpose::DISPATCH, Status::Pending, 4)));
        assert!(ana.says(said(SMS, Purpose::DISPATCH, Status::OptedOut, 3)), "what is pending hides no older no");
    }

    #[test]
    fn a_full_book_forgets_a_yes_and_never_a_no() {
        let mut ana = ana();
        let about = |n: usize| Purpose::new(&format!("p{n}")).unwrap();
        ana.says(said(SMS, Purpose::DISPATCH, Status::OptedIn, 1));
        for n in 0..CONSENTS_MAX {
            assert!(ana.says(said(SMS, about(n), Status::OptedOut, 2)), "{n}");
        }
        assert_eq!((ana.consents.len(), standing(&ana, SMS, Purpose::DISPATCH)), (CONSENTS_MAX, None));
        assert!(!ana.says(said(SMS, about(200), Status::OptedIn, 3)));
        assert!(ana.says(said(SMS, about(201), Status::OptedOut, 3)));
        assert_eq!(standing(&ana, SMS, about(202)), Some(Status::OptedOut), "no to one more is no to all");
    }

    /// Whatever can happen to somebody's record.
    #[derive(Clone, Copy, Debug)]
    enum Happening {
        Says(ChannelKind, u8, Status, i64),
        Blocks(ChannelKind, bool),
        Fails(ChannelKind, i64),
        Arrives(ChannelKind),
    }

    fn purpose(n: u8) -> Purpose {
        [Purpose::EVERY, Purpose::DISPATCH, Purpose::NOTIFICATIONS][usize::from(n)]
    }

    fn happenings() -> impl Strategy<Value = Happening> {
        let channel = || prop::sample::select(vec![SMS, ChannelKind::Email]);
        let status = prop::sample::select(Status::ALL.to_vec());
        prop_oneof![
            6 => (channel(), 0..3_u8, status, 0..20_i64).prop_map(|(c, p, s, at)| Happening::Says(c, p, s, at)),
            1 => (channel(), any::<bool>()).prop_map(|(c, can)| Happening::Blocks(c, can)),
            1 => (channel(), 0..20_i64).prop_map(|(c, at)| Happening::Fails(c, at)),
            1 => channel().prop_map(Happening::Arrives),
        ]
    }

    proptest! {
        #[test]
        fn d12_after_an_opt_out_only_a_newer_opt_in_lets_a_message_through(
            all in prop::collection::vec(happenings(), 1..40),
            needs_opt_in in any::<bool>(),
        ) {
            let mut ana = ana();
            let mut heard: Vec<(ChannelKind, u8, Status, i64)> = Vec::new();
            for happening in all {
                match happening {
                    Happening::Says(channel, about, status, at) => {
                        ana.says(said(channel, purpose(about), status, at));
                        heard.push((channel, about, status, at));
                    }
                    Happening::Blocks(channel, can) => drop(ana.reached(channel, can)),
                    Happening::Fails(channel, at) => drop(ana.missed(channel, Timestamp(at))),
                    Happening::Arrives(channel) => drop(ana.arrived(channel)),
                }
                for (channel, about) in [(SMS, 1), (SMS, 2), (ChannelKind::Email, 1), (ChannelKind::Email, 2)] {
                    let newest = |status| {
                        let covers = |(c, p, s, _): &&(ChannelKind, u8, Status, i64)| {
                            *c == channel && (*p == 0 || *p == about) && *s == status
                        };
                        heard.iter().filter(covers).map(|(.., at)| *at).max()
                    };
                    let (no, yes) = (newest(Status::OptedOut), newest(Status::OptedIn));
                    if no.is_some() && no >= yes {
                        let verdict = may_write(&ana, channel, purpose(about), needs_opt_in);
                        prop_assert_eq!(verdict, Err(Because::OptedOut));
                        let ways = ana.channels_for(&[SMS, ChannelKind::Email], purpose(about), needs_opt_in);
                        prop_assert!(!ways.contains(&channel));
                    }
                    if needs_opt_in && yes.is_none() {
                        prop_assert!(may_write(&ana, channel, purpose(about), true).is_err());
                    }
                }
            }
        }
    }
}
