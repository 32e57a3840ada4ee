//! Group commit: the disk is fastest when shared, so steps that arrive while it is busy go together in one flush.
//!
//! Threads of its own, because storing blocks; two, so that one group is written while the one before it is synced.
//! After the sync: first the index learns of the group, then those who decided the steps, group after group in the
//! order in which they were taken. A failed write or sync is never retried and never believed: from then on everything
//! is refused, the node reports not ready, and the restart is the recovery.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use baton_core::ids::TenantId;
use metrics::{counter, histogram};
use parking_lot::Mutex;

use crate::admission::Admission;
use crate::clock::Stopwatch;
use crate::event_log::Unnumbered;
use crate::gauges;
use crate::index::{Index, Learns};
use crate::store::{GROUP_MAX, StepWrites, Store, StoreError, Verdict};

mod gathering;

use gathering::Gathering;

/// One writes while the other syncs.
const THREADS: usize = 2;

/// A step on its way to the disk.
pub struct Pending {
    /// Its rows.
    pub writes: StepWrites,
    /// What the index learns once it is stored.
    pub facts: Option<Learns>,
    /// What it adds to the event log.
    pub events: Option<Box<Unnumbered>>,
    /// Told afterwards.
    pub done: Box<dyn FnOnce(Result<(), NotStored>) + Send>,
}

/// Why a step is not on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotStored {
    /// It was decided on another version: reload and decide again.
    #[error("the record has changed meanwhile")]
    Conflict,
    /// A row is too large.
    #[error("the record is too large")]
    TooLarge,
    /// Nobody can tell whether it was stored: forget and reload.
    #[error("the store failed; whether this was stored is unknown")]
    Unknown,
}

/// The way to the committer; cheap to clone.
#[derive(Clone)]
pub struct Committer(Arc<Sender>);

/// The committer's threads end when the last of these is gone.
struct Sender {
    queue: Arc<Gathering>,
    failed: Arc<AtomicBool>,
    unsynced: Arc<AtomicUsize>,
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Committer {
    /// Starts the threads. They end when every handle is gone and the queue is empty.
    pub fn start(store: Arc<dyn Store>, index: Arc<Index>, admission: Admission) -> std::io::Result<(Self, Ended)> {
        let queue = Arc::new(Gathering::default());
        let failed = Arc::new(AtomicBool::new(false));
        let unsynced = Arc::new(AtomicUsize::new(0));
        let taker = Arc::new(Taker {
            queue: Arc::clone(&queue),
            admission,
            store,
            index,
            failed: Arc::clone(&failed),
            unsynced: Arc::clone(&unsynced),
            turn: Mutex::new(()),
            order: Mutex::new(()),
        });
        let start = |_| {
            let taker = Arc::clone(&taker);
            std::thread::Builder::new().name("committer".to_owned()).spawn(move || taker.run())
        };
        let threads = (0..THREADS).map(start).collect::<Result<_, _>>()?;
        Ok((Self(Arc::new(Sender { queue, failed, unsynced })), Ended(threads)))
    }

    /// Hands a step over. The queue is bounded by its senders: an actor has at most one step on its way, and the door
    /// admits no more than it can wait for.
    pub fn store(&self, pending: Pending) {
        if let Err(pending) = self.0.queue.hand_over(pending) {
            (pending.done)(Err(NotStored::Unknown));
        }
    }

    /// Stores rows that belong to no job, and waits.
    pub async fn store_rows(&self, writes: StepWrites) -> Result<(), NotStored> {
        let (told, hears) = tokio::sync::oneshot::channel();
        // The asker may have hung up; the rows are stored all the same.
        let done = Box::new(move |result| {
            let _ = told.send(result);
        });
        self.store(Pending { writes, facts: None, events: None, done });
        hears.await.unwrap_or(Err(NotStored::Unknown))
    }

    /// Stores rows that nobody is kept waiting by: they go along with what goes to the disk next.
    pub async fn store_along(&self, writes: StepWrites) -> Result<(), NotStored> {
        let (told, hears) = tokio::sync::oneshot::channel();
        let done = Box::new(move |result| {
            let _ = told.send(result);
        });
        if let Err(pending) = self.0.queue.hand_along(Pending { writes, facts: None, events: None, done }) {
            (pending.done)(Err(NotStored::Unknown));
        }
        hears.await.unwrap_or(Err(NotStored::Unknown))
    }

    /// Rings once nothing that was handed over before is on its way any more, stored or not.
    pub fn once_passed(&self, ring: impl FnOnce() + Send + 'static) {
        let done = Box::new(|_| ring());
        self.store(Pending { writes: StepWrites::default(), facts: None, events: None, done });
    }

    /// Waits until what can be read at this moment is on disk as well, so that nobody is told what a crash then takes back.
    /// Returns at once where nothing is on its way, and where the store has failed: what is there is all there will be.
    pub async fn settled(&self) {
        if self.0.unsynced.load(Ordering::Acquire) == 0 {
            return;
        }
        let (told, hears) = tokio::sync::oneshot::channel();
        self.once_passed(move || {
            // The reader may have hung up.
            let _ = told.send(());
        });
        // The sender goes without a word only when the committer has ended.
        let _ = hears.await;
    }

    /// How many steps wait.
    pub fn depth(&self) -> usize {
        self.0.queue.len()
    }

    /// Whether the store has failed; it stays so.
    pub fn has_failed(&self) -> bool {
        self.0.failed.load(Ordering::Relaxed)
    }
}

/// Waits for the threads' end.
pub struct Ended(Vec<std::thread::JoinHandle<()>>);

impl Ended {
    /// Blocks until everything handed over is stored and the threads have ended. False if one fell.
    pub fn wait(self) -> bool {
        let ended: Vec<bool> = self.0.into_iter().map(|thread| thread.join().is_ok()).collect();
        ended.into_iter().all(|well| well)
    }
}

/// What the threads share.
struct Taker {
    queue: Arc<Gathering>,
    admission: Admission,
    store: Arc<dyn Store>,
    index: Arc<Index>,
    failed: Arc<AtomicBool>,
    /// Groups that can be read already and are not synced yet.
    unsynced: Arc<AtomicUsize>,
    /// Held while a group is taken and written.
    turn: Mutex<()>,
    /// Held while a group is synced and told of. Taken before `turn` is let go: groups end in the order they began.
    order: Mutex<()>,
}

impl Drop for Taker {
    /// If the threads fell, those who wait are told.
    fn drop(&mut self) {
        for pending in self.queue.desert() {
            (pending.done)(Err(NotStored::Unknown));
        }
    }
}

impl Taker {
    fn run(&self) {
        let _fall = Fall(&self.failed);
        let mut group = Vec::with_capacity(GROUP_MAX);
        loop {
            let turn = self.turn.lock();
            if !self.queue.take(&mut group, || self.admission.under_way()) {
                return;
            }
            let took = Stopwatch::start();
            let mut writes: Vec<StepWrites> =
                group.iter_mut().map(|pending| std::mem::take(&mut pending.writes)).collect();
            let events = group.iter_mut().map(|pending| pending.events.take());
            let told = self.believe(|| self.number(events, &mut writes));
            self.unsynced.fetch_add(1, Ordering::AcqRel);
            let written = told.as_ref().and_then(|_| self.believe(|| self.store.write(&writes)));
            let _order = self.order.lock();
            drop(turn);
            let verdicts = self.sync(written);
            self.unsynced.fetch_sub(1, Ordering::AcqRel);
            histogram!(gauges::COMMIT_SECONDS).record(took.elapsed().as_secs_f64());
            histogram!(gauges::COMMIT_GROUP_SIZE).record(group.len() as f64);
            if !verdicts.is_empty() {
                self.index.events.stored(&told.unwrap_or_default());
            }
            self.tell(&mut group, &writes, &verdicts);
        }
    }

    /// Gives the events of a group their numbers; hears up to which, for each tenant.
    fn number(
        &self,
        events: impl Iterator<Item = Option<Box<Unnumbered>>>,
        writes: &mut [StepWrites],
    ) -> Result<BTreeMap<TenantId, u64>, StoreError> {
        let mut up_to = BTreeMap::new();
        for (events, writes) in events.zip(writes).filter_map(|(events, writes)| Some((events?, writes))) {
            let (tenant, last) = self.index.events.number(&*self.store, *events, writes)?;
            up_to.insert(tenant, last);
        }
        Ok(up_to)
    }

    /// The verdicts, once what they say is on disk; none if that is unknown.
    fn sync(&self, written: Option<Vec<Verdict>>) -> Vec<Verdict> {
        let Some(verdicts) = written else { return Vec::new() };
        if verdicts.contains(&Verdict::Stored) && self.believe(|| self.store.sync()).is_none() {
            return Vec::new();
        }
        verdicts
    }

    /// Asks the store, unless it has failed before.
    fn believe<T>(&self, ask: impl FnOnce() -> Result<T, StoreError>) -> Option<T> {
        if self.failed.load(Ordering::Relaxed) {
            return None;
        }
        ask()
            .inspect_err(|error| {
                tracing::error!(%error, "the store failed; nothing is stored from here on, restart to recover");
                self.failed.store(true, Ordering::Relaxed);
            })
            .ok()
    }

    fn tell(&self, group: &mut Vec<Pending>, writes: &[StepWrites], verdicts: &[Verdict]) {
        let stored = |at: usize| verdicts.get(at) == Some(&Verdict::Stored);
        let learnt = group.iter().enumerate().filter(|(at, _)| stored(*at));
        let learnt = learnt.filter_map(|(_, pending)| pending.facts.as_ref());
        self.index.apply_all(learnt.clone().filter_map(Learns::job));
        self.index.notifications.apply_all(learnt.filter_map(Learns::notification));
        // Whether stored or not: what counts from now on is what the index knows.
        let jobs = group.iter().filter_map(|pending| pending.facts.as_ref()?.job()).map(|facts| &facts.id);
        self.index.on_the_way.passed(jobs);
        let mut counts = [("stored", 0), ("conflict", 0), ("refused", 0), ("unknown", 0)];
        for (at, pending) in group.drain(..).enumerate() {
            let (word, result) = match verdicts.get(at) {
                Some(Verdict::Stored) => (0, Ok(())),
                Some(Verdict::Conflict) => (1, Err(NotStored::Conflict)),
                Some(Verdict::Refused) => (2, Err(NotStored::TooLarge)),
                None => (3, Err(NotStored::Unknown)),
            };
            // What has no rows is only a mark in the queue.
            counts[word].1 += u64::from(!writes[at].writes.is_empty());
            (pending.done)(result);
        }
        for (word, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            counter!(gauges::COMMITS, "verdict" => word).increment(count);
        }
    }
}

/// Notes that a thread fell: what it had in hand is unknown.
struct Fall<'a>(&'a AtomicBool);

impl Drop for Fall<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}
