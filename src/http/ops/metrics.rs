//! `GET /metrics`: for Prometheus, from the networks that may, or with a key of scope `metrics`.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::http::caller::Visitor;
use crate::http::door::Door;
use crate::http::problem::{Body, Code, Problem};
use crate::keys::Scope;
use crate::telemetry::metrics::Exposition;

/// Everything that is counted, in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses(
    (status = 200, description = "see docs/METRICS.md", content_type = "text/plain", body = String),
    (status = 401, description = "from outside the allowed networks, without a key", body = Body, content_type = "application/problem+json"),
    (status = 403, description = "with a key that lacks the scope `metrics`", body = Body, content_type = "application/problem+json"),
))]
pub async fn get(visitor: Visitor, State(door): State<Door>) -> Result<Response, Problem> {
    let may = match &visitor.key {
        Some(key) => key.may(Scope::Metrics),
        None => false,
    };
    if !may && !door.settings.metrics_networks.iter().any(|network| network.contains(&visitor.address)) {
        return Err(match visitor.key {
            Some(_) => Problem::new(Code::Forbidden, "the key lacks the scope metrics"),
            None => Problem::new(Code::Unauthorized, "from here, metrics are read with a key of scope metrics"),
        });
    }
    let elsewhere = || "# the program that Baton is a part of records its metrics itself\n".to_owned();
    let text = door.exposition.as_ref().map_or_else(elsewhere, Exposition::render);
    Ok(([(CONTENT_TYPE, HeaderValue::from_static(Exposition::CONTENT_TYPE))], text).into_response())
}
