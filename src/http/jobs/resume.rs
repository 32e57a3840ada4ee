//! `POST /api/v1/jobs/{id}/resume`: the clocks run again.

use axum::extract::State;
use axum::response::Response;
use baton_core::job::Command;

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::job_view::JobView;

/// Lets the clocks run again; deadlines move by the pause.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/resume", tag = "jobs",
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "the clocks run again", body = JobView),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`job-not-offering`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(caller: Caller<Operate>, asked: Asked, State(door): State<Door>) -> Result<Response, Problem> {
    asked.carry_out(&door, caller.tenant(), caller.by(), Command::Resume).await
}
