//! Where steps gather on their way to the disk: many hand them over, one thread takes them in groups.
//!
//! A flush costs the same for one step as for many, and waking a thread costs more than handing it a step. So under
//! load the thread waits a moment for two thirds of what is under way, while the group before is synced and the rest
//! is decided. Alone, a step goes at once.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::Pending;
use crate::clock::Stopwatch;
use crate::store::GROUP_MAX;

/// The longest wait for others.
const PATIENCE: Duration = Duration::from_micros(1_500);

/// The queue.
#[derive(Default)]
pub(super) struct Gathering {
    waiting: Mutex<Waiting>,
    ring: Condvar,
}

#[derive(Default)]
struct Waiting {
    steps: VecDeque<Pending>,
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

    /// How many steps wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.lock().steps.len()
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
        std::mem::take(&mut waiting.steps)
    }

    /// Waits for a group and takes it. False: nothing will come any more.
    pub(super) fn take(&self, group: &mut Vec<Pending>, under_way: impl Fn() -> usize) -> bool {
        let mut waiting = self.waiting.lock();
        while waiting.steps.is_empty() {
            if waiting.closed {
                return false;
            }
            waiting.wanted = Some(1);
            self.ring.wait(&mut waiting);
        }
        let enough = (under_way() * 2 / 3).min(GROUP_MAX);
        let began = Stopwatch::start();
        while waiting.steps.len() < enough && !waiting.closed {
            let Some(left) = PATIENCE.checked_sub(began.elapsed()) else { break };
            waiting.wanted = Some(enough);
            self.ring.wait_for(&mut waiting, left);
        }
        waiting.wanted = None;
        let count = waiting.steps.len().min(GROUP_MAX);
        group.extend(waiting.steps.drain(..count));
        true
    }
}
