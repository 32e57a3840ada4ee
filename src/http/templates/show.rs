//! `GET /api/v1/templates/{key}/{channel}/{locale}/{version}`: a version of a template.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::template;
use crate::http::shapes::template_view::TemplateView;

/// Shows a version of a template.
#[utoipa::path(get, path = "/api/v1/templates/{key}/{channel}/{locale}/{version}", tag = "templates",
    params(
        ("key" = String, Path), ("channel" = String, Path), ("locale" = String, Path), ("version" = u32, Path),
    ),
    responses(
        (status = 200, body = TemplateView),
        (status = 404, description = "`template-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    Path(path): Path<(String, String, String, String)>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let id = Form::read(|form| template::id(form, path)).map_err(Problem::of_fields)?;
    let view = door.engine.tenants().view(caller.tenant());
    let found = view.templates.get(&id).ok_or_else(not_found)?;
    Ok(axum::Json(TemplateView::of(found)).into_response())
}

/// What is said where there is none.
pub(super) fn not_found() -> Problem {
    Problem::new(Code::TemplateNotFound, "there is no such template")
}
