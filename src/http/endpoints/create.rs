//! `POST /api/v1/endpoints`: a new endpoint.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use baton_actors::sinks::{Endpoint, Secret};
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
use crate::sinks::dashboard::seal_key;
use crate::sinks::secret::draw;

/// A new endpoint, with its secret: the only time it is shown.
#[derive(Serialize, ToSchema)]
pub struct NewEndpoint {
    /// What its events are signed with: `whsec_…`, a secret, or `whpk_…`, our public key. A secret cannot be shown again. A dashboard
    /// has none: it knows us by its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The rest.
    #[serde(flatten)]
    endpoint: EndpointView,
}

/// Has an address told what happens from now on.
#[utoipa::path(post, path = "/api/v1/endpoints", tag = "events", request_body = EndpointShape, responses(
    (status = 201, description = "the secret is in `secret`, this once only", body = NewEndpoint),
    (status = 400, body = Body, content_type = "application/problem+json"),
    (status = 409, description = "`endpoints-full`, `events-off`, `dashboard-exists`", body = Body, content_type = "application/problem+json"),
))]
pub async fn post(
    caller: Caller<Administer>,
    State(door): State<Door>,
    Json(shape): Json<EndpointShape>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let wanted = shape.into_new(door.settings.endpoints.plain_http).map_err(Problem::of_fields)?;
    // A dashboard hears of what is handed in, too.
    if !door.settings.endpoints.events && wanted.key.is_none() {
        return Err(Problem::new(Code::EventsOff, "events.enabled is false: there is nothing to tell"));
    }
    let most = door.settings.endpoints.most;
    if door.engine.endpoints(tenant).len() >= most {
        return Err(Problem::new(Code::EndpointsFull, format!("no more than {most} endpoints can be kept")));
    }
    let id = EndpointId::drawn(tenant, Uuid::new_v4());
    let (kept, secret) = if let Some(key) = &wanted.key {
        let sealed = seal_key(id, key, &door.keyring).map_err(|error| Problem::internal(&error))?;
        (Secret { sealed, until: None }, None)
    } else {
        let drawn = draw(id, wanted.signature, &door.keyring).map_err(|error| Problem::internal(&error))?;
        (drawn.kept, Some(drawn.shown))
    };
    let endpoint = Endpoint {
        id,
        version: 1,
        created_at: door.clock.now(),
        url: wanted.url,
        description: wanted.description,
        types: wanted.types,
        signature: wanted.signature,
        secrets: vec![kept],
        off: None,
    };
    let endpoint = door.engine.add_endpoint(endpoint).await?;
    if endpoint.id != id {
        return Err(Problem::new(Code::DashboardExists, format!("it is the endpoint {}", endpoint.id)));
    }
    let location = format!("/api/v1/endpoints/{id}");
    let tag = etag(endpoint.version);
    let shown = NewEndpoint { secret, endpoint: EndpointView::of(&door, &endpoint)? };
    Ok((StatusCode::CREATED, [(LOCATION, location)], [(ETAG, tag)], axum::Json(shown)).into_response())
}
