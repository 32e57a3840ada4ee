//! `POST /api/v1/offers/{id}/decline`: an agent's no.

use axum::extract::{Path, State};
use axum::response::Response;
use baton_core::job::{Actor, By, Cause};

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::json::MaybeJson;
use crate::http::offers::answer::{self, Outcome};
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::AnswerShape;

/// Relays an agent's no to an offer.
#[utoipa::path(post, path = "/api/v1/offers/{id}/decline", tag = "offers", request_body = Option<AnswerShape>,
    params(("id" = String, Path, description = "the job's id, a hyphen and a number")),
    responses(
        (status = 200, body = Outcome),
        (status = 404, description = "`offer-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`offer-closed`, `job-closed`, `not-your-offer`",
            body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    Path(name): Path<String>,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<AnswerShape>,
) -> Result<Response, Problem> {
    let named = shape.into_core(caller.tenant()).map_err(Problem::of_fields)?;
    let (id, agent) = answer::whose(&door, caller.tenant(), &name, named)?;
    let by = By { actor: Actor::Agent(agent), cause: Cause::Request };
    let done = door.engine.decline(id, agent, by).await?;
    Ok(answer::shown(&door, &done, "declined"))
}
