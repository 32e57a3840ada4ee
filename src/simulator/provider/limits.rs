//! How much a provider takes, counted exactly: so much in any span for the account, and so often to one person.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use baton_core::time::Timestamp;

/// What a provider's documents say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// So much in any span of that length.
    pub account: Option<(usize, Duration)>,
    /// One to each person in that time, of which so many may be borrowed from the future.
    pub pair: Option<(Duration, u32)>,
}

impl Limits {
    /// A number at Meta: 80 messages a second, and one to each person in 6 seconds with a burst of 45.
    pub const META: Self =
        Self { account: Some((80, Duration::from_secs(1))), pair: Some((Duration::from_secs(6), 45)) };

    /// A team at Resend: 5 requests a second.
    pub const RESEND: Self = Self { account: Some((5, Duration::from_secs(1))), pair: None };

    /// A sender at Twilio: 10 segments a second.
    pub const TWILIO: Self = Self { account: Some((10, Duration::from_secs(1))), pair: None };

    /// An account at SendGrid that is held to 100 mails a second; the real figure is not published.
    pub const SENDGRID: Self = Self { account: Some((100, Duration::from_secs(1))), pair: None };
}

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// For the account.
    Account(Duration),
    /// For this person.
    Pair(Duration),
}

/// What was taken lately.
#[derive(Default)]
pub(super) struct Lately {
    account: VecDeque<Timestamp>,
    pairs: BTreeMap<String, Timestamp>,
}

impl Lately {
    /// Takes one more message, or says how long to wait.
    pub(super) fn admit(&mut self, limits: Limits, to: &str, weight: usize, now: Timestamp) -> Result<(), Over> {
        if let Some((most, span)) = limits.account {
            while self.account.front().is_some_and(|at| now.since(*at) >= span) {
                self.account.pop_front();
            }
            if self.account.len() + weight > most {
                let wait = self.account.front().map_or(span, |at| span.saturating_sub(now.since(*at)));
                return Err(Over::Account(wait));
            }
        }
        if let Some((each, burst)) = limits.pair {
            let free = self.pairs.get(to).copied().unwrap_or(now).max(now);
            let borrowed = free.since(now);
            let most = each * burst.saturating_sub(1);
            if borrowed > most {
                return Err(Over::Pair(borrowed.checked_sub(most).unwrap_or_default()));
            }
            self.pairs.insert(to.to_owned(), free + each);
        }
        if limits.account.is_some() {
            self.account.extend(std::iter::repeat_n(now, weight));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_counted_in_every_span_and_for_every_person() {
        let limits = Limits { account: Some((3, Duration::from_secs(1))), pair: Some((Duration::from_secs(6), 2)) };
        let mut lately = Lately::default();
        let at = |millis| Timestamp(millis);
        assert_eq!(lately.admit(limits, "ana", 1, at(0)), Ok(()));
        assert_eq!(lately.admit(limits, "ana", 1, at(10)), Ok(()), "one is borrowed");
        assert_eq!(lately.admit(limits, "ana", 1, at(20)), Err(Over::Pair(Duration::from_millis(5_980))));
        assert_eq!(lately.admit(limits, "bo", 2, at(30)), Err(Over::Account(Duration::from_millis(970))));
        assert_eq!(lately.admit(limits, "bo", 1, at(30)), Ok(()));
        assert_eq!(lately.admit(limits, "bo", 1, at(999)), Err(Over::Account(Duration::from_millis(1))));
        assert_eq!(lately.admit(limits, "bo", 1, at(1_000)), Ok(()));
    }
}
