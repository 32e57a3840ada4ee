//! Storing agents: decided by the roster's one writer on what it has then, so that two changes at once both hold.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use baton_actors::tenants::TenantView;
use baton_actors::tenants::roster::{AgentsChanged, AgentsDecided, ChangeFailure};
use baton_core::agent::Agent;
use baton_core::ids::{AgentId, TenantId};
use baton_core::time::Timestamp;

use crate::http::door::Door;
use crate::http::etag::{IfMatch, etag};
use crate::http::problem::{Code, Problem};
use crate::http::shapes::agent_view::AgentView;

/// Changes one agent. `change` sees the agent as it is, or none, and gives it as it is to be; none: there must be one.
pub async fn one(
    door: &Door,
    id: AgentId,
    seen: IfMatch,
    change: impl FnOnce(Option<&Agent>, Timestamp) -> Option<Agent> + Send + 'static,
) -> Result<AgentsChanged, Problem> {
    let decide = move |view: &TenantView, now: Timestamp| {
        let before = view.roster.get(&id).map(Arc::as_ref);
        let is = before.map_or(0, |agent| agent.version);
        let refused = match seen.0 {
            Some(expected) if expected != is => Some(ChangeFailure::VersionChanged { expected, is }),
            Some(_) | None => None,
        };
        if refused.is_some() {
            return AgentsDecided { refused, ..AgentsDecided::default() };
        }
        match change(before, now) {
            Some(agent) => AgentsDecided { upserts: vec![agent], ..AgentsDecided::default() },
            None => AgentsDecided { refused: Some(ChangeFailure::NotFound), ..AgentsDecided::default() },
        }
    };
    Ok(door.engine.change_agents(id.tenant, Box::new(decide)).await?)
}

/// Shows an agent as it is now.
pub fn shown(door: &Door, id: AgentId, status: StatusCode) -> Result<Response, Problem> {
    let view = door.engine.tenants().view(id.tenant);
    let agent = view.roster.get(&id).ok_or_else(not_found)?;
    Ok((status, [(ETAG, etag(agent.version))], axum::Json(AgentView::of(agent))).into_response())
}

/// The agent of a reference.
pub fn known(door: &Door, tenant: TenantId, reference: &str) -> Result<Arc<Agent>, Problem> {
    let view = door.engine.tenants().view(tenant);
    view.roster.get(&AgentId::of_reference(tenant, reference)).cloned().ok_or_else(not_found)
}

/// There is none.
pub fn not_found() -> Problem {
    Problem::new(Code::AgentNotFound, "there is no such agent")
}
