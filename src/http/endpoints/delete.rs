//! `DELETE /api/v1/endpoints/{id}`: an endpoint is removed.

use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::endpoints::{named, not_found};
use crate::http::problem::{Body, Problem};

/// Removes an endpoint. What waits for it is told nobody.
#[utoipa::path(delete, path = "/api/v1/endpoints/{id}", tag = "events",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "gone"),
        (status = 404, description = "`endpoint-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn delete(
    caller: Caller<Administer>,
    Path(id): Path<String>,
    State(door): State<Door>,
) -> Result<StatusCode, Problem> {
    let endpoint = named(&door, caller.tenant(), &id)?;
    if door.engine.remove_endpoint(endpoint.id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(not_found()) }
}
