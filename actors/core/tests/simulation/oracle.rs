//! What must be true of every history, whatever fell and whoever lied.

use std::collections::{BTreeMap, BTreeSet};

use baton_core::ids::{AgentId, EffectId, JobId};
use baton_core::job::{Event, Job, Next};

use super::Simulation;
use super::town::broken;

/// What people were told and what was seen from outside.
#[derive(Default)]
pub struct Oracle {
    acknowledged: BTreeSet<(JobId, AgentId)>,
    created: BTreeSet<JobId>,
    arrivals: BTreeMap<EffectId, u32>,
    excuses: BTreeMap<EffectId, u32>,
    unmarked: BTreeSet<EffectId>,
    pub wrong: Option<String>,
}

impl Oracle {
    pub fn acknowledged(&mut self, job: JobId, agent: AgentId) {
        self.acknowledged.insert((job, agent));
    }

    pub fn created(&mut self, job: JobId) {
        self.created.insert(job);
    }

    /// An attempt of this message was interrupted, or had no answer: one more may arrive.
    pub fn may_repeat(&mut self, effect: EffectId) {
        *self.excuses.entry(effect).or_default() += 1;
    }

    pub fn arrives(&mut self, effect: EffectId, marked: bool) {
        let count = self.arrivals.entry(effect).or_default();
        *count += 1;
        let (count, excuses) = (*count, self.excuses.get(&effect).copied().unwrap_or(0));
        // A slow provider may deliver the first attempt after the repeat, so the one without a mark may come last.
        if !marked && !self.unmarked.insert(effect) {
            self.complain(format!("message {effect} was repeated and did not say so"));
        }
        if count > 1 + excuses {
            self.complain(format!("message {effect} arrived {count} times for {excuses} interruptions"));
        }
    }

    pub fn complain(&mut self, what: String) {
        self.wrong.get_or_insert(what);
    }

    pub fn winners(&self) -> usize {
        self.acknowledged.len()
    }
}

impl Simulation {
    /// After every flush: no stored job breaks a rule, and nobody has more than they can do.
    pub fn inspect(&mut self) {
        let jobs = self.disk.jobs();
        for job in &jobs {
            let broken = broken(job);
            if !broken.is_empty() {
                self.oracle.complain(format!("job {} breaks {broken}", job.id));
            }
        }
        for agent in &self.town.agents {
            let Some(capacity) = agent.capacity else { continue };
            let theirs: Vec<&Job> = jobs.iter().filter(|job| job.winner() == Some(agent.id)).collect();
            if theirs.len() > capacity as usize {
                self.oracle.complain(format!("{} has {} of {capacity} jobs", agent.name, theirs.len()));
            }
            let times: Vec<_> = theirs.iter().filter_map(|job| job.occupies).collect();
            let clash = times.iter().enumerate().any(|(at, time)| times[..at].iter().any(|other| other.overlaps(time)));
            if clash {
                self.oracle.complain(format!("{} is in two places at once", agent.name));
            }
        }
    }

    /// What people were told is on disk.
    pub fn remember(&mut self) {
        let mut lost = None;
        for (job, agent) in &self.oracle.acknowledged {
            let log = self.disk.log.get(job).map_or(&[][..], Vec::as_slice);
            let wins = |event: &Event| matches!(event, Event::Claimed { agent: winner, .. } if winner == agent);
            let won = log.iter().any(|entry| wins(&entry.event));
            if !won {
                lost = Some(format!("{agent} was told that {job} is theirs, and nobody remembers"));
            }
        }
        if let Some(job) = self.oracle.created.iter().find(|job| self.disk.job(**job).is_none()) {
            lost = Some(format!("the client was told that {job} exists, and nobody remembers"));
        }
        if let Some(lost) = lost {
            self.oracle.complain(lost);
        }
    }

    /// When everything has calmed down: every job is over, or somebody has to act; and nothing is left undone.
    pub fn conclude(&mut self) {
        self.inspect();
        self.remember();
        for job in self.disk.jobs() {
            self.conclude_job(&job);
        }
        for (agent, book) in self.disk.books() {
            let book = self.agents.get(&agent).and_then(|actor| actor.book.clone()).unwrap_or(book);
            if !book.holds.is_empty() {
                self.oracle.complain(format!("{agent} keeps room that nobody needs: {:?}", book.holds));
            }
        }
    }

    fn conclude_job(&mut self, job: &Job) {
        if job.next() == Next::Nothing && !job.is_closed() {
            self.oracle.complain(format!("job {} waits for nothing", job.id));
        }
        if let Some(due) = job.due() {
            self.oracle.complain(format!("job {} was due at {due} and nobody looked: {:?}", job.id, job.stage));
        }
        if !job.owed.is_empty() {
            self.oracle.complain(format!("job {} still owes {:?}", job.id, job.owed));
        }
        self.check_log(job.id, job);
    }

    fn check_log(&mut self, id: JobId, job: &Job) {
        let log = self.disk.log.get(&id).map_or(&[][..], Vec::as_slice);
        let ledger = self.disk.ledger.get(&id).map_or(&[][..], Vec::as_slice);
        let mut wrong = None;
        let mut winner = None;
        let mut open = None;
        for (entry, seq) in log.iter().zip(1..) {
            if entry.seq != seq {
                wrong = Some(format!("the timeline of {id} has a gap at {seq}"));
            }
            match &entry.event {
                Event::Claimed { agent, .. } if winner.is_some() => {
                    wrong = Some(format!("{agent} won {id} while {winner:?} had it"));
                }
                Event::Claimed { agent, .. } => winner = Some(*agent),
                Event::ClaimEnded { .. } | Event::Closed { .. } => {
                    if let Some((no, _)) = open {
                        wrong = Some(format!("grant {no} of {id} outlives the claim"));
                    }
                    winner = None;
                }
                Event::Released { no, agent, .. } => {
                    if winner != Some(*agent) {
                        wrong = Some(format!("{id} was released to {agent}, and {winner:?} has it"));
                    }
                    // Only one that has run out is followed by another.
                    if open.is_some_and(|(_, until)| until > entry.at) {
                        wrong = Some(format!("{id} was released twice"));
                    }
                    if let Event::Released { until, .. } = entry.event {
                        open = Some((*no, until));
                    }
                }
                Event::GrantOpened { no } if open.is_none_or(|(live, until)| live != *no || until <= entry.at) => {
                    wrong = Some(format!("grant {no} of {id} opened, and {open:?} is the one that does"));
                }
                Event::GrantRevoked { .. } => open = None,
                _ => {}
            }
        }
        if winner != job.winner() {
            wrong = Some(format!("{id} has another winner than its timeline says"));
        }
        let mut before = None;
        for attempt in ledger {
            if !attempt.follows(&id, before) {
                wrong = Some(format!("the ledger of {id} is broken at {}", attempt.seq));
            }
            before = Some(attempt);
        }
        if u32::try_from(ledger.len()) != Ok(job.ledger.count) {
            wrong = Some(format!("the ledger of {id} has {} attempts, and counts {}", ledger.len(), job.ledger.count));
        }
        if before.map(|attempt| attempt.hash) != job.ledger.hash {
            wrong = Some(format!("the ledger of {id} does not end where its head says"));
        }
        if let Some(wrong) = wrong {
            self.oracle.complain(wrong);
        }
    }
}
