//! A disk that is slow, fails, and lies about what it has stored. Steps that arrive while it is busy go together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use baton_core::holds::Book;
use baton_core::ids::{AgentId, EffectId, JobId};
use baton_core::job::ledger::Attempt;
use baton_core::job::{Entry, Job, Step};
use bincode::Options;

use super::chance::Chance;

/// What one step writes.
pub enum Write {
    Job(Box<Step>),
    Book(AgentId, Book),
    /// An attempt to send begins.
    Attempt(EffectId),
}

/// Who waits for a write. An actor that fell and came back does not wait for what it wrote before: the number tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    Job(JobId, u64),
    Agent(AgentId, u64),
    Channel(EffectId),
}

/// What its writer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Stored,
    /// It was decided on another version; nothing was written.
    Conflict,
    /// It may be stored or not.
    Unknown,
}

/// Everything that survives.
#[derive(Default)]
pub struct Disk {
    jobs: BTreeMap<JobId, Vec<u8>>,
    books: BTreeMap<AgentId, Vec<u8>>,
    pub attempts: BTreeSet<EffectId>,
    /// The timelines and ledgers, whole: what the oracle reads.
    pub log: BTreeMap<JobId, Vec<Entry>>,
    pub ledger: BTreeMap<JobId, Vec<Attempt>>,
    /// A mistake planted into it.
    pub checks_no_version: bool,
    waiting: VecDeque<(Writer, Write)>,
    flushing: Vec<(Writer, Write)>,
}

impl Disk {
    pub fn job(&self, id: JobId) -> Option<Job> {
        self.jobs.get(&id).map(|record| decode(record))
    }

    pub fn jobs(&self) -> Vec<Job> {
        self.jobs.values().map(|record| decode(record)).collect()
    }

    pub fn book(&self, id: AgentId) -> Book {
        self.books.get(&id).map(|record| decode(record)).unwrap_or_default()
    }

    pub fn books(&self) -> Vec<(AgentId, Book)> {
        self.books.iter().map(|(id, record)| (*id, decode(record))).collect()
    }

    /// Whether something of this job, or of this agent, is on its way to the disk.
    pub fn is_writing(&self, whose: impl Fn(&Writer) -> bool) -> bool {
        self.waiting.iter().chain(&self.flushing).any(|(writer, _)| whose(writer))
    }

    /// Takes a write in; says whether a flush begins with it.
    pub fn take(&mut self, writer: Writer, write: Write) -> bool {
        self.waiting.push_back((writer, write));
        self.flushing.is_empty() && self.gather()
    }

    fn gather(&mut self) -> bool {
        let most = self.waiting.len().min(256);
        self.flushing = self.waiting.drain(..most).collect();
        !self.flushing.is_empty()
    }

    /// The flush ends: what each writer is told, and whether the next one begins.
    pub fn flushed(&mut self, chance: &mut Chance, lies_per_mille: u64) -> (Vec<(Writer, Verdict)>, bool) {
        let group = std::mem::take(&mut self.flushing);
        let mut verdicts = Vec::new();
        for (writer, write) in group {
            let lies = chance.per_mille(lies_per_mille);
            let verdict = if lies && chance.per_mille(500) { Verdict::Unknown } else { self.write(&write) };
            verdicts.push((writer, if lies { Verdict::Unknown } else { verdict }));
        }
        let next = self.gather();
        (verdicts, next)
    }

    /// The process falls while the disk is busy: any beginning of the group is stored, and nobody is told.
    pub fn falls(&mut self, chance: &mut Chance) {
        let group = std::mem::take(&mut self.flushing);
        let stored = chance.below(group.len() as u64 + 1) as usize;
        for (_, write) in group.iter().take(stored) {
            self.write(write);
        }
        self.waiting.clear();
    }

    fn write(&mut self, write: &Write) -> Verdict {
        match write {
            Write::Job(step) => {
                let id = step.job.id;
                let version = self.job(id).map_or(0, |job| job.version);
                if version + 1 != step.job.version && !self.checks_no_version {
                    return Verdict::Conflict;
                }
                self.jobs.insert(id, encode(&step.job));
                self.log.entry(id).or_default().extend(step.entries.iter().cloned());
                self.ledger.entry(id).or_default().extend(step.attempts.iter().cloned());
            }
            Write::Book(id, book) => {
                if self.book(*id).version + 1 != book.version && !self.checks_no_version {
                    return Verdict::Conflict;
                }
                self.books.insert(*id, encode(book));
            }
            Write::Attempt(effect) => {
                self.attempts.insert(*effect);
            }
        }
        Verdict::Stored
    }
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(60 * 1024)
}

fn encode<T: serde::Serialize>(value: &T) -> Vec<u8> {
    options().serialize(value).expect("fits into a record")
}

fn decode<T: serde::de::DeserializeOwned>(record: &[u8]) -> T {
    options().deserialize(record).expect("was written by us")
}
