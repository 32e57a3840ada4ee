//! `POST /api/v1/jobs/{id}/publish`: the desk publishes a job in its group.

use axum::extract::State;
use axum::response::Response;
use baton_core::job::Command;

use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::jobs::operator::Operator;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::job_view::JobView;

/// Publishes a job that waits for a person to do so (`crew.publish` is `person`). Where nobody knows whether the message stands in the group, it is sent once more, and says that it may be there already.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/publish", tag = "jobs",
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "it can be claimed from the group", body = JobView),
        (status = 403, description = "`forbidden`: the key lacks the scope `operator`; it stands in the timeline", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`nothing-to-publish`, `job-not-approved`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(operator: Operator, asked: Asked, State(door): State<Door>) -> Result<Response, Problem> {
    asked.carry_out(&door, operator.tenant(), operator.by(), Command::Publish).await
}
