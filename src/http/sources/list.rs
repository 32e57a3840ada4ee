//! `GET /api/v1/sources`: the sources of a tenant.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::page::Items;
use crate::http::problem::Problem;
use crate::http::shapes::source_view::SourceView;

/// Lists the sources, by name.
#[utoipa::path(get, path = "/api/v1/sources", tag = "sources", responses((status = 200, body = Items<SourceView>)))]
pub async fn get(caller: Caller<Read>, State(door): State<Door>) -> Result<Response, Problem> {
    let view = door.engine.tenants().view(caller.tenant());
    let items = view.sources.values().map(|source| SourceView::of(source)).collect::<Result<Vec<_>, _>>()?;
    Ok(axum::Json(Items { items }).into_response())
}
