//! The notification dispatcher's routes: recipients, consents, templates and notifications, in camel case.
//!
//! Which tenant is meant follows from the key; `tenantId`, which its clients always send, must be the same. A repeated request is a
//! conflict there, with the id of the first in `details`.

pub mod probes;

mod notifications;
mod recipients;
mod templates;
mod views;
mod whatsapp;
mod words;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use baton_core::ids::TenantId;
use serde_json::{Map, Value, json};

use self::words::in_its_words;
use crate::http::caller::{AnyKey, Caller};
use crate::http::door::Door;
use crate::http::drop_in::take;
use crate::http::problem::{FieldError, Problem};

/// Its endpoints.
pub fn routes() -> Router<Door> {
    let internal = Router::new()
        .route("/recipients", post(recipients::post))
        .route("/recipients/{id}", get(recipients::get))
        .route("/recipients/{id}/consents", post(recipients::consent))
        .route("/templates", get(templates::get).post(templates::post))
        .route("/notifications", get(notifications::list).post(notifications::post))
        .route("/notifications/{id}", get(notifications::get))
        .route("/notifications/{id}/cancel", post(notifications::cancel))
        .fallback(no_route)
        .method_not_allowed_fallback(no_route);
    Router::new()
        .nest("/internal", internal)
        .route("/public/webhooks/whatsapp", get(whatsapp::get).post(whatsapp::post))
        .layer(map_response(in_its_words))
}

/// Who has no key does not learn what is not there.
async fn no_route(_: Caller<AnyKey>) -> Response {
    let nothing = json!({ "success": false, "error": "Route not found", "status": 404 });
    (StatusCode::NOT_FOUND, axum::Json(nothing)).into_response()
}

/// What is wrong with the tenant that a request names; nothing, where it is that of its key.
fn wrong_tenant(door: &Door, tenant: TenantId, named: Option<&str>) -> Option<FieldError> {
    let (message, cure) = match named {
        None => ("is missing", "give the tenant of the API key"),
        Some(named) if door.settings.drop_in.tenant(named) == Some(tenant) => return None,
        Some(_) => ("is not the tenant of the API key", "give the tenant of the API key, or use a key of this tenant"),
    };
    Some(FieldError { field: "tenantId".to_owned(), message: message.into(), cure: cure.into() })
}

/// Takes the tenant out of a body, which must be that of the key.
fn of_own_tenant(door: &Door, tenant: TenantId, body: &mut Map<String, Value>) -> Result<(), Problem> {
    let named = take(body, "tenantId");
    let wrong = wrong_tenant(door, tenant, named.as_ref().map(|named| named.as_str().unwrap_or_default()));
    wrong.map_or(Ok(()), |wrong| Err(Problem::of_fields(vec![wrong])))
}
