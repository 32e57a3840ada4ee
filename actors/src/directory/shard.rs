//! A shard: wakes jobs and agents, sends them to sleep, lets who fell rest and come back, and parks who falls too often.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use baton_core::ids::{AgentId, JobId};
use baton_core::job::Report;
use baton_core::time::Timestamp;
use metrics::{counter, gauge};
use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::{Key, Parked, ShardMessage};
use crate::agent_actor::{AgentActor, AgentMessage};
use crate::error::Failure;
use crate::gauges;
use crate::house::House;
use crate::job_actor::{JobActor, JobMessage};
use crate::notification_actor::{NotificationActor, NotificationMessage};

/// A job that crashes so often in [`CRASH_WINDOW`] is parked.
pub const CRASHES_MAX: usize = 5;

/// Older crashes are forgotten.
pub const CRASH_WINDOW: Duration = Duration::from_secs(600);
enum Message {
    Job(JobMessage),
    Agent(AgentMessage),
    Notification(NotificationMessage),
}

enum Handle {
    Job(ActorRef<JobMessage>),
    Agent(ActorRef<AgentMessage>),
    Notification(ActorRef<NotificationMessage>),
}

/// One of a few supervisors of jobs and agents.
pub struct Shard {
    house: Arc<House>,
    /// Whether it has come back after a fall: then claims of its agents may be under way.
    again: bool,
}

/// A shard's state.
#[derive(Default)]
pub struct ShardState {
    entries: HashMap<Key, Entry>,
    by_cell: HashMap<ActorId, Key>,
    idle: VecDeque<(Timestamp, Key, u64)>,
    /// At most one an agent that keeps room.
    rings: BTreeSet<(Timestamp, AgentId)>,
    crashes: HashMap<Key, Crashes>,
    parked: HashMap<JobId, Parked>,
    /// How many jobs, agents and notifications the gauge of those awake knows of.
    told: [usize; 3],
}

struct Entry {
    handle: Handle,
    sent: u64,
    /// While it falls asleep, what arrives waits here and wakes it again.
    leaving: Option<VecDeque<Message>>,
}

#[derive(Default)]
struct Crashes {
    at: Vec<Timestamp>,
    rests_until: Option<Timestamp>,
    /// Its last step may still be on its way to the disk: what is read before that is not what was decided last.
    step_on_its_way: bool,
    waiting: VecDeque<Message>,
}

impl Crashes {
    fn has_rested(&self, now: Timestamp) -> bool {
        !self.step_on_its_way && self.rests_until.is_some_and(|until| until <= now)
    }
}

impl Shard {
    /// A shard of a house; `again`: after a fall.
    pub fn new(house: Arc<House>, again: bool) -> Self {
        Self { house, again }
    }
}

impl Actor for Shard {
    type Msg = ShardMessage;
    type State = ShardState;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<ShardMessage>, (): ()) -> Result<ShardState, ActorProcessingErr> {
        Ok(ShardState::default())
    }

    async fn handle(
        &self,
        me: ActorRef<ShardMessage>,
        message: ShardMessage,
        state: &mut ShardState,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            ShardMessage::Job(job, message, waiting) => {
                drop(waiting);
                self.deliver(&me, state, Key::Job(job), Message::Job(message)).await;
            }
            ShardMessage::Agent(agent, message, waiting) => {
                drop(waiting);
                self.deliver(&me, state, Key::Agent(agent), Message::Agent(message)).await;
            }
            ShardMessage::Notification(id, message, waiting) => {
                drop(waiting);
                self.deliver(&me, state, Key::Notification(id), Message::Notification(message)).await;
            }
            ShardMessage::Idle { who, handled, rests: true } => put_to_sleep(state, who, handled),
            ShardMessage::Idle { who, handled, rests: false } => self.idle(state, who, handled),
            ShardMessage::RingAgent { agent, at } => drop(state.rings.insert((at, agent))),
            ShardMessage::Sweep => self.sweep(&me, state).await,
            ShardMessage::Passed(who) => {
                if let Some(crashes) = state.crashes.get_mut(&who) {
                    crashes.step_on_its_way = false;
                }
                self.sweep(&me, state).await;
            }
            ShardMessage::Parked(reply) => {
                // Whoever asked may have hung up.
                let _ = reply.send(state.parked.values().cloned().collect());
            }
            ShardMessage::Release(job) => self.release(&me, state, job),
            ShardMessage::Awake(reply) => {
                let _ = reply.send(state.entries.len());
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        me: ActorRef<ShardMessage>,
        event: SupervisionEvent,
        state: &mut ShardState,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorTerminated(cell, _, _) => self.gone(&me, state, &cell).await,
            SupervisionEvent::ActorFailed(cell, error) => self.fell(&me, state, &cell, &error.to_string()),
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}

impl Shard {
    async fn deliver(&self, me: &ActorRef<ShardMessage>, state: &mut ShardState, who: Key, message: Message) {
        if let Key::Job(job) = who
            && state.parked.contains_key(&job)
        {
            return self.turn_away(message);
        }
        if let Some(crashes) = state.crashes.get_mut(&who)
            && crashes.rests_until.is_some()
        {
            if crashes.waiting.len() < self.house.limits.waiting_max {
                crashes.waiting.push_back(message);
            }
            return;
        }
        match state.entries.get_mut(&who) {
            Some(Entry { leaving: Some(queue), .. }) => queue.push_back(message),
            Some(entry) => send(entry, message),
            // Boxed: starting an actor is a large future, which every message would otherwise carry.
            None => Box::pin(self.wake(me, state, who, message)).await,
        }
    }

    async fn wake(&self, me: &ActorRef<ShardMessage>, state: &mut ShardState, who: Key, first: Message) {
        let handle = match who {
            Key::Job(job) => {
                let actor = JobActor::new(Arc::clone(&self.house), me.clone());
                Actor::spawn_linked(None, actor, job, me.get_cell())
                    .await
                    .map(|(actor, _)| (actor.get_id(), Handle::Job(actor)))
            }
            Key::Agent(agent) => {
                let actor = AgentActor::new(Arc::clone(&self.house), me.clone());
                Actor::spawn_linked(None, actor, agent, me.get_cell())
                    .await
                    .map(|(actor, _)| (actor.get_id(), Handle::Agent(actor)))
            }
            Key::Notification(id) => {
                let actor = NotificationActor::new(Arc::clone(&self.house), me.clone());
                Actor::spawn_linked(None, actor, id, me.get_cell())
                    .await
                    .map(|(actor, _)| (actor.get_id(), Handle::Notification(actor)))
            }
        };
        match handle {
            Ok((id, handle)) => {
                let mut entry = Entry { handle, sent: 0, leaving: None };
                if let (Key::Agent(_), true) = (who, self.again) {
                    send(&mut entry, Message::Agent(AgentMessage::Recover));
                }
                send(&mut entry, first);
                state.by_cell.insert(id, who);
                state.entries.insert(who, entry);
            }
            // Starting touches neither disk nor network; what cannot start is out of memory. The asker hears that it fell.
            Err(error) => tracing::error!(%error, "an actor could not be started"),
        }
    }

    fn idle(&self, state: &mut ShardState, who: Key, handled: u64) {
        let limit = self.house.limits.awake_max / self.house.limits.shards.max(1);
        let at = self.house.clock.now() + self.house.limits.idle_after;
        state.idle.push_back((at, who, handled));
        // Past the bound the longest idle sleep at once.
        while state.entries.len() > limit
            && let Some((_, who, handled)) = state.idle.pop_front()
        {
            put_to_sleep(state, who, handled);
        }
    }

    /// Adds what has changed since the last time: the gauge is the sum over all shards.
    fn tell_awake(state: &mut ShardState) {
        let awake = |kind: &str| state.entries.keys().filter(|who| self::kind(**who) == kind).count();
        let now = ["job", "agent", "notification"].map(awake);
        for ((kind, now), told) in ["job", "agent", "notification"].into_iter().zip(now).zip(&mut state.told) {
            gauge!(gauges::ACTORS_AWAKE, "kind" => kind).increment(now as f64 - *told as f64);
            *told = now;
        }
    }

    async fn sweep(&self, me: &ActorRef<ShardMessage>, state: &mut ShardState) {
        let now = self.house.clock.now();
        while let Some((_, who, handled)) = state.idle.pop_front_if(|(at, _, _)| *at <= now) {
            put_to_sleep(state, who, handled);
        }
        while let Some((_, agent)) = pop_due(&mut state.rings, now) {
            // Only who has fallen since is not awake; it looks when it comes back.
            if let Some(entry) = state.entries.get_mut(&Key::Agent(agent)) {
                send(entry, Message::Agent(AgentMessage::Ring));
            }
        }
        Self::tell_awake(state);
        state.crashes.retain(|_, crashes| {
            crashes.rests_until.is_some() || crashes.at.last().is_some_and(|at| now.since(*at) < CRASH_WINDOW)
        });
        let rested: Vec<Key> =
            state.crashes.iter().filter(|(_, crashes)| crashes.has_rested(now)).map(|(who, _)| *who).collect();
        for who in rested {
            let Some(crashes) = state.crashes.get_mut(&who) else { continue };
            crashes.rests_until = None;
            let (waiting, count) = (std::mem::take(&mut crashes.waiting), crashes.at.len());
            let recover = match who {
                Key::Job(_) => Message::Job(JobMessage::Recover),
                // Whose book cannot be read would only fall again.
                Key::Agent(_) | Key::Notification(_) if count >= CRASHES_MAX && waiting.is_empty() => continue,
                Key::Notification(_) => Message::Notification(NotificationMessage::Recover),
                Key::Agent(_) => Message::Agent(AgentMessage::Recover),
            };
            self.deliver(me, state, who, recover).await;
            for message in waiting {
                self.deliver(me, state, who, message).await;
            }
        }
    }

    /// An actor has gone to sleep; what arrived meanwhile wakes it again.
    async fn gone(&self, me: &ActorRef<ShardMessage>, state: &mut ShardState, cell: &ActorCell) {
        let Some(who) = state.by_cell.remove(&cell.get_id()) else { return };
        let Some(entry) = state.entries.remove(&who) else { return };
        counter!(gauges::ACTORS_SLEPT, "kind" => kind(who)).increment(1);
        for message in entry.leaving.into_iter().flatten() {
            self.deliver(me, state, who, message).await;
        }
    }

    /// An actor has fallen: it rests, then comes back from its record; if it falls too often it is parked.
    fn fell(&self, me: &ActorRef<ShardMessage>, state: &mut ShardState, cell: &ActorCell, reason: &str) {
        let Some(who) = state.by_cell.remove(&cell.get_id()) else { return };
        let entry = state.entries.remove(&who);
        let now = self.house.clock.now();
        counter!(gauges::ACTOR_RESTARTS, "kind" => kind(who)).increment(1);
        let crashes = state.crashes.entry(who).or_default();
        crashes.at.retain(|at| now.since(*at) < CRASH_WINDOW);
        crashes.at.push(now);
        let count = crashes.at.len();
        if let Some(leaving) = entry.and_then(|entry| entry.leaving) {
            crashes.waiting.extend(leaving);
        }
        tracing::error!(who = ?who, count, reason, "an actor fell; it comes back from its record");
        match who {
            Key::Job(job) if count >= CRASHES_MAX => {
                let waiting = state.crashes.remove(&who).map(|crashes| crashes.waiting).unwrap_or_default();
                for message in waiting {
                    self.turn_away(message);
                }
                self.park(state, job, now, reason);
            }
            Key::Job(_) | Key::Agent(_) | Key::Notification(_) => {
                // 1 s, 2 s, 4 s, at most a minute.
                let rest = Duration::from_secs(1 << (count - 1).min(6)).min(Duration::from_secs(60));
                crashes.rests_until = Some(now + rest);
                self.let_its_step_pass(me, crashes, who);
            }
        }
    }

    /// The fallen actor is gone, so whatever it handed over stands in the committer's queue before this mark.
    fn let_its_step_pass(&self, me: &ActorRef<ShardMessage>, crashes: &mut Crashes, who: Key) {
        crashes.step_on_its_way = true;
        let me = me.clone();
        // If the shard is gone, so are those who rest in it.
        self.house.committer.once_passed(move || drop(me.cast(ShardMessage::Passed(who))));
    }

    fn park(&self, state: &mut ShardState, job: JobId, now: Timestamp, reason: &str) {
        tracing::error!(job.id = %job, reason, "job {job} is in quarantine");
        state.parked.insert(job, Parked { job, at: now, reason: reason.to_owned() });
        self.house.index.forget(&job);
        gauge!(gauges::QUARANTINED, "kind" => "job").increment(1.0);
        self.house.outbox.tell_desk_of_quarantine(job);
    }

    fn release(&self, me: &ActorRef<ShardMessage>, state: &mut ShardState, job: JobId) {
        if state.parked.remove(&job).is_some() {
            gauge!(gauges::QUARANTINED, "kind" => "job").decrement(1.0);
            let who = Key::Job(job);
            let crashes = state.crashes.entry(who).or_default();
            crashes.rests_until = Some(self.house.clock.now());
            crashes.waiting.push_back(Message::Job(JobMessage::Tell(Report::Ring)));
            self.let_its_step_pass(me, crashes, who);
        }
    }

    fn turn_away(&self, message: Message) {
        match message {
            Message::Job(
                JobMessage::Create { reply, .. } | JobMessage::Ask { reply, .. } | JobMessage::Hear { reply, .. },
            ) => {
                reply.send(&self.house, Err(Failure::Quarantined));
            }
            Message::Job(
                JobMessage::Tell(_) | JobMessage::AskVerdict { .. } | JobMessage::Recover | JobMessage::Stored(_),
            )
            | Message::Agent(_)
            | Message::Notification(_) => {}
        }
    }
}

fn pop_due(rings: &mut BTreeSet<(Timestamp, AgentId)>, now: Timestamp) -> Option<(Timestamp, AgentId)> {
    rings.first().is_some_and(|(at, _)| *at <= now).then(|| rings.pop_first()).flatten()
}

fn kind(who: Key) -> &'static str {
    match who {
        Key::Job(_) => "job",
        Key::Agent(_) => "agent",
        Key::Notification(_) => "notification",
    }
}

fn send(entry: &mut Entry, message: Message) {
    entry.sent += 1;
    // If it has just fallen, the message goes with it, as one that was in its mailbox does: the asker hears that it fell.
    match (&entry.handle, message) {
        (Handle::Job(actor), Message::Job(message)) => drop(actor.cast(message)),
        (Handle::Agent(actor), Message::Agent(message)) => drop(actor.cast(message)),
        (Handle::Notification(actor), Message::Notification(message)) => drop(actor.cast(message)),
        (Handle::Job(_) | Handle::Agent(_) | Handle::Notification(_), _other) => {}
    }
}

fn put_to_sleep(state: &mut ShardState, who: Key, handled: u64) {
    let Some(entry) = state.entries.get_mut(&who) else { return };
    if entry.leaving.is_some() || entry.sent != handled {
        return;
    }
    let drained = match &entry.handle {
        Handle::Job(actor) => actor.drain(),
        Handle::Agent(actor) => actor.drain(),
        Handle::Notification(actor) => actor.drain(),
    };
    if drained.is_ok() {
        entry.leaving = Some(VecDeque::new());
    }
}
