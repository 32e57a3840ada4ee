//! A template changes its state.

use axum::response::{IntoResponse, Response};
use baton_actors::records::TemplateState;
use baton_actors::tenants::library::TemplateAsk;
use baton_core::ids::TenantId;

use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::problem::Problem;
use crate::http::shapes::template;
use crate::http::shapes::template_view::TemplateView;

/// Turns the template that a path names into a state, and shows it. What has the state already keeps it.
pub(super) async fn turn(
    door: &Door,
    tenant: TenantId,
    by: &str,
    path: (String, String, String, String),
    to: TemplateState,
) -> Result<Response, Problem> {
    let id = Form::read(|form| template::id(form, path)).map_err(Problem::of_fields)?;
    let turned = door.engine.change_template(tenant, TemplateAsk::Turn { id, to }, by.to_owned()).await?;
    Ok(axum::Json(TemplateView::of(&turned)).into_response())
}
