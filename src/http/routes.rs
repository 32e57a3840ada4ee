//! `/api/v1/routes`: what drivers drive, stop by stop.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod delete;
pub mod hand_over;
pub mod named;
pub mod put;
pub mod show;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(show::get, put::put, delete::delete))
}
