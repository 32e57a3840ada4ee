//! `GET /api/v1/endpoints`: the endpoints of a tenant.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::page::Items;
use crate::http::problem::Problem;
use crate::http::shapes::endpoint_view::EndpointView;

/// Lists the endpoints, the oldest first, each with how far it has come.
#[utoipa::path(get, path = "/api/v1/endpoints", tag = "events", responses((status = 200, body = Items<EndpointView>)))]
pub async fn get(caller: Caller<Administer>, State(door): State<Door>) -> Result<Response, Problem> {
    let all = door.engine.endpoints(caller.tenant());
    let items = all.iter().map(|endpoint| EndpointView::of(&door, endpoint)).collect::<Result<Vec<_>, _>>()?;
    Ok(axum::Json(Items { items }).into_response())
}
