//! `PUT /api/v1/vehicles/{vehicle}`: a vehicle, made or replaced.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::vehicle::{VehicleShape, VehicleView};
use crate::http::vehicles::named;

/// Makes a vehicle, or replaces the one there is.
#[utoipa::path(put, path = "/api/v1/vehicles/{vehicle}", tag = "fleet", request_body = VehicleShape,
    params(("vehicle" = String, Path, description = "a UUID of your own")),
    responses(
        (status = 200, description = "replaced", body = VehicleView),
        (status = 201, description = "made", body = VehicleView),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn put(
    caller: Caller<Write>,
    Path(id): Path<String>,
    State(door): State<Door>,
    Json(shape): Json<VehicleShape>,
) -> Result<Response, Problem> {
    let id = named::id(caller.tenant(), &id)?;
    let vehicle = shape.into_core(door.clock.now()).map_err(Problem::of_fields)?;
    let is_there = door.engine.vehicle(id)?.is_some();
    door.engine.put_vehicle(id, Some(&vehicle)).await?;
    let status = if is_there { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(VehicleView::of(id, &vehicle))).into_response())
}
