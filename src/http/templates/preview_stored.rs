//! `POST /api/v1/templates/{key}/{channel}/{locale}/{version}/preview`: what a stored template says.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::show::not_found;
use super::tried::tried;
use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::template::{self, StoredPreviewShape};
use crate::http::shapes::template_view::PreviewView;
use crate::wording::Wording;

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
        (status = 503, description = "`overloaded`: too many are being tried", body = Body, content_type = "application/problem+json"),
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
    let found = view.templates.get(&id).ok_or_else(not_found)?.clone();
    let look =
        move |wording: &Wording| PreviewView::of(wording.preview(&found, shown.reader(), &shown.values), id.channel);
    Ok(axum::Json(tried(door.wording.clone(), look).await?).into_response())
}
