//! `GET /api/v1/dashboard/received`: what bots told us, in order, where Baton is the dashboard.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::synced::{Sealed, Told};
use baton_core::ids::TenantId;
use baton_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::drop_in::dashboard::event_id;
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::shapes::shown::Shown;
use crate::sealing::Keyring;

/// No answer has more of them than this.
const LIMIT_MAX: u64 = 200;

/// So many where nobody says otherwise.
const LIMIT: u64 = 50;

/// A part of what was told.
#[derive(Serialize, ToSchema)]
pub struct Received {
    /// In the order in which it came.
    items: Vec<ToldView>,
    /// Give this as `after` next time.
    next: u64,
}

/// What a bot told us.
#[derive(Serialize, ToSchema)]
pub struct ToldView {
    /// Its id, which the bot was given.
    id: String,
    /// Its number. Numbers grow; some may be missing.
    sequence: u64,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// Which event.
    event: &'static str,
    /// The customer it is about, as `GET /api/v1/dashboard/customers` names them.
    #[schema(value_type = Option<String>)]
    customer: Option<Uuid>,
    /// The order it is about, as `GET /api/v1/dashboard/orders` names it.
    #[schema(value_type = Option<String>)]
    order: Option<Uuid>,
    /// What it said; `null` where that is erased, or does not open with the keys that are configured.
    #[schema(value_type = Object)]
    data: Value,
}

/// Lists what bots told us by the route of the dashboard, which `[drop_in] enabled` switches on.
#[utoipa::path(get, path = "/api/v1/dashboard/received", tag = "events",
    params(
        ("after" = Option<u64>, Query, description = "a number: only what comes after it"),
        ("limit" = Option<u32>, Query, description = "1 to 200; 50 where it is left out"),
    ),
    responses((status = 200, body = Received), (status = 400, body = Body, content_type = "application/problem+json")))]
pub async fn get(caller: Caller<Operate>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let (after, limit) = query.read(|form, query| {
        let number = |text: String| text.parse::<u64>().map_err(|_| "give the number of an event");
        let after = form.field("after", query.take("after")).parsed(number);
        let limit = form.field("limit", query.take("limit")).parsed(|text| match text.parse::<u64>() {
            Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
            Ok(_) | Err(_) => Err(format!("give a whole number from 1 to {LIMIT_MAX}")),
        });
        Some((after.unwrap_or_default(), limit.unwrap_or(LIMIT)))
    })?;
    let tenant = caller.tenant();
    let found = door.engine.told(tenant, after, usize::try_from(limit).unwrap_or(usize::MAX))?;
    let next = found.last().map_or(after, |(no, _)| *no);
    let items = found.into_iter().map(|(no, told)| ToldView::of(&door.keyring, tenant, no, &told)).collect();
    Ok(axum::Json(Received { items, next }).into_response())
}

impl ToldView {
    fn of(keyring: &Keyring, tenant: TenantId, no: u64, told: &Told) -> Self {
        Self {
            id: event_id(tenant, no),
            sequence: no,
            at: Shown(told.at),
            event: told.wire.as_str(),
            customer: told.customer,
            order: told.order,
            data: opened(keyring, tenant, &told.said),
        }
    }
}

/// What was said; null where it does not open.
pub fn opened(keyring: &Keyring, tenant: TenantId, sealed: &Sealed) -> Value {
    let opened = keyring.open_handed(tenant, sealed.sealed_for, &sealed.payload).ok();
    opened.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}
