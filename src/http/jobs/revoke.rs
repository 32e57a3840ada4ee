//! `POST /api/v1/jobs/{id}/revoke`: released details are taken back.

use axum::extract::State;
use axum::response::Response;
use baton_core::job::Command;

use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::jobs::operator::Operator;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::ReasonShape;
use crate::http::shapes::job_view::JobView;

/// Shuts the page behind which released details lie. The job stays the winner's.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/revoke", tag = "jobs", request_body = Option<ReasonShape>,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "nobody sees them any more", body = JobView),
        (status = 403, description = "`forbidden`: the key lacks the scope `operator`; it stands in the timeline", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`nothing-released`, `job-not-claimed`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    operator: Operator,
    asked: Asked,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<ReasonShape>,
) -> Result<Response, Problem> {
    let reason = shape.into_core().map_err(Problem::of_fields)?;
    asked.carry_out(&door, operator.tenant(), operator.by(), Command::Revoke { reason }).await
}
