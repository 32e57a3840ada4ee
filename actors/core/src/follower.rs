//! How far an endpoint has come with the log of its tenant: what it has, what waits behind what, and what is tried again when.
//!
//! The log is read once, by a cursor. An event that does not arrive makes a *line*: it and whatever else of its subject comes
//! later wait there in their order, and everything else goes on. Where several in a row do not arrive, the endpoint is taken to be
//! away: it is left alone for a rest that grows, and then one event that waits and one that is new ask whether it is back. The new one
//! tells an endpoint that is away from one that only cannot digest what waits.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Timestamp;

/// So many subjects may have a line; then the cursor waits.
pub const LINES_MAX: usize = 512;

/// So many events may wait in all lines; then the cursor waits.
pub const WAITING_MAX: usize = 4_096;

/// After so many failures in a row the endpoint is taken to be away.
pub const AWAY_AFTER: u32 = 3;

/// So many replays may be under way.
pub const REPLAYS_MAX: usize = 16;

/// How far an endpoint has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follower {
    /// Everything up to this number has arrived, was not wanted, stands in a line, or was given up.
    pub cursor: u64,
    /// What did not arrive, and what waits behind it.
    pub lines: Vec<Line>,
    /// Failures since something last arrived.
    pub failures: u32,
    /// When something last arrived.
    pub arrived_at: Option<Timestamp>,
    /// Nothing is sent before: the endpoint has asked for that, or is away.
    pub rests_until: Option<Timestamp>,
    /// How often it was found away, one rest after the other.
    pub found_away: u32,
    /// What is told once more.
    pub replays: Vec<Replay>,
}

/// Events of one subject that wait, the first of them to be tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Of what they tell.
    pub subject: Uuid,
    /// Their numbers, in the order in which they go.
    pub waiting: Vec<u64>,
    /// How often the first has been tried.
    pub attempts: u32,
    /// When the first was first tried.
    pub since: Timestamp,
    /// When it is tried again.
    pub next_at: Timestamp,
    /// Whether the endpoint is there and does not want it.
    pub refused: bool,
}

/// A part of the log that is told once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// From here.
    pub next: u64,
    /// To here, this one too.
    pub last: u64,
    /// Only what was given up.
    pub failed_only: bool,
}

/// How an attempt ended that brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The endpoint asks for so much rest.
    pub retry_after: Option<Duration>,
    /// It says that it is gone for good.
    pub gone: bool,
    /// It is there, and says no to this event.
    pub refused: bool,
}

/// An event that has not arrived.
#[derive(Clone, Copy, Debug)]
pub struct Missed<'a> {
    /// Of what it tells.
    pub subject: Uuid,
    /// Its number.
    pub no: u64,
    /// The events of its subject that were to follow at once.
    pub behind: &'a [u64],
}

/// How failures are borne.
#[derive(Clone, Copy, Debug)]
pub struct Patience<'a> {
    /// How long a first, second … failure waits. When these are used up, so is the event.
    pub rests: &'a [Duration],
    /// The part of a rest that chance adds.
    pub jitter: f64,
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// It is tried again then.
    Again(Timestamp),
    /// It is tried no more; what waits behind it goes on.
    GivenUp,
    /// The endpoint is switched off: gone for good, or nothing has arrived for as long as one event is tried.
    Off,
}

/// Nobody is kept away for longer by what an endpoint asks.
const REST_MAX: Duration = Duration::from_secs(24 * 3600);

impl Follower {
    /// One that hears what comes after a number.
    pub fn from(cursor: u64) -> Self {
        Self { cursor, ..Self::default() }
    }

    /// Whether the endpoint seems to be away.
    pub fn is_away(&self) -> bool {
        self.failures >= AWAY_AFTER
    }

    /// How many more events may be told that are not in a line.
    pub fn room(&self, now: Timestamp) -> usize {
        if self.rests(now) || self.lines.len() >= LINES_MAX || self.waiting() >= WAITING_MAX {
            0
        } else if self.is_away() {
            1
        } else {
            usize::MAX
        }
    }

    fn rests(&self, now: Timestamp) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }

    /// How many events wait in lines.
    pub fn waiting(&self) -> usize {
        self.lines.iter().map(|line| line.waiting.len()).sum()
    }

    /// The first events of lines whose time has come, the longest due first: one, where the endpoint is away.
    pub fn due(&self, now: Timestamp) -> Vec<(Uuid, u64)> {
        if self.rests(now) {
            return Vec::new();
        }
        let mut due: Vec<&Line> = self.lines.iter().filter(|line| line.next_at <= now).collect();
        due.sort_by_key(|line| (line.next_at, line.waiting.first().copied()));
        if self.is_away() {
            due.truncate(1);
        }
        due.into_iter().filter_map(|line| Some((line.subject, *line.waiting.first()?))).collect()
    }

    /// When there is something to do that no news brings.
    pub fn next_due(&self) -> Option<Timestamp> {
        let first = self.lines.iter().map(|line| line.next_at).min();
        let rest = self.rests_until;
        match first {
            Some(at) => Some(rest.map_or(at, |rest| at.max(rest))),
            None => rest,
        }
    }

    /// Lets an event wait where something of its subject does. Whether it does.
    pub fn waits_behind(&mut self, subject: Uuid, no: u64) -> bool {
        match self.lines.iter_mut().find(|line| line.subject == subject) {
            Some(line) => {
                if !line.waiting.contains(&no) {
                    line.waiting.push(no);
                }
                true
            }
            None => false,
        }
    }

    /// An event has arrived.
    pub fn arrived(&mut self, subject: Uuid, no: u64, now: Timestamp) {
        let was_away = self.is_away();
        (self.failures, self.found_away, self.arrived_at, self.rests_until) = (0, 0, Some(now), None);
        self.leaves(subject, no, now);
        if was_away {
            for line in self.lines.iter_mut().filter(|line| !line.refused) {
                line.next_at = line.next_at.min(now);
            }
        }
    }

    /// An event cannot be told any more: the log does not keep it.
    pub fn lost(&mut self, subject: Uuid, no: u64, now: Timestamp) {
        self.leaves(subject, no, now);
    }

    /// An event has not arrived.
    pub fn failed(&mut self, missed: Missed<'_>, fault: Fault, patience: Patience<'_>, now: Timestamp) -> Follows {
        let (Missed { subject, no, behind }, Patience { rests, jitter }) = (missed, patience);
        if !fault.refused {
            self.failures = self.failures.saturating_add(1);
        }
        // What failed together counts once: whoever is away is asked by one event after each rest.
        let mut has_rests_left = true;
        if self.is_away() && !fault.refused && !self.rests(now) {
            let rest = rests.get(self.found_away as usize);
            self.found_away += 1;
            self.rests_until = rest.map(|rest| now + rest.mul_f64(1.0 + jitter));
            has_rests_left = rest.is_some();
        }
        if let Some(asked) = fault.retry_after {
            self.rests_until = self.rests_until.max(Some(now + asked.min(REST_MAX)));
        }
        let at = self.lines.iter().position(|line| line.subject == subject).unwrap_or_else(|| {
            let (waiting, next_at) = (vec![no], now);
            self.lines.push(Line { subject, waiting, attempts: 0, since: now, next_at, refused: false });
            self.lines.len() - 1
        });
        let line = &mut self.lines[at];
        if line.attempts == 0 {
            line.since = now;
        }
        line.waiting.extend(behind);
        (line.attempts, line.refused) = (line.attempts + 1, fault.refused);
        if fault.gone || !has_rests_left {
            return Follows::Off;
        }
        let Some(rest) = rests.get(line.attempts as usize - 1) else {
            let nothing_arrived = self.arrived_at.is_none_or(|at| at < line.since);
            if nothing_arrived {
                return Follows::Off;
            }
            self.leaves(subject, no, now);
            return Follows::GivenUp;
        };
        let rest = rest.mul_f64(1.0 + jitter);
        line.next_at = now + fault.retry_after.map_or(rest, |asked| asked.min(REST_MAX).max(rest));
        Follows::Again(line.next_at)
    }

    /// The endpoint is there, and will never take an event: what is behind it goes on.
    pub fn passed_over(&mut self, missed: Missed<'_>, now: Timestamp) {
        let Missed { subject, no, behind } = missed;
        self.arrived(subject, no, now);
        match self.lines.iter_mut().find(|line| line.subject == subject) {
            Some(line) => {
                let missing: Vec<u64> = behind.iter().filter(|no| !line.waiting.contains(no)).copied().collect();
                line.waiting.extend(missing);
            }
            None => self.set_aside(subject, behind, now),
        }
    }

    /// Events of a subject were not tried: they wait their turn.
    pub fn set_aside(&mut self, subject: Uuid, nos: &[u64], now: Timestamp) {
        let missing = !self.lines.iter().any(|line| line.subject == subject);
        if missing && !nos.is_empty() {
            let (waiting, since, next_at) = (nos.to_vec(), now, now);
            self.lines.push(Line { subject, waiting, attempts: 0, since, next_at, refused: false });
        }
    }

    /// The endpoint is there again, by somebody's word: what waits is tried anew.
    pub fn begins_anew(&mut self, now: Timestamp) {
        (self.failures, self.found_away, self.rests_until) = (0, 0, None);
        for line in &mut self.lines {
            (line.attempts, line.since, line.next_at) = (0, now, now);
        }
    }

    /// The first of a line is done with.
    fn leaves(&mut self, subject: Uuid, no: u64, now: Timestamp) {
        let Some(at) = self.lines.iter().position(|line| line.subject == subject) else { return };
        let line = &mut self.lines[at];
        if line.waiting.first() != Some(&no) {
            return;
        }
        line.waiting.remove(0);
        (line.attempts, line.since, line.next_at, line.refused) = (0, now, now, false);
        if line.waiting.is_empty() {
            self.lines.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests;
