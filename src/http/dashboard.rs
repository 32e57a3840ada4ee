//! `/api/v1/dashboard`: what a tenant's dashboard is told besides its jobs; and what bots told us, where Baton is the dashboard.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::door::Door;

pub mod customers;
pub mod events;
pub mod forget;
pub mod orders;
pub mod received;

/// Its endpoints.
pub fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(events::post))
        .routes(routes!(received::get))
        .routes(routes!(customers::get))
        .routes(routes!(forget::delete))
        .routes(routes!(orders::get))
}
