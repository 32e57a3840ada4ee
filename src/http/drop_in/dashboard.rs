//! The dashboard's own way in: `POST /functions/v1/sync`, for bots that told a dashboard what they saw and find Baton there.
//!
//! It answers in its words. What it called a success without doing anything is an error here: a customer or an order that nobody has told
//! of is not found, and an order that is told twice counts once.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use baton_actors::gauges;
use baton_actors::synced::{Came, Sealed, Tells};
use baton_core::dashboard::{Status, Wire};
use baton_core::ids::TenantId;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::http::caller::{BringIn, Caller};
use crate::http::dashboard::events::stands_for;
use crate::http::door::Door;
use crate::http::drop_in::read;
use crate::http::form::Form;
use crate::http::problem::answer::advise;
use crate::http::problem::{Code, Problem};
use crate::http::shapes::dashboard::{Said, known_only, said};
use crate::sealing::{Keyring, SealingError};
use crate::sinks::dashboard::order;

/// What its keys begin with, and how long they are at least.
const KEY: (&str, usize) = ("iop_", 36);

/// Of a name that is not known, no more is told back.
const NAME_MAX: usize = 64;

/// Its endpoint.
pub fn routes() -> Router<Door> {
    Router::new().route("/functions/v1/sync", any(sync))
}

async fn sync(State(door): State<Door>, request: Request) -> Response {
    match *request.method() {
        Method::POST => {}
        Method::OPTIONS => return "ok".into_response(),
        _ => {
            let problem = Problem::new(Code::MethodNotAllowed, "only POST is taken here");
            return problem.with("error", "Method not allowed").into_response();
        }
    }
    match take_in(&door, request).await {
        Ok(answer) | Err(Failed::Said(answer)) => answer,
        Err(Failed::Problem(problem)) => in_its_words(&problem),
    }
}

/// Why something was not taken in.
enum Failed {
    /// In its own words.
    Said(Response),
    /// In ours.
    Problem(Problem),
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

async fn take_in(door: &Door, request: Request) -> Result<Response, Failed> {
    let (mut parts, body) = request.into_parts();
    let presented = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(presented) = presented.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned) else {
        return Err(Failed::Said(no(StatusCode::UNAUTHORIZED, "Missing or invalid Authorization header")));
    };
    let caller = <Caller<BringIn> as axum::extract::FromRequestParts<Door>>::from_request_parts(&mut parts, door).await;
    let caller = caller.map_err(|problem| match problem.code {
        Code::Unauthorized => Failed::Said(no(StatusCode::UNAUTHORIZED, why_not(&presented))),
        _ => Failed::Problem(problem),
    })?;
    let repeat = print_of(&parts.headers);
    let mut fields = read(Request::from_parts(parts, body), door.settings.body_limit).await?;
    let event = fields.remove("event").and_then(|event| event.as_str().map(str::to_owned));
    let data = fields.remove("data").filter(|data| !data.is_null());
    let (Some(event), Some(mut data)) = (event.filter(|event| !event.is_empty()), data) else {
        return Err(Failed::Said(no(StatusCode::BAD_REQUEST, "Missing event or data field")));
    };
    let Some(wire) = Wire::named(&event) else {
        let named: String = event.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
        return Err(Failed::Said(no(StatusCode::BAD_REQUEST, &format!("Unknown event type: {named}"))));
    };
    // What is not known here is passed over, as it always was.
    known_only(wire, &mut data);
    let said = Form::read(|form| said(form, wire, data)).map_err(Problem::of_fields)?;
    kept(door, caller.tenant(), said, repeat).await
}

/// What is wrong with a key that does not open.
fn why_not(key: &str) -> &'static str {
    let (begin, least) = KEY;
    if key.starts_with(begin) && key.len() >= least { "Invalid or revoked API key" } else { "Invalid API key format" }
}

/// What the sender knows the event by, where it says so.
fn print_of(headers: &HeaderMap) -> Option<String> {
    headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned)
}

async fn kept(door: &Door, tenant: TenantId, said: Said, repeat: Option<String>) -> Result<Response, Failed> {
    let keyring = &door.keyring;
    let failed = |error: SealingError| Failed::Problem(Problem::internal(&error));
    if said.is_unmapped {
        metrics::counter!(gauges::DASHBOARD_UNMAPPED, "door" => "sync").increment(1);
    }
    let customer = said.customer.as_ref().map(|reached| stands_for(keyring, tenant, reached));
    let order = said.order.as_deref().map(|name| order(keyring, tenant, name));
    let sealed = seal(keyring, tenant, &said.data).map_err(failed)?;
    let wire = said.wire;
    let tells = match (wire, customer, order) {
        (Wire::CustomerSeen, Some(customer), _) => {
            let (keyring, seen) = (std::sync::Arc::clone(keyring), said.data);
            let who = Box::new(move |before: Option<&Sealed>| put_together(&keyring, tenant, before, seen));
            Tells::Seen { customer, who }
        }
        (Wire::OrderCreated, Some(customer), Some(order)) => {
            Tells::Ordered { customer, order, total: hundredths(&said.data["total"]) }
        }
        (Wire::OrderStatus, _, Some(order)) => {
            let word = said.data["status"].as_str().unwrap_or_default();
            Tells::Stands { order, status: Status::meant_by(word).ok_or_else(|| word.to_owned()) }
        }
        (Wire::EscalationCreated | Wire::EscalationResolved, Some(customer), _) => {
            let needed = wire == Wire::EscalationCreated;
            // Without a key of its own, nobody can tell a repeat from another one.
            let print = repeat.map_or_else(Uuid::new_v4, |key| keyring.stands_for(tenant, "sync", &key));
            Tells::Escalated { customer, needed, print }
        }
        // The shapes see to it that each names what it is about.
        _ => return Err(Failed::Said(no(StatusCode::BAD_REQUEST, "Missing event or data field"))),
    };
    let came = door.engine.sync(tenant, wire, tells, sealed).await.map_err(Problem::from)?;
    Ok(answer(wire, customer, order, tenant, came))
}

fn answer(wire: Wire, customer: Option<Uuid>, order: Option<Uuid>, tenant: TenantId, came: Came) -> Response {
    let mut well = json!({ "success": true });
    match (wire, came) {
        (_, Came::NoCustomer) => return no(StatusCode::NOT_FOUND, "Customer not found"),
        (_, Came::NoOrder) => return no(StatusCode::NOT_FOUND, "Order not found"),
        (Wire::CustomerSeen, _) => well["customer_id"] = json!(customer),
        (Wire::OrderCreated, _) => well["order_id"] = json!(order),
        (Wire::OrderStatus, came) => well["updated"] = json!(matches!(came, Came::Kept(_))),
        (Wire::EscalationCreated | Wire::EscalationResolved, Came::Kept(no) | Came::Passed(no)) => {
            well["event_id"] = json!(event_id(tenant, no));
        }
        (Wire::EscalationCreated | Wire::EscalationResolved, Came::Repeated(no)) => {
            well["event_id"] = json!(no.map(|no| event_id(tenant, no)));
        }
    }
    axum::Json(well).into_response()
}

/// The id of something that was told.
pub fn event_id(tenant: TenantId, no: u64) -> String {
    format!("{tenant}-sync-{no}")
}

fn seal(keyring: &Keyring, tenant: TenantId, data: &Map<String, Value>) -> Result<Sealed, SealingError> {
    let sealed_for = Uuid::new_v4();
    let said = Value::Object(data.clone()).to_string();
    Ok(Sealed { sealed_for, payload: keyring.seal_handed(tenant, sealed_for, said.as_bytes())? })
}

/// What is known of a customer, with what is said of them now: what is not said stays as it was.
fn put_together(
    keyring: &Keyring,
    tenant: TenantId,
    before: Option<&Sealed>,
    said: Map<String, Value>,
) -> Option<Sealed> {
    let mut who = match before {
        Some(before) => {
            let opened = keyring.open_handed(tenant, before.sealed_for, &before.payload).ok()?;
            serde_json::from_slice::<Map<String, Value>>(&opened).ok()?
        }
        None => Map::new(),
    };
    let is_said = |value: &Value| !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty());
    who.extend(said.into_iter().filter(|(_, value)| is_said(value)));
    seal(keyring, tenant, &who).ok()
}

/// An amount of money in hundredths.
fn hundredths(amount: &Value) -> i64 {
    // The shape has seen to it that it is neither negative nor too large.
    (amount.as_f64().unwrap_or_default() * 100.0).round() as i64
}

fn no(status: StatusCode, error: &str) -> Response {
    (status, axum::Json(json!({ "error": error }))).into_response()
}

/// Every other refusal in its envelope.
fn in_its_words(problem: &Problem) -> Response {
    let mut said = json!({ "error": problem.detail, "code": problem.code.as_str() });
    if !problem.errors.is_empty() {
        said["errors"] = json!(problem.errors);
    }
    let mut answer = (problem.code.status(), axum::Json(said)).into_response();
    advise(problem, answer.headers_mut());
    answer
}
