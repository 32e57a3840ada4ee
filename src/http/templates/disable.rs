//! `POST /api/v1/templates/{key}/{channel}/{locale}/{version}/disable`: this version is sent no more.

use axum::extract::{Path, State};
use axum::response::Response;
use baton_actors::records::TemplateState;

use super::turn::turn;
use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::template_view::TemplateView;

/// Takes a version of a template out of use. What was to be sent with it, and finds no other language active, ends as failed with the reason.
#[utoipa::path(post, path = "/api/v1/templates/{key}/{channel}/{locale}/{version}/disable", tag = "templates",
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
    turn(&door, caller.tenant(), caller.name(), path, TemplateState::Disabled).await
}
