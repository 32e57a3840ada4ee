//! One job, one writer: the actor that decides for a job and hands each step to the committer.
//!
//! It is idle or storing. What arrives while a step is being stored waits, then all of it is decided as one step on the
//! stored state: a hot job costs one flush a round, not one a claim. Store, then believe, then answer, then act.

use std::collections::VecDeque;
use std::sync::Arc;

use baton_core::details::SealedDetails;
use baton_core::ids::{AgentId, EffectId, JobId, OfferId, OfferNo};
use baton_core::job::{Answer, Ask, By, Event, Job, NewJob, Refusal, Report, Stage, Step, Turn, invariants};
use baton_core::time::Timestamp;
use metrics::{counter, histogram};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;

use crate::agent_actor::AgentMessage;
use crate::clock::Stopwatch;
use crate::committer::{NotStored, Pending};
use crate::directory::{Key as Who, ShardMessage};
use crate::error::Failure;
use crate::falls::Place;
use crate::gauges;
use crate::house::House;
use crate::index::Facts;
use crate::outbox::Errands;
use crate::records::{self, ClosedLine, History};
use crate::store::codec;
use crate::store::keys::Key;
use crate::store::{StepWrites, VersionCheck, Write};
use crate::tally;

/// What a job's actor is told.
pub enum JobMessage {
    /// A new job.
    Create {
        /// As it came in.
        new: Box<NewJob>,
        /// Its private part, to be stored with it.
        details: Option<SealedDetails>,
        /// Who brings it.
        by: By,
        /// Hears what came of it.
        reply: Reply,
    },
    /// A command.
    Ask {
        /// What is asked.
        ask: Box<Ask>,
        /// Hears what came of it.
        reply: Reply,
    },
    /// The world tells.
    Tell(Report),
    /// An agent's actor keeps room for a claim and has heard nothing: what became of it?
    AskVerdict {
        /// Who.
        agent: AgentId,
        /// For which offer.
        offer: OfferId,
    },
    /// The actor fell and has come back: what it owes goes to the outbox again.
    Recover,
    /// The step on its way was stored, or not.
    Stored(Result<(), NotStored>),
}

/// What a command came to: the answer, and the job as it is stored.
#[derive(Clone, Debug)]
pub struct Done {
    /// The answer.
    pub answer: Answer,
    /// The job as it is stored.
    pub job: Arc<Job>,
}

/// Hears what came of a command.
pub struct Reply {
    /// The asker; they may hang up.
    pub asker: Option<oneshot::Sender<Result<Done, Failure>>>,
    /// An agent's actor that keeps room for the outcome, and for which offer.
    pub holder: Option<Holder>,
}

/// An agent's actor that hears the verdict.
#[derive(Clone, Copy)]
pub enum Holder {
    /// Of a claim.
    Claim(AgentId, OfferId),
    /// To a question about an offer whose claims it has heard nothing of.
    Question(AgentId, OfferId),
}

impl Reply {
    /// For an asker alone.
    pub fn to(asker: oneshot::Sender<Result<Done, Failure>>) -> Self {
        Self { asker: Some(asker), holder: None }
    }

    pub(crate) fn send(self, house: &House, result: Result<Done, Failure>) {
        if let (Some(holder), Some(directory)) = (self.holder, house.directory()) {
            match holder {
                Holder::Claim(agent, offer) => directory.tell_agent(agent, AgentMessage::Verdict { offer }),
                Holder::Question(agent, offer) => directory.tell_agent(agent, AgentMessage::Answered { offer }),
            }
        }
        if let Some(asker) = self.asker {
            // The asker may have hung up; what was stored is true all the same.
            let _ = asker.send(result);
        }
    }
}

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
            JobMessage::AskVerdict { agent, offer } => {
                life.waiting
                    .push_back(Input::AskVerdict(Reply { asker: None, holder: Some(Holder::Question(agent, offer)) }));
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
                self.house.outbox.owe_again(EffectId { job: job.id, no: owed.no }, &owed.message);
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
        let mut turn = match &life.known {
            Known::Stored { job, .. } => Some(Turn::of(Job::clone(job), world, now)),
            Known::Absent | Known::Unread => None,
        };
        for input in life.waiting.drain(..) {
            match (input, &mut turn) {
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
        self.house.committer.store(Pending { writes, facts: Some(facts), done });
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
        for (reply, verdict) in replies {
            reply.send(house, answer(verdict, &job));
        }
        tally::entries(before.job(), &job, &entries);
        tally::attempts(&attempts);
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

/// The rows of a step. As few as can be: the job with all it owes is one.
fn rows(
    step: &Step,
    was_closed: bool,
    sealed: Option<&SealedDetails>,
    epoch: u64,
    now: Timestamp,
) -> Result<StepWrites, ActorProcessingErr> {
    let job = &step.job;
    let (live, closed) = (Key::LiveJob(job.id), Key::ClosedJob(job.id));
    let before = if was_closed { closed.bytes() } else { live.bytes() };
    let closes = job.is_closed() && job.owed.is_empty();
    let after = if closes { closed.bytes() } else { live.bytes() };
    let check = Some(VersionCheck { key: before.clone(), version: job.version - 1 });
    let mut writes = Vec::with_capacity(2);
    if before != after && job.version > 1 {
        writes.push(Write { key: before.clone(), value: None });
    }
    writes.push(Write { key: after.clone(), value: Some(records::seal_job(job, epoch)?) });
    if let Some(sealed) = sealed {
        writes.push(Write { key: Key::Details(job.id).bytes(), value: Some(codec::seal(sealed, 1, epoch)?) });
    }
    if let (true, false, Stage::Closed { outcome, at }) = (closes, was_closed, &job.stage) {
        let day = i32::try_from(at.0.div_euclid(86_400_000)).unwrap_or(i32::MAX);
        let key = Key::ClosedDay { tenant: job.id.tenant, day, job: job.id.local };
        let line = ClosedLine { outcome: *outcome, at: now };
        writes.push(Write { key: key.bytes(), value: Some(codec::seal(&line, 1, epoch)?) });
    }
    for attempt in &step.attempts {
        let key = Key::Ledger { job: job.id, seq: u64::from(attempt.seq) };
        writes.push(Write { key: key.bytes(), value: Some(codec::seal(attempt, 1, epoch)?) });
    }
    if let Some(first) = step.overflow.first() {
        let key = Key::History { job: job.id, seq: u64::from(first.seq) };
        let history = History(step.overflow.clone());
        writes.push(Write { key: key.bytes(), value: Some(codec::seal(&history, 1, epoch)?) });
    }
    Ok(StepWrites { check, writes })
}
