//! `PUT /api/v1/agents/{ref}/availability`: whether an agent can be asked now.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use baton_core::agent::Agent;
use baton_core::ids::AgentId;

use crate::http::agents::store;
use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::etag::IfMatch;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::agent::AvailabilityShape;
use crate::http::shapes::agent_view::AgentView;

/// Says whether an agent can be asked now, or from when on.
#[utoipa::path(put, path = "/api/v1/agents/{ref}/availability", tag = "agents", request_body = AvailabilityShape,
    params(
        ("ref" = String, Path, description = "the tenant's own name for them"),
        ("If-Match" = Option<String>, Header, description = "the version the change was made from"),
    ),
    responses(
        (status = 200, body = AgentView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`agent-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn put(
    caller: Caller<Write>,
    Path(reference): Path<String>,
    seen: IfMatch,
    State(door): State<Door>,
    Json(shape): Json<AvailabilityShape>,
) -> Result<Response, Problem> {
    let availability = shape.into_core(door.clock.now()).map_err(Problem::of_fields)?;
    let id = AgentId::of_reference(caller.tenant(), &reference);
    let change = move |before: Option<&Agent>, now| {
        before.map(|before| Agent { availability, updated_at: now, ..before.clone() })
    };
    store::one(&door, id, seen, change).await?;
    store::shown(&door, id, StatusCode::OK)
}
