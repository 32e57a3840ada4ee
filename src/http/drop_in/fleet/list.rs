//! `GET /api/v1/dispatch` and `GET /api/v1/dispatch/stats`: what was handed to whom, the newest first.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::fleet::Handed;
use baton_core::ids::{AgentId, DriverId, TenantId};
use baton_core::job::Job;
use baton_core::job::assignment::Standing;
use serde_json::{Value, json};
use uuid::Uuid;

use super::view::{dispatch, route_of};
use super::words::No;
use crate::fleet::sheet::Sheet;
use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::http::query::Query;

/// So many where nobody says otherwise, and at most.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 100;

struct Filter {
    status: Option<Standing>,
    driver: Option<Uuid>,
    route: Option<Uuid>,
    limit: usize,
    offset: usize,
}

impl Filter {
    fn read(query: Query) -> Result<Self, Problem> {
        query.read(|form, query| {
            let id = |text: String| Uuid::try_parse(&text).map_err(|_| "give a UUID");
            let words = Standing::ALL.map(|standing| (standing.as_str(), standing));
            let limit = form.field("limit", query.take("limit")).parsed(|text| match text.parse() {
                Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
                Ok(_) | Err(_) => Err(format!("give a whole number from 1 to {LIMIT_MAX}")),
            });
            let offset = form
                .field("offset", query.take("offset"))
                .parsed(|text| text.parse::<usize>().map_err(|_| "give a whole number from 0"));
            Some(Self {
                status: form.field("status", query.take("status")).one_of(&words),
                driver: form.field("driver_id", query.take("driver_id")).parsed(id),
                route: form.field("route_id", query.take("route_id")).parsed(id),
                limit: limit.unwrap_or(LIMIT),
                offset: offset.unwrap_or(0),
            })
        })
    }
}

/// `GET /api/v1/dispatch`.
pub async fn index(caller: Caller<Read>, query: Query, State(door): State<Door>) -> Result<Response, No> {
    let (tenant, filter) = (caller.tenant(), Filter::read(query)?);
    let shown = apart(move || page(&door, tenant, &filter)).await?;
    Ok(axum::Json(shown).into_response())
}

fn page(door: &Door, tenant: TenantId, filter: &Filter) -> Result<Value, No> {
    let drivers = door.engine.drivers(tenant)?;
    let agent = match filter.driver {
        None => None,
        Some(local) => match door.engine.driver(DriverId { tenant, local })? {
            Some(driver) => Some(driver.agent),
            // Whoever is not there has none.
            None => return Ok(listed(Vec::new(), 0, filter)),
        },
    };
    let fits = |handed: &Handed| {
        filter.route.is_none_or(|route| handed.line.route == route)
            && agent.is_none_or(|agent| handed.line.agent == agent)
    };
    let mut all = door.engine.handed(tenant)?;
    all.retain(fits);
    let Some(status) = filter.status else {
        let total = all.len();
        let page = all.iter().skip(filter.offset).take(filter.limit);
        let jobs = page.map(|handed| door.engine.job(handed.job)).collect::<Result<Vec<_>, _>>()?;
        return Ok(listed(rows(door, jobs.into_iter().flatten(), &drivers), total, filter));
    };
    let (mut found, mut total) = (Vec::new(), 0);
    for handed in all {
        let job = door.engine.job(handed.job)?;
        if let Some(job) = job.filter(|job| job.standing_of_assignment() == Some(status)) {
            if total >= filter.offset && found.len() < filter.limit {
                found.push(job);
            }
            total += 1;
        }
    }
    Ok(listed(rows(door, found.into_iter(), &drivers), total, filter))
}

fn listed(rows: Vec<Value>, total: usize, filter: &Filter) -> Value {
    json!({ "dispatches": rows, "total": total, "limit": filter.limit, "offset": filter.offset })
}

fn rows(door: &Door, jobs: impl Iterator<Item = Job>, drivers: &BTreeMap<AgentId, DriverId>) -> Vec<Value> {
    jobs.map(|job| {
        let agent = job.assignment.as_ref().map(|assignment| assignment.agent);
        let view = door.engine.tenants().view(job.id.tenant);
        let name = agent.and_then(|agent| view.roster.get(&agent).map(|agent| agent.name.clone()));
        let mut row = dispatch(door, &job, agent.and_then(|agent| drivers.get(&agent).copied()));
        row["driver_name"] = name.into();
        row["route_name"] = route_name(door, &job).into();
        row
    })
    .collect()
}

/// What the route is called; none where it is there no more.
fn route_name(door: &Door, job: &Job) -> Option<String> {
    let id = route_of(job)?;
    let route = door.engine.route(id).ok().flatten()?;
    let sheet = Sheet::open(&door.keyring, id, &route.sealed).ok()?;
    sheet.name.or(sheet.code)
}

/// `GET /api/v1/dispatch/stats`.
pub async fn stats(caller: Caller<Read>, State(door): State<Door>) -> Result<Response, No> {
    let tenant = caller.tenant();
    let shown = apart(move || counted(&door, tenant)).await?;
    Ok(axum::Json(shown).into_response())
}

fn counted(door: &Door, tenant: TenantId) -> Result<Value, No> {
    let (mut total, mut active, mut success, mut failed, mut pending) = (0, 0, 0, 0, 0);
    for handed in door.engine.handed(tenant)? {
        let Some(standing) = door.engine.job(handed.job)?.and_then(|job| job.standing_of_assignment()) else {
            continue;
        };
        total += 1;
        *match standing {
            Standing::Sending | Standing::Partial => &mut active,
            Standing::Delivered | Standing::Acknowledged => &mut success,
            Standing::Failed | Standing::Cancelled => &mut failed,
            Standing::Pending => &mut pending,
        } += 1;
    }
    let stats = json!({ "active": active, "success": success, "failed": failed, "pending": pending });
    Ok(json!({ "total": total, "stats": stats }))
}

/// A look at many records, on a thread where it keeps nobody waiting.
async fn apart<T: Send + 'static>(look: impl FnOnce() -> Result<T, No> + Send + 'static) -> Result<T, No> {
    match tokio::task::spawn_blocking(look).await {
        Ok(seen) => seen,
        Err(fell) => Err(Problem::internal(&fell).into()),
    }
}
