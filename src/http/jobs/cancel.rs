//! `POST /api/v1/jobs/{id}/cancel`: it is called off.

use axum::extract::State;
use axum::response::Response;
use baton_core::job::Command;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::ReasonShape;
use crate::http::shapes::job_view::JobView;

/// Calls a job off: open offers are withdrawn, and the winner is told.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/cancel", tag = "jobs", request_body = Option<ReasonShape>,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "it is called off", body = JobView),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    asked: Asked,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<ReasonShape>,
) -> Result<Response, Problem> {
    let reason = shape.into_core().map_err(Problem::of_fields)?;
    asked.carry_out(&door, caller.tenant(), caller.by(), Command::Cancel { reason }).await
}
