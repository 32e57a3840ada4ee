//! `GET /api/v1/agents/{ref}`: one agent.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use baton_core::ids::AgentId;

use crate::http::agents::store;
use crate::http::caller::{Caller, ReadPeople};
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::agent_view::AgentView;

/// Shows an agent.
#[utoipa::path(get, path = "/api/v1/agents/{ref}", tag = "agents",
    params(("ref" = String, Path, description = "the tenant's own name for them")),
    responses(
        (status = 200, body = AgentView),
        (status = 404, description = "`agent-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<ReadPeople>,
    Path(reference): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    store::shown(&door, AgentId::of_reference(caller.tenant(), &reference), StatusCode::OK)
}
