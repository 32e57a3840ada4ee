//! The answer to an offer, as it comes over HTTP: which offer, whose, and what came of it.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use baton_actors::job_actor::Done;
use baton_core::ids::{AgentId, OfferId, TenantId};
use baton_core::job::{Answer, Job, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::door::Door;
use crate::http::problem::{Code, Problem};
use crate::http::shapes::job_view::JobView;

/// What an answer came to.
#[derive(Serialize, ToSchema)]
pub struct Outcome<'a> {
    /// `claimed` or `declined`; `already` where it was so before.
    outcome: &'static str,
    /// The job as it is now.
    job: JobView<'a>,
}

/// The offer of a path, with its job.
pub fn offer(door: &Door, tenant: TenantId, name: &str) -> Result<(OfferId, Arc<Job>), Problem> {
    let id = OfferId::parse(tenant, name).map_err(|_| not_found())?;
    let job = door.engine.job(id.job)?.ok_or_else(not_found)?;
    Ok((id, Arc::new(job)))
}

/// The offer of a path and whose answer it is: the agent's the offer was made to. Naming another one is a mistake of the
/// caller.
pub fn whose(door: &Door, tenant: TenantId, name: &str, named: Option<AgentId>) -> Result<(OfferId, AgentId), Problem> {
    let id = OfferId::parse(tenant, name).map_err(|_| not_found())?;
    let agent = door.engine.agent_of(id)?.ok_or_else(not_found)?;
    if named.is_some_and(|named| named != agent) {
        return Err(Refusal::NotYourOffer.into());
    }
    Ok((id, agent))
}

/// Shows what came of it.
pub fn shown(door: &Door, done: &Done, outcome: &'static str) -> Response {
    let view = door.engine.tenants().view(done.job.id.tenant);
    let outcome = match done.answer {
        Answer::Done => outcome,
        Answer::Already => "already",
    };
    axum::Json(Outcome { outcome, job: JobView::of(&done.job, &view.roster) }).into_response()
}

/// There is none.
pub fn not_found() -> Problem {
    Problem::new(Code::OfferNotFound, "there is no such offer")
}
