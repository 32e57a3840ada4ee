//! Which updates were taken in. Telegram repeats what it is not sure of, and a NO said once must not meet the next offer.
//!
//! The latest are remembered by their numbers, which neither come in order nor without gaps; they are written behind, so
//! that a restart knows those that Telegram has not heard of yet.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use baton_actors::committer::{Committer, Pending};
use baton_actors::records::Inbox;
use baton_actors::store::keys::Key;
use baton_actors::store::{StepWrites, Store, StoreError, Write, codec};
use baton_core::ids::TenantId;
use parking_lot::Mutex;

/// So many are remembered: far more than Telegram has under way at once.
const KEPT: usize = 512;

/// The latest updates.
#[derive(Clone, Default)]
pub struct Taken(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    latest: VecDeque<i64>,
    known: HashSet<i64>,
    under_way: HashSet<i64>,
    writing: bool,
    unwritten: bool,
}

/// What is known of an update.
pub enum Known {
    /// Nothing: it is to be taken in.
    New(Taking),
    /// It is being taken in at this moment: it should come again.
    UnderWay,
    /// It was taken in.
    Repeat,
}

/// An update that is being taken in; if that ends without a word it may come again.
pub struct Taking {
    taken: Taken,
    update: i64,
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.taken.0.lock().under_way.remove(&self.update);
    }
}

fn key() -> Vec<u8> {
    Key::Inbox { tenant: TenantId::DEFAULT, account: "telegram".to_owned(), id: "updates".to_owned() }.bytes()
}

impl Taken {
    /// Those that were taken in before the last end.
    pub fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let Some(record) = store.get(&key())? else { return Ok(Self::default()) };
        // What cannot be read is listed elsewhere; a repeat is then taken for new.
        let latest = codec::open::<Inbox>(&record).map(|(_, inbox)| inbox.0).unwrap_or_default();
        let known = latest.iter().copied().collect();
        Ok(Self(Arc::new(Mutex::new(Inner { latest: latest.into(), known, ..Inner::default() }))))
    }

    /// An update has come in.
    pub fn comes(&self, update: i64) -> Known {
        let mut inner = self.0.lock();
        if inner.known.contains(&update) {
            return Known::Repeat;
        }
        if !inner.under_way.insert(update) {
            return Known::UnderWay;
        }
        Known::New(Taking { taken: self.clone(), update })
    }

    /// An update was taken in, for good.
    pub fn done(&self, taking: &Taking, committer: &Committer, epoch: u64) {
        let mut inner = self.0.lock();
        inner.latest.push_back(taking.update);
        inner.known.insert(taking.update);
        if inner.latest.len() > KEPT
            && let Some(oldest) = inner.latest.pop_front()
        {
            inner.known.remove(&oldest);
        }
        inner.unwritten = true;
        drop(inner);
        self.write(committer, epoch);
    }

    /// One write at a time, however many come in meanwhile.
    fn write(&self, committer: &Committer, epoch: u64) {
        let mut inner = self.0.lock();
        if inner.writing || !inner.unwritten {
            return;
        }
        let Ok(row) = codec::seal(&Inbox(inner.latest.iter().copied().collect()), 1, epoch) else { return };
        (inner.writing, inner.unwritten) = (true, false);
        drop(inner);
        let (taken, again) = (self.clone(), committer.clone());
        let done = Box::new(move |stored: Result<(), _>| {
            taken.0.lock().writing = false;
            if stored.is_ok() {
                taken.write(&again, epoch);
            }
        });
        let writes = vec![Write { key: key(), value: Some(row) }];
        committer.store(Pending { writes: StepWrites { check: None, writes }, facts: None, done });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::sample::House;

    fn is_new(taken: &Taken, update: i64) -> bool {
        matches!(taken.comes(update), Known::New(_))
    }

    fn take(house: &House, taken: &Taken, update: i64) {
        let Known::New(taking) = taken.comes(update) else { unreachable!("{update} is new") };
        let engine = house.door.engine.house();
        taken.done(&taking, &engine.committer, engine.epoch);
    }

    #[tokio::test]
    async fn an_update_that_failed_or_is_under_way_may_come_again() {
        let taken = Taken::default();
        let Known::New(taking) = taken.comes(7) else { unreachable!("nothing was seen yet") };
        assert!(matches!(taken.comes(7), Known::UnderWay));
        drop(taking);
        assert!(is_new(&taken, 7));
    }

    #[tokio::test]
    async fn a_restart_knows_what_was_taken_in_and_memory_is_bounded() {
        let house = House::open().await;
        let taken = Taken::default();
        for update in 0..KEPT as i64 + 10 {
            take(&house, &taken, update);
        }
        let sizes = |inner: &Inner| [inner.latest.len(), inner.known.len(), inner.under_way.len()];
        assert_eq!(sizes(&taken.0.lock()), [KEPT, KEPT, 0]);
        // Two marks: what was waiting when the first passed is written before the second does.
        let engine = house.door.engine.house();
        for _ in 0..2 {
            let (told, hears) = tokio::sync::oneshot::channel();
            engine.committer.once_passed(move || told.send(()).unwrap());
            hears.await.unwrap();
        }
        let again = Taken::read(&*engine.store).unwrap();
        assert!(matches!(again.comes(KEPT as i64 + 9), Known::Repeat));
        assert!(matches!(again.comes(10), Known::Repeat) && is_new(&again, 9), "the oldest are forgotten");
    }
}
