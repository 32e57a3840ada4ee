//! `GET /api/v1/events`: what happened after an event, or what happens next.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::config::duration::parse_duration;
use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::events::{Wanted, ahead, place, wanted};
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::shapes::event_view::EventView;

/// No answer has more events than this.
const LIMIT_MAX: u64 = 1_000;

/// So many where nobody says otherwise.
const LIMIT: u64 = 100;

/// Nobody waits longer than this for an event.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// A part of the log.
#[derive(Serialize, ToSchema)]
pub struct Page<'a> {
    /// The events, oldest first.
    items: Vec<EventView<'a>>,
    /// Give this as `after` next time. It moves on over events that were not wanted.
    next: u64,
    /// The oldest event that is kept. Where it is more than one above `after`, those between have been removed by age.
    oldest: Option<u64>,
    /// The latest event.
    newest: u64,
}

/// Tells what happened after an event; with `wait`, what happens next where nothing has yet.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(
        ("after" = Option<u64>, Query, description = "the number of the last event you have: the `next` of the page before; from the oldest where it is left out"),
        ("limit" = Option<u32>, Query, description = "1 to 1000; 100 where it is left out"),
        ("type" = Option<String>, Query, description = "only these types, such as `job.claimed,job.unfilled`"),
        ("job" = Option<String>, Query, description = "only of this job: its id, or its code while it is live"),
        ("wait" = Option<String>, Query, description = "how long to wait for an event where there is none: up to `20s`"),
    ),
    responses(
        (status = 200, body = Page),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 503, description = "`overloaded`: as many wait as can, or as many of this tenant's", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Read>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let (after, limit, wait, filter) = query.read(|form, query| {
        let after = form
            .field("after", query.take("after"))
            .parsed(|text| text.parse::<u64>().map_err(|_| "give the number of an event: the next of the page before"));
        let limit = form.field("limit", query.take("limit")).parsed(|text| match text.parse::<u64>() {
            Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
            Ok(_) | Err(_) => Err(format!("give a whole number from 1 to {LIMIT_MAX}")),
        });
        let wait = form.field("wait", query.take("wait")).parsed(|text| match parse_duration(&text) {
            Ok(wait) if wait <= WAIT_MAX => Ok(wait),
            Ok(_) => Err("wait at most 20s".to_owned()),
            Err(wrong) => Err(wrong),
        });
        let filter = Wanted::read(form, query, &door, tenant);
        Some((after.unwrap_or_default(), limit.unwrap_or(LIMIT), wait.unwrap_or_default(), filter))
    })?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut rings, mut leaving) = (door.engine.index().events.rings(), door.leaving.clone());
    let _place = if wait.is_zero() { None } else { Some(place(&door, tenant)?) };
    let until = door.clock.now() + wait;
    let mut from = after;
    let (stretch, next) = loop {
        rings.mark_unchanged();
        let (stretch, looked) = wanted(&door, tenant, from, most, &filter)?;
        if after > stretch.newest {
            return Err(ahead("after", stretch.newest));
        }
        // What was not wanted is not looked at again, and there may be more behind it.
        let moved = looked > from;
        from = looked;
        if !stretch.events.is_empty() || wait.is_zero() {
            break (stretch, looked);
        }
        if moved {
            continue;
        }
        tokio::select! {
            _ = rings.changed() => {}
            _ = leaving.wait_for(|leaving| *leaving) => break (stretch, looked),
            () = door.clock.sleep_until(until) => break (stretch, looked),
        }
    };
    let oldest = door.engine.oldest_event(tenant)?;
    let items = stretch.events.iter().map(|event| EventView::of(event, tenant, &door.settings.public_url)).collect();
    Ok(axum::Json(Page { items, next, oldest, newest: stretch.newest }).into_response())
}
