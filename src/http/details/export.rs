//! `POST /api/v1/details/export`: what is held about a client.

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use utoipa::ToSchema;

use crate::export::client::{self, Who};
use crate::http::details::exporter::Exporter;
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::json::Json;
use crate::http::problem::{Body, FieldError, Problem};
use crate::http::shapes::agent::email;
use crate::http::shapes::export_view::{ClientPage, TheirsView};
use crate::http::strangers::Strangers;
use crate::phones;

/// About whom: one of `phone` and `email`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = ExportOfClient)]
pub struct ExportShape {
    /// Whoever has this number, in international form.
    #[schema(value_type = Option<String>, example = "+447700900123")]
    phone: Given<String>,
    /// Whoever has this mailbox.
    #[schema(value_type = Option<String>, max_length = 254, example = "client@example.com")]
    email: Given<String>,
    /// The `next_cursor` of the answer before.
    #[schema(value_type = Option<String>, max_length = 200)]
    cursor: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! { ExportShape { phone, email, cursor } }

/// Gives out what is held about a client: the private details of every job in which they are named, as the contact or in a text. A call
/// goes through a part of the tenant's details (2,000 of them, each is opened); call again with `next_cursor` until it is `null`.
/// Who had them stands in each job's timeline before they leave (`details_exported`). The key needs `operator` and `details`.
#[utoipa::path(post, path = "/api/v1/details/export", tag = "administration", request_body = ExportShape,
    responses(
        (status = 200, description = "what this part holds; nothing where nothing is held, or no longer", body = ClientPage),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 403, description = "`forbidden`: `operator` and `details` are both needed", body = Body, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    exporter: Exporter,
    State(door): State<Door>,
    Json(shape): Json<ExportShape>,
) -> Result<Response, Problem> {
    let (who, after) = shape.into_core().map_err(Problem::of_fields)?;
    let (tenant, behind) = (exporter.tenant(), door.clone());
    let find = move || client::find(&behind.engine, &behind.keyring, tenant, &who, after.as_deref());
    let found = tokio::task::spawn_blocking(find).await.map_err(|fell| Problem::internal(&fell))??;
    let found = found.ok_or_else(no_cursor_of_ours)?;
    let view = door.engine.tenants().view(tenant);
    let (mut items, mut withheld) = (Vec::new(), Vec::new());
    for (job, named_in) in found.jobs {
        match client::give(&door.engine, &door.keyring, (job, named_in), exporter.by()).await {
            Ok(theirs) => items.extend(theirs.map(|theirs| TheirsView::of(&theirs, &view.roster))),
            // What cannot be noted is not given out; the others are.
            Err(failure) => {
                tracing::warn!(%tenant, job.id = %job, %failure, "details are not exported: it cannot be noted in the timeline");
                withheld.push(job.to_string());
            }
        }
    }
    let (jobs, locked) = (items.len(), found.locked);
    tracing::info!(%tenant, key = exporter.name(), jobs, locked, "what is held about a client was exported");
    let next_cursor = found.next.map(|key| BASE64_URL_SAFE_NO_PAD.encode(key));
    let page = ClientPage { items, looked_at: found.looked_at, locked, withheld, next_cursor };
    Ok(([(CACHE_CONTROL, "no-store")], axum::Json(page)).into_response())
}

impl ExportShape {
    fn into_core(self) -> Result<(Who, Option<Vec<u8>>), Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let phone = form.field("phone", shape.phone).parsed(|text| phones::read(&text));
            let email = email(form.field("email", shape.email));
            let after = form.field("cursor", shape.cursor).parsed(|text| {
                let after = BASE64_URL_SAFE_NO_PAD.decode(text);
                after.map_err(|_| "give the next_cursor of the answer before, unchanged")
            });
            let who = match (phone, email) {
                (Some(phone), None) => Some(Who::of_phone(phone)),
                (None, Some(email)) => Some(Who::Email(email)),
                (None, None) | (Some(_), Some(_)) => None,
            };
            if who.is_none() {
                form.blame("phone", "does not say alone who is meant", "give one of phone and email");
            }
            Some((who?, after))
        })
    }
}

/// A cursor that says nothing.
pub fn no_cursor_of_ours() -> Problem {
    Problem::of_fields(vec![FieldError {
        field: "cursor".to_owned(),
        message: "is not one of ours".into(),
        cure: "give the next_cursor of the answer before, unchanged".into(),
    }])
}
