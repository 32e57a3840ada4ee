//! One place knows whether a job or an agent is awake: a shard, which owns its actors, wakes them on their first message and
//! puts them to sleep when they have been idle for a while.
//!
//! Everything an actor hears comes through its shard, except that its step was stored. So an actor that says how many
//! messages it has handled, and is not storing, can be put to sleep exactly if the shard has sent it no more than that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use baton_core::delivery::{Delivery, Provider};
use baton_core::ids::{AgentId, DebtId, JobId, NotificationId};
use baton_core::job::Report;
use baton_core::notification;
use baton_core::time::Timestamp;
use tokio::sync::oneshot;

use crate::agent_actor::AgentMessage;
use crate::index::Index;
use crate::job_actor::JobMessage;
use crate::notification_actor::NotificationMessage;
use crate::post::Post;

mod shard;

pub use shard::{CRASH_WINDOW, CRASHES_MAX, Shard};

/// Who is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A job.
    Job(JobId),
    /// An agent.
    Agent(AgentId),
    /// A notification.
    Notification(NotificationId),
}

/// The way to every job and agent; cheap to clone.
#[derive(Clone)]
pub struct Directory {
    shards: Arc<[Post<ShardMessage>]>,
    waiting: Arc<AtomicUsize>,
}

/// Counts a message for as long as it waits in a shard's mailbox, also where it is lost there.
pub struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Directory {
    /// A directory of these shards.
    pub fn of(shards: Vec<Post<ShardMessage>>) -> Self {
        Self { shards: shards.into(), waiting: Arc::default() }
    }

    /// Tells a job something.
    pub fn tell_job(&self, job: JobId, message: JobMessage) {
        let shard = &self.shards[usize::from(job.partition()) % self.shards.len()];
        // A shard outlives the doors; if it is gone the node is stopping, and the asker hears that the way is closed.
        shard.cast(ShardMessage::Job(job, message, self.count()));
    }

    /// Tells an agent's actor something.
    pub fn tell_agent(&self, agent: AgentId, message: AgentMessage) {
        let shard = &self.shards[usize::from(agent.partition()) % self.shards.len()];
        shard.cast(ShardMessage::Agent(agent, message, self.count()));
    }

    /// Tells a notification's actor something.
    pub fn tell_notification(&self, id: NotificationId, message: NotificationMessage) {
        let shard = &self.shards[usize::from(id.partition()) % self.shards.len()];
        shard.cast(ShardMessage::Notification(id, message, self.count()));
    }

    /// Tells whoever owes a message what became of it.
    pub fn report_delivery(&self, debt: DebtId, delivery: Delivery, provider: Option<Provider>) {
        match debt {
            DebtId::Job(effect) => self.report(effect.job, Report::Delivery { effect: effect.no, delivery }),
            DebtId::Notification(id, no) => {
                let report = notification::Report::Delivery { no, delivery, provider };
                self.tell_notification(id, NotificationMessage::Tell(report));
            }
        }
    }

    fn count(&self) -> Waiting {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(Arc::clone(&self.waiting))
    }

    /// How many messages wait for the shards.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Tells a job what the world tells.
    pub fn report(&self, job: JobId, report: Report) {
        self.tell_job(job, JobMessage::Tell(report));
    }

    /// The parked jobs.
    pub async fn quarantined(&self) -> Vec<Parked> {
        let mut all = Vec::new();
        for shard in &*self.shards {
            let (told, hears) = oneshot::channel();
            shard.cast(ShardMessage::Parked(told));
            all.extend(hears.await.unwrap_or_default());
        }
        all
    }

    /// Gives a parked job another chance.
    pub fn release(&self, job: JobId) {
        let shard = &self.shards[usize::from(job.partition()) % self.shards.len()];
        shard.cast(ShardMessage::Release(job));
    }

    /// How many actors are awake.
    pub async fn awake(&self) -> usize {
        let mut all = 0;
        for shard in &*self.shards {
            let (told, hears) = oneshot::channel();
            shard.cast(ShardMessage::Awake(told));
            all += hears.await.unwrap_or_default();
        }
        all
    }

    /// A shard has come back after a fall. What its jobs owe may have lost its way to the outbox.
    pub(crate) fn recover(&self, shard: usize, index: &Index) {
        for job in index.owing() {
            if usize::from(job.partition()) % self.shards.len() == shard {
                self.tell_job(job, JobMessage::Recover);
            }
        }
        for id in index.notifications.owing() {
            if usize::from(id.partition()) % self.shards.len() == shard {
                self.tell_notification(id, NotificationMessage::Recover);
            }
        }
    }

    pub(crate) fn sweep(&self) {
        for shard in &*self.shards {
            shard.cast(ShardMessage::Sweep);
        }
    }
}

/// A job in quarantine.
#[derive(Clone, Debug)]
pub struct Parked {
    /// Which job.
    pub job: JobId,
    /// Since when.
    pub at: Timestamp,
    /// What it fell over last.
    pub reason: String,
}

/// What a shard is told.
pub enum ShardMessage {
    /// For a job.
    Job(JobId, JobMessage, Waiting),
    /// For an agent's actor.
    Agent(AgentId, AgentMessage, Waiting),
    /// For a notification's actor.
    Notification(NotificationId, NotificationMessage, Waiting),
    /// An actor has nothing to do, after so many messages.
    Idle {
        /// Who.
        who: Key,
        /// How many messages of the shard it has handled.
        handled: u64,
        /// Whether nobody is expected to write to it soon.
        rests: bool,
    },
    /// An agent's actor keeps room for a claim: if it is still there then, it is rung.
    RingAgent {
        /// Who.
        agent: AgentId,
        /// When.
        at: Timestamp,
    },
    /// Put to sleep who has been idle for long enough; ring whose time has come; wake who has rested after a crash.
    Sweep,
    /// What a fallen actor handed over before it fell is no longer on its way to the disk.
    Passed(Key),
    /// Which jobs are parked?
    Parked(oneshot::Sender<Vec<Parked>>),
    /// Give a parked job another chance.
    Release(JobId),
    /// How many are awake?
    Awake(oneshot::Sender<usize>),
}
