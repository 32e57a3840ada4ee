//! In which language a page speaks: the person's own, else their tenant's.

use baton_core::ids::AgentId;

use crate::http::door::Door;
use crate::wording::Words;

/// The words for a person.
pub fn of_agent(door: &Door, agent: AgentId) -> Words {
    let view = door.engine.tenants().view(agent.tenant);
    let own = view.roster.get(&agent).and_then(|agent| agent.locale.clone());
    Words::of(&door.wording, own.as_deref().unwrap_or(&view.settings.locale))
}
