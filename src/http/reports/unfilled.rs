//! `GET /api/v1/reports/unfilled`: why jobs were not taken.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_core::job::{Ending, Event, Job, Stage};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Read};
use crate::http::csv::Csv;
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::reports::gather::gather;
use crate::http::reports::period::Period;

/// A reason, and how often.
#[derive(Serialize, ToSchema)]
pub struct Reason {
    /// `exhausted` (everybody was asked), `nobody-eligible`, `expired` (the search time ran out).
    reason: &'static str,
    /// How many jobs.
    jobs: u64,
}

/// Why jobs of a time were not taken.
#[derive(Serialize, ToSchema)]
pub struct UnfilledReport {
    /// Of jobs that came in then.
    #[serde(flatten)]
    period: Period,
    /// The reasons, the most frequent first.
    items: Vec<Reason>,
    /// Whether there were more jobs than a report looks at: then it is about the newest.
    cut_off: bool,
}

/// Counts jobs that nobody took, by the reason.
#[utoipa::path(get, path = "/api/v1/reports/unfilled", tag = "reports",
    params(
        ("from" = Option<String>, Query, description = "jobs that came in from then on; 30 days ago where it is left out"),
        ("to" = Option<String>, Query, description = "and before then; now where it is left out"),
        ("format" = Option<String>, Query, description = "`json` (default) or `csv`"),
    ),
    responses(
        (status = 200, body = UnfilledReport),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Read>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let now = door.clock.now();
    let (period, csv) = query.read(|form, query| Period::read(form, query, now))?;
    let see = |reasons: &mut BTreeMap<&'static str, u64>, engine: &Engine, job: &Job| {
        if let Some(reason) = reason(engine, job)? {
            *reasons.entry(reason).or_default() += 1;
        }
        Ok(())
    };
    let found = gather(&door, caller.tenant(), period, see).await?;
    let mut items: Vec<Reason> = found.of.into_iter().map(|(reason, jobs)| Reason { reason, jobs }).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.jobs));
    if csv {
        let row = |item: &Reason| vec![item.reason.to_owned(), item.jobs.to_string()];
        return Ok(Csv::of(&["reason", "jobs"], items.iter().map(row)).into_response());
    }
    Ok(axum::Json(UnfilledReport { period, items, cut_off: found.cut_off }).into_response())
}

/// Why nobody has a job that somebody was looked for.
fn reason(engine: &Engine, job: &Job) -> Result<Option<&'static str>, Failure> {
    Ok(match &job.stage {
        Stage::Unfilled { reason } => Some(reason.as_str()),
        Stage::Closed { outcome: Ending::Expired, .. } => Some("expired"),
        // Called off after the search had ended without anybody.
        Stage::Closed { outcome: Ending::Cancelled, .. } => {
            let mut ended = None;
            engine.each_entry(job, |entry| match &entry.event {
                Event::Unfilled { reason } => ended = Some(reason.as_str()),
                Event::Claimed { .. } | Event::RoundStarted { .. } => ended = None,
                _ => {}
            })?;
            ended
        }
        Stage::NeedsApproval
        | Stage::Scheduled { .. }
        | Stage::Offering(_)
        | Stage::Claimed(_)
        | Stage::Closed { outcome: Ending::Rejected | Ending::Completed | Ending::Failed | Ending::NoShow, .. } => None,
    })
}
