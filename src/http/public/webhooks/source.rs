//! `POST /public/webhooks/source/{token}`: payloads of a sender that can set no header. The token in its address is its key.

use axum::extract::{FromRequest, Path, Request, State};
use axum::response::{IntoResponse, Response};
use baton_core::ids::SourceAddressId;
use baton_core::job::{Actor, Answer, By, Cause};
use serde::Serialize;

use crate::http::door::Door;
use crate::http::json::Bare;
use crate::http::problem::{Code, Problem};
use crate::http::shapes::anything::Anything;
use crate::http::sources::{address, jobs};
use crate::links::Purpose;

/// What a sender hears: that it was taken. It reads nothing here that it has not sent.
#[derive(Serialize)]
struct Taken {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

/// A payload becomes a job, as `POST /api/v1/sources/{source}/jobs` makes one of it.
pub async fn post(Path(token): Path<String>, State(door): State<Door>, request: Request) -> Result<Response, Problem> {
    let address = read(&door, &token)?;
    let tenant = address.tenant;
    let view = door.engine.tenants().view(tenant);
    let source = view.sources.values().find(|source| address::of(tenant, source) == Some(address));
    let source = source.ok_or_else(unknown)?;
    let Bare(Anything(payload)) = Bare::from_request(request, &door).await?;
    let by = By { actor: Actor::Client(format!("source {}", source.name)), cause: Cause::Request };
    let done = jobs::take(&door, tenant, by, &source.name, None, &payload).await?;
    let message = (done.answer == Answer::Already).then_some("already_exists");
    let taken = Taken { id: done.job.id.to_string(), message };
    Ok((jobs::status(&done), axum::Json(taken)).into_response())
}

fn read(door: &Door, token: &str) -> Result<SourceAddressId, Problem> {
    match door.links.read(token, door.clock.now()) {
        Ok(Purpose::Source(address)) => Ok(address),
        Ok(_) | Err(_) => Err(unknown()),
    }
}

fn unknown() -> Problem {
    Problem::new(Code::SourceNotFound, "no source has this address, or none any more")
}
