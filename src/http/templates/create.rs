//! `POST /api/v1/templates`: a template, in its next version or in one of one's own choice.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::records::Template;
use baton_actors::tenants::library::TemplateAsk;
use baton_core::ids::TenantId;

use super::tried::tried;
use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::template::{NewTemplate, TemplateShape, of_mistake};
use crate::http::shapes::template_view::TemplateView;
use crate::wording::Wording;

/// Stores a template. It is tried with its samples first: mistakes in its language, names that are not declared, and what a
/// channel would refuse are all told at once, with their lines. A version never changes; at most one of a template is active.
#[utoipa::path(post, path = "/api/v1/templates", tag = "templates", request_body = TemplateShape, responses(
    (status = 201, body = TemplateView),
    (status = 400, description = "wrong fields, or mistakes in the texts", body = Body, content_type = "application/problem+json"),
    (status = 409, description = "`template-exists`, `templates-full`", body = Body, content_type = "application/problem+json"),
    (status = 503, description = "`overloaded`: too many are being tried", body = Body, content_type = "application/problem+json"),
))]
pub async fn post(
    caller: Caller<Write>,
    State(door): State<Door>,
    Json(shape): Json<TemplateShape>,
) -> Result<Response, Problem> {
    let stored = store(&door, caller.tenant(), caller.name(), shape).await?;
    Ok((StatusCode::CREATED, axum::Json(TemplateView::of(&stored))).into_response())
}

/// Tries it, and stores it where nothing is wrong with it.
pub async fn store(door: &Door, tenant: TenantId, by: &str, shape: TemplateShape) -> Result<Arc<Template>, Problem> {
    let new = Form::body(shape, |form, shape| shape.read(form)).map_err(Problem::of_fields)?;
    let look = move |wording: &Wording| (wording.check(new.place(), &new.body), new);
    let (mistakes, new) = tried(door.wording.clone(), look).await?;
    if !mistakes.is_empty() {
        return Err(Problem::of_fields(mistakes.into_iter().map(of_mistake).collect()));
    }
    let NewTemplate { key, channel, locale, version, state, body } = new;
    let ask = TemplateAsk::Store { key, channel, locale, version, state, body };
    Ok(door.engine.change_template(tenant, ask, by.to_owned()).await?)
}
