//! The process around the actors: it flushes, rings, falls and comes back.

use std::time::Duration;

use baton_core::holds::Book;
use baton_core::job::Report;
use baton_core::time::{Timestamp, Window};

use super::agent_actor::{AgentActor, AgentMail};
use super::channel::Outbox;
use super::disk::{Verdict, Writer};
use super::index::Index;
use super::job_actor::JobMail;
use super::town::minutes;
use super::{Event, Flaw, Simulation};

impl Simulation {
    pub fn flushed(&mut self) {
        let lies = if self.calm { 0 } else { 20 };
        let (verdicts, next) = self.disk.flushed(&mut self.chance, lies);
        if next {
            self.flush();
        }
        self.inspect();
        // A flush that fails takes the process with it: nobody may believe what the disk says afterwards.
        if !self.calm && self.chance.per_mille(3) {
            return self.falls();
        }
        for (writer, verdict) in verdicts {
            self.stats.unknown_stores += usize::from(verdict == Verdict::Unknown);
            match writer {
                Writer::Job(job, number) => {
                    // Whether or not its actor still lives, a stored job is true.
                    if let (Verdict::Stored, Some(stored)) = (verdict, self.disk.job(job)) {
                        self.believe(&stored);
                    }
                    self.job_stored(job, number, verdict);
                }
                Writer::Agent(agent, number) => self.agent_stored(agent, number, verdict),
                Writer::Channel(effect) => self.attempt_stored(effect, verdict),
            }
        }
    }

    pub fn falls(&mut self) {
        if !self.up {
            return;
        }
        self.stats.falls += 1;
        self.up = false;
        self.life += 1;
        self.last_alive = self.wall();
        self.disk.falls(&mut self.chance);
        self.jobs.clear();
        self.agents.clear();
        self.index = Index::default();
        self.outbox = Outbox::default();
        self.next_tick = None;
        let down = self.chance.span(minutes(10)) + Duration::from_secs(1);
        self.later(down, Event::Boots);
    }

    pub fn boots(&mut self) {
        self.up = true;
        let wall = self.wall();
        if wall.since(self.last_alive) > self.town.settings.outage_grace {
            self.town.outages.push(Window { from: self.last_alive, to: wall });
        }
        self.remember();
        let jobs = self.disk.jobs();
        for job in &jobs {
            self.index.apply(job);
        }
        if self.flaw == Flaw::ForgetsDeadlines {
            self.index.forget_deadlines();
        }
        if self.flaw != Flaw::ForgetsDebts {
            self.recover_debts(&jobs);
        }
        for job in &jobs {
            self.seek_seat(job);
        }
        for (agent, book) in self.disk.books() {
            if !book.holds.is_empty() {
                self.tell_agent(agent, AgentMail::Look);
            }
        }
        self.watch_clock();
    }

    /// Rings whatever is due, and sees when it must look again.
    pub fn tick(&mut self) {
        self.next_tick = None;
        let wall = self.wall();
        let due: Vec<_> = self.index.due().filter(|(_, due)| *due <= wall).map(|(job, _)| job).collect();
        for job in due {
            self.tell_job(job, JobMail::Tell(Report::Ring));
        }
        let stale = |actor: &AgentActor| actor.book.as_ref().and_then(Book::due).is_some_and(|due| due <= wall);
        let stale: Vec<_> = self.agents.iter().filter(|(_, actor)| stale(actor)).map(|(agent, _)| *agent).collect();
        for agent in stale {
            self.tell_agent(agent, AgentMail::Look);
        }
        // Those that rang have not looked yet: their deadlines stand until they have.
        self.watch_clock_after(Duration::from_millis(500));
    }

    pub fn watch_clock(&mut self) {
        self.watch_clock_after(Duration::ZERO);
    }

    pub fn watch_clock_after(&mut self, pause: Duration) {
        if !self.up {
            return;
        }
        let books = self.agents.values().filter_map(|actor| actor.book.as_ref()?.due());
        let Some(due) = self.index.due().map(|(_, due)| due).chain(books).min() else { return };
        let at = Timestamp(due.0 - self.skew).max(self.now + pause);
        if self.next_tick.is_none_or(|next| at < next) {
            self.next_tick = Some(at);
            let late = Duration::from_millis(self.chance.below(100));
            self.schedule(at + late, self.life, Event::Tick(at));
        }
    }

    /// An actor falls alone, now and then, while something of it is on its way.
    pub fn may_fall(&mut self, event: Event) {
        // Agents more often than jobs: what they forget shows only while two claims of theirs are on their way.
        let (often, within) = if matches!(event, Event::AgentFalls(_)) { (200, 30) } else { (30, 60) };
        if !self.calm && self.chance.per_mille(often) {
            let moment = Duration::from_millis(self.chance.below(within));
            self.soon(moment, event);
        }
    }
}
