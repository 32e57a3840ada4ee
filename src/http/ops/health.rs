//! `GET /health`: the process lives. It asks nobody, so it answers while the store or a provider is down.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// The process lives.
#[utoipa::path(get, path = "/health", tag = "operations", security(()), responses(
    (status = 200, description = "it lives", content_type = "application/json", example = json!({"status": "ok"}))
))]
pub async fn get() -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], r#"{"status":"ok"}"#).into_response()
}
