//! One person, however many channels and jobs: the actor that keeps an agent's holds and finds the job behind a "YES".
//!
//! Where the agent's capacity is finite a claim first becomes a stored hold, then a command to the job; the job's verdict
//! frees the hold, because from then on the index counts the claim. While room is kept the actor stays awake, so a hold that
//! an actor finds when it wakes has no claim on its way any more and is let go, as is one of an earlier life of the process;
//! about one that hears nothing, the job is asked after a while.

use std::collections::VecDeque;
use std::sync::Arc;

use baton_core::holds::{Book, ClaimedJob, Held, Inquiry};
use baton_core::ids::{AgentId, JobId, OfferId};
use baton_core::job::{Actor as Who, Ask, By, Cause, Command, Job, Refusal, Report};
use baton_core::reply::{self, Known, Resolved};
use baton_core::time::{Timestamp, Window};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;

use crate::committer::{NotStored, Pending};
use crate::directory::{Key as Actors, ShardMessage};
use crate::error::Failure;
use crate::falls::Place;
use crate::house::House;
use crate::job_actor::{Holder, JobMessage, Reply};
use crate::records;
use crate::store::codec;
use crate::store::keys::Key;
use crate::store::{StepWrites, VersionCheck, Write};

/// What an agent's actor is told.
pub enum AgentMessage {
    /// A claim, or an assignment by an operator: it needs room first.
    Take {
        /// Which job.
        job: JobId,
        /// By which offer; none for an assignment.
        offer: Option<OfferId>,
        /// The command to give to the job once there is room.
        ask: Box<Ask>,
        /// Hears what came of it.
        reply: Reply,
    },
    /// The job is theirs if they have room.
    Seat {
        /// The offer made for it.
        offer: OfferId,
        /// When the work takes place.
        occupies: Option<Window>,
    },
    /// The job has decided about a claim that room is held for.
    Verdict {
        /// By which offer.
        offer: OfferId,
    },
    /// They won a job by a claim of their own, or gave one back: told where their tenant minds.
    Past {
        /// Whether they won it.
        won: bool,
        /// When.
        at: Timestamp,
    },
    /// The job has answered the question about a hold that had heard nothing.
    Answered {
        /// Which.
        inquiry: Inquiry,
    },
    /// What does this text mean?
    Read {
        /// What they wrote.
        text: String,
        /// The job it was about, where the channel tells.
        hint: Option<JobId>,
        /// Hears it. A question is stored before it is asked.
        reply: oneshot::Sender<Result<Resolved, Failure>>,
    },
    /// The actor fell and has come back: claims may be on their way for which its record keeps room.
    Recover,
    /// It is time to look for holds that have heard nothing.
    Ring,
    /// The book on its way was stored, or not.
    Stored(Result<(), NotStored>),
}

/// What is done once the book is stored.
enum After {
    Tell(JobId, Box<JobMessage>),
    Answer(oneshot::Sender<Result<Resolved, Failure>>, Resolved),
}

impl After {
    fn tell(job: JobId, message: JobMessage) -> Self {
        Self::Tell(job, Box::new(message))
    }
}

/// Its state.
pub struct Life {
    id: AgentId,
    book: Option<Book>,
    waiting: VecDeque<AgentMessage>,
    after: Option<Vec<After>>,
    /// Whether claims may be on their way for which the record keeps room: not for one that was asleep.
    claims_under_way: bool,
    /// Whether the shard is to ring; it does so once.
    rings: bool,
    handled: u64,
}

/// An agent's actor.
pub struct AgentActor {
    house: Arc<House>,
    shard: ActorRef<ShardMessage>,
}

impl AgentActor {
    /// An actor of a shard.
    pub fn new(house: Arc<House>, shard: ActorRef<ShardMessage>) -> Self {
        Self { house, shard }
    }
}

impl Actor for AgentActor {
    type Msg = AgentMessage;
    type State = Life;
    type Arguments = AgentId;

    async fn pre_start(&self, _: ActorRef<AgentMessage>, id: AgentId) -> Result<Life, ActorProcessingErr> {
        let waiting = VecDeque::new();
        Ok(Life { id, book: None, waiting, after: None, claims_under_way: false, rings: false, handled: 0 })
    }

    async fn handle(
        &self,
        me: ActorRef<AgentMessage>,
        message: AgentMessage,
        life: &mut Life,
    ) -> Result<(), ActorProcessingErr> {
        self.house.may_fall(Place::Agent(life.id));
        life.handled += u64::from(!matches!(message, AgentMessage::Stored(_)));
        match message {
            AgentMessage::Stored(result) => self.stored(life, result),
            AgentMessage::Recover => {
                life.claims_under_way = true;
                life.waiting.push_back(AgentMessage::Ring);
            }
            waits @ (AgentMessage::Take { .. }
            | AgentMessage::Seat { .. }
            | AgentMessage::Verdict { .. }
            | AgentMessage::Answered { .. }
            | AgentMessage::Past { .. }
            | AgentMessage::Ring
            | AgentMessage::Read { .. }) => {
                self.wait(life, waits);
            }
        }
        if life.after.is_none() && !life.waiting.is_empty() {
            self.turn(&me, life)?;
        }
        if life.after.is_none() {
            self.rest(life);
        }
        Ok(())
    }
}

impl AgentActor {
    fn wait(&self, life: &mut Life, message: AgentMessage) {
        let full = life.waiting.len() >= self.house.limits.waiting_max;
        match message {
            AgentMessage::Take { reply, .. } if full => reply.send(&self.house, Err(Failure::Overloaded)),
            // Whoever asked may have hung up.
            AgentMessage::Read { reply, .. } if full => drop(reply.send(Err(Failure::Overloaded))),
            other => life.waiting.push_back(other),
        }
    }

    /// Nothing to do: it may go to sleep, unless it keeps room. Then it looks again when a verdict has been due for long.
    fn rest(&self, life: &mut Life) {
        // A shard outlives its agents; if it is gone, so is the node.
        match life.book.as_ref().and_then(Book::due) {
            Some(_) if life.rings => {}
            Some(at) => {
                life.rings = true;
                let _ = self.shard.cast(ShardMessage::RingAgent { agent: life.id, at });
            }
            None => {
                let _ = self.shard.cast(ShardMessage::Idle {
                    who: Actors::Agent(life.id),
                    handled: life.handled,
                    rests: false,
                });
            }
        }
    }

    fn load(&self, life: &mut Life) -> Result<Book, ActorProcessingErr> {
        let claims_under_way = std::mem::replace(&mut life.claims_under_way, true);
        let Some(record) = self.house.store.get(&Key::Holds(life.id).bytes())? else { return Ok(Book::default()) };
        let (_, mut book) = codec::open::<Book>(&record)?;
        // Claims that won are counted; of those that were on their way when the process ended, none is now.
        book.holds.retain(|hold| claims_under_way && hold.at >= self.house.booted_at);
        Ok(book)
    }

    /// Decides everything that waits, on one copy of the book.
    fn turn(&self, me: &ActorRef<AgentMessage>, life: &mut Life) -> Result<(), ActorProcessingErr> {
        let now = self.house.clock.now();
        let mut book = match life.book.take() {
            Some(book) => book,
            None => self.load(life)?,
        };
        let mut after = Vec::new();
        for offer in book.stale(now).collect::<Vec<_>>() {
            if let Some(inquiry) = book.asked(offer, now) {
                after.push(After::tell(offer.job, JobMessage::AskVerdict { agent: life.id, inquiry }));
            }
        }
        let mut changed = false;
        for message in life.waiting.drain(..) {
            match message {
                AgentMessage::Past { won, at } => {
                    if won {
                        book.has_won(at);
                    } else {
                        book.gave_back(at);
                    }
                    changed = true;
                }
                AgentMessage::Take { job, offer, ask, reply } => match self.room(life.id, &mut book, job, offer, now) {
                    Ok(held) => {
                        changed |= held == Some(Held::New);
                        let holder = held.map(|_| Holder::Claim(life.id, offer.unwrap_or(job.offer(0))));
                        let reply = Reply { holder, ..reply };
                        after.push(After::tell(job, JobMessage::Ask { ask, reply }));
                    }
                    Err(refusal) => {
                        self.enter_refused(life.id, job, &ask, &refusal);
                        reply.send(&self.house, Err(refusal.into()));
                    }
                },
                AgentMessage::Seat { offer, occupies } => {
                    let held = self.seat(life.id, &mut book, offer, occupies, now);
                    changed |= matches!(held, Ok(Some(Held::New)));
                    after.push(seat_answer(life.id, offer, held));
                }
                AgentMessage::Verdict { offer } => {
                    // Not worth a row of its own: after a restart the hold is let go all the same.
                    book.free(offer);
                }
                AgentMessage::Answered { inquiry } => {
                    book.answered(inquiry);
                }
                AgentMessage::Read { text, hint, reply } => {
                    let resolved = self.read(life.id, &book, &text, hint, now);
                    if let Resolved::Ask(question) = &resolved {
                        book.question = Some(question.clone());
                        changed = true;
                    }
                    after.push(After::Answer(reply, resolved));
                }
                AgentMessage::Ring => life.rings = false,
                AgentMessage::Recover | AgentMessage::Stored(_) => {}
            }
        }
        if changed {
            book.version += 1;
            let key = Key::Holds(life.id).bytes();
            let check = Some(VersionCheck { key: key.clone(), version: book.version - 1 });
            let writes = vec![Write { key, value: Some(codec::seal(&book, book.version, self.house.epoch)?) }];
            let me = me.clone();
            let done = Box::new(move |result| drop(me.cast(AgentMessage::Stored(result))));
            self.house.committer.store(Pending {
                writes: StepWrites { check, writes },
                facts: None,
                events: None,
                done,
            });
            life.after = Some(after);
        } else {
            self.act(after);
        }
        life.book = Some(book);
        Ok(())
    }

    /// Room for one more, held where it is finite.
    fn room(
        &self,
        id: AgentId,
        book: &mut Book,
        job: JobId,
        offer: Option<OfferId>,
        now: Timestamp,
    ) -> Result<Option<Held>, Refusal> {
        let tenant = self.house.tenants.view(id.tenant);
        let agent = tenant.roster.get(&id).ok_or(Refusal::AgentNotFound)?;
        if !agent.active {
            return Err(Refusal::AgentInactive);
        }
        let claims = self.claims(id);
        // What the desk gives them is its own affair.
        let caps = offer.map(|_| tenant.settings.crew.caps).unwrap_or_default();
        book.allows(&caps, job, &claims, now)?;
        let counted = caps.an_hour.map(|_| u32::MAX);
        let most = [agent.capacity, caps.open, counted].into_iter().flatten().min();
        let Some(most) = most else { return Ok(None) };
        // Who can do any number at once is never busy.
        let occupies = agent.capacity.and_then(|_| self.job(job)?.occupies);
        // An assignment makes its offer in the job; until then it is held under the number 0.
        let offer = offer.unwrap_or(job.offer(0));
        book.hold(offer, occupies, most, &claims, now).map(Some)
    }

    fn seat(
        &self,
        id: AgentId,
        book: &mut Book,
        offer: OfferId,
        occupies: Option<Window>,
        now: Timestamp,
    ) -> Result<Option<Held>, Refusal> {
        let tenant = self.house.tenants.view(id.tenant);
        let agent = tenant.roster.get(&id).ok_or(Refusal::AgentNotFound)?;
        if !agent.active {
            return Err(Refusal::AgentInactive);
        }
        let Some(capacity) = agent.capacity else { return Ok(None) };
        book.hold(offer, occupies, capacity, &self.claims(id), now).map(Some)
    }

    fn claims(&self, id: AgentId) -> Vec<ClaimedJob> {
        let claims = self.house.index.claims(&id);
        claims.into_iter().map(|(job, held)| ClaimedJob { job, occupies: held.occupies }).collect()
    }

    fn job(&self, id: JobId) -> Option<Job> {
        let record = self.house.store.get(&Key::LiveJob(id).bytes()).ok().flatten()?;
        records::open_job(&record).ok()
    }

    /// A claim that found no room never reaches the job's decision, but its ledger.
    fn enter_refused(&self, agent: AgentId, job: JobId, ask: &Ask, refusal: &Refusal) {
        if let (Command::Claim { no, via, heard, .. }, Some(directory)) = (&ask.command, self.house.directory()) {
            let report = Report::ClaimRefused { agent, no: *no, via: *via, heard: *heard, code: refusal.code() };
            directory.report(job, report);
        }
    }

    fn read(&self, id: AgentId, book: &Book, text: &str, hint: Option<JobId>, now: Timestamp) -> Resolved {
        let tenant = self.house.tenants.view(id.tenant);
        let locale =
            tenant.roster.get(&id).and_then(|agent| agent.locale.as_deref()).unwrap_or(&tenant.settings.locale);
        let index = &self.house.index;
        let mut claims = index.claims(&id);
        claims.sort_by_key(|(job, _)| *job);
        let offer = |(job, held): &(JobId, crate::index::Held)| job.offer(held.no);
        let reminded: Vec<OfferId> = claims.iter().filter(|(_, held)| held.reminded).map(offer).collect();
        let claims: Vec<OfferId> = claims.iter().map(offer).collect();
        let (open, past) = (index.open_offers(&id), index.past_offers(&id));
        let known = Known { open: &open, past: &past, claims: &claims, reminded: &reminded };
        reply::resolve(reply::read(text, locale), hint, &known, book.question.as_ref(), now)
    }

    fn stored(&self, life: &mut Life, result: Result<(), NotStored>) {
        let after = life.after.take().unwrap_or_default();
        match result {
            Ok(()) => self.act(after),
            Err(error) => {
                // Nothing is known any more: forget, and look at once at what is stored, or it would sleep with room kept.
                life.book = None;
                life.waiting.push_front(AgentMessage::Ring);
                for after in after {
                    match after {
                        After::Tell(_, message) => {
                            // A seat that hears nothing is given up by its job's own clock.
                            if let JobMessage::Ask { reply, .. } = *message {
                                reply.send(&self.house, Err(Failure::NotStored(error)));
                            }
                        }
                        After::Answer(reply, _) => drop(reply.send(Err(Failure::NotStored(error)))),
                    }
                }
            }
        }
    }

    fn act(&self, after: Vec<After>) {
        let Some(directory) = self.house.directory() else { return };
        for after in after {
            match after {
                After::Tell(job, message) => directory.tell_job(job, *message),
                After::Answer(reply, resolved) => drop(reply.send(Ok(resolved))),
            }
        }
    }
}

fn seat_answer(agent: AgentId, offer: OfferId, held: Result<Option<Held>, Refusal>) -> After {
    match held {
        Ok(held) => {
            let by = By { actor: Who::Engine, cause: Cause::Seat };
            let command = Command::Seat { agent, no: offer.no };
            let ask = Box::new(Ask { command, by, key: None, expects: None });
            let reply = Reply { asker: None, holder: held.map(|_| Holder::Claim(agent, offer)) };
            After::tell(offer.job, JobMessage::Ask { ask, reply })
        }
        Err(_) => After::tell(offer.job, JobMessage::Tell(Report::NoRoom { agent, no: offer.no })),
    }
}
