//! `GET /version`: what runs here.

use axum::Json;
use serde::Serialize;

/// What runs here.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Version {
    /// `baton`.
    name: &'static str,
    /// Its version.
    #[schema(example = "0.1.0")]
    version: &'static str,
}

/// What runs here.
#[utoipa::path(get, path = "/version", tag = "operations", security(()), responses((status = 200, body = Version)))]
pub async fn get() -> Json<Version> {
    Json(Version { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") })
}
