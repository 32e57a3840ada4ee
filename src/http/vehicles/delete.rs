//! `DELETE /api/v1/vehicles/{vehicle}`: a vehicle is no longer known.

use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::vehicles::named;

/// Deletes a vehicle. Routes that name it are driven without.
#[utoipa::path(delete, path = "/api/v1/vehicles/{vehicle}", tag = "fleet",
    params(("vehicle" = String, Path, description = "a UUID of your own")),
    responses(
        (status = 204, description = "gone"),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`vehicle-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn delete(
    caller: Caller<Write>,
    Path(id): Path<String>,
    State(door): State<Door>,
) -> Result<StatusCode, Problem> {
    let id = named::id(caller.tenant(), &id)?;
    if door.engine.vehicle(id)?.is_none() {
        return Err(named::not_found());
    }
    door.engine.put_vehicle(id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
