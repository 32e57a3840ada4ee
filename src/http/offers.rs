//! `/api/v1/offers`: a job put to one agent.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod answer;
pub mod claim;
pub mod decline;
pub mod show;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(show::get)).routes(routes!(claim::post)).routes(routes!(decline::post))
}
