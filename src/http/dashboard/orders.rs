//! `GET /api/v1/dashboard/orders`: the orders that bots told us of.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::store::keys::Key;
use baton_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::{Caller, Operate};
use crate::http::dashboard::received::opened;
use crate::http::door::Door;
use crate::http::page::{List, Page};
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::shapes::shown::Shown;

/// An order.
#[derive(Serialize, ToSchema)]
#[schema(as = SyncedOrder)]
pub struct OrderView {
    /// What the bot was told as `order_id`.
    #[schema(value_type = String)]
    id: Uuid,
    /// Whose it is.
    #[schema(value_type = String)]
    customer: Uuid,
    /// Since when it is known.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Timestamp>,
    /// `created`, `confirmed`, `cooking`, `delivering`, `delivered` or `cancelled`. It never goes back.
    status: &'static str,
    /// The last word for its status that is none of these, as it was said.
    unmapped_status: Option<String>,
    /// What it comes to.
    total: f64,
    /// All that was said of it.
    #[schema(value_type = Object)]
    data: Value,
}

/// Lists the orders that bots told us of.
#[utoipa::path(get, path = "/api/v1/dashboard/orders", tag = "events",
    params(
        ("cursor" = Option<String>, Query, description = "the `next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 where it is left out"),
    ),
    responses((status = 200, body = List<OrderView>), (status = 400, body = Body, content_type = "application/problem+json")))]
pub async fn get(caller: Caller<Operate>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let page = query.read(Page::read)?;
    let tenant = caller.tenant();
    let found = door.engine.orders(tenant, page.after.as_deref(), page.limit)?;
    let last = found.last().filter(|_| found.len() == page.limit);
    let last = last.map(|(order, _)| Key::SyncOrder { tenant, order: *order }.bytes());
    let view = |(id, order): (Uuid, baton_actors::synced::Order)| OrderView {
        id,
        customer: order.customer,
        created_at: Shown(order.at),
        status: order.status.as_str(),
        unmapped_status: order.unmapped,
        total: order.total as f64 / 100.0,
        data: opened(&door.keyring, tenant, &order.what),
    };
    let items = found.into_iter().map(view).collect();
    Ok(axum::Json(List::new(items, None, last.as_deref())).into_response())
}
