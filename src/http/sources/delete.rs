//! `DELETE /api/v1/sources/{source}`: a source is removed.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use baton_actors::tenants::source_change::SourceChange;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::etag::IfMatch;
use crate::http::problem::{Body, Problem};
use crate::http::sources::mapped;

/// Removes a source. Its jobs stay.
#[utoipa::path(delete, path = "/api/v1/sources/{source}", tag = "sources",
    params(("source" = String, Path), ("If-Match" = Option<String>, Header, description = "the ETag it was seen with")),
    responses(
        (status = 204, description = "gone"),
        (status = 404, description = "`source-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn delete(
    caller: Caller<Write>,
    Path(name): Path<String>,
    if_match: IfMatch,
    State(door): State<Door>,
) -> Result<StatusCode, Problem> {
    mapped::source(&door.engine.tenants().view(caller.tenant()), &name)?;
    door.engine
        .change_source(caller.tenant(), name, SourceChange::Removed, if_match.0, caller.name().to_owned())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
