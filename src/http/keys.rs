//! `/api/v1/keys`: the API keys of a tenant.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod create;
pub mod list;
pub mod revoke;
pub mod store;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(list::get, create::post)).routes(routes!(revoke::delete))
}
