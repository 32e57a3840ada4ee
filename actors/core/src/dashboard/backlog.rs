//! What waits for a dashboard: bounded, and a customer who writes often is told of once.
//!
//! A customer counts as told of only once that has arrived. While one such event waits, it stands for all that come after it; when it is
//! given up, the next one is let in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use uuid::Uuid;

use super::Wire;
use crate::time::Timestamp;

/// So many customers are remembered as told of; past that, the first are forgotten first, and are told of once more than need be.
pub const TOLD_MAX: usize = 50_000;

/// What waits for one dashboard.
#[derive(Clone, Debug)]
pub struct Backlog {
    /// So many events may wait.
    most: usize,
    /// So long a customer is not told of again.
    window: Duration,
    waiting: BTreeMap<u64, Waits>,
    /// The customers of whom an event waits that tells that they have written.
    seen: BTreeSet<Uuid>,
    /// When it last arrived that a customer has written.
    told: BTreeMap<Uuid, Timestamp>,
    /// The same, the first first.
    told_first: BTreeSet<(Timestamp, Uuid)>,
}

/// An event that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waits {
    wire: Wire,
    subject: Uuid,
}

/// Whether an event is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It is.
    There,
    /// It need not be: the same was told a moment ago, or waits to be.
    NotNeeded,
    /// It cannot be: too many wait.
    Full,
}

impl Backlog {
    /// Nothing waits.
    pub fn new(most: usize, window: Duration) -> Self {
        let (waiting, seen) = (BTreeMap::new(), BTreeSet::new());
        Self { most, window, waiting, seen, told: BTreeMap::new(), told_first: BTreeSet::new() }
    }

    /// So many may wait.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Whether an event waits.
    pub fn holds(&self, no: u64) -> bool {
        self.waiting.contains_key(&no)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether an event is taken in now.
    pub fn room(&self, wire: Wire, subject: Uuid, now: Timestamp) -> Room {
        if wire == Wire::CustomerSeen && (self.seen.contains(&subject) || self.was_told(subject, now)) {
            return Room::NotNeeded;
        }
        if self.waiting.len() >= self.most { Room::Full } else { Room::There }
    }

    fn was_told(&self, subject: Uuid, now: Timestamp) -> bool {
        self.told.get(&subject).is_some_and(|at| now < *at + self.window)
    }

    /// An event waits from now on.
    pub fn waits(&mut self, no: u64, wire: Wire, subject: Uuid) {
        self.waiting.insert(no, Waits { wire, subject });
        if wire == Wire::CustomerSeen {
            self.seen.insert(subject);
        }
    }

    /// An event waits no more, because it has arrived, or was given up.
    pub fn left(&mut self, no: u64, arrived: bool, now: Timestamp) {
        let Some(Waits { wire, subject }) = self.waiting.remove(&no) else { return };
        if wire != Wire::CustomerSeen {
            return;
        }
        self.seen.remove(&subject);
        if arrived {
            if let Some(before) = self.told.insert(subject, now) {
                self.told_first.remove(&(before, subject));
            }
            self.told_first.insert((now, subject));
        }
        self.forget(now);
    }

    /// Forgets whom nobody needs to remember.
    fn forget(&mut self, now: Timestamp) {
        while let Some((at, subject)) = self.told_first.first().copied() {
            if self.told.len() <= TOLD_MAX && now < at + self.window {
                return;
            }
            self.told_first.pop_first();
            self.told.remove(&subject);
        }
    }

    /// How many customers are remembered as told of.
    pub fn remembered(&self) -> usize {
        self.told.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(300);

    fn who(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000)
    }

    #[test]
    fn h3_a_customer_is_told_of_once_in_five_minutes_counted_from_when_it_arrived() {
        let mut backlog = Backlog::new(10, WINDOW);
        let seen = |backlog: &Backlog, now| backlog.room(Wire::CustomerSeen, who(1), at(now));
        assert_eq!(seen(&backlog, 0), Room::There);
        backlog.waits(1, Wire::CustomerSeen, who(1));
        assert_eq!(seen(&backlog, 1_000), Room::NotNeeded, "however long it waits, it stands for the others");
        backlog.left(1, true, at(1_000));
        assert_eq!(seen(&backlog, 1_299), Room::NotNeeded);
        assert_eq!(seen(&backlog, 1_300), Room::There);
        assert_eq!(backlog.room(Wire::CustomerSeen, who(2), at(1_001)), Room::There, "others are told of");
        assert_eq!(backlog.room(Wire::OrderCreated, who(1), at(1_001)), Room::There, "and all else of the same");
    }

    #[test]
    fn h3_what_did_not_arrive_keeps_nobody_silent() {
        let mut backlog = Backlog::new(10, WINDOW);
        backlog.waits(1, Wire::CustomerSeen, who(1));
        backlog.left(1, false, at(0));
        assert_eq!(backlog.room(Wire::CustomerSeen, who(1), at(0)), Room::There);
    }

    #[test]
    fn h4_past_the_bound_nothing_is_taken_in_until_something_has_left() {
        let mut backlog = Backlog::new(2, WINDOW);
        backlog.waits(1, Wire::OrderStatus, who(1));
        backlog.waits(2, Wire::OrderStatus, who(1));
        assert_eq!(backlog.room(Wire::OrderStatus, who(1), at(0)), Room::Full);
        backlog.left(1, true, at(0));
        backlog.left(1, true, at(0));
        assert_eq!((backlog.room(Wire::OrderStatus, who(1), at(0)), backlog.len()), (Room::There, 1));
    }

    #[test]
    fn h3_memory_is_bounded_by_age_and_by_number() {
        let mut backlog = Backlog::new(10, WINDOW);
        let told = |backlog: &mut Backlog, n: u64, now| {
            backlog.waits(n, Wire::CustomerSeen, who(u128::from(n)));
            backlog.left(n, true, now);
        };
        for n in 0..=TOLD_MAX as u64 {
            told(&mut backlog, n, at(0));
        }
        assert_eq!(backlog.remembered(), TOLD_MAX);
        told(&mut backlog, 1, at(3_600));
        assert_eq!(backlog.remembered(), 1);
    }

    proptest! {
        #[test]
        fn h3_between_two_arrivals_of_one_customer_lies_the_window(
            steps in prop::collection::vec((0_u128..4, 0_i64..200, any::<bool>()), 1..200)
        ) {
            let (mut backlog, mut now, mut no) = (Backlog::new(50, WINDOW), 0, 0);
            let (mut waiting, mut arrived) = (Vec::new(), BTreeMap::<Uuid, i64>::new());
            for (n, passes, leaves) in steps {
                now += passes;
                if leaves && !waiting.is_empty() {
                    let (no, subject) = waiting.remove(0);
                    let has_arrived = passes % 3 != 0;
                    backlog.left(no, has_arrived, at(now));
                    let before = has_arrived.then(|| arrived.insert(subject, now)).flatten();
                    prop_assert!(before.is_none_or(|before| now >= before + 300), "{before:?} {now}");
                } else if backlog.room(Wire::CustomerSeen, who(n), at(now)) == Room::There {
                    no += 1;
                    backlog.waits(no, Wire::CustomerSeen, who(n));
                    waiting.push((no, who(n)));
                }
                prop_assert_eq!(backlog.len(), waiting.len());
                prop_assert_eq!(backlog.told.len(), backlog.told_first.len());
            }
        }
    }
}
