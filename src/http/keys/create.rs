//! `POST /api/v1/keys`: a new API key.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::ids::TenantId;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::json::Json;
use crate::http::keys::store::store;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::key::{KeyShape, KeyView};
use crate::keys::{ApiKeyRecord, generate};

/// A new key: the only time it is shown.
#[derive(Serialize, ToSchema)]
pub struct NewKey<'a> {
    /// What callers send. It cannot be shown again: only its hash is kept.
    key: &'a str,
    /// What is kept of it.
    #[serde(flatten)]
    record: KeyView<'a>,
}

/// Draws a key. For another tenant than one's own only with an `admin` key of the default tenant.
#[utoipa::path(post, path = "/api/v1/keys", tag = "administration", request_body = KeyShape, responses(
    (status = 201, description = "the key is in `key`, this once only", body = NewKey),
    (status = 400, body = Body, content_type = "application/problem+json"),
    (status = 404, description = "`tenant-not-found`", body = Body, content_type = "application/problem+json"),
))]
pub async fn post(
    caller: Caller<Administer>,
    State(door): State<Door>,
    Json(shape): Json<KeyShape>,
) -> Result<Response, Problem> {
    let wanted = shape.into_core().map_err(Problem::of_fields)?;
    let tenant = wanted.tenant.unwrap_or(caller.tenant());
    if tenant != caller.tenant() && (caller.tenant() != TenantId::DEFAULT || !door.engine.knows(tenant)) {
        return Err(Problem::new(Code::TenantNotFound, "there is no such tenant, or it is not yours"));
    }
    let key = generate();
    let record = ApiKeyRecord::of(&key, tenant, wanted.name, wanted.scopes, Some(door.clock.now()));
    let record = record.map_err(|weak| Problem::internal(&weak))?;
    store(&door, record.clone()).await?;
    let shown = NewKey { key: key.expose_secret(), record: KeyView::of(&record) };
    Ok((StatusCode::CREATED, axum::Json(shown)).into_response())
}
