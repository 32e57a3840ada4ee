//! The thin loop around a job: idle or storing. What arrives while a step is being stored waits, and all of it is decided
//! as one step; store, then believe, then answer, then act.

use baton_core::holds::Inquiry;
use baton_core::ids::{AgentId, JobId, OfferId};
use baton_core::job::{Actor, Answer, Ask, By, Cause, Command, Job, NewJob, Refusal, Report, Step, Turn};

use super::agent_actor::AgentMail;
use super::disk::{Verdict, Write, Writer};
use super::{Event, Flaw, Simulation};

/// What a job is told.
#[derive(Debug)]
pub enum JobMail {
    Create(Box<NewJob>),
    Ask {
        command: Command,
        asker: Asker,
        holds: bool,
    },
    Tell(Report),
    /// What became of the claims by this offer?
    Question {
        agent: AgentId,
        inquiry: Inquiry,
    },
}

/// Who waits for an answer.
#[derive(Clone, Debug)]
pub enum Asker {
    Nobody,
    Desk,
    Client(JobId),
    /// A person; how often they have tried.
    Person {
        offer: OfferId,
        tries: u8,
    },
}

#[derive(Default)]
pub struct JobActor {
    known: Known,
    waiting: Vec<JobMail>,
    storing: Option<Storing>,
}

/// The record, as the actor knows it.
#[derive(Default)]
enum Known {
    /// Not read yet, or forgotten.
    #[default]
    Unread,
    /// As it was last stored; none where there is none.
    Read(Option<Box<Job>>),
}

struct Storing {
    number: u64,
    step: Box<Step>,
    replies: Vec<Reply>,
    reports: Vec<Report>,
}

struct Reply {
    asker: Asker,
    command: Option<Command>,
    verdict_for: Option<(AgentId, OfferId)>,
    question_of: Option<(AgentId, Inquiry)>,
    result: Result<Answer, Refusal>,
}

impl Simulation {
    pub fn job_hears(&mut self, id: JobId, mail: JobMail) {
        self.jobs.entry(id).or_default().waiting.push(mail);
        self.job_turns(id);
    }

    /// One that has come back after a fall first waits for what was on its way to the disk: what it would read may be
    /// older than what is about to be true.
    fn job_turns(&mut self, id: JobId) {
        let waits = !matches!(self.flaw, Flaw::ComesBackAtOnce | Flaw::ChecksNoVersion)
            && self.disk.is_writing(|writer| matches!(writer, Writer::Job(job, _) if *job == id));
        let ready = |actor: &JobActor| actor.storing.is_none() && !actor.waiting.is_empty();
        if self.jobs.get(&id).is_some_and(ready) && !waits {
            self.job_turn(id);
        }
    }

    fn job_turn(&mut self, id: JobId) {
        let mut actor = self.jobs.remove(&id).unwrap_or_default();
        let mails = std::mem::take(&mut actor.waiting);
        let known = match std::mem::take(&mut actor.known) {
            Known::Unread => self.disk.job(id).map(Box::new),
            Known::Read(job) => job,
        };
        let (step, replies, reports) = self.decide(known.clone(), mails);
        actor.known = Known::Read(known);
        match step {
            None => self.reply(replies),
            Some(step) => {
                let step = Box::new(step);
                let replies = if self.flaw == Flaw::AnswersBeforeStoring {
                    self.reply(replies);
                    Vec::new()
                } else {
                    replies
                };
                let number = self.number();
                self.store(Writer::Job(id, number), Write::Job(step.clone()));
                self.may_fall(Event::JobFalls(id));
                actor.storing = Some(Storing { number, step, replies, reports });
            }
        }
        self.jobs.insert(id, actor);
    }

    fn decide(&self, known: Option<Box<Job>>, mails: Vec<JobMail>) -> (Option<Step>, Vec<Reply>, Vec<Report>) {
        let (mut replies, mut reports) = (Vec::new(), Vec::new());
        let world = self.world();
        let mut turn = known.map(|job| Turn::of(*job, world, self.wall()));
        let silent = |asker, result| Reply { asker, command: None, verdict_for: None, question_of: None, result };
        for mail in mails {
            match (mail, &mut turn) {
                (JobMail::Create(new), Some(_)) => replies.push(silent(Asker::Client(new.id), Ok(Answer::Already))),
                (JobMail::Create(new), None) => {
                    replies.push(silent(Asker::Client(new.id), Ok(Answer::Done)));
                    turn = Some(Turn::create(*new, by(Actor::Client("shop".into())), world, self.wall()));
                }
                (JobMail::Ask { command, asker, holds }, turn) => {
                    let verdict_for = if holds { holder(&command) } else { None };
                    let job = turn.as_ref().map(|turn| turn.job().id);
                    let verdict_for = verdict_for.zip(job).map(|((agent, no), job)| (agent, job.offer(no)));
                    let result = match turn {
                        Some(turn) => {
                            let by = by(Actor::Operator("desk".into()));
                            turn.decide(Ask { command: command.clone(), by, key: None, expects: None })
                        }
                        None => Err(Refusal::JobNotFound),
                    };
                    replies.push(Reply { asker, command: Some(command), verdict_for, question_of: None, result });
                }
                (JobMail::Question { agent, inquiry }, _) => {
                    let question_of = Some((agent, inquiry));
                    replies.push(Reply { question_of, ..silent(Asker::Nobody, Ok(Answer::Already)) });
                }
                (JobMail::Tell(report), Some(turn)) => {
                    turn.observe(report.clone());
                    reports.push(report);
                }
                (JobMail::Tell(_), None) => {}
            }
        }
        (turn.and_then(Turn::finish), replies, reports)
    }

    pub fn job_stored(&mut self, id: JobId, number: u64, verdict: Verdict) {
        let actor = self.jobs.entry(id).or_default();
        let Some(Storing { step, replies, reports, .. }) = actor.storing.take_if(|storing| storing.number == number)
        else {
            return self.comes_back(id);
        };
        let believed = match verdict {
            Verdict::Stored => true,
            Verdict::Unknown => self.flaw == Flaw::BelievesUnknown,
            Verdict::Conflict => false,
        };
        if believed {
            let seat = step.seat;
            actor.known = Known::Read(Some(Box::new(step.job)));
            self.reply(replies);
            if let Some((agent, no)) = seat {
                self.tell_agent(agent, AgentMail::Seat { offer: id.offer(no) });
            }
        } else {
            // Forget, and look what is true. What the world told is told again; who asked must ask again.
            actor.known = Known::Unread;
            actor.waiting.splice(0..0, reports.into_iter().map(JobMail::Tell));
            if let Some(job) = self.disk.job(id) {
                self.believe(&job);
                self.seek_seat(&job);
            }
            for reply in replies {
                self.failed(&reply);
            }
        }
        self.job_turns(id);
    }

    /// The actor falls alone: what it knew and what waited for it is gone, what it has sent is not.
    pub fn job_falls(&mut self, id: JobId) {
        self.jobs.remove(&id);
        self.comes_back(id);
        // Somebody always wants something.
        self.tell_job(id, JobMail::Tell(Report::Ring));
    }

    /// What was lost with it is looked for again.
    fn comes_back(&mut self, id: JobId) {
        if let Some(job) = self.disk.job(id) {
            self.believe(&job);
            self.seek_seat(&job);
            self.tell_outcomes_again(&job);
        }
        self.job_turns(id);
    }

    /// A stored job is true: the index learns it, its deadlines are watched, its debts go out.
    pub fn believe(&mut self, job: &Job) {
        self.index.apply(job);
        self.watch_clock();
        self.settle_debts(job);
    }

    /// The request may have been lost.
    pub fn seek_seat(&mut self, job: &Job) {
        if let Some((agent, no)) = job.seat_sought() {
            self.tell_agent(agent, AgentMail::Seat { offer: job.id.offer(no) });
        }
    }

    fn reply(&mut self, replies: Vec<Reply>) {
        for reply in replies {
            if let Some((agent, offer)) = reply.verdict_for {
                self.tell_agent(agent, AgentMail::Verdict { offer });
            }
            if let Some((agent, inquiry)) = reply.question_of {
                self.tell_agent(agent, AgentMail::Answered { inquiry });
            }
            match (&reply.asker, &reply.command, &reply.result) {
                (Asker::Person { offer, .. }, Some(Command::Claim { agent, .. }), Ok(_)) => {
                    self.oracle.acknowledged(offer.job, *agent);
                }
                (Asker::Client(job), _, Ok(_)) => self.oracle.created(*job),
                _ => {}
            }
        }
    }

    fn failed(&mut self, reply: &Reply) {
        if let Some(command) = &reply.command {
            self.asks_again(command, &reply.asker);
        }
    }

    /// The asker hears that nobody knows, and asks again.
    pub fn asks_again(&mut self, command: &Command, asker: &Asker) {
        match *asker {
            Asker::Person { offer, tries } if tries < 4 => {
                let after = self.chance.span(std::time::Duration::from_secs(20));
                self.later(after, Event::Says { command: command.clone(), offer, tries: tries + 1 });
            }
            Asker::Person { .. } | Asker::Nobody | Asker::Desk | Asker::Client(_) => {}
        }
    }
}

fn by(actor: Actor) -> By {
    By { actor, cause: Cause::Request }
}

fn holder(command: &Command) -> Option<(AgentId, u16)> {
    match command {
        Command::Claim { agent, no, .. } | Command::Seat { agent, no } => Some((*agent, *no)),
        Command::Assign { agent, .. } => Some((*agent, baton_core::holds::ASSIGNMENT)),
        _ => None,
    }
}
