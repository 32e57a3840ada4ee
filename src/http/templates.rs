//! `/api/v1/templates`: what messages say, by logical key, channel, language and version.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod activate;
pub mod create;
pub mod delete;
pub mod disable;
pub mod list;
pub mod preview;
pub mod preview_stored;
pub mod show;
#[cfg(test)]
mod tests;
mod tried;
mod turn;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(list::get, create::post))
        .routes(routes!(preview::post))
        .routes(routes!(show::get, delete::delete))
        .routes(routes!(activate::post))
        .routes(routes!(disable::post))
        .routes(routes!(preview_stored::post))
}
