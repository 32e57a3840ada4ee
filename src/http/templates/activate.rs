//! `POST /api/v1/templates/{key}/{channel}/{locale}/{version}/activate`: this version is the one that is sent.

use axum::extract::{Path, State};
use axum::response::Response;
use baton_actors::records::TemplateState;

use super::turn::turn;
use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::template_view::TemplateView;

/// Activates a version of a template; the one that was active before is disabled in the same step.
#[utoipa::path(post, path = "/api/v1/templates/{key}/{channel}/{locale}/{version}/activate", tag = "templates",
    params(
        ("key" = String, Path), ("channel" = String, Path), ("locale" = String, Path), ("version" = u32, Path),
    ),
    responses(
        (status = 200, body = TemplateView),
        (status = 404, description = "`template-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    Path(path): Path<(String, String, String, String)>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    turn(&door, caller.tenant(), caller.name(), path, TemplateState::Active).await
}
