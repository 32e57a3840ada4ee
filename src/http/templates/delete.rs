//! `DELETE /api/v1/templates/{key}/{channel}/{locale}/{version}`: a draft is thrown away.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use baton_actors::tenants::library::TemplateAsk;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::template;

/// Deletes a draft. What was in use stays, for what was sent with it; it can be disabled.
#[utoipa::path(delete, path = "/api/v1/templates/{key}/{channel}/{locale}/{version}", tag = "templates",
    params(
        ("key" = String, Path), ("channel" = String, Path), ("locale" = String, Path), ("version" = u32, Path),
    ),
    responses(
        (status = 204, description = "gone"),
        (status = 404, description = "`template-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`template-in-use`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn delete(
    caller: Caller<Write>,
    Path(path): Path<(String, String, String, String)>,
    State(door): State<Door>,
) -> Result<StatusCode, Problem> {
    let id = Form::read(|form| template::id(form, path)).map_err(Problem::of_fields)?;
    door.engine.change_template(caller.tenant(), TemplateAsk::Delete { id }, caller.name().to_owned()).await?;
    Ok(StatusCode::NO_CONTENT)
}
