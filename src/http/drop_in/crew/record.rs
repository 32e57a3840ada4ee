//! Where a lead stands, as a record of the crew layer's dispatch.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::gates::Gate;
use baton_core::job::{Job, Stage};
use baton_core::time::Timestamp;
use serde_json::{Value, json};

use crate::http::door::Door;
use crate::http::drop_in::envelope::with_ok;

/// Its states, and which of ours they are.
const STATES: [(&str, &[&str]); 9] = [
    ("NEW", &["needs_approval", "scheduled"]),
    ("PUBLISHED", &["offering"]),
    ("CLAIMED", &["claimed"]),
    ("OPERATOR_CONFIRMED", &["confirmed"]),
    ("INVOICE_SENT", &["invoiced"]),
    ("PAID", &["paid"]),
    ("DETAILS_RELEASED", &["released", "in_progress", "completed", "failed"]),
    ("CANCELLED", &["cancelled", "rejected"]),
    ("EXPIRED", &["expired", "unfilled"]),
];

fn state(ours: &'static str) -> &'static str {
    STATES.iter().find(|(_, of_ours)| of_ours.contains(&ours)).map_or(ours, |(theirs, _)| theirs)
}

/// What was done, and where the lead stands then.
pub fn answer(door: &Door, job: &Job, status: StatusCode, message: &str) -> Response {
    let mut answer = with_ok(record(door, job));
    answer["message"] = Value::from(message);
    (status, axum::Json(answer)).into_response()
}

fn record(door: &Door, job: &Job) -> Value {
    let view = door.engine.tenants().view(job.id.tenant);
    let claim = match &job.stage {
        Stage::Claimed(claim) => Some(claim),
        Stage::NeedsApproval
        | Stage::Scheduled { .. }
        | Stage::Offering(_)
        | Stage::Unfilled { .. }
        | Stage::Closed { .. } => None,
    };
    let by = claim.and_then(|claim| view.roster.get(&claim.agent)).map(|agent| agent.reference.as_str());
    let published = job.publications.last();
    let receipt = published.and_then(|published| published.receipt.as_ref());
    let passed = |gate: Gate| {
        let passed = job.settlement.passed.iter().find(|passed| passed.gate == gate);
        passed.map(|passed| passed.at.to_string())
    };
    json!({
        "lead_id": job.external_ref, "job_id": job.id.to_string(), "code": job.id.code().to_string(),
        "status": state(job.status()), "crew_group": published.map(|published| published.group.as_str()),
        "crew_provider": receipt.map(|receipt| receipt.channel.as_str()),
        "crew_message_id": receipt.map(|receipt| receipt.message.as_str()),
        "claimed_by": by, "claimed_at": claim.map(|claim| claim.at).as_ref().map(Timestamp::to_string),
        "operator_confirmed_at": passed(Gate::Confirm),
        "invoice_status": passed(Gate::Invoice).map(|_| "sent"), "paid_at": passed(Gate::Payment),
        "details_released_at": passed(Gate::Release), "created_at": job.created_at.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d18_every_state_of_ours_is_one_of_its() {
        for ours in [
            "needs_approval",
            "scheduled",
            "offering",
            "claimed",
            "confirmed",
            "invoiced",
            "paid",
            "released",
            "in_progress",
            "completed",
            "failed",
            "unfilled",
            "cancelled",
            "rejected",
            "expired",
        ] {
            assert_eq!(STATES.iter().filter(|(_, of_ours)| of_ours.contains(&ours)).count(), 1, "{ours}");
        }
    }
}
