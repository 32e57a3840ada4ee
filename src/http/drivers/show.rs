//! `GET /api/v1/drivers/{driver}`: a driver.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::ids::DriverId;

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::drivers::named;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::driver_view::DriverView;

/// Shows a driver.
#[utoipa::path(get, path = "/api/v1/drivers/{driver}", tag = "fleet",
    params(("driver" = String, Path, description = "a UUID of your own")),
    responses(
        (status = 200, body = DriverView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`driver-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Read>, Path(id): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    shown(&door, named::id(caller.tenant(), &id)?, StatusCode::OK)
}

/// Shows a driver as they are now.
pub fn shown(door: &Door, id: DriverId, status: StatusCode) -> Result<Response, Problem> {
    let driver = door.engine.driver(id)?.ok_or_else(named::not_found)?;
    let view = door.engine.tenants().view(id.tenant);
    let agent = view.roster.get(&driver.agent).ok_or_else(named::not_found)?;
    Ok((status, axum::Json(DriverView::of(id, &driver, agent))).into_response())
}
