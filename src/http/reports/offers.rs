//! `GET /api/v1/reports/offers`: the funnel, from offers made to jobs taken.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_core::job::Job;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Read};
use crate::http::csv::Csv;
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::reports::gather::gather;
use crate::http::reports::period::Period;

/// What became of jobs and of their offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Funnel {
    /// Jobs that came in.
    pub jobs: u64,
    /// Of these, jobs that were offered to somebody.
    pub offered_jobs: u64,
    /// Of these, jobs that somebody has or had.
    pub claimed_jobs: u64,
    /// Offers made, over all rounds.
    pub offers: u64,
    /// Of these, those whose message went out.
    pub sent: u64,
    /// Those that still wait for an answer.
    pub open: u64,
    /// A yes.
    pub claimed: u64,
    /// A no.
    pub declined: u64,
    /// No answer in time.
    pub timed_out: u64,
    /// Somebody else was faster.
    pub taken: u64,
    /// Ended by an operator, or with the job.
    pub withdrawn: u64,
    /// Could not be delivered.
    pub failed: u64,
    /// Claimed, and lost again.
    pub lost: u64,
}

/// The funnel of a time.
#[derive(Serialize, ToSchema)]
pub struct FunnelReport {
    /// Of jobs that came in then.
    #[serde(flatten)]
    period: Period,
    /// What became of them.
    funnel: Funnel,
    /// Whether there were more jobs than a report looks at: then it is about the newest.
    cut_off: bool,
}

/// Counts jobs and their offers by what became of them.
#[utoipa::path(get, path = "/api/v1/reports/offers", tag = "reports",
    params(
        ("from" = Option<String>, Query, description = "jobs that came in from then on; 30 days ago where it is left out"),
        ("to" = Option<String>, Query, description = "and before then; now where it is left out"),
        ("format" = Option<String>, Query, description = "`json` (default) or `csv`"),
    ),
    responses(
        (status = 200, body = FunnelReport),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Read>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let now = door.clock.now();
    let (period, csv) = query.read(|form, query| Period::read(form, query, now))?;
    let found = gather(&door, caller.tenant(), period, Funnel::see).await?;
    if csv {
        let row = |(what, count): &(&str, u64)| vec![(*what).to_owned(), count.to_string()];
        return Ok(Csv::of(&["what", "count"], found.of.rows().iter().map(row)).into_response());
    }
    Ok(axum::Json(FunnelReport { period, funnel: found.of, cut_off: found.cut_off }).into_response())
}

impl Funnel {
    fn see(&mut self, engine: &Engine, job: &Job) -> Result<(), Failure> {
        let fates = engine.fates(job)?;
        self.jobs += 1;
        self.offered_jobs += u64::from(job.last_offer > 0);
        let claimed =
            job.ledger.count > 0 && fates.iter().any(|fate| matches!(fate.state.as_str(), "claimed" | "lost"));
        self.claimed_jobs += u64::from(claimed);
        for fate in fates.iter() {
            self.offers += 1;
            self.sent += u64::from(fate.sent);
            let counted = match fate.state.as_str() {
                "open" => &mut self.open,
                "claimed" => &mut self.claimed,
                "declined" => &mut self.declined,
                "timed_out" => &mut self.timed_out,
                "taken" => &mut self.taken,
                "failed" => &mut self.failed,
                "lost" => &mut self.lost,
                _ => &mut self.withdrawn,
            };
            *counted += 1;
        }
        Ok(())
    }

    fn rows(&self) -> [(&'static str, u64); 13] {
        [
            ("jobs", self.jobs),
            ("offered_jobs", self.offered_jobs),
            ("claimed_jobs", self.claimed_jobs),
            ("offers", self.offers),
            ("sent", self.sent),
            ("open", self.open),
            ("claimed", self.claimed),
            ("declined", self.declined),
            ("timed_out", self.timed_out),
            ("taken", self.taken),
            ("withdrawn", self.withdrawn),
            ("failed", self.failed),
            ("lost", self.lost),
        ]
    }
}
