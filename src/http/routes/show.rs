//! `GET /api/v1/routes/{route}`: a route.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::fleet::sheet::Sheet;
use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::routes::named;
use crate::http::shapes::route_view::RouteView;

/// Shows a route with all that it says, to whoever keeps routes.
#[utoipa::path(get, path = "/api/v1/routes/{route}", tag = "fleet",
    params(("route" = String, Path, description = "a UUID of your own")),
    responses(
        (status = 200, body = RouteView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`route-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Read>, Path(id): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    let id = named::id(caller.tenant(), &id)?;
    let route = door.engine.route(id)?.ok_or_else(named::not_found)?;
    let sheet = Sheet::open(&door.keyring, id, &route.sealed).map_err(|error| Problem::internal(&error))?;
    Ok(axum::Json(RouteView::of(id, &route, sheet)).into_response())
}
