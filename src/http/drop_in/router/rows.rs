//! Jobs, agents and offers as the offer router showed them: by their numbers, as rows of its tables.

use baton_actors::error::Failure;
use baton_actors::numbers::{Numbered, Numbering};
use baton_core::ids::{AgentId, OfferId, TenantId};
use baton_core::job::{Job, Offer};
use baton_core::phone::Phone;
use serde_json::{Value, json};

use super::words::{moment, status};
use crate::http::door::Door;
use crate::http::jobs::intake;
use crate::http::problem::Problem;

/// The page where a job is approved, under the address its clients know.
pub fn approve_url(door: &Door, job: &Job) -> Option<String> {
    let ours = intake::approve_url(door, job)?;
    let token = ours.rsplit('/').next()?;
    Some(format!("{}/approve?token={token}", door.settings.public_url))
}

/// The job of a small number.
pub fn job_of(door: &Door, tenant: TenantId, number: &str) -> Result<Option<Job>, Problem> {
    let Ok(number) = number.parse() else { return Ok(None) };
    match door.engine.numbered(tenant, Numbering::Jobs, number)? {
        Some(Numbered::Job(job)) => Ok(door.engine.job(job)?),
        Some(Numbered::Agent(_) | Numbered::Offer(_)) | None => Ok(None),
    }
}

/// A job as a row of its table. The approval's token is not in it; `baton_id` leads to the job in our own routes.
pub async fn row(door: &Door, job: &Job) -> Result<Value, Problem> {
    let number = door.engine.number_of(Numbered::Job(job.id));
    let assigned = async {
        match job.winner() {
            Some(agent) => door.engine.number_of(Numbered::Agent(agent)).await.map(Some),
            None => Ok(None),
        }
    };
    let (number, assigned) = tokio::try_join!(number, assigned)?;
    let view = door.engine.tenants().view(job.id.tenant);
    let brief = &job.brief;
    Ok(json!({
        "id": number, "baton_id": job.id.to_string(), "sheet_job_id": job.external_ref, "status": status(job),
        "pickup_date": brief.date.map(|day| day.strftime("%d/%m/%Y").to_string()), "pickup_time": brief.window,
        "origin": brief.from, "destination": brief.to, "vehicle_type": brief.vehicle,
        "coordinator_email": view.settings.desk.email, "approved_at": job.approved_at.map(moment),
        "assigned_agent_id": assigned, "created_at": moment(job.created_at),
    }))
}

/// The offer that is open now.
pub async fn offered(door: &Door, job: &Job) -> Result<Value, Problem> {
    let open = job.open_offers().next().map(|offer: &Offer| (offer.agent, offer.no)).or(job.seat_sought());
    let Some((agent, no)) = open else { return Ok(json!({ "message": "no_more_agents" })) };
    let (offer, _, number) = numbers(door, job.id.offer(no), agent).await?;
    let view = door.engine.tenants().view(job.id.tenant);
    let person = view.roster.get(&agent);
    Ok(json!({
        "message": "offer_sent", "offer_id": offer,
        "agent": {
            "id": number, "name": person.map(|person| person.name.as_str()),
            "phone_e164": person.and_then(|person| person.phone.as_ref()).map(Phone::as_str),
        },
    }))
}

/// The numbers of an offer, of its job and of whom it was made to.
pub async fn numbers(door: &Door, offer: OfferId, agent: AgentId) -> Result<(u64, u64, u64), Failure> {
    tokio::try_join!(
        door.engine.number_of(Numbered::Offer(offer)),
        door.engine.number_of(Numbered::Job(offer.job)),
        door.engine.number_of(Numbered::Agent(agent)),
    )
}
