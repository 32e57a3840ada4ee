//! `/api/v1/telegram`: how agents come to the bot.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod registration;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(registration::get))
}

#[cfg(test)]
mod tests;
