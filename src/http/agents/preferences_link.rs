//! `POST /api/v1/agents/{ref}/preferences-link`: the page where a person says what they want to hear.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::agents::store;
use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};

/// Where somebody says what they want to hear.
#[derive(Serialize, ToSchema)]
pub struct PreferencesLink {
    /// The page. Whoever has the link can choose in their name: it is for them alone. The same every time, and as long as the secret
    /// that signs links.
    #[schema(example = "https://baton.example.com/public/preferences/…")]
    url: String,
}

/// Gives the link to the page where a person chooses what they hear, where, in which order and when. Nothing is stored for it.
#[utoipa::path(post, path = "/api/v1/agents/{ref}/preferences-link", tag = "agents",
    params(("ref" = String, Path, description = "the tenant's own name for them")),
    responses(
        (status = 200, body = PreferencesLink),
        (status = 404, description = "`agent-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    Path(reference): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let agent = store::known(&door, caller.tenant(), &reference)?;
    let token = door.links.preferences(agent.id);
    let url = format!("{}/public/preferences/{token}", door.settings.public_url);
    Ok(axum::Json(PreferencesLink { url }).into_response())
}
