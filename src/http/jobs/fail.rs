//! `POST /api/v1/jobs/{id}/fail`: the work was not done.

use axum::extract::State;
use axum::response::Response;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::FailShape;
use crate::http::shapes::job_view::JobView;

/// The work was not done: the job is closed as failed. With `kind` `no_show`, because the winner did not come: that counts like giving the
/// job back, what was released is shut, and with `then` `return` the next in line has it, or others are asked.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/fail", tag = "jobs", request_body = Option<FailShape>,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "the work was not done, or somebody else is to do it", body = JobView),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`job-not-claimed`, `not-the-winner`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    asked: Asked,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<FailShape>,
) -> Result<Response, Problem> {
    let command = shape.into_core(caller.tenant()).map_err(Problem::of_fields)?;
    asked.carry_out(&door, caller.tenant(), caller.by(), command).await
}
