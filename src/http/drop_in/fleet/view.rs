//! A dispatch as its clients see it.

use baton_core::delivery::ChannelKind;
use baton_core::ids::{DriverId, JobId, RouteId, TenantId};
use baton_core::job::Job;
use baton_core::job::assignment::Standing;
use baton_core::notification::{Delivery, State};
use baton_core::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::words::No;
use crate::http::door::Door;
use crate::http::routes::hand_over::requested;

/// The dispatch of an id.
pub fn known(door: &Door, tenant: TenantId, text: &str) -> Result<Job, No> {
    let id = uuid(tenant, text)?;
    let job = door.engine.job(id)?.filter(|job| job.assignment.is_some());
    job.ok_or_else(|| No::not_found("dispatch", text).with(json!({ "dispatchId": text })))
}

fn uuid(tenant: TenantId, text: &str) -> Result<JobId, No> {
    JobId::parse(tenant, text).map_err(|_| {
        let message = "id must be a valid UUID";
        No::new(axum::http::StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
            .with(json!({ "errors": [{ "field": "id", "message": message }] }))
    })
}

/// The words of channels.
pub fn channels(channels: &[ChannelKind]) -> Vec<&'static str> {
    channels.iter().map(|channel| channel.as_str()).collect()
}

/// A dispatch in full. `driver`: the id that its client gave whoever has it.
pub fn dispatch(door: &Door, job: &Job, driver: Option<DriverId>) -> Value {
    let standing = job.standing_of_assignment().unwrap_or(Standing::Failed);
    let assignment = job.assignment.as_ref();
    let attempts = assignment.map(|assignment| assignment.attempts.iter().map(attempt).collect::<Vec<_>>());
    let mut shown = json!({
        "id": job.id.to_string(),
        "route_id": assignment.map(|assignment| assignment.route.to_string()),
        "driver_id": driver.map(|driver| driver.to_string()),
        "status": standing.as_str(),
        "requested_channels": channels(&requested(door, job)),
        "channel_dispatches": attempts.unwrap_or_default(),
        "created_at": job.created_at.to_string(),
        "updated_at": job.timeline.last().map_or(job.created_at, |entry| entry.at).to_string(),
    });
    if let Some(at) = assignment.and_then(|assignment| assignment.acknowledged_at) {
        shown["acknowledged_at"] = Value::from(at.to_string());
    }
    if let (Standing::Pending, Some(at)) = (standing, job.start_at) {
        shown["scheduled_at"] = Value::from(at.to_string());
    }
    if standing == Standing::Failed && assignment.is_none_or(|assignment| assignment.attempts.is_empty()) {
        shown["error_message"] = Value::from("the driver has no channel by which they can be told");
    }
    shown
}

fn attempt(attempt: &Delivery) -> Value {
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let delivered = matches!(attempt.state, State::Sent | State::Delivered | State::Read);
    json!({
        "channel": attempt.channel.as_str(),
        "status": word(attempt.state),
        "provider_message_id": attempt.receipt.as_ref().map(|receipt| receipt.message.as_str()),
        "error_message": attempt.reason.as_deref().or(attempt.class.as_deref()),
        "sent_at": at(attempt.sent_at),
        // Where a provider tells nothing more, it is with the driver once it is sent.
        "delivered_at": at(attempt.delivered_at.or(attempt.sent_at.filter(|_| delivered))),
    })
}

/// Its word for how far a message has come.
fn word(state: State) -> &'static str {
    match state {
        State::Queued => "pending",
        State::Unsure => "sending",
        State::Sent | State::Delivered => "delivered",
        State::Read => "viewed",
        State::Failed | State::Dropped => "failed",
    }
}

/// The route of a dispatch.
pub fn route_of(job: &Job) -> Option<RouteId> {
    job.assignment.as_ref().map(|assignment| RouteId { tenant: job.id.tenant, local: assignment.route })
}

/// An id as its clients write it, in lower case.
pub fn local(id: Uuid) -> String {
    id.hyphenated().to_string()
}
