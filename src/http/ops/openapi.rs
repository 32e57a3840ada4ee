//! `GET /openapi.json`: the document of this API, made from the code.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// What stands at the head of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Baton",
        description = "Passes each job from agent to agent until exactly one of them has it.\n\nEvery refusal is an \
                       `application/problem+json` with a stable `code`; its `type` leads to a page that says what to do.",
        license(name = "MIT OR Apache-2.0"),
    ),
    security(("bearer" = []), ("api_key" = [])),
    modifiers(&Keys),
    tags(
        (name = "jobs", description = "Work to be done by someone"),
        (name = "offers", description = "A job put to one agent"),
        (name = "agents", description = "People and crews who can take a job"),
        (name = "plans", description = "The rules of asking"),
        (name = "reports", description = "What came of it"),
        (name = "administration", description = "Tenants, settings, keys"),
        (name = "operations", description = "Health, readiness, metrics"),
    )
)]
pub struct Head;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        components.add_security_scheme("bearer", bearer);
        let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key")));
        components.add_security_scheme("api_key", header);
    }
}

/// The document as it is served.
#[derive(Clone)]
pub struct Document(pub Bytes);

impl Document {
    /// Answers with it.
    pub fn answer(&self) -> Response {
        ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], self.0.clone()).into_response()
    }
}
