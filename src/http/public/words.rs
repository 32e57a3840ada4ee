//! In which language a page speaks: the person's own, else their tenant's.

use baton_core::ids::{AgentId, TenantId};

use crate::http::door::Door;
use crate::wording::Words;

/// The words for a person.
pub fn of_agent(door: &Door, agent: AgentId) -> Words {
    let view = door.engine.tenants().view(agent.tenant);
    let own = view.roster.get(&agent).and_then(|agent| agent.locale.clone());
    Words::of(&door.wording, own.as_deref().unwrap_or(&view.settings.locale))
}

/// The words for somebody of a tenant whom nobody knows by name.
pub fn of_tenant(door: &Door, tenant: TenantId) -> Words {
    Words::of(&door.wording, &door.engine.tenants().view(tenant).settings.locale)
}
