//! `/public`: what people and providers reach without a key. A link's token is its key; looking never changes anything.

use axum::Router;
use axum::routing::{get, post};

use crate::http::door::Door;

pub mod approve;
pub mod details;
pub mod fields;
pub mod offers;
pub mod preferences;
pub mod unsubscribe;
pub mod webhooks;
mod words;

/// Its endpoints. They are for people and providers, so they do not stand in the API's document.
pub fn routes() -> Router<Door> {
    Router::new()
        .route("/public/approve", get(approve::without_token).post(approve::without_token))
        .route("/public/approve/{token}", get(approve::get).post(approve::post))
        .route("/public/offers", get(offers::without_token).post(offers::without_token))
        .route("/public/offers/{token}", get(offers::get).post(offers::post))
        .route("/public/details", get(details::without_token).post(details::without_token))
        .route("/public/details/{token}", get(details::get).post(details::post))
        .route("/public/unsubscribe/{token}", get(unsubscribe::get).post(unsubscribe::post))
        .route("/public/preferences", get(approve::without_token).post(approve::without_token))
        .route("/public/preferences/{token}", get(preferences::get).post(preferences::post))
        .route("/public/webhooks/source/{token}", post(webhooks::source::post))
        .route("/public/webhooks/telegram/{account}", post(webhooks::telegram::post))
        .route("/public/webhooks/meta/{account}", get(webhooks::meta::get).post(webhooks::meta::post))
        .route("/public/webhooks/twilio/{account}", post(webhooks::twilio::post))
        .route("/public/webhooks/twilio/{account}/status", post(webhooks::twilio::post))
        .route("/public/webhooks/resend/{account}", post(webhooks::resend::post))
        .route("/public/webhooks/sendgrid/{account}", post(webhooks::sendgrid::post))
        .route("/public/webhooks/sendgrid/{account}/inbound/{secret}", post(webhooks::sendgrid::inbound::post))
}

#[cfg(test)]
mod tests;
