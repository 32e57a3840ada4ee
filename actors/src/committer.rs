//! Group commit: the disk is fastest when shared, so steps that arrive while it is busy go together in one flush.
//!
//! A thread of its own, because storing blocks. After the flush: first the index learns of the group, then those who
//! decided the steps. A failed flush is never retried and never believed: from then on everything is refused, the node
//! reports not ready, and the restart is the recovery.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use metrics::{counter, histogram};
use tokio::sync::mpsc;

use crate::clock::Stopwatch;
use crate::gauges;
use crate::index::{Facts, Index};
use crate::store::{GROUP_MAX, StepWrites, Store, Verdict};

/// A step on its way to the disk.
pub struct Pending {
    /// Its rows.
    pub writes: StepWrites,
    /// What the index learns once it is stored.
    pub facts: Option<Box<Facts>>,
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
pub struct Committer {
    queue: mpsc::UnboundedSender<Pending>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    waiting: AtomicUsize,
    failed: AtomicBool,
}

impl Committer {
    /// Starts the thread. It ends when every handle is gone and the queue is empty.
    pub fn start(store: Arc<dyn Store>, index: Arc<Index>) -> std::io::Result<(Self, Ended)> {
        #[expect(
            clippy::disallowed_methods,
            reason = "bounded by its senders, see `store`; an actor must never wait for room"
        )]
        let (queue, pending) = mpsc::unbounded_channel();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || run(pending, &*store, &index, &shared))?;
        Ok((Self { queue, state }, Ended(thread)))
    }

    /// Hands a step over. The queue is bounded by its senders: an actor has at most one step on its way, and the door
    /// admits no more than it can wait for.
    pub fn store(&self, pending: Pending) {
        self.state.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err(mpsc::error::SendError(pending)) = self.queue.send(pending) {
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
        self.store(Pending { writes, facts: None, done });
        hears.await.unwrap_or(Err(NotStored::Unknown))
    }

    /// Rings once nothing that was handed over before is on its way any more, stored or not.
    pub fn once_passed(&self, ring: impl FnOnce() + Send + 'static) {
        let done = Box::new(|_| ring());
        self.store(Pending { writes: StepWrites::default(), facts: None, done });
    }

    /// How many steps wait.
    pub fn depth(&self) -> usize {
        self.state.waiting.load(Ordering::Relaxed)
    }

    /// Whether the store has failed; it stays so.
    pub fn has_failed(&self) -> bool {
        self.state.failed.load(Ordering::Relaxed)
    }
}

/// Waits for the thread's end.
pub struct Ended(std::thread::JoinHandle<()>);

impl Ended {
    /// Blocks until everything handed over is stored and the thread has ended. False if it fell.
    pub fn wait(self) -> bool {
        self.0.join().is_ok()
    }
}

fn run(mut queue: mpsc::UnboundedReceiver<Pending>, store: &dyn Store, index: &Index, state: &State) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while let Some(first) = queue.blocking_recv() {
        group.push(first);
        while group.len() < GROUP_MAX
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        state.waiting.fetch_sub(group.len(), Ordering::Relaxed);
        commit(&mut group, store, index, state);
    }
}

fn commit(group: &mut Vec<Pending>, store: &dyn Store, index: &Index, state: &State) {
    let writes: Vec<StepWrites> = group.iter_mut().map(|pending| std::mem::take(&mut pending.writes)).collect();
    let took = Stopwatch::start();
    let result = if state.failed.load(Ordering::Relaxed) { None } else { Some(store.commit(&writes)) };
    histogram!(gauges::COMMIT_SECONDS).record(took.elapsed().as_secs_f64());
    histogram!(gauges::COMMIT_GROUP_SIZE).record(group.len() as f64);
    let verdicts = match result {
        Some(Ok(verdicts)) => verdicts,
        Some(Err(error)) => {
            tracing::error!(%error, "the store failed; nothing is stored from here on, restart to recover");
            state.failed.store(true, Ordering::Relaxed);
            Vec::new()
        }
        None => Vec::new(),
    };
    let stored = |at: usize| verdicts.get(at) == Some(&Verdict::Stored);
    let facts =
        group.iter().enumerate().filter(|(at, _)| stored(*at)).filter_map(|(_, pending)| pending.facts.as_deref());
    index.apply_all(facts);
    // Whether stored or not: what counts from now on is what the index knows.
    let jobs = group.iter().filter_map(|pending| pending.facts.as_deref()).map(|facts| &facts.id);
    index.on_the_way.passed(jobs);
    for (at, pending) in group.drain(..).enumerate() {
        let (word, result) = match verdicts.get(at) {
            Some(Verdict::Stored) => ("stored", Ok(())),
            Some(Verdict::Conflict) => ("conflict", Err(NotStored::Conflict)),
            Some(Verdict::Refused) => ("refused", Err(NotStored::TooLarge)),
            None => ("unknown", Err(NotStored::Unknown)),
        };
        // What has no rows is only a mark in the queue.
        if !writes[at].writes.is_empty() {
            counter!(gauges::COMMITS, "verdict" => word).increment(1);
        }
        (pending.done)(result);
    }
}
