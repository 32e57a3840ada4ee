//! `POST /api/v1/jobs/{id}/send_again`: the desk decides about what may not have arrived.

use axum::extract::State;
use axum::response::Response;

use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::jobs::operator::Operator;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::SendAgainShape;
use crate::http::shapes::job_view::JobView;

/// Some things are sent once: the full lead and the text for crews to the desk, the link to the details to the winner. Where nobody knows whether
/// one has arrived, the desk decides: it is sent once more, and says that it may be there already, or it is not, and what the desk was told loses its button.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/send_again", tag = "jobs", request_body = SendAgainShape,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "it is sent again, or not, as was asked; nothing was in doubt any more: nothing is done", body = JobView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 403, description = "`forbidden`: the key lacks the scope `operator`; it stands in the timeline", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`no-details`, `nothing-released`, `no-private-way`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    operator: Operator,
    asked: Asked,
    State(door): State<Door>,
    Json(shape): Json<SendAgainShape>,
) -> Result<Response, Problem> {
    let command = shape.into_core().map_err(Problem::of_fields)?;
    asked.carry_out(&door, operator.tenant(), operator.by(), command).await
}
