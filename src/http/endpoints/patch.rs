//! `PATCH /api/v1/endpoints/{id}`: an endpoint, changed.

use axum::extract::{Path, State};
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use baton_actors::sinks::{Off, Secret, Why};

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::endpoints::{named, not_found};
use crate::http::etag::{IfMatch, etag};
use crate::http::json::Json;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::endpoint::{EndpointPatch, types_of_jobs};
use crate::http::shapes::endpoint_view::EndpointView;
use crate::sinks::dashboard::seal_key;

/// Changes what is given and leaves the rest. One that was switched off and is switched on goes on where it stopped; where the
/// address or the key is another, what waits for its next attempt is tried at once.
#[utoipa::path(patch, path = "/api/v1/endpoints/{id}", tag = "events", request_body = EndpointPatch,
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "the ETag it was seen with")),
    responses(
        (status = 200, body = EndpointView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`endpoint-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn patch(
    caller: Caller<Administer>,
    Path(id): Path<String>,
    if_match: IfMatch,
    State(door): State<Door>,
    Json(shape): Json<EndpointPatch>,
) -> Result<Response, Problem> {
    let wanted = shape.into_change(door.settings.endpoints.plain_http).map_err(Problem::of_fields)?;
    let endpoint = named(&door, caller.tenant(), &id)?;
    let misfits = wanted.misfits(endpoint.is_dashboard());
    if !misfits.is_empty() {
        return Err(Problem::of_fields(misfits));
    }
    let sealed = wanted.key.as_ref().map(|key| seal_key(endpoint.id, key, &door.keyring)).transpose();
    let sealed = sealed.map_err(|error| Problem::internal(&error))?;
    let (now, seen) = (door.clock.now(), if_match.0);
    let mut was_changed = false;
    let changed = door.engine.change_endpoint(endpoint.id, |endpoint| {
        if seen.is_some_and(|seen| seen != endpoint.version) {
            was_changed = true;
            return false;
        }
        let before = endpoint.clone();
        if let Some(url) = wanted.url {
            endpoint.url = url;
        }
        if let Some(description) = wanted.description {
            endpoint.description = description;
        }
        if let Some(types) = wanted.types {
            endpoint.types = types;
        }
        if let Some(told) = wanted.jobs {
            endpoint.types = types_of_jobs(told);
        }
        if let Some(sealed) = sealed {
            endpoint.secrets = vec![Secret { sealed, until: None }];
        }
        match (wanted.enabled, &endpoint.off) {
            (Some(true), _) => endpoint.off = None,
            (Some(false), None) => endpoint.off = Some(Off { why: Why::Asked, at: now }),
            (Some(false), Some(_)) | (None, _) => {}
        }
        *endpoint != before
    });
    let endpoint = changed.await?.ok_or_else(not_found)?;
    if was_changed {
        return Err(Problem::new(Code::VersionChanged, format!("it is in version {} by now", endpoint.version)));
    }
    Ok(([(ETAG, etag(endpoint.version))], axum::Json(EndpointView::of(&door, &endpoint)?)).into_response())
}
