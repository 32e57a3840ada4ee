//! `POST /api/v1/templates/preview`: what a template would say, before it is stored.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::tried::tried;
use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::template::PreviewShape;
use crate::http::shapes::template_view::PreviewView;
use crate::wording::Wording;

/// Fills a template and shows every part as its channel would get it, or everything that is wrong with it: missing values,
/// unknown names, mistakes in its language. Nothing is stored or sent.
#[utoipa::path(post, path = "/api/v1/templates/preview", tag = "templates", request_body = PreviewShape, responses(
    (status = 200, body = PreviewView),
    (status = 400, body = Body, content_type = "application/problem+json"),
    (status = 503, description = "`overloaded`: too many are being tried", body = Body, content_type = "application/problem+json"),
))]
pub async fn post(
    _caller: Caller<Read>,
    State(door): State<Door>,
    Json(shape): Json<PreviewShape>,
) -> Result<Response, Problem> {
    let (new, shown) = Form::body(shape, |form, shape| shape.read(form)).map_err(Problem::of_fields)?;
    let look = move |wording: &Wording| {
        let preview = wording.preview_body(new.place(), &new.body, shown.reader(), &shown.values);
        PreviewView::of(preview, new.channel)
    };
    Ok(axum::Json(tried(door.wording.clone(), look).await?).into_response())
}
