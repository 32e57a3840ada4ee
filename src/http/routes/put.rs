//! `PUT /api/v1/routes/{route}`: a route, made or replaced.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::records::Route;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::json::Json;
use crate::http::problem::{Body, FieldError, Problem};
use crate::http::routes::named;
use crate::http::shapes::route::RouteShape;
use crate::http::shapes::route_view::RouteView;
use crate::sealing::SealingError;

/// Makes a route, or replaces the one there is.
///
/// What it says is sealed; its driver alone gets it, as it stands when it is sent. Stops are driven in the order of their
/// `sequence`, or, without, of the list.
#[utoipa::path(put, path = "/api/v1/routes/{route}", tag = "fleet", request_body = RouteShape,
    params(("route" = String, Path, description = "a UUID of your own")),
    responses(
        (status = 200, description = "replaced", body = RouteView),
        (status = 201, description = "made", body = RouteView),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn put(
    caller: Caller<Write>,
    Path(id): Path<String>,
    State(door): State<Door>,
    Json(shape): Json<RouteShape>,
) -> Result<Response, Problem> {
    let id = named::id(caller.tenant(), &id)?;
    let (sheet, vehicle) = shape.into_core().map_err(Problem::of_fields)?;
    let sealed = sheet.seal(&door.keyring, id).map_err(|error| match error {
        SealingError::TooLarge => Problem::of_fields(vec![FieldError {
            field: "stops".to_owned(),
            message: "are too long in all".into(),
            cure: "give shorter texts, or two routes".into(),
        }]),
        other => Problem::internal(&other),
    })?;
    let route = Route { vehicle, sealed, at: door.clock.now() };
    let is_there = door.engine.route(id)?.is_some();
    door.engine.put_route(id, Some(&route)).await?;
    let status = if is_there { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(RouteView::of(id, &route, sheet))).into_response())
}
