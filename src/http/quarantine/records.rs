//! `GET /api/v1/quarantine/records`: records that could not be read.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::store::keys::{Key, Space};
use baton_actors::store::quarantine::SetAside;
use baton_core::ids::JobId;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::page::Items;
use crate::http::problem::Problem;
use crate::http::shapes::shown::Shown;

/// A record that could not be read.
#[derive(Serialize, ToSchema)]
pub struct Unreadable {
    /// What it is: `job`, `closed_job`, `details`, `timeline`, `ledger`, `agent`, `settings` or `other`.
    kind: &'static str,
    /// Of which job, where it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    job: Option<Shown<JobId>>,
    /// When it was found.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// Why it cannot be read.
    reason: String,
}

/// Lists records that could not be read when the server started. They are kept byte for byte; a backup has their last whole state.
#[utoipa::path(get, path = "/api/v1/quarantine/records", tag = "operations",
    responses((status = 200, body = Items<Unreadable>)))]
pub async fn get(caller: Caller<Operate>, State(door): State<Door>) -> Result<Response, Problem> {
    let records = door.engine.unreadable()?.into_iter();
    // What is nobody's concerns everybody.
    let theirs = |aside: &SetAside| tenant_of(aside).is_none_or(|tenant| tenant == caller.tenant());
    let items = records.filter(theirs).map(Unreadable::of).collect();
    Ok(axum::Json(Items { items }).into_response())
}

fn tenant_of(aside: &SetAside) -> Option<baton_core::ids::TenantId> {
    Key::parse(&aside.key)?.tenant()
}

impl Unreadable {
    fn of(aside: SetAside) -> Self {
        let key = Key::parse(&aside.key);
        let job = key.as_ref().and_then(Key::job).map(Shown);
        let kind = match key.map(|key| key.space()) {
            Some(Space::LiveJobs) => "job",
            Some(Space::ClosedJobs | Space::ClosedDays) => "closed_job",
            Some(Space::Details) => "details",
            Some(Space::History) => "timeline",
            Some(Space::Ledger) => "ledger",
            Some(Space::Agents | Space::Holds | Space::Lately | Space::Refused) => "agent",
            Some(Space::LiveNotifications | Space::EndedNotifications | Space::NotificationLines) => "notification",
            Some(Space::Plans | Space::Templates | Space::Tenants | Space::TenantAudit) => "settings",
            Some(_) | None => "other",
        };
        Self { kind, job, at: Shown(aside.at), reason: aside.reason }
    }
}
