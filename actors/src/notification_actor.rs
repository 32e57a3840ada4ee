//! One writer a notification: what waits for it is decided as one step, stored, and only then answered and sent.
//!
//! The same life as a job's actor, with less in it: it is idle or storing, and forgets what it is not sure of.

use std::collections::VecDeque;
use std::sync::Arc;

use baton_core::ids::{DebtId, NotificationId};
use baton_core::job::Actor as Who;
use baton_core::notification::{
    Answer, Command, Intent, NewNotification, Notification, Owed, Refusal, Report, Step, Turn, World,
};
use baton_core::time::Timestamp;
use metrics::counter;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::committer::{NotStored, Pending};
use crate::directory::{Key as Actors, ShardMessage};
use crate::error::Failure;
use crate::gauges;
use crate::house::House;
use crate::index::{Learns, NotificationFacts};
use crate::lately::Counting;
use crate::records::NotificationLine;
use crate::store::codec;
use crate::store::keys::Key;
use crate::store::{StepWrites, VersionCheck, Write};

/// What a notification's actor is told.
pub enum NotificationMessage {
    /// A new one; or, with `replace`, another in its place.
    Create {
        /// As it came in.
        new: Box<NewNotification>,
        /// Whether it may take the place of one that was made from another body.
        replace: bool,
        /// Who brings it.
        by: Who,
        /// Hears what came of it.
        reply: Reply,
    },
    /// Nothing more is to be sent.
    Cancel {
        /// Why.
        reason: Option<String>,
        /// Who says so.
        by: Who,
        /// Hears what came of it.
        reply: Reply,
    },
    /// The world tells.
    Tell(Report),
    /// The world tells, and somebody waits until it is stored.
    Hear(Report, Reply),
    /// The actor fell and has come back: what it owes goes to the outbox again.
    Recover,
    /// The step on its way was stored, or not.
    Stored(Result<(), NotStored>),
}

/// Hears what a command came to.
pub type Reply = oneshot::Sender<Result<Noted, Failure>>;

/// What a command came to: the answer, and the notification as it is stored.
#[derive(Clone)]
pub struct Noted {
    /// The answer.
    pub answer: Answer,
    /// As it is stored.
    pub notification: Arc<Notification>,
}

/// What waits to be decided.
enum Input {
    Create { new: Box<NewNotification>, replace: bool, by: Who, reply: Reply },
    Cancel { reason: Option<String>, by: Who, reply: Reply },
    Tell(Report, Option<Reply>),
}

enum Known {
    Unread,
    Absent,
    Stored { notification: Arc<Notification>, ended: bool },
}

/// The actor's state.
pub struct Life {
    id: NotificationId,
    known: Known,
    waiting: VecDeque<Input>,
    storing: Option<Storing>,
    handled: u64,
}

struct Storing {
    step: Box<Step>,
    replies: Vec<(Reply, Result<Answer, Refusal>)>,
    /// Debts that were called off for this step: owed after all if it is not stored.
    withdrawn: Vec<Owed>,
    /// For a question to a provider.
    place: Option<OwnedSemaphorePermit>,
}

/// A notification's actor.
pub struct NotificationActor {
    house: Arc<House>,
    shard: ActorRef<ShardMessage>,
}

impl NotificationActor {
    /// An actor of a shard.
    pub fn new(house: Arc<House>, shard: ActorRef<ShardMessage>) -> Self {
        Self { house, shard }
    }
}

impl Actor for NotificationActor {
    type Msg = NotificationMessage;
    type State = Life;
    type Arguments = NotificationId;

    async fn pre_start(
        &self,
        _: ActorRef<NotificationMessage>,
        id: NotificationId,
    ) -> Result<Life, ActorProcessingErr> {
        Ok(Life { id, known: Known::Unread, waiting: VecDeque::new(), storing: None, handled: 0 })
    }

    async fn handle(
        &self,
        me: ActorRef<NotificationMessage>,
        message: NotificationMessage,
        life: &mut Life,
    ) -> Result<(), ActorProcessingErr> {
        life.handled += u64::from(!matches!(message, NotificationMessage::Stored(_)));
        match message {
            NotificationMessage::Create { new, replace, by, reply } => {
                self.wait(life, Input::Create { new, replace, by, reply });
            }
            NotificationMessage::Cancel { reason, by, reply } => self.wait(life, Input::Cancel { reason, by, reply }),
            NotificationMessage::Tell(report) => life.waiting.push_back(Input::Tell(report, None)),
            NotificationMessage::Hear(report, reply) => self.wait(life, Input::Tell(report, Some(reply))),
            NotificationMessage::Recover => self.recover(life)?,
            NotificationMessage::Stored(result) => self.stored(life, result)?,
        }
        if life.storing.is_none() && !life.waiting.is_empty() {
            self.turn(&me, life)?;
        }
        if life.storing.is_none() {
            // Nobody writes to it again soon: it sleeps at once.
            let idle = ShardMessage::Idle { who: Actors::Notification(life.id), handled: life.handled, rests: true };
            // A shard outlives its actors; if it is gone, so is the node.
            let _ = self.shard.cast(idle);
        }
        Ok(())
    }
}

impl NotificationActor {
    fn wait(&self, life: &mut Life, input: Input) {
        if life.waiting.len() < self.house.limits.waiting_max {
            return life.waiting.push_back(input);
        }
        counter!(gauges::ADMISSION_REFUSED, "reason" => "notification").increment(1);
        refuse(input, &Failure::Overloaded);
    }

    fn read(&self, life: &mut Life) -> Result<(), Failure> {
        if !matches!(life.known, Known::Unread) {
            return Ok(());
        }
        let get = |key: Key| self.house.store.get(&key.bytes()).map_err(|error| Failure::unreadable(&error));
        let (record, ended) = match get(Key::LiveNotification(life.id))? {
            Some(record) => (Some(record), false),
            None => (get(Key::EndedNotification(life.id))?, true),
        };
        life.known = match record {
            None => Known::Absent,
            Some(record) => {
                let opened = codec::open::<Notification>(&record).map_err(|error| Failure::unreadable(&error))?;
                Known::Stored { notification: Arc::new(opened.1), ended }
            }
        };
        Ok(())
    }

    /// After a fall: debts that were on their way may have lost their way back.
    fn recover(&self, life: &mut Life) -> Result<(), ActorProcessingErr> {
        self.read(life)?;
        if let Known::Stored { notification, .. } = &life.known {
            for owed in &notification.owed {
                self.house.outbox.owe_again(DebtId::Notification(life.id, owed.no), owed.channel, owed.lane);
            }
        }
        Ok(())
    }

    /// Decides everything that waits, as one step.
    fn turn(&self, me: &ActorRef<NotificationMessage>, life: &mut Life) -> Result<(), ActorProcessingErr> {
        if let Err(failure) = self.read(life) {
            for input in life.waiting.drain(..) {
                refuse(input, &failure);
            }
            return Err(failure.into());
        }
        let (house, now) = (&self.house, self.house.clock.now());
        let tenant = house.tenants.view(life.id.tenant);
        let mut counting = house.lately.count(&tenant.settings);
        let inputs = std::mem::take(&mut life.waiting);
        let mut replies: Vec<(Reply, Result<Answer, Refusal>)> = Vec::new();
        let mut withdrawn = Vec::new();
        let stored = match &life.known {
            Known::Stored { notification, .. } => Some(Arc::clone(notification)),
            Known::Absent | Known::Unread => None,
        };
        // Whom it is for follows from what is stored, or from what comes in.
        let intent = stored.as_deref().map(|stored| stored.intent.clone());
        let intent = intent.or_else(|| inputs.iter().find_map(incoming).cloned());
        let Some(intent) = intent else {
            for input in inputs {
                refuse(input, &Failure::Notification(Refusal::NotFound, None));
            }
            return Ok(());
        };
        let replaced = inputs.iter().filter(|_| stored.is_some()).find_map(incoming);
        let recipient = replaced.map_or(intent.recipient, |intent| intent.recipient);
        let lately = counting.as_ref().map(|counting| counting.of(&recipient).to_vec()).unwrap_or_default();
        let agent = tenant.roster.get(&recipient);
        // A place is taken only by who may come to need it, and given back if it does not.
        let asks = stored.as_deref().is_some_and(|stored| stored.poll_at.is_some_and(|at| at <= now));
        let place = if asks { Arc::clone(&house.questions).try_acquire_owned().ok() } else { None };
        let world = World {
            agent: agent.map(AsRef::as_ref),
            settings: &tenant.settings,
            channels: house.channels_of(&tenant.settings),
            lately: &lately,
            job_is_over: self.job_is_over(&intent),
            can_be_asked: &house.can_be_asked,
            may_ask: place.is_some(),
        };
        let mut turn = stored.as_deref().map(|stored| Turn::of(stored.clone(), world, now));
        for input in inputs {
            match (input, &mut turn) {
                (Input::Create { new, by, reply, .. }, None) => {
                    turn = Some(Turn::create(*new, by, world, now));
                    replies.push((reply, Ok(Answer::Done)));
                }
                (Input::Create { new, replace, by, reply }, Some(turn)) => {
                    let same = turn.notification().fingerprint == new.fingerprint;
                    let verdict = match (same, replace) {
                        (true, _) => Ok(Answer::Already),
                        (false, false) => Err(Refusal::ReferenceConflict),
                        (false, true) => {
                            let NewNotification { intent, fingerprint, .. } = *new;
                            turn.decide(Command::Replace { intent: Box::new(intent), fingerprint }, by)
                        }
                    };
                    replies.push((reply, verdict));
                }
                (Input::Cancel { reason, by, reply }, Some(turn)) => {
                    let owed = turn.notification().owed.clone();
                    let ours =
                        |owed: &Owed| house.outbox.withdraw(owed.channel, DebtId::Notification(life.id, owed.no));
                    let called_off: Vec<Owed> = owed.into_iter().filter(ours).collect();
                    let nos = called_off.iter().map(|owed| owed.no).collect();
                    let verdict = turn.decide(Command::Cancel { reason, withdrawn: nos }, by);
                    if verdict.is_ok() {
                        withdrawn.extend(called_off);
                    } else {
                        self.take_back(life.id, &called_off);
                    }
                    replies.push((reply, verdict));
                }
                (Input::Tell(report, reply), Some(turn)) => {
                    turn.observe(report);
                    replies.extend(reply.map(|reply| (reply, Ok(Answer::Done))));
                }
                (input, None) => refuse(input, &Failure::Notification(Refusal::NotFound, None)),
            }
        }
        let Some(step) = turn.and_then(Turn::finish) else {
            if let Some(stored) = &stored {
                for (reply, verdict) in replies {
                    answer(reply, verdict, stored);
                }
            }
            return Ok(());
        };
        let place = place.filter(|_| step.ask.is_some());
        let storing = Storing { step: Box::new(step), replies, withdrawn, place };
        self.store(me, life, storing, counting.as_mut(), now)
    }

    fn job_is_over(&self, intent: &Intent) -> bool {
        intent.job.is_some_and(|job| !self.house.index.is_live(&job))
    }

    fn take_back(&self, id: NotificationId, called_off: &[Owed]) {
        for owed in called_off {
            self.house.outbox.take_back(owed.channel, DebtId::Notification(id, owed.no), owed.lane);
        }
    }

    fn store(
        &self,
        me: &ActorRef<NotificationMessage>,
        life: &mut Life,
        storing: Storing,
        counting: Option<&mut Counting<'_>>,
        now: Timestamp,
    ) -> Result<(), ActorProcessingErr> {
        let notification = &storing.step.notification;
        let was_ended = matches!(life.known, Known::Stored { ended: true, .. });
        let mut writes = rows(notification, was_ended, self.house.epoch)?;
        if let (true, Some(counting)) = (storing.step.wrote, counting) {
            let agent = notification.intent.recipient;
            let value = codec::seal(&counting.wrote(agent, now), 1, self.house.epoch)?;
            writes.writes.push(Write { key: Key::Lately(agent).bytes(), value: Some(value) });
        }
        let facts = Some(Learns::Notification(Box::new(NotificationFacts::of(notification))));
        let me = me.clone();
        // An actor that is storing is never put to sleep; if it fell, the shard has told those who waited.
        let done = Box::new(move |result| drop(me.cast(NotificationMessage::Stored(result))));
        self.house.committer.store(Pending { writes, facts, events: None, done });
        life.storing = Some(storing);
        Ok(())
    }

    /// Believe, then answer, then act.
    fn stored(&self, life: &mut Life, result: Result<(), NotStored>) -> Result<(), ActorProcessingErr> {
        let Some(Storing { step, replies, withdrawn, place }) = life.storing.take() else { return Ok(()) };
        if let Err(error) = result {
            self.take_back(life.id, &withdrawn);
            for (reply, _) in replies {
                // Whoever asked may have hung up.
                let _ = reply.send(Err(Failure::NotStored(error)));
            }
            life.known = Known::Unread;
            return match error {
                NotStored::Conflict | NotStored::Unknown => Ok(()),
                // It would be decided the same way again: the shard counts this as a crash.
                NotStored::TooLarge => Err(error.into()),
            };
        }
        let Step { notification, ask, .. } = *step;
        let notification = Arc::new(notification);
        let ended = notification.is_ended() && notification.owed.is_empty();
        crate::tally::notification(life.stored_before(), &notification);
        life.known = Known::Stored { notification: Arc::clone(&notification), ended };
        for (reply, verdict) in replies {
            answer(reply, verdict, &notification);
        }
        for owed in notification.owed.iter().filter(|owed| owed.no.version == notification.version) {
            self.house.outbox.owe_one(DebtId::Notification(life.id, owed.no), owed.channel, owed.lane);
        }
        if let Some((no, place)) = ask.zip(place) {
            self.house.ask_what_became_of(&notification, no, place);
        }
        Ok(())
    }
}

impl Life {
    fn stored_before(&self) -> Option<&Notification> {
        match &self.known {
            Known::Stored { notification, .. } => Some(notification),
            Known::Unread | Known::Absent => None,
        }
    }
}

fn incoming(input: &Input) -> Option<&Intent> {
    match input {
        Input::Create { new, .. } => Some(&new.intent),
        Input::Cancel { .. } | Input::Tell(..) => None,
    }
}

/// The rows of a step: the record with all it owes, and once the line that lists it.
fn rows(notification: &Notification, was_ended: bool, epoch: u64) -> Result<StepWrites, ActorProcessingErr> {
    let id = notification.id;
    let (live, ended) = (Key::LiveNotification(id).bytes(), Key::EndedNotification(id).bytes());
    let ends = notification.is_ended() && notification.owed.is_empty();
    let (before, after) = (if was_ended { &ended } else { &live }, if ends { &ended } else { &live });
    let check = Some(VersionCheck { key: before.clone(), version: notification.version - 1 });
    let mut writes = Vec::with_capacity(2);
    if before != after && notification.version > 1 {
        writes.push(Write { key: before.clone(), value: None });
    }
    let record = codec::seal(notification, notification.version, epoch)?;
    writes.push(Write { key: after.clone(), value: Some(record) });
    if notification.version == 1 {
        let key = Key::NotificationLine { created_at: notification.created_at, id }.bytes();
        writes.push(Write { key, value: Some(codec::seal(&NotificationLine, 1, epoch)?) });
    }
    Ok(StepWrites { check, writes })
}

fn answer(reply: Reply, verdict: Result<Answer, Refusal>, notification: &Arc<Notification>) {
    let notification = Arc::clone(notification);
    // Whoever asked may have hung up; what was stored is true all the same.
    let _ = reply.send(match verdict {
        Ok(answer) => Ok(Noted { answer, notification }),
        Err(refusal) => Err(Failure::Notification(refusal, Some(notification))),
    });
}

fn refuse(input: Input, failure: &Failure) {
    let reply = match input {
        Input::Create { reply, .. } | Input::Cancel { reply, .. } => Some(reply),
        Input::Tell(_, reply) => reply,
    };
    if let Some(reply) = reply {
        // Whoever asked may have hung up.
        let _ = reply.send(Err(failure.clone()));
    }
}
