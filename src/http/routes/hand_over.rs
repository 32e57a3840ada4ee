//! A route is handed to a driver: one way in, whichever door asks for it.

use std::time::Duration;

use baton_actors::error::Failure;
use baton_actors::job_actor::Done;
use baton_actors::records::Driver;
use baton_core::brief::Brief;
use baton_core::delivery::ChannelKind;
use baton_core::gates::{Dial, OwnGates};
use baton_core::ids::{AgentId, DriverId, JobId, RouteId, TenantId};
use baton_core::job::{Approval, Asked, Assignment, By, Job, NewJob, Refusal};
use baton_core::plan::{Mode, Plan, Wave};
use baton_core::time::Timestamp;

use crate::details::Details;
use crate::http::door::Door;
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::request_id::drawn_uuid;
use crate::http::{drivers, routes};

/// What is asked for.
pub struct Wanted {
    /// Which route.
    pub route: RouteId,
    /// Whose it is to be.
    pub driver: DriverId,
    /// By these channels, as far as they can be used; empty: nobody says.
    pub channels: Vec<ChannelKind>,
    /// By every channel that can be used.
    pub multi: bool,
    /// At this moment; none: at once.
    pub at: Option<Timestamp>,
    /// What the client keeps beside it, as JSON: sealed, and said to nobody.
    pub metadata: Option<String>,
}

/// Hands a route over. `key`: a repeat with it is the same job.
///
/// One that has a moment is its driver's only such until it is out; those without are given whenever somebody asks.
pub async fn hand_over(
    door: &Door,
    tenant: TenantId,
    by: By,
    wanted: Wanted,
    key: Option<&str>,
) -> Result<Done, Problem> {
    let id = match key {
        Some(key) => JobId::of_idempotency_key(tenant, &format!("assignment {key}")),
        None => JobId::drawn(tenant, drawn_uuid(door.clock.now())),
    };
    let Wanted { route, driver, channels, multi, at, metadata } = wanted;
    let fingerprint = door.fingerprints.of(&(route, driver, &channels, multi, at, &metadata));
    // What was taken in before the world changed is not refused when it is sent once more.
    let known = key.map(|_| door.engine.job(id)).transpose()?.flatten();
    let (agent, asked) = match known.and_then(|job| job.assignment) {
        Some(before) => (before.agent, before.asked),
        None => able(door, route, driver, channels, multi)?,
    };
    let details = metadata.map(|metadata| Details { original: Some(metadata), ..Details::default() });
    let sealed = details.map(|details| door.keyring.seal(id, &details)).transpose().map_err(|_| too_large())?;
    let lasts = door.settings.dispatch.assignment_lasts;
    let new = NewJob {
        id,
        external_ref: None,
        fingerprint,
        brief: Brief::default(),
        has_details: sealed.is_some(),
        approval: Approval::None,
        plan: straight_to(agent),
        plan_name: None,
        start_at: at,
        occupies: None,
        gates: OwnGates {
            confirm: Some(Dial::Off),
            invoice: Some(Dial::Off),
            payment: Some(Dial::Off),
            release: Some(Dial::Off),
        },
        publish: None,
        lead: None,
        assignment: Some(Assignment { alone: at.is_some(), ..Assignment::of(route.local, agent, asked, lasts) }),
    };
    door.engine.create(new, sealed, by).await.map_err(|failure| match failure {
        Failure::Refused(Refusal::ReferenceConflict, _) => Refusal::KeyReused.into(),
        other => other.into(),
    })
}

/// Whose it is to be and how they are told, where the route and the driver are there.
fn able(
    door: &Door,
    route: RouteId,
    driver: DriverId,
    channels: Vec<ChannelKind>,
    multi: bool,
) -> Result<(AgentId, Asked), Problem> {
    if door.engine.route(route)?.is_none() {
        return Err(routes::named::not_found());
    }
    let known: Driver = door.engine.driver(driver)?.ok_or_else(drivers::named::not_found)?;
    let view = door.engine.tenants().view(driver.tenant);
    let agent = view.roster.get(&known.agent).ok_or_else(drivers::named::not_found)?;
    if !agent.active {
        return Err(Problem::new(Code::AgentInactive, format!("the driver is {}", known.status)));
    }
    Ok((known.agent, Asked { channels, multi, preferred: known.preferred, fallback: known.fallback }))
}

/// The rules of asking of a job that is somebody's by name.
fn straight_to(agent: AgentId) -> Plan {
    let wave = Wave::new(Mode::Direct { agent, answer_needed: false }, Duration::from_mins(30));
    Plan { waves: vec![wave], standby: 0, search_for: None, stall: None, rounds: 1 }
}

/// The channels that were meant: those of its first messages, or, while there are none, those that would be used now.
pub fn requested(door: &Door, job: &Job) -> Vec<ChannelKind> {
    let Some(assignment) = &job.assignment else { return Vec::new() };
    let first = assignment.attempts.first().map(|attempt| attempt.no.version);
    let meant = assignment.attempts.iter().filter(|attempt| Some(attempt.no.version) == first);
    let meant: Vec<_> = meant.map(|attempt| attempt.channel).collect();
    if !meant.is_empty() {
        return meant;
    }
    door.engine.with_world(job.id.tenant, |world| {
        let agent = world.roster.get(&assignment.agent);
        agent.map(|agent| assignment.asked.chosen(&Assignment::ways(world, agent))).unwrap_or_default()
    })
}

fn too_large() -> Problem {
    Problem::of_fields(vec![FieldError {
        field: "metadata".to_owned(),
        message: "is too long".into(),
        cure: "keep it with yourself, and give its name".into(),
    }])
}
