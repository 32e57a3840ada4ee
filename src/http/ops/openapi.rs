//! `GET /openapi.json`: the document of this API, made from the code.

use std::collections::BTreeSet;

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{RefOr, Schema};
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
        (name = "fleet", description = "Drivers, vehicles and routes"),
        (name = "notifications", description = "Messages that other systems ask us to send"),
        (name = "plans", description = "The rules of asking"),
        (name = "sources", description = "Senders whose payloads cannot be changed"),
        (name = "templates", description = "What messages say"),
        (name = "events", description = "What happens, for those who follow it"),
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

/// Says of every object that a request may hold that it has no other fields: they are refused.
pub fn close_requests(document: &mut utoipa::openapi::OpenApi) -> serde_json::Result<()> {
    let shown = serde_json::to_value(&*document)?;
    let schemas = &shown["components"]["schemas"];
    let mut wanted = Vec::new();
    for method in shown["paths"].as_object().into_iter().flatten().filter_map(|(_, path)| path.as_object()).flatten() {
        names(&method.1["requestBody"], &mut wanted);
    }
    let mut known = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        if known.insert(name.clone()) {
            names(&schemas[&name], &mut wanted);
        }
    }
    for (name, schema) in document.components.iter_mut().flat_map(|components| &mut components.schemas) {
        if let RefOr::T(Schema::Object(object)) = schema
            && known.contains(name)
            && !object.properties.is_empty()
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
    Ok(())
}

/// The schemas that a piece of the document refers to.
fn names(piece: &Value, found: &mut Vec<String>) {
    match piece {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
            found.extend(name.map(str::to_owned));
            members.values().for_each(|member| names(member, found));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| names(entry, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
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
