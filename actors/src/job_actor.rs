//! One job, one writer: the actor that decides for a job and hands each step to the committer.
//!
//! It is idle or storing. What arrives while a step is being stored waits, then all of it is decided as one step on the
//! stored state: a hot job costs one flush a round, not one a claim. Store, then believe, then answer, then act.

use std::collections::VecDeque;
use std::sync::Arc;

use baton_core::details::SealedDetails;
use baton_core::ids::{AgentId, EffectId, JobId, OfferNo};
use baton_core::job::{Answer, Ask, By, Event, Job, NewJob, Refusal, Report, Stage, Step, Turn, invariants};
use baton_core::time::Timestamp;
use metrics::{counter, histogram};
use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::agent_actor::AgentMessage;
use crate::clock::Stopwatch;
use crate::committer::{NotStored, Pending};
use crate::directory::{Key as Who, ShardMessage};
use crate::error::Failure;
use crate::event_log::Unnumbered;
use crate::falls::Place;
use crate::gauges;
use crate::house::House;
use crate::index::{Facts, Learns};
use crate::outbox::Errands;
use crate::records;
use crate::store::keys::Key;
use crate::tally;

mod message;
mod past;
mod rows;

pub use message::{Done, Holder, JobMessage, Reply};

use rows::rows;

/// What waits to be decided.
enum Input {
    Create { new: Box<NewJob>, details: Option<SealedDetails>, by: By, reply: Reply },
    Ask { ask: Box<Ask>, reply: Reply },
    Tell(Report),
    AskVerdict(Reply),
}

/// The record as the actor knows it.
enum Known {
    /// Not read yet, or forgotten.
    Unread,
    /// There is none.
    Absent,
    /// As it is stored, and whether among the closed ones.
    Stored { job: Arc<Job>, closed: bool },
}

impl Known {
    fn job(&self) -> Option<&Job> {
        match self {
            Self::Stored { job, .. } => Some(job),
            Self::Unread | Self::Absent => None,
        }
    }
}

/// The actor's state.
pub struct Life {
    id: JobId,
    known: Known,
    waiting: VecDeque<Input>,
    storing: Option<Storing>,
    handled: u64,
}

impl Life {
    /// Whether the job now waits for the desk or for a day to come, and owes nothing: nobody will write to it soon.
    fn rests(&self) -> bool {
        match &self.known {
            Known::Stored { job, .. } => match job.stage {
                Stage::NeedsApproval | Stage::Scheduled { .. } | Stage::Unfilled { .. } | Stage::Closed { .. } => {
                    job.owed.is_empty()
                }
                Stage::Offering(_) | Stage::Claimed(_) => false,
            },
            Known::Unread | Known::Absent => false,
        }
    }
}

/// A step on its way to the disk, and those who wait for it.
struct Storing {
    step: Box<Step>,
    replies: Vec<(Reply, Result<Answer, Refusal>)>,
}

/// A job's actor.
pub struct JobActor {
    house: Arc<House>,
    shard: ActorRef<ShardMessage>,
}

impl JobActor {
    /// An actor of a shard.
    pub fn new(house: Arc<House>, shard: ActorRef<ShardMessage>) -> Self {
        Self { house, shard }
    }
}

impl Actor for JobActor {
    type Msg = JobMessage;
    type State = Life;
    type Arguments = JobId;

    async fn pre_start(&self, _: ActorRef<JobMessage>, id: JobId) -> Result<Life, ActorProcessingErr> {
        Ok(Life { id, known: Known::Unread, waiting: VecDeque::new(), storing: None, handled: 0 })
    }

    async fn handle(
        &self,
        me: ActorRef<JobMessage>,
        message: JobMessage,
        life: &mut Life,
    ) -> Result<(), ActorProcessingErr> {
        self.house.may_fall(Place::Job(life.id));
        let from_shard = !matches!(message, JobMessage::Stored(_));
        life.handled += u64::from(from_shard);
        match message {
            JobMessage::Create { new, details, by, reply } => {
                self.wait(life, Input::Create { new, details, by, reply });
            }
            JobMessage::Ask { ask, reply } => self.wait(life, Input::Ask { ask, reply }),
            JobMessage::Tell(report) => life.waiting.push_back(Input::Tell(report)),
            JobMessage::Hear { report, reply } => {
                life.waiting.push_back(Input::Tell(report));
                life.waiting.push_back(Input::AskVerdict(reply));
            }
            JobMessage::AskVerdict { agent, inquiry } => {
                life.waiting.push_back(Input::AskVerdict(Reply {
                    asker: None,
                    holder: Some(Holder::Question(agent, inquiry)),
                }));
            }
            JobMessage::Recover => self.recover(life)?,
            JobMessage::Stored(result) => self.stored(life, result)?,
        }
        if life.storing.is_none() && !life.waiting.is_empty() {
            self.turn(&me, life)?;
        }
        if life.storing.is_none() {
            let idle = ShardMessage::Idle { who: Who::Job(life.id), handled: life.handled, rests: life.rests() };
            // A shard outlives its jobs; if it is gone, so is the node.
            let _ = self.shard.cast(idle);
        }
        Ok(())
    }
}

impl JobActor {
    /// What waits has a bound.
    fn wait(&self, life: &mut Life, input: Input) {
        if life.waiting.len() < self.house.limits.waiting_max {
            return life.waiting.push_back(input);
        }
        counter!(gauges::ADMISSION_REFUSED, "reason" => "job").increment(1);
        match input {
            Input::Create { reply, .. } | Input::Ask { reply, .. } => {
                reply.send(&self.house, Err(Failure::Overloaded));
            }
            Input::Tell(_) | Input::AskVerdict(_) => {}
        }
    }

    fn read(&self, life: &mut Life) -> Result<(), Failure> {
        if !matches!(life.known, Known::Unread) {
            return Ok(());
        }
        let get = |key: Key| self.house.store.get(&key.bytes()).map_err(|error| Failure::unreadable(&error));
        // The index knows every live job but a parked one, of which nothing gets here; a new job is spared a look at the disk.
        let is_new = matches!(life.waiting.front(), Some(Input::Create { .. })) && !self.house.index.is_live(&life.id);
        let live = if is_new { None } else { get(Key::LiveJob(life.id))? };
        let (record, closed) = match live {
            Some(record) => (Some(record), false),
            None => (get(Key::ClosedJob(life.id))?, true),
        };
        life.known = match record {
            None => Known::Absent,
            Some(record) => {
                let job = records::open_job(&record).map_err(|error| Failure::unreadable(&error))?;
                Known::Stored { job: Arc::new(job), closed }
            }
        };
        Ok(())
    }

    /// After a fall: debts that were on their way may have lost their way back.
    fn recover(&self, life: &mut Life) -> Result<(), ActorProcessingErr> {
        self.read(life)?;
        if let Known::Stored { job, closed } = &life.known {
            // It was in quarantine, which the index forgets: without this no deadline would ring.
            if !closed && !self.house.index.is_live(&job.id) {
                self.house.index.apply(&Facts::of(job));
            }
            for owed in &job.owed {
                let (debt, message) = (EffectId { job: job.id, no: owed.no }, &owed.message);
                self.house.outbox.owe_again(debt.into(), message.channel, message.topic.lane());
            }
        }
        Ok(())
    }

    /// Decides everything that waits, as one step.
    fn turn(&self, me: &ActorRef<JobMessage>, life: &mut Life) -> Result<(), ActorProcessingErr> {
        if let Err(failure) = self.read(life) {
            self.refuse_all(life, &failure);
            // A record that cannot be read is a crash of this job: the shard counts them.
            return Err(failure.into());
        }
        let house = &self.house;
        let now = house.clock.now();
        let tenant = house.tenants.view(life.id.tenant);
        let outages = house.outages.load();
        let world = house.world(&tenant, &outages);
        let mut replies: Vec<(Reply, Result<Answer, Refusal>)> = Vec::new();
        let mut sealed = None;
        // Until what comes in now is with the committer.
        let salts = house.salted.hold();
        let mut turn = match &life.known {
            Known::Stored { job, .. } => Some(Turn::of(Job::clone(job), world, now)),
            Known::Absent | Known::Unread => None,
        };
        for input in life.waiting.drain(..) {
            match (input, &mut turn) {
                (Input::Create { new, details: Some(late), reply, .. }, None)
                    if !salts.takes(new.id.partition(), late.salt) =>
                {
                    reply.send(house, Err(Failure::Overloaded));
                }
                (Input::Create { new, details, by, reply }, None) => {
                    turn = Some(Turn::create(*new, by, world, now));
                    sealed = details;
                    replies.push((reply, Ok(Answer::Done)));
                }
                (Input::Create { new, reply, .. }, Some(turn)) => {
                    let same = turn.job().fingerprint == new.fingerprint;
                    replies.push((reply, if same { Ok(Answer::Already) } else { Err(Refusal::ReferenceConflict) }));
                }
                (Input::Ask { ask, reply }, Some(turn)) => {
                    let verdict = turn.decide(*ask);
                    replies.push((reply, verdict));
                }
                (Input::Ask { reply, .. }, None) => {
                    reply.send(house, Err(Failure::Refused(Refusal::JobNotFound, None)));
                }
                // Told with everybody else, once what was decided before is stored.
                (Input::AskVerdict(reply), _) => replies.push((reply, Ok(Answer::Already))),
                (Input::Tell(report), Some(turn)) => turn.observe(report),
                // A report about a job that is no longer there has nobody to tell.
                (Input::Tell(_), None) => {}
            }
        }
        let Some(turn) = turn else {
            for (reply, _) in replies {
                reply.send(house, Err(Failure::Refused(Refusal::JobNotFound, None)));
            }
            return Ok(());
        };
        match turn.finish() {
            None => {
                if let Known::Stored { job, .. } = &life.known {
                    for (reply, verdict) in replies {
                        reply.send(house, answer(verdict, job));
                    }
                }
            }
            Some(step) => self.store(me, life, step, sealed, replies, now)?,
        }
        Ok(())
    }

    fn refuse_all(&self, life: &mut Life, failure: &Failure) {
        for input in life.waiting.drain(..) {
            match input {
                Input::Create { reply, .. } | Input::Ask { reply, .. } => {
                    reply.send(&self.house, Err(failure.clone()));
                }
                Input::Tell(_) | Input::AskVerdict(_) => {}
            }
        }
    }

    fn store(
        &self,
        me: &ActorRef<JobMessage>,
        life: &mut Life,
        step: Step,
        sealed: Option<SealedDetails>,
        replies: Vec<(Reply, Result<Answer, Refusal>)>,
        now: Timestamp,
    ) -> Result<(), ActorProcessingErr> {
        for broken in invariants::broken(&step.job) {
            counter!(gauges::INVARIANTS_BROKEN, "invariant" => broken.number).increment(1);
            tracing::error!(job.id = %step.job.id, invariant = broken.number, "job {} breaks {}: {}", step.job.id, broken.number, broken.says);
        }
        let took = Stopwatch::start();
        let was_closed = matches!(life.known, Known::Stored { closed: true, .. });
        let writes = rows(&step, was_closed, sealed.as_ref(), self.house.epoch, now)?;
        histogram!(gauges::SNAPSHOT_SECONDS).record(took.elapsed().as_secs_f64());
        let facts = Box::new(Facts::of(&step.job));
        let asked = step.entries.iter().filter_map(|entry| match &entry.event {
            Event::Offered { agent, .. } => Some(*agent),
            _ => None,
        });
        self.house.index.on_the_way.note(life.id, asked.collect(), now);
        let me = me.clone();
        let done = Box::new(move |result| {
            // An actor that is storing is never put to sleep; if it fell, the shard has told those who waited.
            let _ = me.cast(JobMessage::Stored(result));
        });
        let events =
            if self.house.limits.events { Unnumbered::of(&step, self.house.epoch)?.map(Box::new) } else { None };
        self.house.committer.store(Pending { writes, facts: Some(Learns::Job(facts)), events, done });
        life.storing = Some(Storing { step: Box::new(step), replies });
        Ok(())
    }

    /// Believe, then answer, then act.
    fn stored(&self, life: &mut Life, result: Result<(), NotStored>) -> Result<(), ActorProcessingErr> {
        let Some(Storing { step, replies }) = life.storing.take() else { return Ok(()) };
        let house = &self.house;
        if let Err(error) = result {
            for (reply, _) in replies {
                reply.send(house, Err(Failure::NotStored(error)));
            }
            self.refuse_all(life, &Failure::NotStored(error));
            // Nothing is known any more: forget, and let the next message reload.
            life.known = Known::Unread;
            return match error {
                NotStored::Conflict | NotStored::Unknown => Ok(()),
                // It would be decided the same way again: the shard counts this as a crash.
                NotStored::TooLarge => Err(error.into()),
            };
        }
        let Step { job, entries, attempts, seat, .. } = *step;
        let job = Arc::new(job);
        let closed = job.is_closed() && job.owed.is_empty();
        let before = std::mem::replace(&mut life.known, Known::Stored { job: Arc::clone(&job), closed });
        past::tell(house, &job, &entries);
        for (reply, verdict) in replies {
            reply.send(house, answer(verdict, &job));
        }
        tally::entries(before.job(), &job, &entries);
        tally::attempts(&attempts);
        house.lapses.note(life.id.tenant, &entries);
        let fresh = job.owed.iter().filter(|owed| owed.no.version == job.version);
        house.outbox.owe(Errands::of(&job, fresh));
        if let (Some((agent, no)), Some(directory)) = (seat, house.directory()) {
            seek_seat(directory, &job, agent, no);
        }
        Ok(())
    }
}

fn seek_seat(directory: &crate::directory::Directory, job: &Job, agent: AgentId, no: OfferNo) {
    if matches!(job.stage, Stage::Offering(_)) {
        directory.tell_agent(agent, AgentMessage::Seat { offer: job.id.offer(no), occupies: job.occupies });
    }
}

fn answer(verdict: Result<Answer, Refusal>, job: &Arc<Job>) -> Result<Done, Failure> {
    match verdict {
        Ok(answer) => Ok(Done { answer, job: Arc::clone(job) }),
        Err(refusal) => Err(Failure::Refused(refusal, Some(Arc::clone(job)))),
    }
}
