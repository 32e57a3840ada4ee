//! `/api/v1/details`: the private details of jobs, which nobody can read here and which can be erased.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod erase;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(erase::post))
}

#[cfg(test)]
mod tests;
