//! `GET /api/v1/jobs/{id}/ledger`: every attempt to claim a job.

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Read};
use crate::http::csv::Csv;
use crate::http::door::Door;
use crate::http::jobs::find;
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::shapes::ledger_view::{AttemptView, HeadView};
use crate::ledger;

/// The claim ledger of a job.
#[derive(Serialize, ToSchema)]
pub struct Ledger<'a> {
    /// Every attempt, in order of arrival.
    items: Vec<AttemptView<'a>>,
    /// Whether the chain of hashes is whole, and ends where the job says.
    unbroken: bool,
    /// The end of the chain, as the job has it.
    head: HeadView,
}

/// How the ledger is wanted.
#[derive(Clone, Copy)]
enum Format {
    Json,
    Csv,
    /// With all that the hashes are made of.
    Lines,
}

/// Shows every attempt to claim a job in order of arrival, chained by hashes, so that a gap or a change shows.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/ledger", tag = "jobs",
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("format" = Option<String>, Query, description = "`json` (default), `csv`, or `ndjson`: with all that the hashes are made of, for `baton ledger verify`"),
    ),
    responses(
        (status = 200, body = Ledger),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    Path(name): Path<String>,
    query: Query,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let wanted = query.read(|form, query| {
        let formats = [("json", Format::Json), ("csv", Format::Csv), ("ndjson", Format::Lines)];
        Some(form.field("format", query.take("format")).one_of(&formats).unwrap_or(Format::Json))
    })?;
    let job = find::job(&door, caller.tenant(), &name)?;
    let attempts = door.engine.ledger(job.id)?;
    let mut before = None;
    let unbroken = attempts.iter().all(|attempt| attempt.follows(&job.id, before.replace(attempt)))
        && before.map(|last| last.hash) == job.ledger.hash;
    if let Format::Lines = wanted {
        let lines = ledger::lines(job.id, &attempts, &job.ledger).map_err(|error| Problem::internal(&error))?;
        return Ok(([(CONTENT_TYPE, "application/x-ndjson")], lines).into_response());
    }
    let view = door.engine.tenants().view(caller.tenant());
    let items: Vec<AttemptView<'_>> =
        attempts.iter().map(|attempt| AttemptView::of(job.id, attempt, &view.roster)).collect();
    if let Format::Csv = wanted {
        let head = ["seq", "at", "arrived_at", "told_at", "agent", "offer", "channel", "verdict", "hash"];
        return Ok(Csv::of(&head, items.iter().map(AttemptView::row)).into_response());
    }
    Ok(axum::Json(Ledger { items, unbroken, head: HeadView::of(&job.ledger) }).into_response())
}
