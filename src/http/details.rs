//! `/api/v1/details`: the private details of jobs, which can be erased, and given out to whoever they are about.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod erase;
pub mod export;
pub mod exporter;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(erase::post)).routes(routes!(export::post))
}

#[cfg(test)]
mod tests;
