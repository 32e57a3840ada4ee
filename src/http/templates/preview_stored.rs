//! `POST /api/v1/templates/{key}/{channel}/{locale}/{version}/preview`: what a stored template says.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::show::not_found;
use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::template::{self, StoredPreviewShape};
use crate::http::shapes::template_view::PreviewView;

/// Fills a stored template, in whatever state, and shows every part as its channel would get it, or everything that is wrong.
#[utoipa::path(post, path = "/api/v1/templates/{key}/{channel}/{locale}/{version}/preview", tag = "templates",
    request_body = Option<StoredPreviewShape>,
    params(
        ("key" = String, Path), ("channel" = String, Path), ("locale" = String, Path), ("version" = u32, Path),
    ),
    responses(
        (status = 200, body = PreviewView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`template-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Read>,
    Path(path): Path<(String, String, String, String)>,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<StoredPreviewShape>,
) -> Result<Response, Problem> {
    let read = Form::body(shape, |form, shape| {
        let id = template::id(form, path);
        let shown = shape.read(form);
        Some((id?, shown?))
    });
    let (id, shown) = read.map_err(Problem::of_fields)?;
    let view = door.engine.tenants().view(caller.tenant());
    let found = view.templates.get(&id).ok_or_else(not_found)?;
    let preview = door.wording.preview(found, shown.reader(), &shown.values);
    Ok(axum::Json(PreviewView::of(preview, id.channel)).into_response())
}
