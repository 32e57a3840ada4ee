//! `GET /version`: what runs here.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::config::drop_in::System;
use crate::http::door::Door;
use crate::http::drop_in::notifier::probes::VersionToo;

/// What runs here.
#[derive(Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_field_names, reason = "it is what its readers look for")]
pub struct Version {
    /// `baton`.
    name: &'static str,
    /// Its version.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// What clients of the notification dispatcher read as well, where their routes answer.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    too: Option<VersionToo>,
}

/// What runs here.
#[utoipa::path(get, path = "/version", tag = "operations", security(()), responses((status = 200, body = Version)))]
pub async fn get(State(door): State<Door>) -> Json<Version> {
    let too = door.settings.drop_in.has(System::Notifier).then(VersionToo::default);
    Json(Version { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), too })
}
