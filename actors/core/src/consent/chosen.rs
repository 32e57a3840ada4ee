//! What a person chooses for themselves on one page: several channels and purposes at once, and still a no always wins.

use super::{Consent, Purpose, Status, standing};
use crate::agent::Agent;
use crate::delivery::ChannelKind;
use crate::time::Timestamp;

/// One choice: whether messages of a purpose are wanted on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Where the messages come.
    pub channel: ChannelKind,
    /// What they are about.
    pub purpose: Purpose,
    /// Whether they are wanted.
    pub wanted: bool,
}

/// What is known of one choice that a person has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// They said yes.
    Yes,
    /// They said no.
    No,
    /// They have said neither.
    Neither,
}

impl Agent {
    /// What messages to them can be about: jobs where they take any, notifications, and whatever else they were ever asked.
    pub fn purposes(&self) -> Vec<Purpose> {
        let mut purposes = vec![Purpose::NOTIFICATIONS];
        if self.takes_jobs {
            purposes.insert(0, Purpose::DISPATCH);
        }
        let mut others: Vec<Purpose> = self.consents.iter().map(|consent| consent.purpose).collect();
        others.sort_unstable();
        others.dedup();
        others.retain(|purpose| *purpose != Purpose::EVERY && !purposes.contains(purpose));
        purposes.extend(others);
        purposes
    }

    /// What they have chosen. While they want nothing at all on a channel, each purpose shows what they said of it alone.
    pub fn chosen(&self, channel: ChannelKind, purpose: Purpose) -> Chosen {
        let said = |about| {
            let own = self.consents.iter().find(|known| known.channel == channel && known.purpose == about);
            own.map(|known| known.status)
        };
        let shut = said(Purpose::EVERY) == Some(Status::OptedOut);
        let status = if shut || purpose == Purpose::EVERY { said(purpose) } else { standing(self, channel, purpose) };
        match status {
            Some(Status::OptedIn) => Chosen::Yes,
            Some(Status::OptedOut) => Chosen::No,
            Some(Status::Pending) | None => Chosen::Neither,
        }
    }

    /// Notes what they have chosen, all of it at the same moment. A yes to a whole channel ends their no to it; what they refused
    /// there by name stays refused, unless they say yes to it by name.
    pub fn chooses(&mut self, choices: &[Choice], source: &str, wording: Option<&str>, at: Timestamp) {
        let named = |choice: &Choice, purpose: Purpose| {
            choices.iter().any(|one| one.wanted && one.channel == choice.channel && one.purpose == purpose)
        };
        for choice in choices.iter().filter(|choice| choice.purpose == Purpose::EVERY) {
            let refused = self.refused_by_name(choice.channel);
            self.says(choice.said(source, wording, at));
            // A yes to everything is newer than these, and would end them.
            for purpose in refused.into_iter().filter(|purpose| choice.wanted && !named(choice, *purpose)) {
                let again = Choice { purpose, wanted: false, ..*choice };
                self.says(again.said(source, wording, at));
            }
        }
        for choice in choices.iter().filter(|choice| choice.purpose != Purpose::EVERY) {
            self.says(choice.said(source, wording, at));
        }
    }

    /// Whether this is a yes from a page that was shown before they said the no that holds now: it knew nothing of it.
    pub fn has_refused_since(&self, choice: &Choice, shown: Timestamp) -> bool {
        let refused = |purpose| {
            let own = |known: &&Consent| known.channel == choice.channel && known.purpose == purpose;
            self.consents.iter().find(own).is_some_and(|no| no.status == Status::OptedOut && no.at > shown)
        };
        choice.wanted && (refused(Purpose::EVERY) || refused(choice.purpose))
    }

    fn refused_by_name(&self, channel: ChannelKind) -> Vec<Purpose> {
        let refused = |known: &&Consent| {
            known.channel == channel && known.purpose != Purpose::EVERY && known.status == Status::OptedOut
        };
        self.consents.iter().filter(refused).map(|known| known.purpose).collect()
    }
}

impl Choice {
    fn said(&self, source: &str, wording: Option<&str>, at: Timestamp) -> Consent {
        let status = if self.wanted { Status::OptedIn } else { Status::OptedOut };
        let (channel, purpose) = (self.channel, self.purpose);
        Consent { channel, purpose, status, source: source.to_owned(), at, wording: wording.map(str::to_owned) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::consent::{Because, may_write};
    use crate::ids::{AgentId, TenantId};

    const SMS: ChannelKind = ChannelKind::Sms;
    const MAIL: ChannelKind = ChannelKind::Email;
    const ABOUT: [Purpose; 3] = [Purpose::EVERY, Purpose::DISPATCH, Purpose::NOTIFICATIONS];

    fn ana() -> Agent {
        Agent::named(AgentId::of_reference(TenantId::DEFAULT, "ana"), "Ana", Timestamp(0))
    }

    fn choice(channel: ChannelKind, purpose: Purpose, wanted: bool) -> Choice {
        Choice { channel, purpose, wanted }
    }

    fn stop(agent: &mut Agent, at: i64) {
        agent.says(choice(SMS, Purpose::EVERY, false).said("reply", None, Timestamp(at)));
    }

    #[test]
    fn d12_a_yes_to_a_channel_ends_the_no_to_it_and_no_other() {
        let mut ana = ana();
        ana.chooses(&[choice(SMS, Purpose::NOTIFICATIONS, false)], "preferences", Some("v1"), Timestamp(1));
        stop(&mut ana, 2);
        assert_eq!(ana.chosen(SMS, Purpose::EVERY), Chosen::No);
        assert_eq!(ana.chosen(SMS, Purpose::DISPATCH), Chosen::Neither, "not shown as a no of its own");
        ana.chooses(&[choice(SMS, Purpose::DISPATCH, true)], "preferences", Some("v1"), Timestamp(3));
        assert_eq!(may_write(&ana, SMS, Purpose::DISPATCH, false), Err(Because::OptedOut), "all of it is shut");
        ana.chooses(&[choice(SMS, Purpose::EVERY, true)], "preferences", Some("v1"), Timestamp(4));
        assert_eq!(may_write(&ana, SMS, Purpose::DISPATCH, true), Ok(()));
        assert_eq!(may_write(&ana, SMS, Purpose::NOTIFICATIONS, false), Err(Because::OptedOut), "refused by name");
        let both = [choice(SMS, Purpose::EVERY, true), choice(SMS, Purpose::NOTIFICATIONS, true)];
        ana.chooses(&both, "preferences", Some("v2"), Timestamp(5));
        assert_eq!(may_write(&ana, SMS, Purpose::NOTIFICATIONS, true), Ok(()));
        let known = ana.consents.iter().find(|known| known.purpose == Purpose::NOTIFICATIONS).unwrap();
        assert_eq!(
            (known.source.as_str(), known.wording.as_deref(), known.at),
            ("preferences", Some("v2"), Timestamp(5))
        );
    }

    #[test]
    fn d12_a_yes_from_a_page_that_is_older_than_the_no_is_known() {
        let mut ana = ana();
        ana.chooses(&[choice(SMS, Purpose::DISPATCH, false)], "preferences", None, Timestamp(5));
        let since = |ana: &Agent, purpose, wanted, shown| {
            ana.has_refused_since(&choice(SMS, purpose, wanted), Timestamp(shown))
        };
        assert!(since(&ana, Purpose::DISPATCH, true, 4) && !since(&ana, Purpose::DISPATCH, true, 5));
        assert!(!since(&ana, Purpose::DISPATCH, false, 4), "a no is never too old");
        assert!(!since(&ana, Purpose::EVERY, true, 4), "they refused this by name, not all of it");
        stop(&mut ana, 9);
        assert!(since(&ana, Purpose::EVERY, true, 8) && since(&ana, Purpose::NOTIFICATIONS, true, 8));
        assert!(!ana.has_refused_since(&choice(MAIL, Purpose::EVERY, true), Timestamp(0)), "another channel");
        ana.chooses(&[choice(SMS, Purpose::EVERY, true)], "preferences", None, Timestamp(10));
        assert!(!since(&ana, Purpose::EVERY, true, 0), "the no does not hold any more");
    }

    #[test]
    fn what_one_can_be_asked_about_is_what_one_gets_and_what_one_was_asked_before() {
        let mut ana = ana();
        let news = Purpose::new("news").unwrap();
        ana.chooses(&[choice(MAIL, news, true), choice(MAIL, Purpose::EVERY, true)], "form", None, Timestamp(1));
        assert_eq!(ana.purposes(), [Purpose::DISPATCH, Purpose::NOTIFICATIONS, news]);
        assert_eq!(Agent { takes_jobs: false, ..ana }.purposes(), [Purpose::NOTIFICATIONS, news]);
    }

    fn choices() -> impl Strategy<Value = Vec<Choice>> {
        let one = (prop::sample::select(vec![SMS, MAIL]), 0..3_usize, any::<bool>());
        prop::collection::vec(one.prop_map(|(channel, about, wanted)| choice(channel, ABOUT[about], wanted)), 0..5)
    }

    proptest! {
        #[test]
        fn d12_whatever_is_chosen_only_a_yes_by_name_ends_a_no_by_name_and_a_yes_to_all_a_no_to_all(
            pages in prop::collection::vec((choices(), any::<bool>()), 1..8),
        ) {
            let mut ana = ana();
            for (at, (chosen, stops)) in (1..).zip(pages) {
                if stops {
                    stop(&mut ana, at * 10);
                }
                let before = ana.clone();
                ana.chooses(&chosen, "preferences", None, Timestamp(at * 10 + 1));
                for channel in [SMS, MAIL] {
                    let says = |purpose, wanted| chosen.contains(&choice(channel, purpose, wanted));
                    let own = |agent: &Agent, about| {
                        let known = agent.consents.iter().find(|known| known.channel == channel && known.purpose == about);
                        known.map(|known| known.status)
                    };
                    for about in [Purpose::DISPATCH, Purpose::NOTIFICATIONS] {
                        let refused = may_write(&ana, channel, about, false).is_err();
                        if says(about, false) || says(Purpose::EVERY, false) {
                            prop_assert!(refused, "a no on the page holds: {:?}", chosen);
                        }
                        if own(&before, Purpose::EVERY) == Some(Status::OptedOut) && !says(Purpose::EVERY, true) {
                            prop_assert!(refused, "the channel stays shut: {:?}", chosen);
                        }
                        let no_by_name = standing(&before, channel, about) == Some(Status::OptedOut)
                            && own(&before, about) == Some(Status::OptedOut);
                        if no_by_name && !says(about, true) {
                            prop_assert!(refused, "the no by name stays: {:?}", chosen);
                        }
                    }
                }
            }
        }
    }
}
