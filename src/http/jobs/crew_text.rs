//! `GET /api/v1/jobs/{id}/crew-text`: the message for a crew, ready to be copied.

use axum::extract::{Path, State};
use baton_core::crew_sheet::CrewSheet;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Work};
use crate::http::door::Door;
use crate::http::given::Given;
use crate::http::jobs::find;
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;

const LOCALE: usize = 35;

/// The message for a crew.
#[derive(Serialize, ToSchema)]
pub struct CrewText {
    /// The language it is worded in, as it was asked for.
    locale: String,
    /// The message.
    text: String,
}

/// Words the message for a crew, to be copied into their group. It is made of typed values alone: whatever somebody typed is not in it.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/crew-text", tag = "jobs",
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("locale" = Option<String>, Query, description = "the language; the tenant's where it is left out", example = "en"),
    ),
    responses(
        (status = 200, body = CrewText),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Work>,
    Path(name): Path<String>,
    query: Query,
    State(door): State<Door>,
) -> Result<axum::Json<CrewText>, Problem> {
    let wanted = query.read(|form, query| match query.take("locale") {
        Given::Absent => Some(None),
        given => form.field("locale", given).line(LOCALE).map(Some),
    })?;
    let job = find::job(&door, caller.tenant(), &name)?;
    let view = door.engine.tenants().view(caller.tenant());
    let locale = wanted.unwrap_or_else(|| view.settings.locale.clone());
    let text = door
        .wording
        .crew_text(&CrewSheet::of(&view.crew_view(&job)), &locale)
        .map_err(|error| Problem::internal(&error))?;
    Ok(axum::Json(CrewText { locale, text }))
}
