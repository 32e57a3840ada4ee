//! `POST /api/v1/jobs/{id}/start_work`: the winner begins.

use axum::extract::State;
use axum::response::Response;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::WinnerShape;
use crate::http::shapes::job_view::JobView;

/// Notes that the winner has begun, behind every gate.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/start_work", tag = "jobs", request_body = Option<WinnerShape>,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "the winner has begun", body = JobView),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`gates-missing`, `job-not-claimed`, `not-the-winner`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    asked: Asked,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<WinnerShape>,
) -> Result<Response, Problem> {
    let command = shape.into_start_work(caller.tenant()).map_err(Problem::of_fields)?;
    asked.carry_out(&door, caller.tenant(), caller.by(), command).await
}
