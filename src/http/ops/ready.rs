//! `GET /ready`: whether requests should come here.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::http::door::Door;
use crate::http::problem::{Body, Code, Problem};

/// Whether requests should come here.
#[utoipa::path(get, path = "/ready", tag = "operations", security(()), responses(
    (status = 200, description = "it takes work", content_type = "application/json", example = json!({"status": "ready"})),
    (status = 503, description = "it does not: `missing` says why", body = Body, content_type = "application/problem+json"),
))]
pub async fn get(State(door): State<Door>) -> Response {
    let missing = if door.engine.has_failed() {
        json!({ "store": "it failed; nothing acknowledged is lost, and a restart recovers" })
    } else if door.engine.is_restored() {
        json!({ "release": "the store is a restored copy in quarantine; stop the server and run `baton release-quarantine`" })
    } else if !door.engine.is_ready() {
        json!({ "intake": "nothing is taken in: the server is stopping, or its disk is nearly full" })
    } else {
        return Json(json!({ "status": "ready" })).into_response();
    };
    let problem = Problem::new(Code::NotReady, "nothing is taken in at the moment; missing says why");
    problem.with("missing", missing).retry_after(Duration::from_secs(1)).into_response()
}
