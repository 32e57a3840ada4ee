//! `/api/v1/agents`: people and crews who can take a job, and people who get messages.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod availability;
pub mod consents;
pub mod delete;
pub mod export;
pub mod list;
pub mod offers;
pub mod patch;
pub mod preferences_link;
pub mod put;
pub mod show;
pub mod store;
pub mod sync;
pub mod upsert;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(list::get, upsert::post))
        .routes(routes!(sync::post))
        .routes(routes!(show::get, put::put, patch::patch, delete::delete))
        .routes(routes!(availability::put))
        .routes(routes!(consents::get, consents::put))
        .routes(routes!(preferences_link::post))
        .routes(routes!(export::get))
        .routes(routes!(offers::get))
}

#[cfg(test)]
mod tests;
