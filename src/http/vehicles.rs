//! `/api/v1/vehicles`: what routes are driven with.

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
