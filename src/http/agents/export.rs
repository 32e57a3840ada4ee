//! `GET /api/v1/agents/{ref}/export`: what is held about somebody who takes jobs or gets messages.

use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use baton_core::ids::AgentId;

use crate::export::person;
use crate::http::agents::store;
use crate::http::details::export::no_cursor_of_ours;
use crate::http::details::exporter::Exporter;
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::shapes::export_view::{InvolvedView, PersonPage, PersonView, ToldView};

/// Gives out what is held about a person: their record with addresses, consents, reach and preferences; what they refused, kept by the
/// print of the address; tokens to register with; every job they had to do with, with what they did and the verdicts on their claims;
/// every notification, with what it said. A call looks at a part of it (500 records); call again with `next_cursor` until it is `null`.
/// A job or notification that ends meanwhile may come twice. The key needs `operator` and `details`.
#[utoipa::path(get, path = "/api/v1/agents/{ref}/export", tag = "agents",
    params(
        ("ref" = String, Path, description = "the tenant's own name for them"),
        ("cursor" = Option<String>, Query, description = "the `next_cursor` of the answer before"),
    ),
    responses(
        (status = 200, description = "what this part holds", body = PersonPage),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 403, description = "`forbidden`: `operator` and `details` are both needed", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`agent-not-found`: nobody is known by this, and nothing is held", body = Body, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    exporter: Exporter,
    Path(reference): Path<String>,
    query: Query,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let after = query.read(|form, query| {
        let after = form.field("cursor", query.take("cursor")).parsed(|text| {
            let after = BASE64_URL_SAFE_NO_PAD.decode(text);
            after.map_err(|_| "give the next_cursor of the answer before, unchanged")
        });
        Some(after)
    })?;
    let tenant = exporter.tenant();
    let agent = AgentId::of_reference(tenant, &reference);
    let behind = door.clone();
    let is_first = after.is_none();
    let gather = move || person::part(&behind.engine, &behind.keyring, agent, after.as_deref());
    let part = tokio::task::spawn_blocking(gather).await.map_err(|fell| Problem::internal(&fell))??;
    let part = part.ok_or_else(no_cursor_of_ours)?;
    if is_first && part.next.is_none() && part.is_empty() {
        return Err(store::not_found());
    }
    tracing::info!(%tenant, key = exporter.name(), agent.id = %agent, "what is held about a person was exported");
    let view = door.engine.tenants().view(tenant);
    let page = PersonPage {
        person: part.person.as_ref().map(PersonView::of),
        jobs: part.jobs.iter().map(|involved| InvolvedView::of(involved, agent, &view.roster)).collect(),
        notifications: part.notifications.iter().map(|told| ToldView::of(told, door.engine.house())).collect(),
        looked_at: part.looked_at,
        unreadable: part.unreadable,
        next_cursor: part.next.map(|key| BASE64_URL_SAFE_NO_PAD.encode(key)),
    };
    Ok(([(CACHE_CONTROL, "no-store")], axum::Json(page)).into_response())
}
