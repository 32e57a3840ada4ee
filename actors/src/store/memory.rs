//! A store in memory that can be told to be slow, to fail, and to lie: for tests and the simulation.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, RwLock};

use super::group::Gathered;
use super::{StepWrites, Store, StoreError, Verdict, Visitor};

/// Keeps rows in a tree. Nothing survives it, but it stands still for faults as a disk would.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: RwLock<BTreeMap<Vec<u8>, Vec<u8>>>,
    weather: Mutex<Weather>,
    cleared: Condvar,
    tally: Mutex<Tally>,
}

/// What happens to a commit instead of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is stored, and the answer is an error.
    Fail,
    /// Everything is stored, and the answer is an error all the same.
    Unknown,
    /// The first steps of the group are stored, the others are not, and the answer is an error.
    Torn(usize),
}

/// What was asked of the store so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Groups, with those that failed.
    pub groups: u64,
    /// Steps stored.
    pub steps: u64,
    /// Rows stored or deleted, each write of a step counted.
    pub rows: u64,
}

#[derive(Debug, Default)]
struct Weather {
    faults: VecDeque<Fault>,
    slowness: Duration,
    held: bool,
    unsynced: bool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the next commits, one each, meet these faults; commits are whole again after the last.
    pub fn inject(&self, faults: impl IntoIterator<Item = Fault>) {
        self.weather.lock().faults.extend(faults);
    }

    /// Lets the next `n` commits fail.
    pub fn fail_next(&self, n: usize) {
        self.inject(std::iter::repeat_n(Fault::Fail, n));
    }

    /// Makes every commit take this long.
    pub fn slow_down(&self, by: Duration) {
        self.weather.lock().slowness = by;
    }

    /// Holds every commit before it does anything, until [`MemoryStore::resume`].
    pub fn hold(&self) {
        self.weather.lock().held = true;
    }

    /// Holds every sync of what can be read already, until [`MemoryStore::resume`].
    pub fn hold_syncs(&self) {
        self.weather.lock().unsynced = true;
    }

    /// Lets held commits go on.
    pub fn resume(&self) {
        let mut weather = self.weather.lock();
        (weather.held, weather.unsynced) = (false, false);
        drop(weather);
        self.cleared.notify_all();
    }

    /// Flips a bit of a stored record; false where there is none.
    pub fn damage(&self, key: &[u8]) -> bool {
        let mut rows = self.rows.write();
        let last = rows.get_mut(key).and_then(|record| record.last_mut());
        last.is_some_and(|byte| {
            *byte ^= 1;
            true
        })
    }

    /// What was asked of the store so far.
    pub fn tally(&self) -> Tally {
        *self.tally.lock()
    }

    /// Another store with the same rows: what a restart would find.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self { rows: RwLock::new(self.rows.read().clone()), ..Self::default() }
    }

    fn next_fault(&self) -> Option<Fault> {
        let mut weather = self.weather.lock();
        self.cleared.wait_while(&mut weather, |weather| weather.held);
        let (fault, slowness) = (weather.faults.pop_front(), weather.slowness);
        drop(weather);
        if !slowness.is_zero() {
            stand_still(slowness);
        }
        fault
    }

    fn apply(&self, group: &[StepWrites]) -> Result<Vec<Verdict>, StoreError> {
        let mut rows = self.rows.write();
        let mut gathered = Gathered::default();
        let verdicts: Vec<Verdict> =
            group.iter().map(|step| gathered.take(step, |key| Ok(rows.get(key).cloned()))).collect::<Result<_, _>>()?;
        for (key, value) in gathered.drain() {
            match value {
                Some(value) => rows.insert(key.to_vec(), value.to_vec()),
                None => rows.remove(key),
            };
        }
        let stored = group.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == Verdict::Stored);
        let mut tally = self.tally.lock();
        for (step, _) in stored {
            tally.steps += 1;
            tally.rows += step.writes.len() as u64;
        }
        Ok(verdicts)
    }
}

impl Store for MemoryStore {
    fn write(&self, group: &[StepWrites]) -> Result<Vec<Verdict>, StoreError> {
        let fault = self.next_fault();
        self.tally.lock().groups += 1;
        match fault {
            None => return self.apply(group),
            Some(Fault::Fail) => {}
            Some(Fault::Unknown) => drop(self.apply(group)?),
            Some(Fault::Torn(steps)) => drop(self.apply(&group[..steps.min(group.len())])?),
        }
        Err(StoreError::Failed("an injected fault".to_owned()))
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.cleared.wait_while(&mut self.weather.lock(), |weather| weather.unsynced);
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows.read().get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, visit: Visitor<'_>) -> Result<(), StoreError> {
        let mut from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after.to_vec()),
            Some(_) | None => Bound::Included(prefix.to_vec()),
        };
        loop {
            // A page at a time, so that a visitor may use the store.
            let page: Vec<(Vec<u8>, Vec<u8>)> = self
                .rows
                .read()
                .range((from, Bound::Unbounded))
                .take_while(|(key, _)| key.starts_with(prefix))
                .take(256)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            for (key, value) in &page {
                if visit(key, value).is_break() {
                    return Ok(());
                }
            }
            match page.into_iter().last() {
                Some((last, _)) => from = Bound::Excluded(last),
                None => return Ok(()),
            }
        }
    }

    fn last(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let rows = self.rows.read();
        let mut from = rows.range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded));
        Ok(from.by_ref().take_while(|(key, _)| key.starts_with(prefix)).last().map(|(key, _)| key.clone()))
    }

    fn size_on_disk(&self) -> Result<u64, StoreError> {
        Ok(self.rows.read().iter().map(|(key, value)| (key.len() + value.len()) as u64).sum())
    }
}

#[expect(clippy::disallowed_methods, reason = "stands in for a slow disk, on the committer's own thread")]
fn stand_still(span: Duration) {
    std::thread::sleep(span);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Write, conformance};
    use super::*;

    fn group(keys: &[&str]) -> Vec<StepWrites> {
        let step = |key: &&str| StepWrites {
            check: None,
            writes: vec![Write { key: key.as_bytes().to_vec(), value: Some(b"value".to_vec()) }],
        };
        keys.iter().map(step).collect()
    }

    #[test]
    fn it_passes_the_suite_of_every_store() {
        for case in conformance::CASES {
            eprintln!("{}", case.name);
            (case.check)(&MemoryStore::new());
        }
    }

    #[test]
    fn faults_come_one_a_commit_and_pass() {
        let store = MemoryStore::new();
        store.inject([Fault::Fail, Fault::Unknown, Fault::Torn(1)]);
        let commits = [group(&["a"]), group(&["b"]), group(&["c", "d"]), group(&["e"])];
        let answers = commits.map(|group| store.commit(&group).is_ok());
        assert_eq!(answers, [false, false, false, true]);
        let there = ["a", "b", "c", "d", "e"].map(|key| store.get(key.as_bytes()).unwrap().is_some());
        assert_eq!(there, [false, true, true, false, true]);
        assert_eq!(store.tally(), Tally { groups: 4, steps: 3, rows: 3 });
    }

    #[test]
    fn a_held_commit_waits_until_it_may_go_on() {
        let store = Arc::new(MemoryStore::new());
        store.hold();
        let (begun, begins) = std::sync::mpsc::channel();
        let committing = std::thread::spawn({
            let store = store.clone();
            move || {
                begun.send(()).unwrap();
                store.commit(&group(&["a"])).is_ok()
            }
        });
        begins.recv().unwrap();
        assert_eq!(store.get(b"a").unwrap(), None);
        store.resume();
        assert!(committing.join().unwrap());
        assert!(store.get(b"a").unwrap().is_some());
    }

    #[test]
    fn a_copy_goes_its_own_way() {
        let store = MemoryStore::new();
        store.commit(&group(&["a"])).unwrap();
        let copy = store.copy();
        copy.commit(&group(&["b"])).unwrap();
        assert!(store.damage(b"a") && !store.damage(b"b"));
        assert_eq!(copy.get(b"a").unwrap().as_deref(), Some(b"value".as_slice()));
    }
}
