//! `POST /api/v1/sources/{source}/jobs`: a sender's payload becomes a job.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use baton_actors::job_actor::Done;
use baton_core::ids::TenantId;
use baton_core::job::{Answer, By};
use serde_json::Value;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::idempotency::IdempotencyKey;
use crate::http::jobs::intake;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::anything::Anything;
use crate::http::shapes::job_view::JobView;
use crate::http::sources::mapped;

/// Makes a job of whatever JSON the sender sends, as the source's mapping says.
///
/// The job is read as `POST /api/v1/jobs` reads its body. What is not mapped reaches no crew; the payload as it came is sealed
/// with the details. The same `external_ref`, or, without one, the same `idempotency_key` of the mapping or `Idempotency-Key`
/// gives the existing job. Mistakes name the field of the job and the pointer it was read from.
#[utoipa::path(post, path = "/api/v1/sources/{source}/jobs", tag = "sources",
    params(
        ("source" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "where the mapping has no `idempotency_key`"),
    ),
    responses(
        (status = 201, description = "it is stored", body = JobView),
        (status = 200, description = "it was there: `message` is `already_exists`", body = JobView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`source-not-found`, `plan-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`external-ref-conflict`", body = Body, content_type = "application/problem+json"),
        (status = 422, description = "`idempotency-key-reused`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    Path(name): Path<String>,
    key: IdempotencyKey,
    State(door): State<Door>,
    Json(Anything(payload)): Json<Anything>,
) -> Result<Response, Problem> {
    let done = take(&door, caller.tenant(), caller.by(), &name, key.0, &payload).await?;
    let location = format!("/api/v1/jobs/{}", done.job.id);
    let tag = etag(done.job.version);
    let shown = axum::Json(intake::created(&door, &done)).into_response();
    Ok((status(&done), [(LOCATION, location)], [(ETAG, tag)], shown).into_response())
}

/// Takes in a payload of a source. `key`: what tells a repeat where the mapping says nothing about it.
pub async fn take(
    door: &Door,
    tenant: TenantId,
    by: By,
    name: &str,
    key: Option<String>,
    payload: &Value,
) -> Result<Done, Problem> {
    let view = door.engine.tenants().view(tenant);
    let mapping = mapped::mapping(mapped::source(&view, name)?)?;
    let (mapped, read) = mapped::read(door, tenant, &view, &mapping, payload)?;
    let (job, fingerprint) = read.map_err(Problem::of_fields)?;
    // Two senders may count their deliveries alike.
    let key = mapped.idempotency_key.map(|key| format!("source {name} {key}")).or(key);
    intake::take(door, tenant, by, job, fingerprint, key.as_deref()).await
}

/// Whether it is new.
pub fn status(done: &Done) -> StatusCode {
    match done.answer {
        Answer::Done => StatusCode::CREATED,
        Answer::Already => StatusCode::OK,
    }
}
