//! `PATCH /api/v1/agents/{ref}`: a part of an agent.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use baton_core::ids::AgentId;

use crate::http::agents::store;
use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::etag::IfMatch;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::agent::AgentShape;
use crate::http::shapes::agent_view::AgentView;

/// Changes some fields of an agent: what is left out stays, `null` clears.
#[utoipa::path(patch, path = "/api/v1/agents/{ref}", tag = "agents", request_body = AgentShape,
    params(
        ("ref" = String, Path, description = "the tenant's own name for them"),
        ("If-Match" = Option<String>, Header, description = "the version the change was made from"),
    ),
    responses(
        (status = 200, body = AgentView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`agent-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`address-taken`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn patch(
    caller: Caller<Write>,
    Path(reference): Path<String>,
    seen: IfMatch,
    State(door): State<Door>,
    Json(shape): Json<AgentShape>,
) -> Result<Response, Problem> {
    let change = shape.into_patch(&reference, door.clock.now()).map_err(Problem::of_fields)?;
    let id = AgentId::of_reference(caller.tenant(), &reference);
    store::one(&door, id, seen, move |before, now| before.map(|before| change.onto(Some(before), id, now))).await?;
    store::shown(&door, id, StatusCode::OK)
}
