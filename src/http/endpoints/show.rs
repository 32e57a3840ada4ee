//! `GET /api/v1/endpoints/{id}`: an endpoint.

use axum::extract::{Path, State};
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::endpoints::named;
use crate::http::etag::etag;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::endpoint_view::EndpointView;

/// Shows an endpoint, and how far it has come.
#[utoipa::path(get, path = "/api/v1/endpoints/{id}", tag = "events",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = EndpointView),
        (status = 404, description = "`endpoint-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Administer>,
    Path(id): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let endpoint = named(&door, caller.tenant(), &id)?;
    Ok(([(ETAG, etag(endpoint.version))], axum::Json(EndpointView::of(&door, &endpoint)?)).into_response())
}
