//! `/api/v1/notifications`: messages that other systems ask us to send.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod batch;
pub mod by_ref;
pub mod cancel;
pub mod create;
pub mod find;
pub mod intake;
pub mod list;
pub mod show;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(create::post, list::get))
        .routes(routes!(batch::post))
        .routes(routes!(show::get))
        .routes(routes!(cancel::post))
        .routes(routes!(by_ref::show::get, by_ref::put::put))
        .routes(routes!(by_ref::cancel::post))
}

#[cfg(test)]
mod tests;
