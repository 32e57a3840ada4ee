//! `/api/v1/sources`: senders whose payloads cannot be changed.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod address;
pub mod delete;
pub mod jobs;
pub mod list;
pub mod mapped;
pub mod put;
pub mod show;
#[cfg(test)]
mod tests;
pub mod r#try;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(list::get))
        .routes(routes!(show::get, put::put, delete::delete))
        .routes(routes!(address::post, address::delete))
        .routes(routes!(jobs::post))
        .routes(routes!(r#try::post))
}
