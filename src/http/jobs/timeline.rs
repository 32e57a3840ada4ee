//! `GET /api/v1/jobs/{id}/timeline`: what happened to a job.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::jobs::find;
use crate::http::page::Items;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::timeline_view::EntryView;

/// Shows everything that happened to a job, oldest first: what, who, when and how.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/timeline", tag = "jobs",
    params(("id" = String, Path, description = "the job's id, or its code")),
    responses(
        (status = 200, body = Items<EntryView>),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    Path(name): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let job = find::job(&door, caller.tenant(), &name)?;
    let view = door.engine.tenants().view(caller.tenant());
    let entries = door.engine.timeline(&job)?;
    let items = entries.iter().map(|entry| EntryView::of(job.id, entry, &view.roster)).collect();
    Ok(axum::Json(Items { items }).into_response())
}
