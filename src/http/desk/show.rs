//! `GET /api/v1/desk`: the desk's contact.

use axum::extract::State;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Work};
use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::shapes::tenant_view::DeskView;

/// Shows whom the engine calls when a job is claimed, unfilled, stalled, expired or quarantined, or waits for approval.
#[utoipa::path(get, path = "/api/v1/desk", tag = "administration", responses((status = 200, body = DeskView)))]
pub async fn get(caller: Caller<Work>, State(door): State<Door>) -> Response {
    let view = door.engine.tenants().view(caller.tenant());
    ([(ETAG, etag(view.version))], axum::Json(DeskView::of(&view.settings))).into_response()
}
