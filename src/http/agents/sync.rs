//! `POST /api/v1/agents/sync`: a whole list of agents, all or nothing.

use std::sync::Arc;

use axum::extract::State;
use baton_actors::tenants::TenantView;
use baton_actors::tenants::roster::AgentsDecided;
use baton_core::ids::TenantId;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::json::BatchJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::agent::SyncShape;

/// What a sync came to.
#[derive(Serialize, ToSchema)]
pub struct Synced {
    /// How many are new.
    pub inserted: usize,
    /// How many were there before.
    pub updated: usize,
    /// How many were in the list.
    pub total: usize,
}

/// Stores a list of agents, all of them or none. Those who are not in it stay as they are.
#[utoipa::path(post, path = "/api/v1/agents/sync", tag = "agents", request_body = SyncShape, responses(
    (status = 200, body = Synced),
    (status = 400, description = "`errors` names every wrong field, such as `agents[1].phone`", body = Body, content_type = "application/problem+json"),
    (status = 409, description = "`address-taken`", body = Body, content_type = "application/problem+json"),
))]
pub async fn post(
    caller: Caller<Write>,
    State(door): State<Door>,
    BatchJson(shape): BatchJson<SyncShape>,
) -> Result<axum::Json<Synced>, Problem> {
    store(&door, caller.tenant(), shape).await.map(axum::Json)
}

/// Stores them.
pub async fn store(door: &Door, tenant: TenantId, shape: SyncShape) -> Result<Synced, Problem> {
    let changes = shape.into_core(tenant, door.clock.now()).map_err(Problem::of_fields)?;
    let total = changes.len();
    let decide = move |view: &TenantView, now: Timestamp| {
        let stored = |(id, change): (_, crate::http::shapes::agent::AgentChange)| {
            change.onto(view.roster.get(&id).map(Arc::as_ref), id, now)
        };
        AgentsDecided { upserts: changes.into_iter().map(stored).collect(), ..AgentsDecided::default() }
    };
    let changed = door.engine.change_agents(tenant, Box::new(decide)).await?;
    Ok(Synced { inserted: changed.inserted, updated: changed.updated, total })
}
