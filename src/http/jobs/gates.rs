//! `POST /api/v1/jobs/{id}/gates`: who publishes this job in groups, and who passes its gates.

use axum::extract::State;
use axum::response::Response;
use baton_core::job::Command;

use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::jobs::operator::Operator;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::job_view::JobView;
use crate::http::shapes::settlement::JobGatesShape;

/// Sets who publishes this job in groups and who passes its gates, also in the middle of its life: each gate is off, passed by a person, or by the engine. What is left out follows the tenant.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/gates", tag = "jobs", request_body = Option<JobGatesShape>,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "these gates hold from now on", body = JobView),
        (status = 403, description = "`forbidden`: the key lacks the scope `operator`; it stands in the timeline", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    operator: Operator,
    asked: Asked,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<JobGatesShape>,
) -> Result<Response, Problem> {
    let (gates, publish) = shape.into_core().map_err(Problem::of_fields)?;
    asked.carry_out(&door, operator.tenant(), operator.by(), Command::SetGates { gates, publish }).await
}
