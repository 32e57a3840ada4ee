//! `GET /api/v1/endpoints/{id}/deliveries`: what became of events there.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use baton_actors::sinks::DeliveryState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::endpoints::named;
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::shapes::endpoint_view::DeliveryView;

/// No answer has more of them than this.
const LIMIT_MAX: u64 = 500;

/// So many where nobody says otherwise.
const LIMIT: u64 = 100;

/// A part of the log of deliveries.
#[derive(Serialize, ToSchema)]
pub struct Deliveries {
    /// In the order of the events.
    items: Vec<DeliveryView>,
    /// Give this as `after` next time. It moves on over what was not asked for.
    next: u64,
}

/// Lists what became of the events that were tried, each attempt with what came of it.
#[utoipa::path(get, path = "/api/v1/endpoints/{id}/deliveries", tag = "events",
    params(
        ("id" = String, Path),
        ("after" = Option<u64>, Query, description = "the number of an event: only what comes after it"),
        ("limit" = Option<u32>, Query, description = "1 to 500; 100 where it is left out"),
        ("state" = Option<String>, Query, description = "`delivered`, `waiting`, `failed` or `lost`"),
    ),
    responses(
        (status = 200, body = Deliveries),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`endpoint-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Administer>,
    Path(id): Path<String>,
    query: Query,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let endpoint = named(&door, caller.tenant(), &id)?;
    let (after, limit, state) = query.read(|form, query| {
        let number = |text: String| text.parse::<u64>().map_err(|_| "give the number of an event");
        let after = form.field("after", query.take("after")).parsed(number);
        let limit = form.field("limit", query.take("limit")).parsed(|text| match text.parse::<u64>() {
            Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
            Ok(_) | Err(_) => Err(format!("give a whole number from 1 to {LIMIT_MAX}")),
        });
        let state = form.field("state", query.take("state")).one_of(&[
            ("delivered", DeliveryState::Delivered),
            ("waiting", DeliveryState::Waiting),
            ("failed", DeliveryState::Failed),
            ("lost", DeliveryState::Lost),
        ]);
        Some((after.unwrap_or_default(), limit.unwrap_or(LIMIT), state))
    })?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let (found, next) = door.engine.deliveries(endpoint.id, after, most, state)?;
    let items = found.into_iter().map(|(no, delivery)| DeliveryView::of(&endpoint, no, delivery)).collect();
    Ok(axum::Json(Deliveries { items, next }).into_response())
}
