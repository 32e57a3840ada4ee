//! The tenant's agents as one immutable view: what a wave chooses from.

use std::sync::Arc;

use rpds::RedBlackTreeMapSync;

use crate::agent::Agent;
use crate::ids::AgentId;

/// Every agent of one tenant, by id and in the order of asking. A clone shares all that does not change with
/// the one before: somebody new among a hundred thousand costs no more than among ten.
#[derive(Clone, Default)]
pub struct Roster {
    by_id: RedBlackTreeMapSync<AgentId, Arc<Agent>>,
    in_order: RedBlackTreeMapSync<Place, Arc<Agent>>,
    /// Those of them who take jobs: whoever is only written to keeps no wave waiting.
    takers: RedBlackTreeMapSync<Place, Arc<Agent>>,
}

/// Lower priority numbers first, then by id.
type Place = (i32, AgentId);

impl Roster {
    /// A view of these agents; the last of one id counts.
    pub fn of(agents: impl IntoIterator<Item = Agent>) -> Self {
        let mut all = Self::default();
        agents.into_iter().for_each(|agent| all.put(agent));
        all
    }

    /// Stores an agent over what was there.
    pub fn put(&mut self, agent: Agent) {
        self.remove(&agent.id);
        let agent = Arc::new(agent);
        self.by_id.insert_mut(agent.id, Arc::clone(&agent));
        if agent.takes_jobs {
            self.takers.insert_mut(place(&agent), Arc::clone(&agent));
        }
        self.in_order.insert_mut(place(&agent), agent);
    }

    /// Removes an agent.
    pub fn remove(&mut self, id: &AgentId) {
        if let Some(before) = self.by_id.get(id).map(|before| place(before)) {
            self.by_id.remove_mut(id);
            self.in_order.remove_mut(&before);
            self.takers.remove_mut(&before);
        }
    }

    /// One agent.
    pub fn get(&self, id: &AgentId) -> Option<&Arc<Agent>> {
        self.by_id.get(id)
    }

    /// All of them, lower priority numbers first, then by id.
    pub fn in_order(&self) -> impl ExactSizeIterator<Item = &Arc<Agent>> {
        self.in_order.values()
    }

    /// Those who take jobs, in the same order.
    pub fn takers(&self) -> impl Iterator<Item = &Arc<Agent>> {
        self.takers.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.size()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

fn place(agent: &Agent) -> Place {
    (agent.priority, agent.id)
}
