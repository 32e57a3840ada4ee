//! Offers that are decided and not yet stored: nobody believes them, but whoever chooses meanwhile takes them into account, or
//! many jobs that come at once would all ask the one who has been idle longest.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use baton_core::ids::{AgentId, JobId};
use baton_core::time::Timestamp;
use baton_core::world::AgentLoad;
use parking_lot::Mutex;

/// Offers in steps on their way to the disk. A job has one such step at most.
#[derive(Default)]
pub struct OnTheWay {
    inner: Mutex<Inner>,
    /// How many jobs there are in it: mostly none, and then nobody needs to look.
    jobs: AtomicUsize,
}

#[derive(Default)]
struct Inner {
    jobs: HashMap<JobId, Box<[AgentId]>>,
    agents: HashMap<AgentId, Asked>,
}

struct Asked {
    offers: u32,
    latest: Timestamp,
}

impl OnTheWay {
    /// A job's step makes offers to these agents.
    pub fn note(&self, job: JobId, agents: Box<[AgentId]>, now: Timestamp) {
        if agents.is_empty() {
            return;
        }
        let mut inner = self.inner.lock();
        for agent in &agents {
            let asked = inner.agents.entry(*agent).or_insert(Asked { offers: 0, latest: now });
            asked.offers += 1;
            asked.latest = now;
        }
        inner.jobs.insert(job, agents);
        self.jobs.store(inner.jobs.len(), Ordering::Relaxed);
    }

    /// Steps of these jobs are stored, and the index knows of them; or they are not, and nobody is asked.
    pub fn passed<'a>(&self, jobs: impl Iterator<Item = &'a JobId>) {
        if self.jobs.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut inner = self.inner.lock();
        for job in jobs {
            for agent in inner.jobs.remove(job).unwrap_or_default() {
                if let Some(asked) = inner.agents.get_mut(&agent) {
                    asked.offers -= 1;
                    if asked.offers == 0 {
                        inner.agents.remove(&agent);
                    }
                }
            }
        }
        self.jobs.store(inner.jobs.len(), Ordering::Relaxed);
    }

    /// How many jobs have offers on their way.
    pub fn jobs(&self) -> usize {
        self.jobs.load(Ordering::Relaxed)
    }

    /// Adds what is on its way to an agent.
    pub fn add(&self, agent: &AgentId, load: &mut AgentLoad) {
        if self.jobs.load(Ordering::Relaxed) == 0 {
            return;
        }
        if let Some(asked) = self.inner.lock().agents.get(agent) {
            load.open_offers += asked.offers;
            load.last_offered = load.last_offered.max(Some(asked.latest));
        }
    }
}
