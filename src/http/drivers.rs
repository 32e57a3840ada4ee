//! `/api/v1/drivers`: people who drive routes, by the ids of a fleet's own system.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod delete;
pub mod named;
pub mod put;
pub mod show;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(show::get, put::put, delete::delete))
}
