//! What a channel account may still send: buckets for the account, each chat and each group.
//!
//! A rate without a burst is what providers publish: so many in any span of that length. It is counted exactly, and by what the
//! provider sees: a message that left may arrive until its answer is here, so it stands in the span from then on, less the time
//! that the quickest of all calls took. So a backlog leaves at the full rate, and calls that come late, because a connection had to
//! be opened or the machine was busy, never make one too many of those behind them. A rate with a burst is a token bucket, whose arithmetic is governor's. The state
//! of both is kept here, in wall-clock time, so that it survives a restart and a full bucket never follows from one.

use std::collections::{HashMap, VecDeque};
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

/// The buckets of one channel account: its actor alone takes from them.
pub struct Buckets {
    account: Option<Bucket>,
    chat: Option<Bucket>,
    group: Option<Bucket>,
    now: Arc<AtomicU64>,
    state: Arc<Mutex<State>>,
    budget: Budget,
    taken: u32,
    /// How many calls were answered, and what the quickest took: no way there and back is shorter.
    calls: u32,
    quickest: u64,
}

/// What was taken lately, by the names of the buckets.
#[derive(Default)]
struct State {
    /// Of token buckets: the moment at which each is full again.
    steady: HashMap<String, u64>,
    /// Of exact ones: when each of the latest messages arrived.
    exact: HashMap<String, Sent>,
}

/// The latest messages of an exact bucket.
#[derive(Default)]
struct Sent {
    /// When each arrived at the latest, the oldest first.
    arrived: VecDeque<u64>,
    /// When each left of those that nobody has answered yet, the oldest first.
    leaving: VecDeque<u64>,
}

enum Bucket {
    Steady(Box<Limiter>),
    Exact(Exact),
}

/// So many in any span.
#[derive(Clone, Copy)]
struct Exact {
    count: usize,
    span: u64,
}

type Limiter = RateLimiter<String, Kept, HandMoved, NoOpMiddleware<Nanos>>;

/// The account's own bucket.
const ACCOUNT: &str = "account";

/// A span is taken to be longer by a part of so many: clocks differ, and no two ways are equally long.
const MARGIN: u64 = 200;

/// A call that is not answered within so many spans has arrived, or never will.
const ANSWERED_WITHIN: u64 = 3;

/// The quickest of so many calls met nothing but the way itself; the first ones open connections.
const SAMPLES: u32 = 64;

/// After so many messages, buckets that are full again are forgotten.
const FORGET_EVERY: u32 = 4_096;

#[derive(Clone)]
struct HandMoved(Arc<AtomicU64>);

impl GovernorClock for HandMoved {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        self.0.load(Ordering::Relaxed).into()
    }
}

#[derive(Clone)]
struct Kept(Arc<Mutex<State>>);

impl StateStore for Kept {
    type Key = String;
    fn measure_and_replace<T, F, E>(&self, key: &String, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let before = self.0.lock().steady.get(key).map(|nanos| Nanos::from(*nanos));
        let (result, after) = f(before)?;
        self.0.lock().steady.insert(key.clone(), after.into());
        Ok(result)
    }
}

impl Buckets {
    /// Full buckets, but for what is remembered.
    pub fn of(budget: &Budget, remembered: Vec<(String, u64)>) -> Self {
        // The limiters measure from their first moment, which is 1970 for all of them.
        let now = Arc::new(AtomicU64::new(0));
        let state = Arc::new(Mutex::new(State::default()));
        let bucket = |rate: Option<Rate>| {
            let rate = rate?;
            if let Some(exact) = exact(rate) {
                return Some(Bucket::Exact(exact));
            }
            let (kept, clock) = (Kept(Arc::clone(&state)), HandMoved(Arc::clone(&now)));
            Some(Bucket::Steady(Box::new(RateLimiter::new(quota(rate)?, kept, clock))))
        };
        let (account, chat, group) = (bucket(budget.account), bucket(budget.chat), bucket(budget.group));
        let exact_account = matches!(account, Some(Bucket::Exact(_)));
        let exact_chats = matches!(chat, Some(Bucket::Exact(_))) || matches!(group, Some(Bucket::Exact(_)));
        {
            let mut state = state.lock();
            for (key, value) in remembered {
                // Which of the two it was does not change between two starts, but for a new configuration: then it is a guess.
                let exact = if key == ACCOUNT { exact_account } else { exact_chats };
                if exact {
                    let (last, used) = (value / 1_000_000 * 1_000_000, value % 1_000_000);
                    let arrived = std::iter::repeat_n(last, used.min(10_000) as usize).collect();
                    state.exact.insert(key.clone(), Sent { arrived, leaving: VecDeque::new() });
                }
                state.steady.insert(key, value);
            }
        }
        Self { account, chat, group, now, state, budget: *budget, taken: 0, calls: 0, quickest: u64::MAX }
    }

    /// Takes tokens for one message to a chat; if there are none, when there will be, and whether it is the chat's. `weight`: how
    /// much of the account's budget it takes, such as the segments of an SMS.
    pub fn take(&mut self, chat: &str, is_group: bool, weight: u32, now: Timestamp) -> Result<(), Wait> {
        self.now.store(nanos(now), Ordering::Relaxed);
        self.taken += 1;
        if self.taken >= FORGET_EVERY {
            self.taken = 0;
            self.forget(now);
        }
        let own = if is_group { &self.group } else { &self.chat };
        let key = chat.to_owned();
        let before = self.state.lock().steady.get(&key).copied();
        self.ask(own.as_ref(), &key, 1, now).map_err(|until| Wait { until, account: false })?;
        // It goes with the call of another.
        if weight == 0 {
            return Ok(());
        }
        if let Err(until) = self.ask(self.account.as_ref(), &ACCOUNT.to_owned(), weight, now) {
            // The chat's token was not used after all.
            self.give_back(own.as_ref(), &key, before);
            return Err(Wait { until, account: true });
        }
        Ok(())
    }

    /// A message that took tokens at that moment was answered now, after a call of that length.
    pub fn answered(
        &mut self,
        chat: &str,
        is_group: bool,
        weight: u32,
        taken_at: Timestamp,
        now: Timestamp,
        took: Duration,
    ) {
        self.calls = self.calls.saturating_add(1);
        self.quickest = self.quickest.min(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        let way = if self.calls > SAMPLES { self.quickest } else { 0 };
        let (left, arrived) = (nanos(taken_at), nanos(now).saturating_sub(way).max(nanos(taken_at)));
        self.each(chat, is_group, weight, |sent, weight| sent.answered(left, arrived, weight));
    }

    /// A message that took tokens at that moment did not leave after all.
    pub fn unused(&mut self, chat: &str, is_group: bool, weight: u32, taken_at: Timestamp) {
        self.each(chat, is_group, weight, |sent, weight| {
            sent.comes_back(nanos(taken_at), weight);
        });
    }

    /// The exact buckets that a message took from, with how much.
    fn each(&self, chat: &str, is_group: bool, weight: u32, mut does: impl FnMut(&mut Sent, usize)) {
        let own = if is_group { &self.group } else { &self.chat };
        let mut state = self.state.lock();
        for (bucket, key, weight) in [(own, chat, 1), (&self.account, ACCOUNT, weight)] {
            if let Some(Bucket::Exact(exact)) = bucket
                && weight > 0
                && let Some(sent) = state.exact.get_mut(key)
            {
                does(sent, exact.weight(weight));
            }
        }
    }

    fn ask(&self, bucket: Option<&Bucket>, key: &String, weight: u32, now: Timestamp) -> Result<(), Timestamp> {
        match bucket {
            None => Ok(()),
            Some(Bucket::Steady(limiter)) => {
                let weight = NonZeroU32::new(weight.max(1)).unwrap_or(NonZeroU32::MIN);
                match limiter.check_key_n(key, weight) {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(not_until)) => Err(moment(not_until.earliest_possible().into())),
                    // It is heavier than the whole burst: it takes all there is, or it would never leave.
                    Err(_) => match limiter.check_key(key) {
                        Ok(()) => Ok(()),
                        Err(not_until) => Err(moment(not_until.earliest_possible().into())),
                    },
                }
            }
            Some(Bucket::Exact(exact)) => {
                let mut state = self.state.lock();
                let sent = state.exact.entry(key.clone()).or_default();
                exact.take(sent, weight, nanos(now)).map_err(moment)
            }
        }
    }

    fn give_back(&self, bucket: Option<&Bucket>, key: &String, before: Option<u64>) {
        let mut state = self.state.lock();
        match (bucket, before) {
            (Some(Bucket::Exact(_)), _) => drop(state.exact.get_mut(key).and_then(|sent| sent.leaving.pop_back())),
            (Some(Bucket::Steady(_)), Some(before)) => drop(state.steady.insert(key.clone(), before)),
            (Some(Bucket::Steady(_)), None) => drop(state.steady.remove(key)),
            (None, _) => {}
        }
    }

    /// What others may read of it.
    pub fn reading(&self) -> Reading {
        Reading { state: Arc::clone(&self.state), budget: self.budget }
    }

    /// What must be remembered over a restart; full buckets are forgotten.
    pub fn remember(&self, now: Timestamp) -> Vec<(String, u64)> {
        self.forget(now);
        let state = self.state.lock();
        let mut all: Vec<_> = state.steady.iter().map(|(key, arrival)| (key.clone(), *arrival)).collect();
        // The latest moment, and how many stand in the span: a moment is a whole number of milliseconds, so there is room.
        all.extend(state.exact.iter().filter_map(|(key, sent)| {
            let last = sent.last()? / 1_000_000 * 1_000_000;
            Some((key.clone(), last + sent.count().min(999_999) as u64))
        }));
        all.sort();
        // The account's bucket and the busiest chats; a record has a bound.
        all.sort_by_key(|(key, arrival)| (key != ACCOUNT, std::cmp::Reverse(*arrival)));
        all.truncate(512);
        all
    }

    fn forget(&self, now: Timestamp) {
        let now = nanos(now);
        let longest = [&self.account, &self.chat, &self.group].into_iter().filter_map(|bucket| match bucket {
            Some(Bucket::Exact(exact)) => Some(exact.span),
            Some(Bucket::Steady(_)) | None => None,
        });
        let longest = longest.max().unwrap_or(0);
        let mut state = self.state.lock();
        state.steady.retain(|_, arrival| *arrival > now);
        state.exact.retain(|_, sent| sent.last().is_some_and(|last| last + longest * ANSWERED_WITHIN > now));
    }
}

impl Sent {
    fn count(&self) -> usize {
        self.arrived.len() + self.leaving.len()
    }

    fn last(&self) -> Option<u64> {
        self.arrived.back().copied().max(self.leaving.back().copied())
    }

    /// How many of those that left then are not answered, up to so many, taken out.
    fn comes_back(&mut self, left: u64, weight: usize) -> usize {
        let from = self.leaving.partition_point(|at| *at < left);
        let to = self.leaving.partition_point(|at| *at <= left).min(from + weight);
        self.leaving.drain(from..to).count()
    }

    fn answered(&mut self, left: u64, arrived: u64, weight: usize) {
        for _ in 0..self.comes_back(left, weight) {
            let place = self.arrived.partition_point(|at| *at <= arrived);
            self.arrived.insert(place, arrived);
        }
    }

    /// Lets go of what no span holds any more.
    fn forget(&mut self, span: u64, now: u64) {
        while self.arrived.front().is_some_and(|at| at + span <= now) {
            self.arrived.pop_front();
        }
        while self.leaving.front().is_some_and(|at| at + span * ANSWERED_WITHIN <= now) {
            self.leaving.pop_front();
        }
    }

    /// When so many more could leave, if all calls were answered now.
    fn room_for(&self, missing: usize, span: u64, now: u64) -> u64 {
        self.arrived.get(missing - 1).map_or(now + span, |at| at + span)
    }
}

impl Exact {
    /// What is heavier than the whole budget takes all of it, or it would never leave.
    fn weight(self, weight: u32) -> usize {
        (weight as usize).clamp(1, self.count)
    }

    fn take(self, sent: &mut Sent, weight: u32, now: u64) -> Result<(), u64> {
        sent.forget(self.span, now);
        let weight = self.weight(weight);
        let room = self.count.saturating_sub(sent.count());
        if weight > room {
            return Err(sent.room_for(weight - room, self.span, now));
        }
        sent.leaving.extend(std::iter::repeat_n(now, weight));
        Ok(())
    }

    /// How many of them stand in the span that ends then.
    fn used(self, sent: &Sent, then: u64) -> usize {
        // What is under way has arrived by now, as far as a forecast goes.
        let standing = |all: &VecDeque<u64>| all.iter().filter(|at| **at + self.span > then).count();
        standing(&sent.arrived) + standing(&sent.leaving)
    }

    /// How many can go out until then.
    fn room(self, sent: Option<&Sent>, now: u64, within: u64) -> u64 {
        let (whole, rest) = (within / self.span, within % self.span);
        let still = sent.map_or(0, |sent| self.used(sent, now + rest));
        whole * self.count as u64 + self.count.saturating_sub(still) as u64
    }
}

/// What others may read of an account's buckets.
#[derive(Clone)]
pub struct Reading {
    state: Arc<Mutex<State>>,
    budget: Budget,
}

impl Reading {
    /// The part of the account's budget that is used up, from 0 to 1; none where it has no limit.
    pub fn used(&self, now: Timestamp) -> Option<f64> {
        let rate = self.budget.account?;
        let now = nanos(now);
        let state = self.state.lock();
        if let Some(exact) = exact(rate) {
            let used = state.exact.get(ACCOUNT).map_or(0, |sent| exact.used(sent, now));
            return Some(used as f64 / exact.count as f64);
        }
        let span = quota(rate)?.burst_size_replenished_in().as_nanos().max(1) as f64;
        let full_at = state.steady.get(ACCOUNT).copied().unwrap_or(0);
        Some((full_at.saturating_sub(now) as f64 / span).min(1.0))
    }

    /// How many messages of weight 1 the account can send within a span; none where it has no limit.
    pub fn room(&self, now: Timestamp, within: Duration) -> Option<u64> {
        self.room_in(self.budget.account?, ACCOUNT, now, within)
    }

    /// The same for one group.
    pub fn room_in_group(&self, bucket: &str, now: Timestamp, within: Duration) -> Option<u64> {
        self.room_in(self.budget.group?, bucket, now, within)
    }

    fn room_in(&self, rate: Rate, key: &str, now: Timestamp, within: Duration) -> Option<u64> {
        let (now, within) = (nanos(now), u64::try_from(within.as_nanos()).unwrap_or(u64::MAX));
        let state = self.state.lock();
        if let Some(exact) = exact(rate) {
            return Some(exact.room(state.exact.get(key), now, within));
        }
        let each = u64::try_from(quota(rate)?.replenish_interval().as_nanos()).unwrap_or(u64::MAX).max(1);
        // The moment at which the bucket is full, if that is still to come, is what is missing in it.
        let missing = state.steady.get(key).copied().unwrap_or(0).saturating_sub(now);
        Some((within.saturating_add(each * u64::from(rate.burst))).saturating_sub(missing) / each)
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

/// A rate without a burst of its own.
fn exact(rate: Rate) -> Option<Exact> {
    let span = u64::from(rate.per_millis) * 1_000_000;
    (rate.burst == rate.count).then(|| Exact { count: rate.count.max(1) as usize, span: span + span / MARGIN })
}

fn quota(rate: Rate) -> Option<Quota> {
    let count = rate.count.max(1);
    let each = Duration::from_micros(u64::from(rate.per_millis) * 1_000 / u64::from(count));
    Some(Quota::with_period(each)?.allow_burst(NonZeroU32::new(rate.burst.max(1))?))
}

fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or(0).saturating_mul(1_000_000)
}

fn moment(at: u64) -> Timestamp {
    // Rounded up: a millisecond early is refused again.
    Timestamp(i64::try_from(at.div_ceil(1_000_000)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn ten_a_second() -> Budget {
        let rate = Rate { count: 10, per_millis: 1_000, burst: 2 };
        Budget {
            account: Some(rate),
            chat: Some(Rate { count: 1, per_millis: 1_000, burst: 2 }),
            group: Some(Rate { count: 2, per_millis: 60_000, burst: 2 }),
            in_flight: 1,
        }
    }

    fn exactly(count: u32, per_millis: u32) -> Budget {
        Budget { account: Some(Rate { count, per_millis, burst: count }), chat: None, group: None, in_flight: 1 }
    }

    #[test]
    fn a_chat_waits_for_itself_and_the_account_for_all() {
        let mut buckets = Buckets::of(&ten_a_second(), Vec::new());
        let now = Timestamp(1_000_000);
        assert_eq!(buckets.take("a", false, 1, now), Ok(()));
        assert_eq!(buckets.take("a", false, 1, now), Ok(()));
        assert_eq!(buckets.take("a", false, 1, now), Err(Wait { until: Timestamp(1_001_000), account: false }));
        assert_eq!(buckets.take("c", false, 1, now), Err(Wait { until: Timestamp(1_000_100), account: true }));
        assert_eq!(buckets.take("c", false, 1, Timestamp(1_000_100)), Ok(()), "the refusal cost the chat nothing");
    }

    #[test]
    fn an_accounts_bucket_is_used_up_by_messages_and_fills_by_time() {
        let mut buckets = Buckets::of(&ten_a_second(), Vec::new());
        let now = Timestamp(1_000_000);
        let reading = buckets.reading();
        let used = |millis: i64| reading.used(Timestamp(1_000_000 + millis));
        assert_eq!(used(0), Some(0.0));
        assert_eq!(buckets.take("a", false, 1, now), Ok(()));
        assert_eq!((used(0), used(50), used(100)), (Some(0.5), Some(0.25), Some(0.0)));
        assert_eq!(buckets.take("b", false, 1, now), Ok(()));
        assert_eq!(used(0), Some(1.0));
        assert!(Buckets::of(&Budget::default(), Vec::new()).reading().used(now).is_none());
    }

    #[test]
    fn a_restart_does_not_fill_the_buckets() {
        for budget in [ten_a_second(), exactly(1, 1_000)] {
            let mut buckets = Buckets::of(&budget, Vec::new());
            let now = Timestamp(1_000_000);
            assert_eq!(buckets.take("a", false, 2, now), Ok(()));
            let mut after = Buckets::of(&budget, buckets.remember(now));
            assert!(after.take("a", false, 1, now).is_err());
            assert!(after.take("a", false, 1, Timestamp(1_001_100)).is_ok());
        }
    }

    #[test]
    fn a_heavy_message_takes_as_much_as_it_weighs_and_never_waits_for_ever() {
        let mut buckets = Buckets::of(&exactly(4, 1_000), Vec::new());
        let now = Timestamp(1_000_000);
        assert_eq!(buckets.take("a", false, 3, now), Ok(()));
        assert_eq!(buckets.take("b", false, 2, now).map_err(|wait| wait.account), Err(true));
        assert_eq!(buckets.take("b", false, 1, now), Ok(()));
        for (chat, weight) in [("a", 3), ("b", 1)] {
            buckets.answered(chat, false, weight, now, now, Duration::ZERO);
        }
        let later = Timestamp(1_001_100);
        assert_eq!(buckets.take("c", false, 9, later), Ok(()), "heavier than all there is");
        assert_eq!(buckets.take("d", false, 1, later).map_err(|wait| wait.account), Err(true));
    }

    #[test]
    fn what_can_leave_within_a_span_is_known_beforehand() {
        let now = Timestamp(1_000_000);
        let minute = Duration::from_mins(1);
        let mut buckets = Buckets::of(&exactly(10, 1_000), Vec::new());
        let reading = buckets.reading();
        assert_eq!(reading.room(now, Duration::from_millis(100)), Some(10));
        assert_eq!(buckets.take("a", false, 4, now), Ok(()));
        assert_eq!(reading.room(now, Duration::from_millis(100)), Some(6));
        assert_eq!(reading.room_in_group("chat", now, minute), None);
        let mut buckets = Buckets::of(&ten_a_second(), Vec::new());
        let reading = buckets.reading();
        assert_eq!(reading.room(now, Duration::from_secs(1)), Some(12));
        assert_eq!(reading.room_in_group("crew", now, Duration::from_secs(30)), Some(2));
        assert_eq!(buckets.take("crew", true, 1, now), Ok(()));
        assert_eq!(reading.room(now, Duration::from_secs(1)), Some(11));
        assert_eq!(reading.room_in_group("crew", now, Duration::from_secs(30)), Some(1));
    }

    #[test]
    fn what_nobody_has_answered_may_still_arrive() {
        let mut buckets = Buckets::of(&exactly(2, 1_000), Vec::new());
        let at = |millis: i64| Timestamp(1_000_000 + millis);
        assert_eq!(buckets.take("a", false, 1, at(0)), Ok(()));
        assert_eq!(buckets.take("b", false, 1, at(0)), Ok(()));
        buckets.answered("a", false, 1, at(0), at(400), Duration::from_millis(400));
        let refused = |wait: Result<(), Wait>| wait.map_err(|wait| wait.until.0 - 1_000_000);
        assert_eq!(refused(buckets.take("c", false, 1, at(1_000))), Err(1_405), "it may have arrived after 400 ms");
        assert_eq!(buckets.take("c", false, 1, at(1_405)), Ok(()));
        assert_eq!(refused(buckets.take("d", false, 1, at(1_500))), Err(2_505), "b is still on its way");
        buckets.unused("c", false, 1, at(1_405));
        assert_eq!(buckets.take("d", false, 1, at(1_500)), Ok(()), "c did not leave");
        assert_eq!(buckets.take("e", false, 1, at(3_100)), Ok(()), "nobody waits for ever");
    }

    /// A provider far away: what a call takes there and back, with what happens on the way.
    #[derive(Clone, Copy, Debug)]
    struct Way {
        there: i64,
        back: i64,
    }

    fn ways() -> impl Strategy<Value = Vec<Way>> {
        let noise = || prop_oneof![6 => Just(0_i64), 3 => 1_i64..20, 1 => 20_i64..400];
        (1_i64..60, 1_i64..60).prop_flat_map(move |(there, back)| {
            let way = (noise(), noise()).prop_map(move |(n, m)| Way { there: there + n, back: back + m });
            prop::collection::vec(way, 997)
        })
    }

    proptest! {
        /// What a provider publishes is kept in every span of that length, as the provider sees it; and where every way is equally
        /// long, a backlog leaves at 95 % of it or more.
        #[test]
        fn a_backlog_arrives_at_the_full_rate_and_never_beyond_it(
            count in 1_u32..120,
            per_millis in prop::sample::select(vec![1_000_u32, 2_000, 6_000]),
            late in 0_i64..5,
            ways in ways(),
            even in any::<bool>(),
        ) {
            let mut buckets = Buckets::of(&exactly(count, per_millis), Vec::new());
            let span = i64::from(per_millis);
            let (mut now, mut arrived) = (1_000_000, Vec::new());
            let mut answers = BTreeMap::<i64, Vec<(i64, i64)>>::new();
            // The first calls are counted with the greatest care.
            let warm = now + 70 * (span + 1_000) / i64::from(count) + 2 * span;
            let end = warm + 40 * span;
            while now < end {
                let mut next = match buckets.take("a", false, 1, Timestamp(now)) {
                    Ok(()) => {
                        let Way { there, back } = if even { ways[0] } else { ways[arrived.len() % ways.len()] };
                        arrived.push(now + there);
                        answers.entry(now + there + back).or_default().push((now, there + back));
                        continue;
                    }
                    // It wakes a little late, as clocks do.
                    Err(wait) => wait.until.0 + late,
                };
                if let Some(first) = answers.first_entry().filter(|first| *first.key() <= next) {
                    next = *first.key();
                    for (left, took) in first.remove() {
                        let took = Duration::from_millis(took.unsigned_abs());
                        buckets.answered("a", false, 1, Timestamp(left), Timestamp(next), took);
                    }
                }
                now = next;
            }
            arrived.sort_unstable();
            let most = arrived.iter().map(|at| arrived.partition_point(|other| *other < at + span) - arrived.partition_point(|other| other < at));
            let most = most.max().unwrap_or(0);
            prop_assert!(most <= count as usize, "{most} of {count}");
            let counted = arrived.iter().filter(|at| (warm..end).contains(*at)).count();
            // One that would be next stands outside.
            let share = (counted + 1) as f64 * span as f64 / ((end - warm) as f64 * f64::from(count));
            prop_assert!(!even || share >= 0.95, "{share}");
        }
    }
}
