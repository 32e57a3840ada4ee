//! `/api/v1/dashboard`: what a tenant's dashboard is told besides its jobs.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod events;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(events::post))
}
