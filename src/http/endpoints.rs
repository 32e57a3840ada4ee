//! `/api/v1/endpoints`: places outside that are told what happens, by signed webhooks (docs/WEBHOOKS.md).

use std::sync::Arc;

use baton_actors::sinks::Endpoint;
use baton_core::ids::{EndpointId, TenantId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;
use crate::http::problem::{Code, Problem};

pub mod create;
pub mod delete;
pub mod deliveries;
pub mod list;
pub mod patch;
pub mod replay;
pub mod secret;
pub mod show;
pub mod test;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(list::get, create::post))
        .routes(routes!(show::get, patch::patch, delete::delete))
        .routes(routes!(secret::post))
        .routes(routes!(test::post))
        .routes(routes!(replay::post))
        .routes(routes!(deliveries::get))
}

/// The endpoint of an id, as a caller wrote it.
fn named(door: &Door, tenant: TenantId, id: &str) -> Result<Arc<Endpoint>, Problem> {
    let found = EndpointId::parse(tenant, id).ok().and_then(|id| door.engine.endpoint(id));
    found.ok_or_else(not_found)
}

fn not_found() -> Problem {
    Problem::new(Code::EndpointNotFound, "there is no such endpoint")
}
