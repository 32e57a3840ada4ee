//! `DELETE /api/v1/keys/{id}`: a key no longer opens.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use uuid::Uuid;

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::keys::store::store;
use crate::http::problem::{Body, Code, Problem};
use crate::keys::ApiKeyRecord;

/// Makes a key of one's own tenant void. One that stands in the configuration opens again after a restart, unless it is
/// taken out there.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "administration",
    params(("id" = String, Path, description = "the key's id, as the list shows it")),
    responses(
        (status = 204, description = "void"),
        (status = 404, description = "`key-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn delete(
    caller: Caller<Administer>,
    Path(id): Path<String>,
    State(door): State<Door>,
) -> Result<StatusCode, Problem> {
    let known = Uuid::try_parse(&id).ok().and_then(|id| door.keys.get(id));
    let known = known.filter(|record| record.tenant == caller.tenant());
    let known = known.ok_or_else(|| Problem::new(Code::KeyNotFound, "there is no such key, or it is not yours"))?;
    if known.revoked_at.is_none() {
        store(&door, ApiKeyRecord { revoked_at: Some(door.clock.now()), ..ApiKeyRecord::clone(&known) }).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
