//! `PUT /api/v1/sources/{source}`: a source, in its next version.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use baton_actors::tenants::source_change::SourceChange;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::etag::{IfMatch, etag};
use crate::http::json::Json;
use crate::http::problem::{Body, Code, FieldError, Problem};
use crate::http::shapes::anything::Anything;
use crate::http::shapes::source_view::SourceView;
use crate::sources::mapping::Mapping;

const NAME: usize = 64;

/// So many sources a tenant may keep: all of them stand in memory.
const SOURCES_MAX: usize = 100;

/// Stores how the payloads of a sender become jobs.
///
/// Jobs that are there keep what they were made of. Try it first: `POST /api/v1/sources/{source}/try`.
#[utoipa::path(put, path = "/api/v1/sources/{source}", tag = "sources", request_body = Mapping,
    params(
        ("source" = String, Path, description = "1 to 64 letters, digits, hyphens and underscores"),
        ("If-Match" = Option<String>, Header, description = "the ETag it was made from"),
    ),
    responses(
        (status = 200, description = "the next version, or unchanged", body = SourceView),
        (status = 201, description = "the first version", body = SourceView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`sources-full`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn put(
    caller: Caller<Write>,
    Path(name): Path<String>,
    if_match: IfMatch,
    State(door): State<Door>,
    Json(Anything(body)): Json<Anything>,
) -> Result<Response, Problem> {
    let mut errors = Vec::new();
    let is_sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > NAME || !name.chars().all(is_sane) {
        let cure = "name it with 1 to 64 letters, digits, hyphens and underscores".into();
        errors.push(FieldError { field: "source".to_owned(), message: "is not a name".into(), cure });
    }
    let mapping = Mapping::read(&body, "").map_err(|wrong| errors.extend(wrong)).ok();
    let Some(mapping) = mapping.filter(|_| errors.is_empty()) else { return Err(Problem::of_fields(errors)) };
    let text = serde_json::to_string(&mapping).map_err(|error| Problem::internal(&error))?;
    let view = door.engine.tenants().view(caller.tenant());
    let is_there = view.sources.contains_key(&name);
    if !is_there && view.sources.len() >= SOURCES_MAX {
        return Err(Problem::new(Code::SourcesFull, format!("no more than {SOURCES_MAX} sources can be kept")));
    }
    let by = caller.name().to_owned();
    let stored = door.engine.change_source(caller.tenant(), name, SourceChange::Mapping(text), if_match.0, by).await?;
    let source = stored.ok_or_else(|| Problem::new(Code::SourceNotFound, "it has been removed meanwhile"))?;
    let status = if is_there { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, [(ETAG, etag(source.version))], axum::Json(SourceView::of(&source)?)).into_response())
}
