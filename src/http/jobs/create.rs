//! `POST /api/v1/jobs`: a new job.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use baton_core::job::Answer;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::idempotency::IdempotencyKey;
use crate::http::jobs::intake;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::job::JobShape;
use crate::http::shapes::job_view::JobView;

/// Brings a job in.
///
/// The same `external_ref` (or, without one, the same `Idempotency-Key`) with the same body gives the existing job.
#[utoipa::path(post, path = "/api/v1/jobs", tag = "jobs", request_body = JobShape,
    params(("Idempotency-Key" = Option<String>, Header, description = "repeats with it are the same request")),
    responses(
        (status = 201, description = "it is stored", body = JobView),
        (status = 200, description = "it was there: `message` is `already_exists`", body = JobView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`external-ref-conflict`", body = Body, content_type = "application/problem+json"),
        (status = 422, description = "`idempotency-key-reused`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    key: IdempotencyKey,
    State(door): State<Door>,
    Json(shape): Json<JobShape>,
) -> Result<Response, Problem> {
    let done = intake::take_in(&door, caller.tenant(), caller.by(), shape, key.0.as_deref()).await?;
    let status = match done.answer {
        Answer::Done => StatusCode::CREATED,
        Answer::Already => StatusCode::OK,
    };
    let headers = [(ETAG, etag(done.job.version)), (LOCATION, location(&done.job.id.to_string()))];
    Ok((status, headers, axum::Json(intake::created(&door, &done))).into_response())
}

fn location(id: &str) -> axum::http::HeaderValue {
    // An id is always a header value.
    axum::http::HeaderValue::try_from(format!("/api/v1/jobs/{id}"))
        .unwrap_or(axum::http::HeaderValue::from_static("/api/v1/jobs"))
}
