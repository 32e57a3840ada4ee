//! What the server says of the jobs, asked over HTTP again and again. Only jobs that can still move are asked for, so that a
//! round costs as much as there is to see.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use baton_actors::clock::{Clock as _, SystemClock};
use baton_core::time::Timestamp;
use serde_json::{Value, json};

use super::tally::{Story, Tally};
use crate::cli::client::{Body, Client};
use crate::cli::exit::Failure;

/// The states in which something still happens by itself, or by somebody's approval.
const MOVING: &str = "needs_approval,scheduled,offering";
const PAGE: u32 = 100;
/// So many lines are kept until somebody shows them.
const LINES: usize = 1_000;

/// Why a job waits for whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yours {
    /// It does not.
    No,
    /// It is to be approved by hand.
    Approval,
    /// It is offered to them.
    Offer,
}

/// A line of what happened.
pub struct Line {
    /// When, since the demo began.
    pub at: Duration,
    /// The job's code.
    pub code: String,
    /// Whose job.
    pub tenant: usize,
    /// What, and who.
    pub text: String,
}

struct Job {
    tenant: usize,
    code: String,
    status: String,
    version: u64,
    /// The last entry of its timeline that was seen.
    seen: u64,
    since: Timestamp,
    yours: Yours,
    is_approved: bool,
    story: Story,
}

/// What is known.
pub struct Watch {
    clients: Vec<Client>,
    began: Timestamp,
    jobs: BTreeMap<String, Job>,
    moving: BTreeSet<String>,
    /// What was counted, a tenant each.
    pub tallies: Vec<Tally>,
    /// The latest of what happened, oldest first.
    pub lines: VecDeque<Line>,
    /// How many lines there were in all.
    pub told: usize,
    /// The lines of this round, job by job.
    fresh: Vec<Line>,
}

impl Watch {
    /// Begins with no jobs.
    pub fn begin(clients: Vec<Client>) -> Self {
        let tallies = vec![Tally::default(); clients.len()];
        Self {
            clients,
            began: SystemClock.now(),
            jobs: BTreeMap::new(),
            moving: BTreeSet::new(),
            tallies,
            lines: VecDeque::new(),
            told: 0,
            fresh: Vec::new(),
        }
    }

    /// How long it goes on.
    pub fn elapsed(&self) -> Duration {
        SystemClock.now().since(self.began)
    }

    /// A job that was sent in.
    pub fn add(&mut self, tenant: usize, job: &Value, yours: Yours) {
        let Some(id) = job["id"].as_str() else { return };
        if self.jobs.contains_key(id) {
            return;
        }
        let text = |name: &str| job[name].as_str().unwrap_or_default().to_owned();
        // A result of a batch calls it otherwise, because its `status` is that of HTTP.
        let status = job["job_status"].as_str().map_or_else(|| text("status"), str::to_owned);
        let (since, story) = (SystemClock.now(), Story::default());
        let job =
            Job { tenant, code: text("code"), status, version: 0, seen: 0, since, yours, is_approved: false, story };
        self.moving.insert(id.to_owned());
        self.jobs.insert(id.to_owned(), job);
    }

    /// How many jobs stand where, of one tenant or of all.
    pub fn states(&self, tenant: Option<usize>) -> BTreeMap<&str, usize> {
        let mut states = BTreeMap::new();
        for job in self.jobs.values().filter(|job| tenant.is_none_or(|tenant| job.tenant == tenant)) {
            *states.entry(job.status.as_str()).or_default() += 1;
        }
        states
    }

    /// What was counted of all tenants.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.tallies.iter().for_each(|tally| total.add(tally));
        total
    }

    /// How many jobs are known.
    pub fn count(&self) -> usize {
        self.jobs.len()
    }

    /// How many wait for whoever watches: to be approved, and to be answered.
    pub fn waiting_for_you(&self) -> (usize, usize) {
        let waiting = |yours| self.moving.iter().filter(|id| self.jobs[*id].waits_for(yours)).count();
        (waiting(Yours::Approval), waiting(Yours::Offer))
    }

    /// How many still move by themselves.
    pub fn moving(&self) -> usize {
        let (approvals, offers) = self.waiting_for_you();
        self.moving.len() - approvals - offers
    }

    /// Asks for everything that has changed.
    pub async fn look(&mut self) -> Result<(), Failure> {
        for tenant in 0..self.clients.len() {
            let listed = self.list(tenant).await?;
            for (id, job) in &listed {
                self.add(tenant, job, Yours::No);
                self.refresh(id, job).await?;
            }
            let gone: Vec<String> = self.moving.iter().filter(|id| self.jobs[*id].tenant == tenant).cloned().collect();
            for id in gone.into_iter().filter(|id| !listed.contains_key(id)) {
                let job = self.clients[tenant].get(&["api", "v1", "jobs", &id], &[]).await?;
                self.refresh(&id, &job).await?;
            }
        }
        self.fresh.sort_by_key(|line| line.at);
        self.told += self.fresh.len();
        self.lines.extend(self.fresh.drain(..));
        while self.lines.len() > LINES {
            self.lines.pop_front();
        }
        Ok(())
    }

    /// Approves what has waited for so long, as an operator would; not what is left to whoever watches.
    pub async fn approve(&mut self, after: Duration) -> Result<(), Failure> {
        let now = SystemClock.now();
        for id in &self.moving {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            let due = job.status == "needs_approval" && job.yours == Yours::No && now.since(job.since) >= after;
            if due && !job.is_approved {
                let path = ["api", "v1", "jobs", id, "approve"];
                self.clients[job.tenant].post(&path, Body::json(&json!({}))).await?;
                job.is_approved = true;
            }
        }
        Ok(())
    }

    async fn list(&self, tenant: usize) -> Result<BTreeMap<String, Value>, Failure> {
        let mut jobs = BTreeMap::new();
        let mut cursor = None;
        loop {
            let mut query = vec![("status", MOVING.to_owned()), ("limit", PAGE.to_string())];
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let mut page = self.clients[tenant].get(&["api", "v1", "jobs"], &query).await?;
            for job in page["items"].as_array_mut().into_iter().flat_map(std::mem::take) {
                jobs.extend(job["id"].as_str().map(str::to_owned).map(|id| (id, job)));
            }
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return Ok(jobs);
            }
        }
    }

    /// Takes in how a job stands, and what its timeline says since the last time.
    async fn refresh(&mut self, id: &str, shown: &Value) -> Result<(), Failure> {
        let Some(job) = self.jobs.get_mut(id) else { return Ok(()) };
        let version = shown["version"].as_u64().unwrap_or_default();
        if version == job.version {
            return Ok(());
        }
        shown["status"].as_str().unwrap_or_default().clone_into(&mut job.status);
        job.version = version;
        let timeline = self.clients[job.tenant].get(&["api", "v1", "jobs", id, "timeline"], &[]).await?;
        for entry in timeline["items"].as_array().into_iter().flatten() {
            let seq = entry["seq"].as_u64().unwrap_or_default();
            if seq <= job.seen {
                continue;
            }
            job.seen = seq;
            let Some(text) = self.tallies[job.tenant].tell(entry, &mut job.story) else { continue };
            let at = entry["at"].as_str().and_then(Timestamp::parse).unwrap_or(self.began).since(self.began);
            self.fresh.push(Line { at, code: job.code.clone(), tenant: job.tenant, text });
        }
        if !MOVING.split(',').any(|status| status == job.status) {
            job.story = Story::default();
            self.moving.remove(id);
        }
        Ok(())
    }
}

impl Job {
    fn waits_for(&self, yours: Yours) -> bool {
        self.yours == yours
            && match yours {
                Yours::No => false,
                Yours::Approval => self.status == "needs_approval",
                Yours::Offer => true,
            }
    }
}
