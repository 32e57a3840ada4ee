//! `GET /api/v1/dashboard/customers`: the customers that bots told us of.

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

/// A customer.
#[derive(Serialize, ToSchema)]
#[schema(as = SyncedCustomer)]
pub struct CustomerView {
    /// What the bot was told as `customer_id`.
    #[schema(value_type = String)]
    id: Uuid,
    /// Since when they are known.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Timestamp>,
    /// When a bot last told of them.
    #[schema(value_type = String, format = DateTime)]
    seen_at: Shown<Timestamp>,
    /// How many orders they have. One that was told twice counts once.
    orders: u32,
    /// What those come to.
    total: f64,
    /// Whether they wait for a person.
    escalated: bool,
    /// All that is known of them; what was not said again stays as it was.
    #[schema(value_type = Object)]
    data: Value,
}

/// Lists the customers that bots told us of.
#[utoipa::path(get, path = "/api/v1/dashboard/customers", tag = "events",
    params(
        ("cursor" = Option<String>, Query, description = "the `next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 where it is left out"),
    ),
    responses((status = 200, body = List<CustomerView>), (status = 400, body = Body, content_type = "application/problem+json")))]
pub async fn get(caller: Caller<Operate>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let page = query.read(Page::read)?;
    let tenant = caller.tenant();
    let found = door.engine.customers(tenant, page.after.as_deref(), page.limit)?;
    let last = found.last().filter(|_| found.len() == page.limit);
    let last = last.map(|(customer, _)| Key::SyncCustomer { tenant, customer: *customer }.bytes());
    let view = |(id, customer): (Uuid, baton_actors::synced::Customer)| CustomerView {
        id,
        created_at: Shown(customer.at),
        seen_at: Shown(customer.seen_at),
        orders: customer.orders,
        total: customer.total as f64 / 100.0,
        escalated: customer.escalated,
        data: opened(&door.keyring, tenant, &customer.who),
    };
    let items = found.into_iter().map(view).collect();
    Ok(axum::Json(List::new(items, None, last.as_deref())).into_response())
}
