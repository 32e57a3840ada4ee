//! `POST /api/v1/jobs/{id}/release`: the private details go to the winner.

use axum::extract::State;
use axum::response::Response;
use baton_core::job::Command;

use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::jobs::operator::Operator;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::job_view::JobView;
use crate::http::shapes::settlement::ReleaseShape;

/// Hands the private details to the winner alone: a message in private with the link of a page that opens until its time is over or the claim ends. Strict: every gate that is on must be passed, unless an operator says why not.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/release", tag = "jobs", request_body = Option<ReleaseShape>,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "the details are released", body = JobView),
        (status = 403, description = "`forbidden`: the key lacks the scope `operator`; it stands in the timeline", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`gates-missing` with `missing`, `no-details`, `no-private-way`, `job-not-claimed`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    operator: Operator,
    asked: Asked,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<ReleaseShape>,
) -> Result<Response, Problem> {
    let how = shape.into_core().map_err(Problem::of_fields)?;
    asked.carry_out(&door, operator.tenant(), operator.by(), Command::Release(how)).await
}
