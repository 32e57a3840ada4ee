//! `POST /api/v1/sources/{source}/try`: what would become of a payload.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::anything::Anything;
use crate::http::shapes::source_view::TriedView;
use crate::http::sources::mapped;
use crate::http::strangers::Strangers;
use crate::sources::mapping::Mapping;

/// A payload to be tried.
#[derive(Default, ToSchema)]
#[schema(as = TrySource)]
pub struct TryShape {
    /// Any JSON, as the sender sends it.
    #[schema(value_type = Object)]
    payload: Given<Anything>,
    /// A mapping that is not stored yet; that of the source where it is left out.
    #[schema(value_type = Option<Mapping>)]
    mapping: Given<Anything>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    TryShape { payload, mapping }
}

/// Shows the job that would come of a payload, what each rule found, what no rule leads to, and everything that is wrong.
///
/// Nothing is stored or sent. With a mapping in the body, the source need not be there.
#[utoipa::path(post, path = "/api/v1/sources/{source}/try", tag = "sources", request_body = TryShape,
    params(("source" = String, Path)),
    responses(
        (status = 200, body = TriedView),
        (status = 400, description = "the request or its mapping is wrong", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`source-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    Path(name): Path<String>,
    State(door): State<Door>,
    Json(shape): Json<TryShape>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let view = door.engine.tenants().view(tenant);
    let read = Form::body(shape, |form, shape| {
        let payload = form.field("payload", shape.payload).required().value();
        Some((payload?, form.field("mapping", shape.mapping).value()))
    });
    let (Anything(payload), given): (_, Option<Anything>) = read.map_err(Problem::of_fields)?;
    let mapping = match given {
        Some(Anything(given)) => Mapping::read(&given, "mapping").map_err(Problem::of_fields)?,
        None => mapped::mapping(mapped::source(&view, &name)?)?,
    };
    let (mapped, read) = mapped::read(&door, tenant, &view, &mapping, &payload)?;
    Ok(axum::Json(TriedView::of(&mapped, &read, &payload)).into_response())
}

/// The names and kinds of the details that would be sealed.
pub fn detail_fields(job: &Value) -> Vec<String> {
    let Some(details) = job.get("details").and_then(Value::as_object) else { return Vec::new() };
    let mut names = Vec::new();
    for (name, value) in details {
        match value.as_object() {
            Some(own) => names.extend(own.keys().map(|own| format!("details.{name}.{own}"))),
            None => names.push(format!("details.{name}")),
        }
    }
    names
}
