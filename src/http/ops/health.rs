//! `GET /health`: the process lives. It asks nobody, so it answers while the store or a provider is down.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::config::drop_in::System;
use crate::http::door::Door;
use crate::http::drop_in::notifier;

/// The process lives.
#[utoipa::path(get, path = "/health", tag = "operations", security(()), responses(
    (status = 200, description = "it lives", content_type = "application/json", example = json!({"status": "ok"}))
))]
pub async fn get(State(door): State<Door>) -> Response {
    if door.settings.drop_in.has(System::Notifier) {
        return notifier::probes::health(&door);
    }
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], r#"{"status":"ok"}"#).into_response()
}
