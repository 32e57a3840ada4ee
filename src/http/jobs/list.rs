//! `GET /api/v1/jobs`: the jobs of a tenant, newest first.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::engine::Position;
use baton_actors::records::{STAGES, is_closed};
use baton_core::ids::{Code as JobCode, JobId, TenantId};
use baton_core::job::Job;
use baton_core::time::Timestamp;
use uuid::Uuid;

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::page::{List, Page};
use crate::http::problem::{Body, Code, Problem};
use crate::http::query::Query;
use crate::http::shapes::job_view::JobView;

/// Which jobs are wanted.
struct Filter {
    page: Page,
    stages: Option<Vec<u8>>,
    external_ref: Option<String>,
    code: Option<JobCode>,
}

/// Lists jobs, newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs",
    params(
        ("status" = Option<String>, Query, description = "only jobs in this state; several, joined by commas"),
        ("external_ref" = Option<String>, Query, description = "only the job of this reference"),
        ("code" = Option<String>, Query, description = "only live jobs of this code"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 where it is left out"),
        ("cursor" = Option<String>, Query, description = "the `next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "a page; `total` counts live jobs and is left out where closed ones are wanted",
            body = List<JobView>),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Read>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let Found { jobs, total, next } = found(&door, tenant, query)?;
    let view = door.engine.tenants().view(tenant);
    let items: Vec<JobView<'_>> = jobs.iter().map(|job| JobView::of(job, &view.roster)).collect();
    Ok(axum::Json(List::new(items, total, next.as_deref())).into_response())
}

/// A page of jobs.
pub struct Found {
    /// They.
    pub jobs: Vec<Job>,
    /// How many there are in all, where that is known without counting.
    pub total: Option<u64>,
    /// The key of the last, where more follow.
    pub next: Option<Vec<u8>>,
}

/// The jobs that a query asks for.
pub fn found(door: &Door, tenant: TenantId, query: Query) -> Result<Found, Problem> {
    let filter = query.read(Filter::read)?;
    if filter.external_ref.is_some() || filter.code.is_some() {
        let jobs = filter.named(door, tenant)?;
        let total = Some(jobs.len() as u64);
        return Ok(Found { jobs, total, next: None });
    }

    let from = filter.page.after.as_deref().map(|after| position(tenant, after)).transpose()?;
    let page = door.engine.list(tenant, filter.stages.as_deref(), from, filter.page.limit)?;
    Ok(Found { jobs: page.jobs, total: filter.total(door, tenant), next: page.next.map(cursor) })
}

impl Filter {
    fn read(form: &mut Form, query: &mut Query) -> Option<Self> {
        let page = Page::read(form, query);
        let stages = form.field("status", query.take("status")).parsed(|text| {
            let number = |word: &str| STAGES.iter().position(|stage| *stage == word.trim()).map(|at| at as u8);
            let numbers: Option<Vec<u8>> = text.split(',').map(number).collect();
            numbers.ok_or_else(|| format!("give one or more of {}", STAGES.join(", ")))
        });
        let external_ref = form.field("external_ref", query.take("external_ref")).line(128);
        let code = form.field("code", query.take("code")).parsed(|text| text.parse::<JobCode>());
        Some(Self { page: page?, stages, external_ref, code })
    }

    fn named(&self, door: &Door, tenant: TenantId) -> Result<Vec<Job>, Problem> {
        let ids = match (&self.external_ref, self.code) {
            (Some(reference), _) => vec![JobId::of_reference(tenant, reference)],
            (None, Some(code)) => door.engine.jobs_by_code(tenant, code),
            (None, None) => Vec::new(),
        };
        let mut jobs = Vec::new();
        for id in ids {
            jobs.extend(door.engine.job(id)?);
        }
        let wanted = |job: &Job| {
            let number = baton_actors::records::stage_number(job);
            self.stages.as_ref().is_none_or(|stages| stages.contains(&number))
                && self.code.is_none_or(|code| job.id.code() == code)
        };
        jobs.retain(wanted);
        Ok(jobs)
    }

    fn total(&self, door: &Door, tenant: TenantId) -> Option<u64> {
        let stages = self.stages.as_ref()?;
        let live = !stages.iter().any(|stage| is_closed(*stage));
        live.then(|| stages.iter().map(|stage| door.engine.index().count(tenant, *stage) as u64).sum())
    }
}

const LIVE: u8 = 0;
const CLOSED: u8 = 1;

/// A cursor: live or closed, the moment or the day, and the job.
fn cursor(position: Position) -> Vec<u8> {
    match position {
        Position::Live { created_at, job } => [&[LIVE][..], &created_at.0.to_be_bytes(), job.local.as_bytes()].concat(),
        Position::Closed { day, after } => {
            let after = after.map(|job| *job.local.as_bytes());
            [&[CLOSED][..], &day.to_be_bytes(), after.as_ref().map_or(&[][..], |job| &job[..])].concat()
        }
    }
}

fn position(tenant: TenantId, cursor: &[u8]) -> Result<Position, Problem> {
    let job = |bytes: &[u8]| Uuid::from_slice(bytes).ok().map(|local| JobId::drawn(tenant, local));
    let read = || match cursor.split_first()? {
        (&LIVE, rest) => {
            let (at, rest) = rest.split_first_chunk()?;
            Some(Position::Live { created_at: Timestamp(i64::from_be_bytes(*at)), job: job(rest)? })
        }
        (&CLOSED, rest) => {
            let (day, rest) = rest.split_first_chunk()?;
            let after = if rest.is_empty() { None } else { Some(job(rest)?) };
            Some(Position::Closed { day: i32::from_be_bytes(*day), after })
        }
        _ => None,
    };
    read().ok_or_else(|| Problem::new(Code::ValidationFailed, "cursor is not one of ours"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let job = JobId::of_reference(TenantId::DEFAULT, "a");
        for at in [
            Position::Live { created_at: Timestamp(1_800_000_000_000), job },
            Position::Closed { day: 20_000, after: Some(job) },
            Position::Closed { day: -1, after: None },
        ] {
            assert_eq!(position(TenantId::DEFAULT, &cursor(at)).ok(), Some(at));
        }
        for bad in [&[][..], &[7], &[LIVE, 1], &[CLOSED, 0, 0, 0, 0, 1]] {
            assert!(position(TenantId::DEFAULT, bad).is_err());
        }
    }
}
