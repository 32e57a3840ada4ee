//! `/api/v1/sources/{source}/address`: where a sender that can set no header posts its payloads.
//!
//! The address is a signed link, so nothing secret is kept: the source remembers since when it has one, and only the link of that
//! moment leads in.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::records::Source;
use baton_actors::tenants::source_change::SourceChange;
use baton_core::ids::{SourceAddressId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::problem::{Body, Code, Problem};
use crate::http::sources::mapped;

/// An address.
#[derive(Serialize, ToSchema)]
pub struct SourceAddress {
    /// Where payloads go by `POST`, and no key with them. Whoever knows it can hand in jobs of this source, and nothing else.
    #[schema(example = "https://baton.example.com/public/webhooks/source/AQc")]
    url: String,
}

/// The address of a source; none where it has none.
pub fn of(tenant: TenantId, source: &Source) -> Option<SourceAddressId> {
    source.address_since.map(|since| SourceAddressId::of(tenant, &source.name, since))
}

/// Gives a source an address for a sender that can set no header.
///
/// It is shown this once. Asked again, the source has another one, and the one before leads nowhere from that moment on.
#[utoipa::path(post, path = "/api/v1/sources/{source}/address", tag = "sources",
    params(("source" = String, Path)),
    responses(
        (status = 200, description = "the address is in `url`, this once only", body = SourceAddress),
        (status = 404, description = "`source-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    Path(name): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    mapped::source(&door.engine.tenants().view(tenant), &name)?;
    let by = caller.name().to_owned();
    let stored = door.engine.change_source(tenant, name, SourceChange::Opened, None, by).await?;
    let address = stored.as_deref().and_then(|source| of(tenant, source));
    let address = address.ok_or_else(|| Problem::new(Code::SourceNotFound, "it has been removed meanwhile"))?;
    let token = door.links.source(address);
    let url = format!("{}/public/webhooks/source/{token}", door.settings.public_url);
    Ok(axum::Json(SourceAddress { url }).into_response())
}

/// Takes the address away: what is sent there is refused from now on.
#[utoipa::path(delete, path = "/api/v1/sources/{source}/address", tag = "sources",
    params(("source" = String, Path)),
    responses(
        (status = 204, description = "there is none any more"),
        (status = 404, description = "`source-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn delete(
    caller: Caller<Write>,
    Path(name): Path<String>,
    State(door): State<Door>,
) -> Result<StatusCode, Problem> {
    mapped::source(&door.engine.tenants().view(caller.tenant()), &name)?;
    let by = caller.name().to_owned();
    door.engine.change_source(caller.tenant(), name, SourceChange::Shut, None, by).await?;
    Ok(StatusCode::NO_CONTENT)
}
