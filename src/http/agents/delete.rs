//! `DELETE /api/v1/agents/{ref}`: an agent is no longer asked, and no longer known.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use baton_actors::tenants::TenantView;
use baton_actors::tenants::roster::{AgentsDecided, ChangeFailure};
use baton_core::ids::AgentId;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::etag::IfMatch;
use crate::http::problem::{Body, Problem};

/// Deletes an agent. Their open offers run out; a job they have stays theirs until somebody ends it.
#[utoipa::path(delete, path = "/api/v1/agents/{ref}", tag = "agents",
    params(
        ("ref" = String, Path, description = "the tenant's own name for them"),
        ("If-Match" = Option<String>, Header, description = "the version the change was made from"),
    ),
    responses(
        (status = 204, description = "gone"),
        (status = 404, description = "`agent-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn delete(
    caller: Caller<Write>,
    Path(reference): Path<String>,
    seen: IfMatch,
    State(door): State<Door>,
) -> Result<StatusCode, Problem> {
    let id = AgentId::of_reference(caller.tenant(), &reference);
    let decide = move |view: &TenantView, _| match (view.roster.get(&id), seen.0) {
        (None, _) => AgentsDecided { refused: Some(ChangeFailure::NotFound), ..AgentsDecided::default() },
        (Some(agent), Some(expected)) if expected != agent.version => {
            let refused = Some(ChangeFailure::VersionChanged { expected, is: agent.version });
            AgentsDecided { refused, ..AgentsDecided::default() }
        }
        (Some(_), _) => AgentsDecided { removed: vec![id], ..AgentsDecided::default() },
    };
    door.engine.change_agents(caller.tenant(), Box::new(decide)).await?;
    Ok(StatusCode::NO_CONTENT)
}
