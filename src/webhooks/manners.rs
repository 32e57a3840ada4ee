//! How many answers one address gets by itself: two machines must not talk to each other for ever.

use std::num::NonZeroU32;
use std::time::Duration;

use baton_actors::gauges;
use baton_core::delivery::ChannelKind;
use governor::{DefaultKeyedRateLimiter, Quota};
use metrics::counter;

/// An answer a minute, and so many at once.
const ANSWERS: u32 = 10;

/// So many addresses are remembered before those that have rested are forgotten.
const REMEMBERED: usize = 10_000;

/// So many answers a minute go to people we do not know, on each channel.
const STRANGERS: u32 = 30;

/// The answers that each address can still have, on every channel, and all strangers together.
pub struct Manners {
    addresses: DefaultKeyedRateLimiter<String>,
    strangers: DefaultKeyedRateLimiter<ChannelKind>,
}

impl Default for Manners {
    fn default() -> Self {
        let burst = NonZeroU32::new(ANSWERS).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(Duration::from_secs(60)).unwrap_or(Quota::per_minute(burst));
        let strangers = Quota::per_minute(NonZeroU32::new(STRANGERS).unwrap_or(NonZeroU32::MIN));
        Self {
            addresses: DefaultKeyedRateLimiter::keyed(quota.allow_burst(burst)),
            strangers: DefaultKeyedRateLimiter::keyed(strangers),
        }
    }
}

impl Manners {
    /// Whether this address may have one more answer.
    pub fn allow(&self, channel: ChannelKind, address: &str) -> bool {
        if self.addresses.len() > REMEMBERED {
            self.addresses.retain_recent();
        }
        let allowed = self.addresses.check_key(&format!("{}/{address}", channel.as_str())).is_ok();
        if !allowed {
            not_answered(channel, "somebody has had enough answers for now: two machines may be talking to each other");
        }
        allowed
    }

    /// Whether one more person we do not know may have an answer.
    pub fn allow_stranger(&self, channel: ChannelKind) -> bool {
        let allowed = self.strangers.check_key(&channel).is_ok();
        if !allowed {
            not_answered(channel, "people we do not know have had enough answers for now");
        }
        allowed
    }
}

fn not_answered(channel: ChannelKind, why: &'static str) {
    counter!(gauges::INBOUND, "channel" => channel.as_str(), "outcome" => "unanswered").increment(1);
    tracing::info!(channel = channel.as_str(), "{why}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_so_many_answers_and_others_are_not_the_worse_for_it() {
        let manners = Manners::default();
        for _ in 0..ANSWERS {
            assert!(manners.allow(ChannelKind::Email, "robot@example.com"));
        }
        assert!(!manners.allow(ChannelKind::Email, "robot@example.com"));
        assert!(manners.allow(ChannelKind::Email, "ana@example.com"));
        assert!(
            manners.allow(ChannelKind::Telegram, "robot@example.com"),
            "channels have nothing to do with each other"
        );
    }
}
