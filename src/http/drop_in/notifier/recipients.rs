//! `/internal/recipients`: people who get messages, and what they agreed to.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use baton_core::agent::Agent;
use baton_core::consent::Purpose;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, TenantId};
use serde_json::{Map, Value, json};

use super::of_own_tenant;
use super::views;
use super::words::{OF_CONSENTS, OF_RECIPIENTS};
use crate::http::agents::{consents, store, upsert};
use crate::http::caller::{Caller, KeepPeople, ReadPeople, Write};
use crate::http::door::Door;
use crate::http::drop_in::{Old, given, renamed, shape, take};
use crate::http::etag::IfMatch;
use crate::http::problem::{FieldError, Problem};
use crate::http::shapes::consent::ConsentsShape;
use crate::http::shapes::person::PersonShape;

/// `POST /internal/recipients`: made or completed; what is left out stays.
pub async fn post(
    caller: Caller<KeepPeople>,
    State(door): State<Door>,
    Old(mut body): Old,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    of_own_tenant(&door, tenant, &mut body)?;
    let named = |problem| renamed(problem, &OF_RECIPIENTS);
    let read = shape::<PersonShape>(&person(&mut body))?.into_core().map_err(Problem::of_fields).map_err(named)?;
    let kept = upsert::keep(&door, tenant, read, Arc::from(caller.name())).await.map_err(named)?;
    Ok(axum::Json(views::recipient(&door, &*known(&door, kept.id)?)).into_response())
}

/// A person, as our own door reads them.
pub fn person(body: &mut Map<String, Value>) -> Value {
    given([
        ("ref", take(body, "externalRef")),
        ("name", take(body, "name")),
        ("email", take(body, "email")),
        ("phone", take(body, "phoneE164")),
        ("locale", take(body, "locale")),
        ("time_zone", take(body, "timezone")),
    ])
}

/// `GET /internal/recipients/{id}`.
pub async fn get(
    caller: Caller<ReadPeople>,
    Path(named): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let agent = known(&door, id(caller.tenant(), &named)?)?;
    Ok(axum::Json(views::recipient(&door, &agent)).into_response())
}

/// `POST /internal/recipients/{id}/consents`: what somebody said of messages on a channel.
pub async fn consent(
    caller: Caller<Write>,
    Path(named): Path<String>,
    State(door): State<Door>,
    Old(mut body): Old,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    of_own_tenant(&door, tenant, &mut body)?;
    let id = id(tenant, &named)?;
    let status = take(&mut body, "status");
    // Since when it holds: the moment that belongs to what was said.
    let at = match status.as_ref().and_then(Value::as_str) {
        Some("opted_in") => take(&mut body, "grantedAt"),
        Some("opted_out") => take(&mut body, "revokedAt"),
        Some(_) | None => None,
    };
    let channel = take(&mut body, "channelType");
    let said = given([
        ("channel", channel.clone()),
        ("purpose", Some(Value::from(Purpose::NOTIFICATIONS.as_str()))),
        ("status", status),
        ("source", take(&mut body, "source")),
        ("at", at),
    ]);
    let said = shape::<ConsentsShape>(&json!({ "consents": [said] }))?;
    consents::note(&door, id, IfMatch(None), said).await.map_err(|problem| renamed(problem, &OF_CONSENTS))?;
    let agent = known(&door, id)?;
    let channel = channel.as_ref().and_then(Value::as_str).and_then(|word| word.parse::<ChannelKind>().ok());
    let consent = agent
        .consents
        .iter()
        .find(|consent| Some(consent.channel) == channel && consent.purpose == Purpose::NOTIFICATIONS);
    let consent = consent.ok_or_else(store::not_found)?;
    Ok(axum::Json(views::consent(&door, &agent, consent)).into_response())
}

fn known(door: &Door, id: AgentId) -> Result<Arc<Agent>, Problem> {
    door.engine.tenants().view(id.tenant).roster.get(&id).cloned().ok_or_else(store::not_found)
}

fn id(tenant: TenantId, named: &str) -> Result<AgentId, Problem> {
    AgentId::parse(tenant, named).map_err(|wrong| {
        let (message, cure) = ("is not an id".into(), wrong.to_string().into());
        Problem::of_fields(vec![FieldError { field: "id".to_owned(), message, cure }])
    })
}
