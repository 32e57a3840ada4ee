//! The thin loop around a person: room is kept, and stored, before a claim goes on to its job.

use baton_core::delivery::ChannelKind;
use baton_core::holds::{ASSIGNMENT, Book, Held, Inquiry};
use baton_core::ids::{AgentId, JobId, OfferId};
use baton_core::job::ledger::Heard;
use baton_core::job::{Command, Refusal, Report};
use baton_core::reply::{self, Known, Resolved};

use super::disk::{Verdict, Write, Writer};
use super::job_actor::{Asker, JobMail};
use super::{Flaw, Simulation};

/// What an agent's actor is told.
#[derive(Debug)]
pub enum AgentMail {
    Claim {
        offer: OfferId,
        asker: Asker,
    },
    Assign {
        job: JobId,
    },
    Seat {
        offer: OfferId,
    },
    Verdict {
        offer: OfferId,
    },
    Answered {
        inquiry: Inquiry,
    },
    Reads {
        text: String,
    },
    /// Look at your clock.
    Look,
}

#[derive(Default)]
pub struct AgentActor {
    pub book: Option<Book>,
    waiting: Vec<AgentMail>,
    storing: Option<(u64, Vec<(JobId, JobMail)>)>,
}

impl Simulation {
    pub fn agent_hears(&mut self, id: AgentId, mail: AgentMail) {
        self.agents.entry(id).or_default().waiting.push(mail);
        self.agent_turns(id);
    }

    fn agent_turns(&mut self, id: AgentId) {
        let waits = self.disk.is_writing(|writer| matches!(writer, Writer::Agent(agent, _) if *agent == id));
        let ready = |actor: &AgentActor| actor.storing.is_none() && !actor.waiting.is_empty();
        if self.agents.get(&id).is_some_and(ready) && !waits {
            self.agent_turn(id);
        }
    }

    fn agent_turn(&mut self, id: AgentId) {
        let mut actor = self.agents.remove(&id).unwrap_or_default();
        let mut book = actor.book.take().unwrap_or_else(|| self.disk.book(id));
        let (mut letters, mut changed) = (Vec::new(), false);
        let now = self.wall();
        for offer in book.stale(now).collect::<Vec<_>>() {
            if let Some(inquiry) = book.asked(offer, now) {
                letters.push((offer.job, JobMail::Question { agent: id, inquiry }));
            }
        }
        for mail in std::mem::take(&mut actor.waiting) {
            match mail {
                AgentMail::Claim { offer, asker } => {
                    let command = Command::Claim {
                        agent: id,
                        no: offer.no,
                        via: Some(ChannelKind::Telegram),
                        heard: Heard::default(),
                    };
                    match self.room(id, &mut book, offer) {
                        Ok((new, holds)) => {
                            changed |= new;
                            letters.push((offer.job, JobMail::Ask { command, asker, holds }));
                        }
                        Err(_) => self.stats.full += 1,
                    }
                }
                AgentMail::Assign { job } => {
                    let command = Command::Assign { agent: id, channel: ChannelKind::Telegram };
                    if let Ok((new, holds)) = self.room(id, &mut book, job.offer(ASSIGNMENT)) {
                        changed |= new;
                        letters.push((job, JobMail::Ask { command, asker: Asker::Desk, holds }));
                    }
                }
                AgentMail::Seat { offer } => match self.room(id, &mut book, offer) {
                    Ok((new, holds)) => {
                        changed |= new;
                        let command = Command::Seat { agent: id, no: offer.no };
                        letters.push((offer.job, JobMail::Ask { command, asker: Asker::Nobody, holds }));
                    }
                    Err(_) => letters.push((offer.job, JobMail::Tell(Report::NoRoom { agent: id, no: offer.no }))),
                },
                AgentMail::Verdict { offer } => {
                    book.free(offer);
                }
                AgentMail::Answered { inquiry } => {
                    book.answered(inquiry);
                }
                AgentMail::Reads { text } => self.reads(id, &mut book, &text, &mut letters, &mut changed),
                AgentMail::Look => {}
            }
        }
        if changed && self.flaw != Flaw::HoldsUnstored {
            book.version += 1;
            let number = self.number();
            self.store(Writer::Agent(id, number), Write::Book(id, book.clone()));
            self.may_fall(super::Event::AgentFalls(id));
            actor.storing = Some((number, letters));
        } else {
            if changed {
                self.may_fall(super::Event::AgentFalls(id));
            }
            self.post(letters);
        }
        actor.book = Some(book);
        self.agents.insert(id, actor);
        self.watch_clock();
    }

    /// Room for one more: whether the book has changed, and whether a verdict is awaited.
    fn room(&mut self, id: AgentId, book: &mut Book, offer: OfferId) -> Result<(bool, bool), Refusal> {
        let capacity = self.town.roster.get(&id).and_then(|agent| agent.capacity);
        let Some(capacity) = capacity else { return Ok((false, false)) };
        if self.flaw == Flaw::NoHolds {
            return Ok((false, false));
        }
        let claims: Vec<_> = self.index.claims(id).into_iter().map(|(_, claim, _)| claim).collect();
        let held = book.hold(offer, self.index.occupies(offer.job), capacity, &claims, self.wall())?;
        Ok((held == Held::New, held == Held::New))
    }

    fn reads(
        &mut self,
        id: AgentId,
        book: &mut Book,
        text: &str,
        letters: &mut Vec<(JobId, JobMail)>,
        changed: &mut bool,
    ) {
        let (open, past) = (self.index.open(id), self.index.past(id));
        let theirs = self.index.claims(id);
        let claims: Vec<_> = theirs.iter().map(|(offer, ..)| *offer).collect();
        let reminded: Vec<_> = theirs.iter().filter(|(.., reminded)| *reminded).map(|(offer, ..)| *offer).collect();
        let known = Known { open: &open, past: &past, claims: &claims, reminded: &reminded };
        let resolved = reply::resolve(reply::read(text, "en"), None, &known, book.question.as_ref(), self.wall());
        let ask = |command| JobMail::Ask { command, asker: Asker::Nobody, holds: false };
        match resolved {
            Resolved::Claim(offer) => {
                let asker = Asker::Person { offer, tries: 0 };
                self.tell_agent(id, AgentMail::Claim { offer, asker });
            }
            Resolved::Decline(offer) => letters.push((offer.job, ask(Command::Decline { agent: id, no: offer.no }))),
            Resolved::Acknowledge(job) => letters.push((job, ask(Command::Acknowledge { agent: Some(id) }))),
            Resolved::Withdraw(job) => letters.push((job, ask(Command::Withdraw { agent: Some(id), reason: None }))),
            Resolved::Ask(question) => {
                let number = 1 + self.chance.below(question.choices.len() as u64);
                book.question = Some(question);
                *changed = true;
                self.stats.questions += 1;
                let after = self.chance.span(std::time::Duration::from_secs(60));
                self.later(after, super::Event::Writes { agent: id, text: number.to_string() });
            }
            Resolved::Help
            | Resolved::NoOpenOffer
            | Resolved::NoClaim
            | Resolved::UnknownCode(_)
            | Resolved::OptOut
            | Resolved::OptIn
            | Resolved::Unrecognized => {}
        }
    }

    pub fn agent_stored(&mut self, id: AgentId, number: u64, verdict: Verdict) {
        let actor = self.agents.entry(id).or_default();
        let Some((_, letters)) = actor.storing.take_if(|(waits, _)| *waits == number) else {
            return self.agent_turns(id);
        };
        match verdict {
            Verdict::Stored => self.post(letters),
            Verdict::Unknown | Verdict::Conflict => {
                actor.book = None;
                self.tell_agent(id, AgentMail::Look);
                for (_, letter) in letters {
                    // A seat is sought again by its job's own clock.
                    if let JobMail::Ask { command, asker, .. } = letter {
                        self.asks_again(&command, &asker);
                    }
                }
            }
        }
        self.agent_turns(id);
    }

    /// The actor falls alone: what it knew and what waited for it is gone, what it has sent is not.
    pub fn agent_falls(&mut self, id: AgentId) {
        self.agents.remove(&id);
        self.tell_agent(id, AgentMail::Look);
    }

    fn post(&mut self, letters: Vec<(JobId, JobMail)>) {
        for (job, mail) in letters {
            self.tell_job(job, mail);
        }
    }
}
