//! `POST /api/v1/dashboard/events`: a bot hands in an event for the dashboard of its tenant.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::gauges;
use baton_actors::sinks::queue::{Customer, Handed, Taken};
use baton_core::consent::AddressKind;
use baton_core::ids::TenantId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::{BringIn, Caller};
use crate::http::door::Door;
use crate::http::json::Json;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::dashboard::{EventShape, Reached, Said};
use crate::sealing::Keyring;
use crate::sinks::dashboard::{event_id, order};

/// Until then something may have left.
const FULL: Duration = Duration::from_secs(5);

/// What became of an event.
#[derive(Serialize, ToSchema)]
pub struct TakenView {
    /// `queued`: it is on disk and will be told. `debounced`: the same customer was told of a moment ago, or waits to be. `known`: the
    /// order was handed in before.
    result: &'static str,
    /// With `queued`: what the dashboard knows the event by, as the header `Idempotency-Key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// With `queued`: its number in the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
}

/// Takes in an event for the dashboard. What is answered 202 is on disk: it arrives once the dashboard is there, behind what was handed
/// in before it about the same customer or order.
#[utoipa::path(post, path = "/api/v1/dashboard/events", tag = "events", request_body = EventShape, responses(
    (status = 202, body = TakenView),
    (status = 400, body = Body, content_type = "application/problem+json"),
    (status = 409, description = "`no-dashboard`", body = Body, content_type = "application/problem+json"),
    (status = 503, description = "`backlog-full`, `overloaded`: with `Retry-After`", body = Body, content_type = "application/problem+json"),
))]
pub async fn post(
    caller: Caller<BringIn>,
    State(door): State<Door>,
    Json(shape): Json<EventShape>,
) -> Result<Response, Problem> {
    let said = shape.read().map_err(Problem::of_fields)?;
    let tenant = caller.tenant();
    let none = || Problem::new(Code::NoDashboard, "there is no dashboard that could be told");
    let dashboard = door.engine.dashboard(tenant).ok_or_else(none)?;
    if said.is_unmapped {
        metrics::counter!(gauges::DASHBOARD_UNMAPPED, "door" => "handed_in").increment(1);
    }
    let (handed, customer) = sealed(&door, tenant, said).map_err(|error| Problem::internal(&error))?;
    let (result, no) = match door.engine.hand_in(tenant, handed, customer).await?.ok_or_else(none)? {
        Taken::Queued(no) => ("queued", Some(no)),
        Taken::NotNeeded => ("debounced", None),
        Taken::Known => ("known", None),
        Taken::Full => {
            let said = "as many events wait for the dashboard as may; nothing was stored";
            return Err(Problem::new(Code::BacklogFull, said).retry_after(FULL));
        }
    };
    let taken = TakenView { result, id: no.map(|no| event_id(dashboard.id, no)), sequence: no };
    Ok((StatusCode::ACCEPTED, axum::Json(taken)).into_response())
}

/// What is said, as it is kept until it is told.
fn sealed(
    door: &Door,
    tenant: TenantId,
    said: Said,
) -> Result<(Handed, Option<Customer>), crate::sealing::SealingError> {
    let keyring = &door.keyring;
    let order = said.order.as_deref().map(|name| order(keyring, tenant, name));
    let subject = said.customer.as_ref().map(|reached| stands_for(keyring, tenant, reached));
    let customer = match (subject, said.identifier()) {
        (Some(subject), Some(identifier)) if order.is_some() => {
            let sealed_for = Uuid::new_v4();
            let sealed = keyring.seal_handed(tenant, sealed_for, identifier.to_string().as_bytes())?;
            Some(Customer { subject, sealed_for, sealed })
        }
        _ => None,
    };
    let sealed_for = Uuid::new_v4();
    let payload = keyring.seal_handed(tenant, sealed_for, Value::Object(said.data).to_string().as_bytes())?;
    // One of them is there: every event names a customer or an order.
    let subject = subject.or(order).unwrap_or_default();
    Ok((Handed { wire: said.wire, subject, order, at: door.clock.now(), sealed_for, payload }, customer))
}

/// What stands for a customer, and does not tell how they are reached.
pub fn stands_for(keyring: &Keyring, tenant: TenantId, reached: &Reached) -> Uuid {
    let what = match reached.by {
        AddressKind::Telegram => "customer by telegram",
        AddressKind::Phone | AddressKind::Email => "customer by phone",
    };
    keyring.stands_for(tenant, what, &reached.address)
}
