//! `/api/v1/quarantine`: jobs whose actor fell again and again, and records that cannot be read, put aside so that the rest runs
//! on.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod list;
pub mod records;
pub mod release;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(list::get)).routes(routes!(records::get)).routes(routes!(release::post))
}
