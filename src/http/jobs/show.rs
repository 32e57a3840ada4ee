//! `GET /api/v1/jobs/{id}`: one job.

use axum::extract::{Path, State};
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::jobs::find;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::job_view::JobView;

/// Shows a job with its offers. Private details are not in it.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs",
    params(("id" = String, Path, description = "the job's id, or its code")),
    responses(
        (status = 200, body = JobView),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    Path(name): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let job = find::job(&door, caller.tenant(), &name)?;
    let view = door.engine.tenants().view(caller.tenant());
    Ok(([(ETAG, etag(job.version))], axum::Json(JobView::of(&job, &view.roster))).into_response())
}
