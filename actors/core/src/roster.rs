//! The tenant's agents as one immutable view: what a wave chooses from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agent::Agent;
use crate::ids::AgentId;

/// Every agent of one tenant, by id and in the order of asking. Changing one makes a new view.
#[derive(Clone, Default)]
pub struct Roster {
    by_id: BTreeMap<AgentId, Arc<Agent>>,
    in_order: Vec<Arc<Agent>>,
}

impl Roster {
    /// A view of these agents; the last of one id counts.
    pub fn of(agents: impl IntoIterator<Item = Agent>) -> Self {
        let by_id: BTreeMap<_, _> = agents.into_iter().map(|agent| (agent.id, Arc::new(agent))).collect();
        let mut in_order: Vec<_> = by_id.values().cloned().collect();
        in_order.sort_by_key(|agent| (agent.priority, agent.id));
        Self { by_id, in_order }
    }

    /// A view with these agents stored over and those removed.
    #[must_use]
    pub fn with(&self, upserts: Vec<Agent>, removed: &[AgentId]) -> Self {
        let mut next = self.clone();
        for agent in upserts {
            next.by_id.insert(agent.id, Arc::new(agent));
        }
        for id in removed {
            next.by_id.remove(id);
        }
        next.in_order = next.by_id.values().cloned().collect();
        next.in_order.sort_by_key(|agent| (agent.priority, agent.id));
        next
    }

    /// One agent.
    pub fn get(&self, id: &AgentId) -> Option<&Arc<Agent>> {
        self.by_id.get(id)
    }

    /// All of them, lower priority numbers first, then by id.
    pub fn in_order(&self) -> &[Arc<Agent>] {
        &self.in_order
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.in_order.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.in_order.is_empty()
    }
}
