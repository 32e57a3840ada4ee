//! The fleet dispatch service's routes: assignments to drivers, registrations with the bot, links to a route on a map.
//!
//! What it calls a dispatch is a job with one named agent and no answer needed. Drivers, vehicles and routes, which lay in a database
//! of its own, come in by our `/api/v1/drivers`, `/vehicles` and `/routes` under the ids that it knows.

mod batch;
mod dispatch;
mod list;
pub mod registration;
mod route_tokens;
mod send_registration;
#[cfg(test)]
mod tests;
mod view;
mod words;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use words::in_its_words;
pub use words::on_our_route;

use crate::http::door::Door;

/// Its endpoints. Its `/api/v1/telegram/registration/{driverId}` and `/api/v1/health` have the same paths as ours.
pub fn routes() -> Router<Door> {
    Router::new()
        .route("/api/v1/dispatch", get(list::index).post(dispatch::create))
        .route("/api/v1/dispatch/batch", post(batch::create))
        .route("/api/v1/dispatch/stats", get(list::stats))
        .route("/api/v1/dispatch/{id}", get(dispatch::show))
        .route("/api/v1/dispatch/{id}/cancel", post(dispatch::cancel))
        .route("/api/v1/telegram/send-registration", post(send_registration::post))
        .route("/api/v1/route-tokens", post(route_tokens::create))
        .route("/api/v1/public/route/{token}", get(route_tokens::show))
        .layer(from_fn(in_its_words))
}
