//! `POST /api/v1/endpoints`: a new endpoint.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use baton_actors::sinks::Endpoint;
use baton_core::ids::EndpointId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::json::Json;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::endpoint::EndpointShape;
use crate::http::shapes::endpoint_view::EndpointView;
use crate::sinks::secret::draw;

/// A new endpoint, with its secret: the only time it is shown.
#[derive(Serialize, ToSchema)]
pub struct NewEndpoint {
    /// What its events are signed with: `whsec_…`, a secret, or `whpk_…`, our public key. A secret cannot be shown again.
    secret: String,
    /// The rest.
    #[serde(flatten)]
    endpoint: EndpointView,
}

/// Has an address told what happens from now on.
#[utoipa::path(post, path = "/api/v1/endpoints", tag = "events", request_body = EndpointShape, responses(
    (status = 201, description = "the secret is in `secret`, this once only", body = NewEndpoint),
    (status = 400, body = Body, content_type = "application/problem+json"),
    (status = 409, description = "`endpoints-full`, `events-off`", body = Body, content_type = "application/problem+json"),
))]
pub async fn post(
    caller: Caller<Administer>,
    State(door): State<Door>,
    Json(shape): Json<EndpointShape>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let wanted = shape.into_new(door.settings.endpoints.plain_http).map_err(Problem::of_fields)?;
    if !door.settings.endpoints.events {
        return Err(Problem::new(Code::EventsOff, "events.enabled is false: there is nothing to tell"));
    }
    let most = door.settings.endpoints.most;
    if door.engine.endpoints(tenant).len() >= most {
        return Err(Problem::new(Code::EndpointsFull, format!("no more than {most} endpoints can be kept")));
    }
    let id = EndpointId::drawn(tenant, Uuid::new_v4());
    let secret = draw(id, wanted.signature, &door.keyring).map_err(|error| Problem::internal(&error))?;
    let endpoint = Endpoint {
        id,
        version: 1,
        created_at: door.clock.now(),
        url: wanted.url,
        description: wanted.description,
        types: wanted.types,
        signature: wanted.signature,
        secrets: vec![secret.kept],
        off: None,
    };
    let endpoint = door.engine.add_endpoint(endpoint).await?;
    let location = format!("/api/v1/endpoints/{id}");
    let tag = etag(endpoint.version);
    let shown = NewEndpoint { secret: secret.shown, endpoint: EndpointView::of(&door, &endpoint)? };
    Ok((StatusCode::CREATED, [(LOCATION, location)], [(ETAG, tag)], axum::Json(shown)).into_response())
}
