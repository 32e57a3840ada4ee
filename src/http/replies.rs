//! `POST /api/v1/replies`: what an agent answered in some other way, from whoever relays it.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::engine::Engine;
use baton_core::ids::{AgentId, TenantId};
use baton_core::job::Job;
use baton_core::reply::Question;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::jobs::find;
use crate::http::json::Json;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::job_view::JobView;
use crate::http::shapes::reply::ReplyShape;
use crate::phones;
use crate::replies::{Outcome, reply};

/// The words that are understood, as a refusal lists them.
const EXPECTED: [&str; 9] = ["YES", "Y", "NO", "N", "DECLINE", "OK", "ON IT", "WITHDRAW", "HELP"];

/// What a reply came to.
#[derive(Serialize, ToSchema)]
pub struct Replied<'a> {
    /// `claimed`, `already`, `declined`, `acknowledged`, `withdrawn`, `help`, `opt_out` or `opt_in`.
    outcome: &'static str,
    /// The job it was about, as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobView<'a>>,
    /// With `help`: the words that are understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<[&'static str; 9]>,
}

/// Relays what an agent answered.
#[utoipa::path(post, path = "/api/v1/replies", tag = "offers", request_body = ReplyShape, responses(
    (status = 200, body = Replied),
    (status = 404, description = "`unknown-agent`, `job-not-found`", body = Body, content_type = "application/problem+json"),
    (status = 409, description = "`no-open-offer`, `ambiguous-reply` (with `offers`), `job-already-claimed`, `offer-closed`",
        body = Body, content_type = "application/problem+json"),
    (status = 422, description = "`unrecognized-reply` (with `expected`)", body = Body, content_type = "application/problem+json"),
))]
pub async fn post(
    caller: Caller<Write>,
    State(door): State<Door>,
    Json(shape): Json<ReplyShape>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let said = shape.into_core().map_err(Problem::of_fields)?;
    let agent = sender(&door.engine, tenant, &said.from)?;
    let hint = said.job.map(|name| find::id(&door, tenant, &name)).transpose()?;
    let outcome = reply(&door.engine, agent, said.text, hint, None).await?;
    let (word, job) = match &outcome {
        Outcome::Claimed(job) => ("claimed", Some(job)),
        Outcome::AlreadyTheirs(job) => ("already", Some(job)),
        Outcome::Declined(job) => ("declined", Some(job)),
        Outcome::Acknowledged(job) => ("acknowledged", Some(job)),
        Outcome::Withdrawn(job) => ("withdrawn", Some(job)),
        Outcome::Help => ("help", None),
        Outcome::OptOut => ("opt_out", None),
        Outcome::OptIn => ("opt_in", None),
        Outcome::Refused(refusal, _) => return Err(refusal.clone().into()),
        Outcome::Which(question) => return Err(ambiguous(&door.engine, question)),
        Outcome::NoOpenOffer | Outcome::ToldBefore => {
            return Err(Problem::new(Code::NoOpenOffer, "no offer is open for this agent"));
        }
        Outcome::NoClaim => return Err(Problem::new(Code::JobNotClaimed, "this agent has no job")),
        Outcome::UnknownCode(code) => {
            return Err(Problem::new(Code::JobNotFound, format!("this agent has no job with the code {code}")));
        }
        Outcome::Unrecognized => {
            let problem = Problem::new(Code::UnrecognizedReply, "the text is neither a yes nor a no");
            return Err(problem.with("expected", json!(EXPECTED)));
        }
    };
    let view = door.engine.tenants().view(tenant);
    let job = job.map(|job| JobView::of(job, &view.roster));
    let expected = (word == "help").then_some(EXPECTED);
    Ok(axum::Json(Replied { outcome: word, job, expected }).into_response())
}

/// The agent who wrote, by their number or mailbox.
pub fn sender(engine: &Engine, tenant: TenantId, from: &str) -> Result<AgentId, Problem> {
    let view = engine.tenants().view(tenant);
    let by_phone = phones::read(from).ok().and_then(|phone| view.agent_by_phone(phone.as_str()));
    let agent = by_phone.or_else(|| view.agent_by_email(from));
    agent.ok_or_else(|| {
        let is_national = !from.contains('@') && !from.trim_start().starts_with('+');
        let detail = if is_national {
            "no agent has this number or mailbox; a number is given in international form, such as +447700900001"
        } else {
            "no agent has this number or mailbox"
        };
        Problem::new(Code::UnknownAgent, detail)
    })
}

/// Several offers are open: which is meant?
fn ambiguous(engine: &Engine, question: &Question) -> Problem {
    let choice = |offer: &baton_core::ids::OfferId| {
        let job: Job = engine.job(offer.job).ok().flatten()?;
        let (from, to) = (&job.brief.from, &job.brief.to);
        Some(json!({
            "offer": offer.to_string(), "job": offer.job.to_string(), "code": offer.job.code().to_string(),
            "external_ref": job.external_ref, "from": from, "to": to,
        }))
    };
    let offers: Vec<Value> = question.choices.iter().filter_map(choice).collect();
    let detail = format!("{} jobs could be meant: name one as job", question.choices.len());
    Problem::new(Code::AmbiguousReply, detail).with("offers", offers)
}

#[cfg(test)]
mod tests;
