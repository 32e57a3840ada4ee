//! `PUT /api/v1/agents/{ref}`: an agent, made or changed.

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

/// Makes an agent, or changes the one there is. What is left out stays.
#[utoipa::path(put, path = "/api/v1/agents/{ref}", tag = "agents", request_body = AgentShape,
    params(
        ("ref" = String, Path, description = "the tenant's own name for them"),
        ("If-Match" = Option<String>, Header, description = "the version the change was made from"),
    ),
    responses(
        (status = 200, description = "changed", body = AgentView),
        (status = 201, description = "made", body = AgentView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`address-taken`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn put(
    caller: Caller<Write>,
    Path(reference): Path<String>,
    seen: IfMatch,
    State(door): State<Door>,
    Json(shape): Json<AgentShape>,
) -> Result<Response, Problem> {
    let change = shape.into_core(&reference, door.clock.now()).map_err(Problem::of_fields)?;
    let id = AgentId::of_reference(caller.tenant(), &reference);
    let changed = store::one(&door, id, seen, move |before, now| Some(change.onto(before, id, now))).await?;
    store::shown(&door, id, if changed.inserted > 0 { StatusCode::CREATED } else { StatusCode::OK })
}
