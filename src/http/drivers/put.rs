//! `PUT /api/v1/drivers/{driver}`: a driver, made or changed.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use baton_core::ids::{AgentId, DriverId};

use crate::http::agents::store;
use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::drivers::{named, show};
use crate::http::etag::IfMatch;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::driver::{DriverChange, DriverShape};
use crate::http::shapes::driver_view::DriverView;

/// Makes a driver, or changes the one there is. What is left out stays; `null`, or a blank text, takes it away.
///
/// A driver is an agent: whoever has the same number or chat is the same person, and gets no jobs offered unless they did before.
#[utoipa::path(put, path = "/api/v1/drivers/{driver}", tag = "fleet", request_body = DriverShape,
    params(("driver" = String, Path, description = "a UUID of your own")),
    responses(
        (status = 200, description = "changed", body = DriverView),
        (status = 201, description = "made", body = DriverView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`address-taken`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn put(
    caller: Caller<Write>,
    Path(id): Path<String>,
    State(door): State<Door>,
    Json(shape): Json<DriverShape>,
) -> Result<Response, Problem> {
    let id = named::id(caller.tenant(), &id)?;
    let change = shape.into_core().map_err(Problem::of_fields)?;
    let before = door.engine.driver(id)?;
    let agent = whose(&door, id, before.as_ref().map(|driver| driver.agent), &change)?;
    let driver = change.driver(before.as_ref(), agent, door.clock.now());
    let (reference, active) = (id.to_string(), driver.status == "active");
    store::one(&door, agent, IfMatch(None), move |before, now| {
        Some(change.onto(before, agent, &reference, active, now))
    })
    .await?;
    door.engine.put_driver(id, Some(&driver)).await?;
    show::shown(&door, id, if before.is_some() { StatusCode::OK } else { StatusCode::CREATED })
}

/// The agent that a driver is: who they were, or whoever is known by the same address and is no driver yet, or somebody new.
fn whose(door: &Door, id: DriverId, was: Option<AgentId>, change: &DriverChange) -> Result<AgentId, Problem> {
    let view = door.engine.tenants().view(id.tenant);
    if let Some(agent) = was.filter(|agent| view.roster.get(agent).is_some()) {
        return Ok(agent);
    }
    let of_another = |agent: &AgentId| -> Result<bool, Problem> {
        Ok(door.engine.drivers(id.tenant)?.get(agent).is_some_and(|driver| *driver != id))
    };
    match change.known_in(&view) {
        Some(agent) if !of_another(&agent)? => Ok(agent),
        Some(_) | None => Ok(AgentId::of_reference(id.tenant, &id.to_string())),
    }
}
