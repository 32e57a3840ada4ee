//! The crew layer's two ways in: the event of a finished lead, and the jobs of its queue under their names.
//!
//! What its queue did one after the other, the engine does by itself: the desk gets the lead and then the text for crews as its tenant
//! has set. So a job that would have brought one of the two brings the lead, once, and the others are commands.

mod lead;
mod record;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::post;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::{Answer, Ask, By, Command, Job};
use serde_json::{Map, Value};

use self::lead::lead_of;
use self::record::answer;
use crate::http::caller::{BringIn, Caller, Operate};
use crate::http::door::Door;
use crate::http::drop_in::envelope::in_its_words;
use crate::http::drop_in::{Old, shape, take};
use crate::http::jobs::{find, operator};
use crate::http::leads::finalized;
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::replies;
use crate::http::shapes::lead::LeadShape;
use crate::http::shapes::settlement::ReleaseShape;
use crate::replies::{Outcome, reply};

/// Its jobs, as it calls them.
const TYPES: [&str; 6] = [
    "notify_operator",
    "notify_crew_fallback",
    "notify_operator_crew_fallback",
    "dispatch_publish",
    "dispatch_claim_process",
    "dispatch_release_details",
];

/// Its endpoints.
pub fn routes() -> Router<Door> {
    Router::new()
        .route("/leads/finalized", post(lead_finalized))
        .route("/crew/jobs", post(enqueue))
        .layer(map_response(in_its_words))
}

/// `POST /leads/finalized`: the event `LeadFinalized`, or the lead alone.
async fn lead_finalized(
    caller: Caller<BringIn>,
    State(door): State<Door>,
    Old(body): Old,
) -> Result<Response, Problem> {
    brings(&door, caller.tenant(), caller.by(), body).await
}

/// `POST /crew/jobs`: a job of its queue. When it runs and how often it is tried is ours.
async fn enqueue(
    caller: Caller<BringIn>,
    mut parts: Parts,
    State(door): State<Door>,
    Old(mut body): Old,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let named = take(&mut body, "type").or_else(|| take(&mut body, "job_type"));
    let payload = match take(&mut body, "payload") {
        Some(Value::Object(payload)) => payload,
        None => body,
        Some(_) => return Err(wrong("payload", "is no object", "give an object with the lead_id")),
    };
    match named.as_ref().and_then(Value::as_str) {
        Some("notify_operator" | "notify_crew_fallback" | "notify_operator_crew_fallback") => {
            brings(&door, tenant, caller.by(), payload).await
        }
        Some("dispatch_publish") => {
            let job = of_lead(&door, tenant, payload)?;
            operates(&mut parts, &door, &caller, job, ("publish", Command::Publish)).await
        }
        Some("dispatch_release_details") => {
            let job = of_lead(&door, tenant, payload)?;
            let how = ReleaseShape::default().into_core().map_err(Problem::of_fields)?;
            operates(&mut parts, &door, &caller, job, ("release", Command::Release(how))).await
        }
        Some("dispatch_claim_process") => claims(&door, tenant, payload).await,
        Some(_) | None => {
            let known = TYPES.map(|name| format!("\"{name}\"")).join(", ");
            Err(wrong("type", "is none of the jobs that are taken here", format!("give one of {known}")))
        }
    }
}

/// A lead comes in. It is taken once: what has changed in it since is passed over, as its keys did.
async fn brings(door: &Door, tenant: TenantId, by: By, body: Map<String, Value>) -> Result<Response, Problem> {
    let lead = lead_of(body);
    let reference = lead.pointer("/data/lead_id").or(lead.get("lead_id")).and_then(Value::as_str).map(str::to_owned);
    let known = |problem: Problem| match door.engine.job(JobId::of_reference(tenant, &reference.unwrap_or_default())) {
        Ok(Some(job)) => Ok((Arc::new(job), false)),
        Ok(None) => Err(problem),
        Err(failure) => Err(failure.into()),
    };
    let (job, is_new) = match finalized::take_in(door, tenant, by, shape::<LeadShape>(&lead)?).await {
        Ok(done) => (done.job, done.answer == Answer::Done),
        Err(problem) if problem.code == Code::ExternalRefConflict => known(problem)?,
        Err(problem) => return Err(problem),
    };
    Ok(answer(door, &job, StatusCode::ACCEPTED, if is_new { "accepted" } else { "already_exists" }))
}

/// The job of the lead that is named.
fn of_lead(door: &Door, tenant: TenantId, mut payload: Map<String, Value>) -> Result<Job, Problem> {
    let Some(Value::String(lead)) = take(&mut payload, "lead_id") else {
        return Err(wrong("lead_id", "is missing", "give the lead's own id"));
    };
    if let Some(job) = door.engine.job(JobId::of_reference(tenant, &lead))? {
        return Ok(job);
    }
    // People know it by the short id that stands in the group.
    Ok(Arc::unwrap_or_clone(find::job(door, tenant, &lead)?))
}

/// The desk does something to it. Who tries without its key stands in the timeline.
async fn operates(
    parts: &mut Parts,
    door: &Door,
    caller: &Caller<BringIn>,
    job: Job,
    (word, command): (&'static str, Command),
) -> Result<Response, Problem> {
    let by = match Caller::<Operate>::from_request_parts(parts, door).await {
        Ok(operator) => operator.by(),
        Err(problem) => {
            operator::denied(door, caller.by(), job.id, word).await;
            return Err(problem);
        }
    };
    let done = door.engine.ask(job.id, Ask { command, by, key: None, expects: None }).await?;
    Ok(answer(door, &done.job, StatusCode::OK, if done.answer == Answer::Done { "done" } else { "already_done" }))
}

/// Somebody claims it from the group.
async fn claims(door: &Door, tenant: TenantId, mut payload: Map<String, Value>) -> Result<Response, Problem> {
    let agent = executor(door, tenant, take(&mut payload, "claimed_by"))?;
    let job = of_lead(door, tenant, payload)?;
    let text = format!("/claim {}", job.id.code());
    match reply(&door.engine, agent, text, Some(job.id), None).await? {
        Outcome::Claimed(job) => Ok(answer(door, &job, StatusCode::OK, "claimed")),
        Outcome::AlreadyTheirs(job) => Ok(answer(door, &job, StatusCode::OK, "already_done")),
        Outcome::Refused(refusal, _) => Err(refusal.into()),
        Outcome::UnknownCode(_)
        | Outcome::NoOpenOffer
        | Outcome::NoClaim
        | Outcome::ToldBefore
        | Outcome::Declined(_)
        | Outcome::Acknowledged(_)
        | Outcome::Withdrawn(_)
        | Outcome::Which(_)
        | Outcome::Help
        | Outcome::OptOut
        | Outcome::OptIn
        | Outcome::Unrecognized => {
            Err(Problem::new(Code::JobNotPublished, "the job cannot be claimed from a group now"))
        }
    }
}

/// Who claims: by the number or mailbox, by the Telegram chat, or by our own reference.
fn executor(door: &Door, tenant: TenantId, named: Option<Value>) -> Result<AgentId, Problem> {
    let view = door.engine.tenants().view(tenant);
    let cure = "give a phone number, a mailbox, a Telegram id as a number, or the agent's reference";
    let named = named.ok_or_else(|| wrong("claimed_by", "is missing", cure))?;
    let chat = named.as_i64().or_else(|| named.as_str()?.strip_prefix("telegram:")?.parse().ok());
    if let Some(agent) = chat.and_then(|chat| view.agent_by_telegram(chat)) {
        return Ok(agent);
    }
    let text = named.as_str().map_or_else(|| named.to_string(), str::to_owned);
    let address = text.trim_start_matches("whatsapp:");
    let known = view.roster.get(&AgentId::of_reference(tenant, address)).map(|agent| agent.id);
    known.map_or_else(|| replies::sender(&door.engine, tenant, address), Ok)
}

fn wrong(field: &str, message: &'static str, cure: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::of_fields(vec![FieldError { field: field.to_owned(), message: message.into(), cure: cure.into() }])
}
