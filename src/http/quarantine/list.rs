//! `GET /api/v1/quarantine`: what was put aside, since when and why.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_core::ids::JobId;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::page::Items;
use crate::http::shapes::shown::Shown;

/// A job that was put aside.
#[derive(Serialize, ToSchema)]
pub struct Aside {
    /// Which.
    #[schema(value_type = String)]
    job: Shown<JobId>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// What it fell over last.
    reason: String,
}

/// Lists the jobs that were put aside because what decides for them fell again and again.
#[utoipa::path(get, path = "/api/v1/quarantine", tag = "operations", responses((status = 200, body = Items<Aside>)))]
pub async fn get(caller: Caller<Operate>, State(door): State<Door>) -> Response {
    let parked = door.engine.quarantined().await.into_iter().filter(|parked| parked.job.tenant == caller.tenant());
    let items = parked.map(|parked| Aside { job: Shown(parked.job), at: Shown(parked.at), reason: parked.reason });
    axum::Json(Items { items: items.collect() }).into_response()
}
