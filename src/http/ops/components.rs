//! `GET /api/v1/health`: how the parts of the server are, for those with a key.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use baton_actors::sinks::Counts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{AnyKey, Caller};
use crate::http::door::Door;

/// How the parts of the server are.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `degraded`: something is the matter, and the rest runs on.
    status: &'static str,
    /// Each part.
    components: Components,
}

/// The parts.
#[derive(Serialize, ToSchema)]
pub struct Components {
    /// `ok`, or `failed`: nothing can be stored until a restart.
    store: &'static str,
    /// Which part of the work this process does: `all`, `intake` or `workers`.
    role: &'static str,
    /// `open`, or `closed`: nothing is taken in, because the server stops, its disk is nearly full, or the store is a restored copy.
    intake: &'static str,
    /// Whether the store is a restored copy in quarantine: it can be looked at, takes nothing in and sends nothing until
    /// `baton release-quarantine`.
    restored: bool,
    /// Requests that the engine works on now.
    under_way: usize,
    /// Messages that are owed and not yet on their way.
    outbox: usize,
    /// Jobs put aside, in all tenants.
    quarantined: usize,
    /// Records that could not be read at the start.
    unreadable_records: usize,
    /// Each channel: `ok`, or `failing` when its latest attempts all failed for no fault of the messages.
    channels: BTreeMap<&'static str, &'static str>,
    /// Endpoints that are told by webhooks, in all tenants.
    endpoints: Standing,
    /// Dashboards, in all tenants.
    dashboards: Standing,
    /// Events that wait for dashboards.
    dashboard_backlog: usize,
}

/// How many are how.
#[derive(Serialize, ToSchema)]
pub struct Standing {
    /// They are told.
    on: u32,
    /// Several events in a row did not arrive: they are asked from time to time whether they are back.
    away: u32,
    /// They are told nothing: somebody has switched them off, or they were away for too long.
    off: u32,
}

impl From<Counts> for Standing {
    fn from(Counts { on, away, off }: Counts) -> Self {
        Self { on, away, off }
    }
}

/// Tells how the parts of the server are. Providers are not asked: the messages that are sent anyway tell how they are.
#[utoipa::path(get, path = "/api/v1/health", tag = "operations", responses((status = 200, body = Health)))]
pub async fn get(_caller: Caller<AnyKey>, State(door): State<Door>) -> Json<Health> {
    let engine = &door.engine;
    let standing = engine.house().sinks.standing();
    let components = Components {
        store: if engine.has_failed() { "failed" } else { "ok" },
        role: engine.role().as_str(),
        intake: if engine.is_ready() && !engine.is_restored() { "open" } else { "closed" },
        restored: engine.is_restored(),
        under_way: engine.under_way(),
        outbox: engine.house().outbox.depth(),
        quarantined: engine.quarantined().await.len(),
        unreadable_records: engine.broken().len(),
        channels: engine.house().outbox.failing().map(|(kind, failing)| (kind.as_str(), word(failing))).collect(),
        endpoints: standing.webhooks.into(),
        dashboards: standing.dashboards.into(),
        dashboard_backlog: standing.backlog,
    };
    let failing = components.channels.values().any(|state| *state == word(true));
    let away = components.dashboards.away + components.endpoints.away > 0;
    let well = components.intake == "open"
        && components.quarantined == 0
        && components.unreadable_records == 0
        && !failing
        && !away;
    Json(Health { status: if well { "ok" } else { "degraded" }, components })
}

fn word(failing: bool) -> &'static str {
    if failing { "failing" } else { "ok" }
}
