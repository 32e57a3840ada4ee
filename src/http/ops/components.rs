//! `GET /api/v1/health`: how the parts of the server are, for those with a key.

use axum::Json;
use axum::extract::State;
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
    /// `open`, or `closed`: nothing is taken in, because the server stops or its disk is nearly full.
    intake: &'static str,
    /// Requests that the engine works on now.
    under_way: usize,
    /// Messages that are owed and not yet on their way.
    outbox: usize,
    /// Jobs put aside, in all tenants.
    quarantined: usize,
    /// Records that could not be read at the start.
    unreadable_records: usize,
}

/// Tells how the parts of the server are. Providers are not asked: what they refuse shows in `/metrics`.
#[utoipa::path(get, path = "/api/v1/health", tag = "operations", responses((status = 200, body = Health)))]
pub async fn get(_caller: Caller<AnyKey>, State(door): State<Door>) -> Json<Health> {
    let engine = &door.engine;
    let components = Components {
        store: if engine.has_failed() { "failed" } else { "ok" },
        intake: if engine.is_ready() { "open" } else { "closed" },
        under_way: engine.under_way(),
        outbox: engine.house().outbox.depth(),
        quarantined: engine.quarantined().await.len(),
        unreadable_records: engine.broken().len(),
    };
    let well = engine.is_ready() && components.quarantined == 0 && components.unreadable_records == 0;
    Json(Health { status: if well { "ok" } else { "degraded" }, components })
}
