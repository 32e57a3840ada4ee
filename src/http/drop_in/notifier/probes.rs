//! `/health`, `/version` and what is not there: ours, with what the notification dispatcher's clients read in them as well.

use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::http::door::Door;
use crate::http::problem::Problem;

/// Baton has one environment.
const ENVIRONMENT: &str = "production";

/// The process lives.
pub fn health(door: &Door) -> Response {
    let now = door.clock.now().to_string();
    let health = json!({ "status": "ok", "success": true, "timestamp": now, "environment": ENVIRONMENT });
    axum::Json(health).into_response()
}

/// What its clients read of a version besides name and version.
#[derive(Serialize)]
pub struct VersionToo {
    success: bool,
    service: &'static str,
    environment: &'static str,
}

impl Default for VersionToo {
    fn default() -> Self {
        Self { success: true, service: "notification-dispatcher", environment: ENVIRONMENT }
    }
}

/// There is nothing here: `status` stands in every problem.
pub fn no_route(nothing: Problem) -> Problem {
    nothing.with("success", false).with("error", "Route not found")
}
