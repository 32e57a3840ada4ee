//! `POST /api/v1/leads/finalized`: a finished lead becomes a job.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use baton_actors::job_actor::Done;
use baton_core::brief::Brief;
use baton_core::ids::TenantId;
use baton_core::job::By;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{BringIn, Caller};
use crate::http::door::Door;
use crate::http::jobs::intake;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::lead::LeadShape;

/// The job of a lead.
#[derive(Serialize, ToSchema)]
pub struct LeadTaken {
    /// The job's id: the same lead is always the same job.
    id: String,
    /// What people call it.
    code: String,
    /// Where it stands.
    status: &'static str,
    /// What crews are told nothing of, because the lead said nothing of it in the typed form.
    #[schema(example = json!(["price"]))]
    not_specified: Vec<&'static str>,
}

/// Makes a job of a finished lead.
///
/// What a crew may see is taken from typed values alone; what is not of the typed form counts as not specified, and everything
/// that came is sealed with the job's details. The same `lead_id` with the same body gives the existing job.
#[utoipa::path(post, path = "/api/v1/leads/finalized", tag = "jobs",
    request_body(content = LeadShape, example = json!({
    "lead_id": "0952ef82-3f0e-4c57-9b60-6a2f8f1f0a11", "sender_name": "Test Person", "phone": "+447700900123",
    "addr_from": "1 Example Street", "addr_to": "2 Example Road", "floor_from": 3, "floor_to": 2, "elevator_from": false,
    "elevator_to": false, "time_window": "morning", "extras": ["fridge", "washing_machine"],
    "custom": {"route_classification": {"from_locality": "Haifa", "to_locality": "Kiryat Ata"}, "move_date": "2027-02-23",
        "volume_category": "1br", "cargo_items": [{"key": "box", "qty": 10}], "estimate_min": 850, "estimate_max": 950}
})),
    responses(
        (status = 202, description = "it is stored, now or before", body = LeadTaken),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`external-ref-conflict`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<BringIn>,
    State(door): State<Door>,
    Json(lead): Json<LeadShape>,
) -> Result<Response, Problem> {
    let done = take_in(&door, caller.tenant(), caller.by(), lead).await?;
    let id = done.job.id.to_string();
    let location = format!("/api/v1/jobs/{id}");
    let not_specified = not_specified(&done.job.brief);
    let taken = LeadTaken { id, code: done.job.id.code().to_string(), status: done.job.status(), not_specified };
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], axum::Json(taken)).into_response())
}

/// Makes a job of it, or finds the one that was made of it.
pub async fn take_in(door: &Door, tenant: TenantId, by: By, lead: LeadShape) -> Result<Done, Problem> {
    let fingerprint = door.fingerprints.of(&lead);
    let job = lead.into_core().map_err(Problem::of_fields)?;
    intake::take(door, tenant, by, job, fingerprint, None).await
}

/// What a crew reads nothing of.
fn not_specified(brief: &Brief) -> Vec<&'static str> {
    let Brief { from, to, date, window, volume, items, price, .. } = brief;
    let said = [
        ("from", from.is_some()),
        ("to", to.is_some()),
        ("date", date.is_some()),
        ("window", window.is_some()),
        ("volume", volume.is_some()),
        ("items", !items.is_empty()),
        ("price", price.is_some()),
    ];
    said.into_iter().filter(|(_, is_said)| !is_said).map(|(name, _)| name).collect()
}
