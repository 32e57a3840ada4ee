//! `POST /api/v1/quarantine/{id}/release`: another chance for a job that was put aside.

use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::jobs::find;
use crate::http::problem::{Body, Problem};

/// Gives a job that was put aside another chance. If it falls again, it is put aside again. Who did it
/// stands in its timeline (`retried`) as soon as it can be written to, and in the log.
#[utoipa::path(post, path = "/api/v1/quarantine/{id}/release", tag = "operations",
    params(("id" = String, Path, description = "the job's id")),
    responses(
        (status = 204, description = "it runs again"),
        (status = 404, description = "`job-not-found`: it was not put aside", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Operate>,
    Path(name): Path<String>,
    State(door): State<Door>,
) -> Result<StatusCode, Problem> {
    let id = find::id(&door, caller.tenant(), &name)?;
    if !door.engine.quarantined().await.iter().any(|parked| parked.job == id) {
        return Err(find::not_found());
    }
    door.engine.release_job(id, caller.by()).await;
    Ok(StatusCode::NO_CONTENT)
}
