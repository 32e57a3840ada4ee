//! `POST /api/v1/jobs/{id}/invoice`: the invoice is out.

use axum::extract::State;
use axum::response::Response;
use baton_core::gates::Gate;
use baton_core::job::Command;

use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::jobs::operator::Operator;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::job_view::JobView;
use crate::http::shapes::settlement::ReferenceShape;

/// Notes that the invoice is out, after the confirmation.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/invoice", tag = "jobs", request_body = Option<ReferenceShape>,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "the invoice is out", body = JobView),
        (status = 403, description = "`forbidden`: the key lacks the scope `operator`; it stands in the timeline", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`gates-missing`, `job-not-claimed`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    operator: Operator,
    asked: Asked,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<ReferenceShape>,
) -> Result<Response, Problem> {
    let reference = shape.into_core().map_err(Problem::of_fields)?;
    asked.carry_out(&door, operator.tenant(), operator.by(), Command::Pass { gate: Gate::Invoice, reference }).await
}
