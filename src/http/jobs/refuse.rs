//! `POST /api/v1/jobs/{id}/refuse`: the desk does not want the winner.

use axum::extract::State;
use axum::response::Response;

use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::jobs::operator::Operator;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::WinnerShape;
use crate::http::shapes::job_view::JobView;

/// Takes the job from its winner: the next in the standby line has it, or others are asked. Released details are shut.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/refuse", tag = "jobs", request_body = Option<WinnerShape>,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "the winner no longer has it", body = JobView),
        (status = 403, description = "`forbidden`: the key lacks the scope `operator`; it stands in the timeline", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`job-not-claimed`, `not-the-winner`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    operator: Operator,
    asked: Asked,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<WinnerShape>,
) -> Result<Response, Problem> {
    let command = shape.into_refuse(operator.tenant()).map_err(Problem::of_fields)?;
    asked.carry_out(&door, operator.tenant(), operator.by(), command).await
}
