//! `/api/v1/tenants`: separate worlds, and what each has set. A key sees only its own.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod audit;
pub mod change;
pub mod list;
pub mod own;
pub mod patch;
pub mod put;
pub mod show;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(list::get))
        .routes(routes!(show::get, put::put, patch::patch))
        .routes(routes!(audit::get))
}

#[cfg(test)]
mod tests;
