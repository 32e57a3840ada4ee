//! `/api/v1/reports`: what came of the jobs of a time.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod agents;
pub mod gather;
pub mod offers;
pub mod period;
pub mod time_to_fill;
pub mod unfilled;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(offers::get))
        .routes(routes!(time_to_fill::get))
        .routes(routes!(agents::get))
        .routes(routes!(unfilled::get))
}
