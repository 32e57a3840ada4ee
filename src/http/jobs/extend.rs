//! `POST /api/v1/jobs/{id}/extend`: there is more time.

use axum::extract::State;
use axum::response::Response;
use baton_core::job::Command;

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::ExtendShape;
use crate::http::shapes::job_view::JobView;

/// Gives open offers and the search more time.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/extend", tag = "jobs", request_body = ExtendShape,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "there is more time", body = JobView),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`job-not-offering`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Operate>,
    asked: Asked,
    State(door): State<Door>,
    Json(shape): Json<ExtendShape>,
) -> Result<Response, Problem> {
    let by = shape.into_core().map_err(Problem::of_fields)?;
    asked.carry_out(&door, caller.tenant(), caller.by(), Command::Extend { by }).await
}
