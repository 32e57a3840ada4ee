//! `GET /api/v1/vehicles/{vehicle}`: a vehicle.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::vehicle::VehicleView;
use crate::http::vehicles::named;

/// Shows a vehicle.
#[utoipa::path(get, path = "/api/v1/vehicles/{vehicle}", tag = "fleet",
    params(("vehicle" = String, Path, description = "a UUID of your own")),
    responses(
        (status = 200, body = VehicleView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`vehicle-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Read>, Path(id): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    let id = named::id(caller.tenant(), &id)?;
    let vehicle = door.engine.vehicle(id)?.ok_or_else(named::not_found)?;
    Ok(axum::Json(VehicleView::of(id, &vehicle)).into_response())
}
