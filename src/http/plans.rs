//! `/api/v1/plans`: the rules of asking, kept by name.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod dry_run;
pub mod lint;
pub mod list;
pub mod put;
pub mod show;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(list::get))
        .routes(routes!(show::get, put::put))
        .routes(routes!(lint::post))
        .routes(routes!(dry_run::post))
}
