//! `/public/webhooks/whatsapp`: where Meta was told to call. It is the webhook of the one account there is, under another path.

use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::http::public::webhooks::hooks::ACCOUNT;
use crate::http::public::webhooks::meta;

fn account() -> Path<String> {
    Path(ACCOUNT.to_owned())
}

/// Answers a set-up with its challenge.
pub async fn get(state: State<Door>, asked: Query<meta::SetUp>) -> Result<String, Problem> {
    meta::get(account(), state, asked).await
}

/// Takes in what is told, once it is proved.
pub async fn post(state: State<Door>, request: Request) -> Result<Response, Problem> {
    meta::post(account(), state, request).await?;
    Ok(axum::Json(json!({ "status": "received" })).into_response())
}
