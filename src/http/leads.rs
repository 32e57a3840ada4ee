//! `/api/v1/leads`: work that other systems have talked over with a client.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod finalized;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(finalized::post))
}

#[cfg(test)]
mod tests;
