//! `POST /api/v1/jobs/{id}/withdraw`: the winner gives it back.

use axum::extract::State;
use axum::response::Response;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::WinnerShape;
use crate::http::shapes::job_view::JobView;

/// Gives a job back for its winner: the next in the standby line has it, or others are asked.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/withdraw", tag = "jobs", request_body = Option<WinnerShape>,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "the winner gives it back", body = JobView),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`job-not-claimed`, `not-the-winner`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    asked: Asked,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<WinnerShape>,
) -> Result<Response, Problem> {
    let command = shape.into_withdraw(caller.tenant()).map_err(Problem::of_fields)?;
    asked.carry_out(&door, caller.tenant(), caller.by(), command).await
}
