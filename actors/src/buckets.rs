//! What a channel account may still send: token buckets for the account, each chat and each group.
//!
//! The arithmetic is governor's; its state is kept here, in wall-clock time, so that it survives a restart and a full
//! bucket never follows from one.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton_core::time::Timestamp;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;

use crate::channel::{Budget, Rate};

/// The buckets of one channel account. Not shared: its actor alone asks.
pub struct Buckets {
    account: Option<Limiter>,
    chat: Option<Limiter>,
    group: Option<Limiter>,
    now: Arc<AtomicU64>,
    state: Arc<Mutex<HashMap<String, u64>>>,
    /// How long the account's bucket takes to fill, in nanoseconds.
    account_span: Option<u64>,
}

type Limiter = RateLimiter<String, Kept, HandMoved, NoOpMiddleware<Nanos>>;

/// The account's own bucket.
const ACCOUNT: &str = "account";

#[derive(Clone)]
struct HandMoved(Arc<AtomicU64>);

impl GovernorClock for HandMoved {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        self.0.load(Ordering::Relaxed).into()
    }
}

#[derive(Clone)]
struct Kept(Arc<Mutex<HashMap<String, u64>>>);

impl StateStore for Kept {
    type Key = String;
    fn measure_and_replace<T, F, E>(&self, key: &String, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let before = self.0.lock().get(key).map(|nanos| Nanos::from(*nanos));
        let (result, after) = f(before)?;
        self.0.lock().insert(key.clone(), after.into());
        Ok(result)
    }
}

impl Buckets {
    /// Full buckets, but for what is remembered.
    pub fn of(budget: &Budget, remembered: Vec<(String, u64)>) -> Self {
        // The limiters measure from their first moment, which is 1970 for all of them.
        let now = Arc::new(AtomicU64::new(0));
        let state = Arc::new(Mutex::new(remembered.into_iter().collect::<HashMap<_, _>>()));
        let limiter = |rate: Option<Rate>| {
            let quota = quota(rate?)?;
            Some(RateLimiter::new(quota, Kept(Arc::clone(&state)), HandMoved(Arc::clone(&now))))
        };
        Self {
            account: limiter(budget.account),
            chat: limiter(budget.chat),
            group: limiter(budget.group),
            now: Arc::clone(&now),
            state: Arc::clone(&state),
            account_span: budget.account.and_then(|rate| {
                let rest = quota(rate)?.burst_size_replenished_in();
                u64::try_from(rest.as_nanos()).ok().filter(|span| *span > 0)
            }),
        }
    }

    /// Takes a token for one message to a chat; if there is none, when there will be, and whether it is the chat's.
    pub fn take(&self, chat: &str, is_group: bool, now: Timestamp) -> Result<(), Wait> {
        self.now.store(nanos(now), Ordering::Relaxed);
        let own = if is_group { &self.group } else { &self.chat };
        let key = chat.to_owned();
        let before = self.state.lock().get(&key).copied();
        if let Some(limiter) = own
            && let Err(not_until) = limiter.check_key(&key)
        {
            return Err(Wait { until: moment(not_until.earliest_possible()), account: false });
        }
        if let Some(limiter) = &self.account
            && let Err(not_until) = limiter.check_key(&ACCOUNT.to_owned())
        {
            // The chat's token was not used after all.
            match before {
                Some(before) => self.state.lock().insert(key, before),
                None => self.state.lock().remove(&key),
            };
            return Err(Wait { until: moment(not_until.earliest_possible()), account: true });
        }
        Ok(())
    }

    /// How full the account's bucket is; none where it has no limit.
    pub fn filling(&self) -> Option<Filling> {
        let full_at = self.state.lock().get(ACCOUNT).copied().unwrap_or(0);
        Some(Filling { full_at, span: self.account_span? })
    }

    /// What must be remembered over a restart; full buckets are forgotten.
    pub fn remember(&self, now: Timestamp) -> Vec<(String, u64)> {
        let now = nanos(now);
        self.state.lock().retain(|_, arrival| *arrival > now);
        let mut all: Vec<_> = self.state.lock().iter().map(|(key, arrival)| (key.clone(), *arrival)).collect();
        all.sort();
        // The account's bucket and the busiest chats; a record has a bound.
        all.sort_by_key(|(key, arrival)| (key != ACCOUNT, std::cmp::Reverse(*arrival)));
        all.truncate(512);
        all
    }
}

/// How full a bucket is, without asking it again: what is kept of it is the moment at which it is full.
#[derive(Clone, Copy, Debug)]
pub struct Filling {
    full_at: u64,
    span: u64,
}

impl Filling {
    /// The part that is used up, from 0 to 1.
    pub fn used(&self, now: Timestamp) -> f64 {
        (self.full_at.saturating_sub(nanos(now)) as f64 / self.span as f64).min(1.0)
    }
}

/// No token now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// There is one then.
    pub until: Timestamp,
    /// Whether the whole account waits, and not only this chat.
    pub account: bool,
}

fn quota(rate: Rate) -> Option<Quota> {
    let count = rate.count.max(1);
    let each = Duration::from_micros(u64::from(rate.per_millis) * 1_000 / u64::from(count));
    Some(Quota::with_period(each)?.allow_burst(NonZeroU32::new(rate.burst.max(1))?))
}

fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or(0).saturating_mul(1_000_000)
}

fn moment(at: Nanos) -> Timestamp {
    // Rounded up: a millisecond early is refused again.
    Timestamp(i64::try_from(u64::from(at).div_ceil(1_000_000)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten_a_second() -> Budget {
        let rate = Rate { count: 10, per_millis: 1_000, burst: 2 };
        Budget {
            account: Some(rate),
            chat: Some(Rate { count: 1, per_millis: 1_000, burst: 1 }),
            group: None,
            in_flight: 1,
        }
    }

    #[test]
    fn a_chat_waits_for_itself_and_the_account_for_all() {
        let buckets = Buckets::of(&ten_a_second(), Vec::new());
        let now = Timestamp(1_000_000);
        assert_eq!(buckets.take("a", false, now), Ok(()));
        assert_eq!(buckets.take("a", false, now), Err(Wait { until: Timestamp(1_001_000), account: false }));
        assert_eq!(buckets.take("b", false, now), Ok(()));
        assert_eq!(buckets.take("c", false, now), Err(Wait { until: Timestamp(1_000_100), account: true }));
        assert_eq!(buckets.take("c", false, Timestamp(1_000_100)), Ok(()), "the refusal cost the chat nothing");
    }

    #[test]
    fn an_accounts_bucket_is_used_up_by_messages_and_fills_by_time() {
        let buckets = Buckets::of(&ten_a_second(), Vec::new());
        let now = Timestamp(1_000_000);
        let used = |millis: i64| buckets.filling().map(|filling| filling.used(Timestamp(1_000_000 + millis)));
        assert_eq!(used(0), Some(0.0));
        assert_eq!(buckets.take("a", false, now), Ok(()));
        assert_eq!((used(0), used(50), used(100)), (Some(0.5), Some(0.25), Some(0.0)));
        assert_eq!(buckets.take("b", false, now), Ok(()));
        assert_eq!(used(0), Some(1.0));
        assert!(Buckets::of(&Budget::default(), Vec::new()).filling().is_none());
    }

    #[test]
    fn a_restart_does_not_fill_the_buckets() {
        let buckets = Buckets::of(&ten_a_second(), Vec::new());
        let now = Timestamp(1_000_000);
        assert_eq!(buckets.take("a", false, now), Ok(()));
        let after = Buckets::of(&ten_a_second(), buckets.remember(now));
        assert!(after.take("a", false, now).is_err());
        assert!(after.take("a", false, Timestamp(1_001_000)).is_ok());
    }
}
