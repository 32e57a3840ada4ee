//! `DELETE /api/v1/drivers/{driver}`: a driver is no longer known.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use baton_actors::tenants::TenantView;
use baton_actors::tenants::roster::AgentsDecided;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::drivers::named;
use crate::http::problem::{Body, Problem};

/// Deletes a driver, and the agent they are. What is on its way to them ends; routes that wait for their moment fail.
#[utoipa::path(delete, path = "/api/v1/drivers/{driver}", tag = "fleet",
    params(("driver" = String, Path, description = "a UUID of your own")),
    responses(
        (status = 204, description = "gone"),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`driver-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn delete(
    caller: Caller<Write>,
    Path(id): Path<String>,
    State(door): State<Door>,
) -> Result<StatusCode, Problem> {
    let id = named::id(caller.tenant(), &id)?;
    let driver = door.engine.driver(id)?.ok_or_else(named::not_found)?;
    let agent = driver.agent;
    let decide = move |view: &TenantView, _| AgentsDecided {
        removed: view.roster.get(&agent).map(|known| known.id).into_iter().collect(),
        ..AgentsDecided::default()
    };
    // The person first: should the rest not come about, asking again finds the driver still there.
    door.engine.change_agents(caller.tenant(), Box::new(decide)).await?;
    door.engine.put_driver(id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
