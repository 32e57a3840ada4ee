//! `/api/v1/webhooks`: what providers told, and having it acted upon where that was left undone.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod list;
pub mod replay;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(list::get)).routes(routes!(replay::post))
}

#[cfg(test)]
mod tests;
