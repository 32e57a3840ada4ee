//! `POST /api/v1/endpoints/{id}/replay`: events are told once more.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::follower::{REPLAYS_MAX, Replay};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::endpoints::named;
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::json::Json;
use crate::http::problem::{Body, Code, Problem};
use crate::http::strangers::Strangers;

/// What is told once more: one event, or all since one.
#[derive(Default, ToSchema)]
#[schema(as = ReplayEvents)]
pub struct ReplayShape {
    /// This event alone, whichever types the endpoint wants: its number.
    #[schema(value_type = Option<u64>)]
    event: Given<u64>,
    /// Everything after this event: its number; 0: everything that is kept.
    #[schema(value_type = Option<u64>)]
    since: Given<u64>,
    /// With `since`: only what was given up.
    #[schema(value_type = Option<bool>)]
    failed_only: Given<bool>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    ReplayShape { event, since, failed_only }
}

/// What will be told.
#[derive(Serialize, ToSchema)]
pub struct ReplayView {
    /// From this event.
    from: u64,
    /// To this one: the latest there is.
    to: u64,
    /// Only what was given up.
    failed_only: bool,
}

/// Has events told once more, with the ids they had: whoever has seen them can tell.
#[utoipa::path(post, path = "/api/v1/endpoints/{id}/replay", tag = "events", request_body = ReplayShape,
    params(("id" = String, Path)),
    responses(
        (status = 202, description = "it is stored, and will be done", body = ReplayView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`endpoint-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`replays-full`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Administer>,
    Path(id): Path<String>,
    State(door): State<Door>,
    Json(shape): Json<ReplayShape>,
) -> Result<Response, Problem> {
    // What is wrong with the body is told first, as everywhere.
    let endpoint = named(&door, caller.tenant(), &id);
    let newest = endpoint.as_ref().map_or(Ok(u64::MAX - 1), |endpoint| door.engine.newest_for(endpoint))?;
    let read = Form::body(shape, |form, shape| {
        let (event, since) = (form.field("event", shape.event).value(), form.field("since", shape.since).value());
        let failed_only = form.field("failed_only", shape.failed_only).value();
        match (event, since) {
            (None, None) => form.blame("since", "is missing", "give the number of an event in since, or in event"),
            (Some(_), Some(_)) => form.blame("event", "stands beside since", "give one of them"),
            (Some(event), None) if event == 0 || event > newest => {
                form.blame("event", "is no event of the log", format!("give a number from 1 to {newest}"));
            }
            (None, Some(since)) if since > newest => {
                form.blame("since", "is ahead of the log", format!("give a number from 0 to {newest}"));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
        if event.is_some() && failed_only == Some(true) {
            form.blame("failed_only", "goes with since alone", "leave it out");
        }
        Some(match event {
            Some(event) => Replay { next: event, last: event, failed_only: false },
            None => Replay { next: since? + 1, last: newest, failed_only: failed_only.unwrap_or(false) },
        })
    });
    let replay = read.map_err(Problem::of_fields)?;
    let endpoint = endpoint?;
    if replay.next <= replay.last && !door.engine.replay(endpoint.id, replay).await? {
        let said = format!("{REPLAYS_MAX} replays are under way; ask again when one of them is done");
        return Err(Problem::new(Code::ReplaysFull, said));
    }
    let Replay { next, last, failed_only } = replay;
    Ok((StatusCode::ACCEPTED, axum::Json(ReplayView { from: next, to: last, failed_only })).into_response())
}
