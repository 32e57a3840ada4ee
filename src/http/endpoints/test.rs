//! `POST /api/v1/endpoints/{id}/test`: an event of nothing, at once.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use baton_actors::error::Failure;

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::endpoints::named;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::endpoint_view::TryView;

/// Posts an event of the type `baton.test`, signed as all are, and says what came of it. It is tried once, also where the endpoint is
/// switched off, and stands in no log. Where it is taken, what waits for its next attempt is tried at once.
#[utoipa::path(post, path = "/api/v1/endpoints/{id}/test", tag = "events",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = TryView),
        (status = 404, description = "`endpoint-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Administer>,
    Path(id): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let endpoint = named(&door, caller.tenant(), &id)?;
    if door.engine.is_restored() {
        return Err(Failure::Restored.into());
    }
    if door.engine.rests() {
        let problem = Problem::new(Code::NotThisRole, "nothing is sent from here: server.role is \"intake\"");
        return Err(problem);
    }
    let outcome = door.poster.test(&endpoint).await;
    if outcome.fault().is_none() {
        door.engine.endpoint_is_back(endpoint.id);
    }
    Ok(axum::Json(TryView::now(&outcome, door.clock.now())).into_response())
}
