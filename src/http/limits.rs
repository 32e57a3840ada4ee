//! How many requests one key, or one address without a key, may send.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use baton_actors::channel::Rate;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use uuid::Uuid;

use crate::http::address::counted_by;
use crate::http::settings::Settings;

/// Every so many checks, what is as good as new is forgotten: memory follows the callers of the moment, not of all time.
const SWEEP_EVERY: u32 = 4096;

/// All limits.
pub struct Limits {
    keys: Option<Limit<Uuid>>,
    addresses: Option<Limit<IpAddr>>,
    webhooks: Option<Limit<IpAddr>>,
    exports: Option<Limit<Uuid>>,
}

impl Limits {
    /// As the operator set them.
    pub fn new(settings: &Settings) -> Self {
        Self {
            keys: settings.key_rate.and_then(Limit::new),
            addresses: settings.address_rate.and_then(Limit::new),
            webhooks: settings.webhook_rate.and_then(Limit::new),
            exports: settings.export_rate.and_then(Limit::new),
        }
    }

    /// Counts a request with a valid key. `Err` says how long to wait.
    pub fn key(&self, key: Uuid) -> Result<(), Duration> {
        self.keys.as_ref().map_or(Ok(()), |limit| limit.check(&key))
    }

    /// Counts a request that goes through all that a tenant keeps. `Err` says how long to wait.
    pub fn export(&self, key: Uuid) -> Result<(), Duration> {
        self.exports.as_ref().map_or(Ok(()), |limit| limit.check(&key))
    }

    /// Counts a request without one. `Err` says how long to wait.
    pub fn address(&self, address: IpAddr) -> Result<(), Duration> {
        self.addresses.as_ref().map_or(Ok(()), |limit| limit.check(&counted_by(address)))
    }

    /// Counts a call of a provider. `Err` says how long to wait.
    pub fn webhook(&self, address: IpAddr) -> Result<(), Duration> {
        self.webhooks.as_ref().map_or(Ok(()), |limit| limit.check(&counted_by(address)))
    }
}

struct Limit<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
    checks: AtomicU32,
}

impl<K: Clone + Eq + Hash> Limit<K> {
    /// None where the rate has no meaning (none in any time, any number in no time).
    fn new(rate: Rate) -> Option<Self> {
        let each = Duration::from_millis(rate.per_millis.into()).checked_div(rate.count)?;
        let quota = Quota::with_period(each)?.allow_burst(NonZeroU32::new(if rate.burst == 0 {
            rate.count
        } else {
            rate.burst
        })?);
        Some(Self { limiter: DefaultKeyedRateLimiter::keyed(quota), checks: AtomicU32::new(0) })
    }

    fn check(&self, key: &K) -> Result<(), Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|not_yet| not_yet.wait_time_from(DefaultClock::default().now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(address_rate: Rate) -> Limits {
        Limits::new(&Settings { address_rate: Some(address_rate), ..Settings::default() })
    }

    #[test]
    fn s7_one_request_more_than_allowed_must_wait() {
        let limits = limits(Rate { count: 1, per_millis: 60_000, burst: 3 });
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        for _ in 0..3 {
            assert_eq!(limits.address(here), Ok(()));
        }
        let wait = limits.address(here).expect_err("the fourth");
        assert!(wait > Duration::from_secs(50) && wait <= Duration::from_mins(1), "{wait:?}");
        assert_eq!(limits.address("192.0.2.2".parse().unwrap()), Ok(()));
    }

    #[test]
    fn what_came_long_ago_is_forgotten() {
        let limits = limits(Rate { count: 1_000_000, per_millis: 1, burst: 1 });
        for host in 0..SWEEP_EVERY * 2 {
            let _ = limits.address(std::net::Ipv4Addr::from_bits(host).into());
        }
        let remembered = limits.addresses.as_ref().unwrap().limiter.len();
        assert!(remembered < SWEEP_EVERY as usize, "{remembered}");
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let limits = Limits::new(&Settings::default());
        for _ in 0..10_000 {
            assert_eq!(limits.address("192.0.2.1".parse().unwrap()), Ok(()));
        }
    }
}
