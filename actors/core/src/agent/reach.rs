//! Addresses that providers call dead: tried last at first, then not at all, until something arrives there again or the
//! address is another one.

use serde::{Deserialize, Serialize};

use super::Agent;
use crate::consent::{Consent, Purpose, Status};
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

/// The codes by which a provider says that it is the person who wants no messages: Twilio's and Meta's.
const OPT_OUTS: [&str; 2] = ["21610", "131050"];

/// The codes by which a provider keeps a message to itself though the address is well: Meta's measures of how much people get.
const KEPT_BACK: [&str; 2] = ["131049", "130472"];

/// Whether an attempt that came to this class tells anything of the person it was for.
pub fn tells_of_a_person(class: &str) -> bool {
    class == "recipient"
}

impl Agent {
    /// A message did not arrive, and its provider says why: as the answer to the attempt, or later. What it says of them is noted:
    /// they want no more, or their address is dead.
    pub fn undelivered(&mut self, channel: ChannelKind, class: &str, reason: &str, at: Timestamp) {
        if !tells_of_a_person(class) {
            return;
        }
        let code = reason.split([' ', ':']).next().unwrap_or_default();
        if OPT_OUTS.contains(&code) {
            self.wants_nothing(channel, "provider", at);
        } else if !KEPT_BACK.contains(&code) {
            self.missed(channel, at);
        }
    }

    /// They want nothing more on a channel, whatever it is about, as this source tells. Says whether that is news.
    pub fn wants_nothing(&mut self, channel: ChannelKind, source: &str, at: Timestamp) -> bool {
        let (purpose, status, source) = (Purpose::EVERY, Status::OptedOut, source.to_owned());
        self.says(Consent { channel, purpose, status, source, at, wording: None })
    }

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

    /// The channels whose address is paused and was not before.
    pub fn paused_since(&self, before: &Self) -> Vec<ChannelKind> {
        let paused = self.reach.iter().filter(|reach| reach.paused.is_some()).map(|reach| reach.channel);
        paused.filter(|channel| !before.is_paused(*channel)).collect()
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
    fn what_a_provider_says_of_a_person_is_noted_and_nothing_else() {
        #[rustfmt::skip]
        let table = "
            # class      reason                                   of the person
              recipient  21610 the person has sent STOP           wants nothing
              recipient  131050 has ended our marketing messages  wants nothing
              recipient  131050: has ended                        wants nothing
              recipient  21211 no such number                     missed
              recipient  550 5.1.1 no such user                   missed
              recipient  not a mail address                       missed
              recipient  131049 kept back by Meta                 nothing
              content    21610 in a text of ours                  nothing
              sender     21610                                    nothing
              retry      503                                      nothing";
        for line in table.lines().skip(2) {
            let columns: Vec<&str> = line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
            let mut ana = ana();
            ana.undelivered(ChannelKind::Sms, columns[0], columns[1], Timestamp(7));
            let verdict = match (ana.consents.as_slice(), ana.reach.as_slice()) {
                ([], []) => "nothing",
                ([], [reach]) => {
                    assert_eq!((reach.channel, reach.failures, reach.last), (ChannelKind::Sms, 1, Timestamp(7)));
                    "missed"
                }
                ([no], []) => {
                    let (purpose, status, source) = (Purpose::EVERY, Status::OptedOut, "provider".to_owned());
                    let at = Timestamp(7);
                    let channel = ChannelKind::Sms;
                    assert_eq!(*no, Consent { channel, purpose, status, source, at, wording: None });
                    "wants nothing"
                }
                _ => "both",
            };
            assert_eq!(verdict, columns[2], "{line}");
        }
    }

    #[test]
    fn a_pause_is_news_once() {
        let mut ana = ana();
        for (at, news) in (1..).zip([false, false, true, false]) {
            let before = ana.clone();
            ana.undelivered(ChannelKind::Email, "recipient", "550", Timestamp(at));
            assert_eq!(!ana.paused_since(&before).is_empty(), news, "{at}");
        }
        // Well again, and dead again: that is another pause.
        ana.arrived(ChannelKind::Email);
        let before = ana.clone();
        for at in 5..=7 {
            ana.undelivered(ChannelKind::Email, "recipient", "550", Timestamp(at));
        }
        assert_eq!(ana.paused_since(&before), [ChannelKind::Email]);
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
