//! `GET /api/v1/reports/time-to-fill`: how long jobs wait for somebody to take them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::engine::Engine;
use baton_core::job::{Entry, Event, Job};
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Read};
use crate::http::csv::Csv;
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::reports::gather::gather;
use crate::http::reports::period::Period;

/// How long it took, in seconds, from the start of offering to the claim.
#[derive(Serialize, ToSchema)]
pub struct FillReport {
    /// Of jobs that came in then.
    #[serde(flatten)]
    period: Period,
    /// How many were taken.
    filled: usize,
    /// Half of them were taken within so many seconds.
    p50: Option<f64>,
    /// Three quarters.
    p75: Option<f64>,
    /// Nine of ten.
    p90: Option<f64>,
    /// 95 of a hundred.
    p95: Option<f64>,
    /// 99 of a hundred.
    p99: Option<f64>,
    /// The longest.
    max: Option<f64>,
    /// Whether there were more jobs than a report looks at: then it is about the newest.
    cut_off: bool,
}

/// Tells within which time which part of the jobs was taken.
#[utoipa::path(get, path = "/api/v1/reports/time-to-fill", tag = "reports",
    params(
        ("from" = Option<String>, Query, description = "jobs that came in from then on; 30 days ago where it is left out"),
        ("to" = Option<String>, Query, description = "and before then; now where it is left out"),
        ("format" = Option<String>, Query, description = "`json` (default) or `csv`"),
    ),
    responses(
        (status = 200, body = FillReport),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Read>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let now = door.clock.now();
    let (period, csv) = query.read(|form, query| Period::read(form, query, now))?;
    let see = |times: &mut Vec<f64>, engine: &Engine, job: &Job| {
        let mut fill = Fill::default();
        engine.each_entry(job, |entry| fill.take_in(entry))?;
        times.extend(fill.seconds());
        Ok(())
    };
    let mut found = gather(&door, caller.tenant(), period, see).await?;
    found.of.sort_by(f64::total_cmp);
    let part = |part| percentile(&found.of, part);
    let report = FillReport {
        period,
        filled: found.of.len(),
        p50: part(50),
        p75: part(75),
        p90: part(90),
        p95: part(95),
        p99: part(99),
        max: part(100),
        cut_off: found.cut_off,
    };
    if csv {
        let rows = [
            ("p50", report.p50),
            ("p75", report.p75),
            ("p90", report.p90),
            ("p95", report.p95),
            ("p99", report.p99),
            ("max", report.max),
        ];
        let row =
            |(part, secs): (&str, Option<f64>)| vec![part.to_owned(), secs.map_or_else(String::new, |s| s.to_string())];
        return Ok(Csv::of(&["part", "seconds"], rows.into_iter().map(row)).into_response());
    }
    Ok(axum::Json(report).into_response())
}

/// From the first start of offering to the claim that holds.
#[derive(Default)]
struct Fill {
    started: Option<Timestamp>,
    claimed: Option<Timestamp>,
}

impl Fill {
    /// Takes in a job's timeline, in order.
    fn take_in(&mut self, entry: &Entry) {
        match &entry.event {
            Event::RoundStarted { .. } => self.started = self.started.or(Some(entry.at)),
            Event::Claimed { .. } => self.claimed = Some(entry.at),
            Event::ClaimEnded { .. } => self.claimed = None,
            _ => {}
        }
    }

    fn seconds(&self) -> Option<f64> {
        Some(self.claimed?.since(self.started?).as_secs_f64())
    }
}

/// The value that so many percent do not exceed.
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied()
}

#[cfg(test)]
mod tests {
    use baton_core::job::Command;
    use baton_core::job::ledger::Heard;

    use super::*;
    use crate::http::sample;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let part = |percent| percentile(&hundred, percent);
        assert_eq!((part(50), part(99), part(100)), (Some(50.0), Some(99.0), Some(100.0)));
        assert_eq!(percentile(&[7.0], 50), Some(7.0));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn a_job_that_was_given_back_is_not_filled() {
        let claim = || Command::Claim { agent: sample::agent("ana"), no: 1, via: None, heard: Heard::default() };
        let back = Command::Withdraw { agent: None, reason: None };
        let time_to_fill = |commands: &[Command]| {
            let mut fill = Fill::default();
            let job = sample::job_after("a", commands.iter().cloned());
            job.timeline.iter().for_each(|entry| fill.take_in(entry));
            fill.seconds()
        };
        assert_eq!(time_to_fill(&[Command::Approve, claim()]), Some(0.0));
        assert_eq!(time_to_fill(&[Command::Approve, claim(), back]), None);
        assert_eq!(time_to_fill(&[]), None);
    }
}
