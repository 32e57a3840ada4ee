//! Where steps gather on their way to the disk: many hand them over, one thread takes them in groups.
//!
//! A flush costs the same for one step as for many, and waking a thread costs more than handing it a step. So under
//! load the thread waits a moment for two thirds of what is under way, while the group before is synced and the rest
//! is decided. Alone, a step goes at once. What nobody is kept waiting by wakes nobody, and goes along with what does.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::Pending;
use crate::clock::Stopwatch;
use crate::store::GROUP_MAX;

/// The longest wait for others.
const PATIENCE: Duration = Duration::from_micros(1_500);

/// The longest wait of what nobody waits for, where no group goes with which it could go along.
const NO_HURRY: Duration = Duration::from_millis(2);

/// The queue.
#[derive(Default)]
pub(super) struct Gathering {
    waiting: Mutex<Waiting>,
    ring: Condvar,
}

#[derive(Default)]
struct Waiting {
    steps: VecDeque<Pending>,
    /// What goes along with the next group that has room, and wakes nobody.
    along: VecDeque<Pending>,
    /// The thread sleeps, and is rung when there are so many.
    wanted: Option<usize>,
    /// Nobody hands over any more.
    closed: bool,
    /// Nobody takes any more.
    deserted: bool,
}

impl Gathering {
    /// Hands a step over; back if nobody takes any more.
    pub(super) fn hand_over(&self, step: Pending) -> Result<(), Pending> {
        let mut waiting = self.waiting.lock();
        if waiting.deserted {
            return Err(step);
        }
        waiting.steps.push_back(step);
        if waiting.wanted.is_some_and(|wanted| waiting.steps.len() >= wanted) {
            waiting.wanted = None;
            drop(waiting);
            self.ring.notify_one();
        }
        Ok(())
    }

    /// Hands over a step that is in no hurry; back if nobody takes any more.
    pub(super) fn hand_along(&self, step: Pending) -> Result<(), Pending> {
        let mut waiting = self.waiting.lock();
        if waiting.deserted {
            return Err(step);
        }
        waiting.along.push_back(step);
        // A thread that sleeps without an end learns that there is something to wake up for.
        if waiting.along.len() == 1 && waiting.steps.is_empty() {
            drop(waiting);
            self.ring.notify_one();
        }
        Ok(())
    }

    /// How many steps wait.
    pub(super) fn len(&self) -> usize {
        let waiting = self.waiting.lock();
        waiting.steps.len() + waiting.along.len()
    }

    /// Nobody hands over any more.
    pub(super) fn close(&self) {
        self.waiting.lock().closed = true;
        self.ring.notify_one();
    }

    /// Nobody takes any more; what is left has to be told.
    pub(super) fn desert(&self) -> VecDeque<Pending> {
        let mut waiting = self.waiting.lock();
        waiting.deserted = true;
        let mut left = std::mem::take(&mut waiting.steps);
        left.append(&mut waiting.along);
        left
    }

    /// Waits for a group and takes it. False: nothing will come any more.
    pub(super) fn take(&self, group: &mut Vec<Pending>, under_way: impl Fn() -> usize) -> bool {
        let mut waiting = self.waiting.lock();
        let mut alone: Option<Stopwatch> = None;
        while waiting.steps.is_empty() {
            if waiting.along.is_empty() {
                if waiting.closed {
                    return false;
                }
                alone = None;
                waiting.wanted = Some(1);
                self.ring.wait(&mut waiting);
                continue;
            }
            let left = NO_HURRY.checked_sub(alone.get_or_insert_with(Stopwatch::start).elapsed());
            let Some(left) = left.filter(|_| !waiting.closed) else { break };
            waiting.wanted = Some(1);
            self.ring.wait_for(&mut waiting, left);
        }
        let enough = (under_way() * 2 / 3).min(GROUP_MAX);
        let began = Stopwatch::start();
        while waiting.steps.len() < enough && !waiting.steps.is_empty() && !waiting.closed {
            let Some(left) = PATIENCE.checked_sub(began.elapsed()) else { break };
            waiting.wanted = Some(enough);
            self.ring.wait_for(&mut waiting, left);
        }
        waiting.wanted = None;
        let count = waiting.steps.len().min(GROUP_MAX);
        group.extend(waiting.steps.drain(..count));
        let along = waiting.along.len().min(GROUP_MAX - count);
        group.extend(waiting.along.drain(..along));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{StepWrites, Write};

    fn step(name: &str) -> Pending {
        let write = Write { key: name.as_bytes().to_vec(), value: None };
        Pending {
            writes: StepWrites { check: None, writes: vec![write] },
            facts: None,
            events: None,
            done: Box::new(|_| {}),
        }
    }

    fn taken(queue: &Gathering) -> Option<Vec<String>> {
        let mut group = Vec::new();
        let name = |step: &Pending| String::from_utf8_lossy(&step.writes.writes[0].key).into_owned();
        queue.take(&mut group, || 0).then(|| group.iter().map(name).collect())
    }

    fn handed(queue: &Gathering, hurried: &[&str], along: &[&str]) {
        for name in along {
            assert!(queue.hand_along(step(name)).is_ok());
        }
        for name in hurried {
            assert!(queue.hand_over(step(name)).is_ok());
        }
    }

    #[test]
    fn what_is_in_no_hurry_goes_along_behind_what_is() {
        let queue = Gathering::default();
        handed(&queue, &["claim"], &["done", "done too"]);
        assert_eq!(taken(&queue), Some(vec!["claim".to_owned(), "done".to_owned(), "done too".to_owned()]));
    }

    #[test]
    fn what_is_in_no_hurry_goes_by_itself_in_the_end() {
        let queue = Gathering::default();
        handed(&queue, &[], &["done"]);
        assert_eq!(taken(&queue), Some(vec!["done".to_owned()]));
    }

    #[test]
    fn a_full_group_leaves_it_for_the_next() {
        let queue = Gathering::default();
        let hurried: Vec<String> = (0..GROUP_MAX).map(|no| format!("claim {no}")).collect();
        handed(&queue, &hurried.iter().map(String::as_str).collect::<Vec<_>>(), &["done"]);
        assert_eq!(taken(&queue), Some(hurried));
        assert_eq!(taken(&queue), Some(vec!["done".to_owned()]));
    }

    #[test]
    fn the_queue_ends_once_everything_is_taken() {
        let queue = Gathering::default();
        handed(&queue, &["claim"], &["done"]);
        queue.close();
        assert_eq!(taken(&queue).map(|group| group.len()), Some(2));
        assert_eq!(taken(&queue), None);
        handed(&queue, &[], &["late"]);
        assert_eq!(queue.desert().len(), 1);
        assert!(queue.hand_along(step("later")).is_err() && queue.hand_over(step("later")).is_err());
    }
}
