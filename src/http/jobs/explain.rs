//! `GET /api/v1/jobs/{id}/explain`: why a job stands where it stands.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::jobs::find;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::explain_view::ExplanationView;

/// Says for every agent whether they were asked, could be, or which rule keeps them out; and what happens next, and when.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/explain", tag = "jobs",
    params(("id" = String, Path, description = "the job's id, or its code")),
    responses(
        (status = 200, body = ExplanationView),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    Path(name): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let job = find::job(&door, caller.tenant(), &name)?;
    let view = door.engine.tenants().view(caller.tenant());
    Ok(axum::Json(ExplanationView::of(&job, door.engine.explain(&job), &view.roster)).into_response())
}
