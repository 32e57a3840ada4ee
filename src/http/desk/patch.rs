//! `PATCH /api/v1/desk`: another contact for the desk.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_core::tenant::Settings;

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::etag::IfMatch;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::tenant::DeskShape;
use crate::http::shapes::tenant_view::DeskView;
use crate::http::tenants::change::change_settings;

/// Changes the desk's contact from now on: what is left out stays, `null` takes a way away. Every change is audited.
#[utoipa::path(patch, path = "/api/v1/desk", tag = "administration", request_body = DeskShape,
    params(("If-Match" = Option<String>, Header, description = "the version the change was made from")),
    responses(
        (status = 200, body = DeskView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn patch(
    caller: Caller<Operate>,
    seen: IfMatch,
    State(door): State<Door>,
    Json(shape): Json<DeskShape>,
) -> Result<Response, Problem> {
    let change = shape.into_core().map_err(Problem::of_fields)?;
    let onto = |settings: &mut Settings| change.clone().onto(settings);
    let settings = change_settings(&door, caller.tenant(), seen, caller.name(), onto).await?;
    Ok(axum::Json(DeskView::of(&settings)).into_response())
}
