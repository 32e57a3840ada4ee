//! `GET /api/v1/sources/{source}`: a source.

use axum::extract::{Path, State};
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::source_view::SourceView;
use crate::http::sources::mapped;

/// Shows a source with its mapping.
#[utoipa::path(get, path = "/api/v1/sources/{source}", tag = "sources",
    params(("source" = String, Path)),
    responses(
        (status = 200, body = SourceView),
        (status = 404, description = "`source-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    Path(name): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let view = door.engine.tenants().view(caller.tenant());
    let source = mapped::source(&view, &name)?;
    Ok(([(ETAG, etag(source.version))], axum::Json(SourceView::of(source)?)).into_response())
}
