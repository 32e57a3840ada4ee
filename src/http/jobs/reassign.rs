//! `POST /api/v1/jobs/{id}/reassign`: an operator gives a job to an agent.

use axum::extract::State;
use axum::response::Response;
use baton_core::job::{Command, Refusal};

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::ReassignShape;
use crate::http::shapes::job_view::JobView;

/// Gives a job to an agent, who must have room for it; whoever had it is told.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/reassign", tag = "jobs", request_body = ReassignShape,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "the job is theirs", body = JobView),
        (status = 404, description = "`job-not-found`, `agent-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`agent-full`, `agent-busy`, `agent-inactive`, `agent-unreachable`, `job-closed`, `job-not-approved`",
            body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Operate>,
    asked: Asked,
    State(door): State<Door>,
    Json(shape): Json<ReassignShape>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let agent = shape.into_core(tenant).map_err(Problem::of_fields)?;
    let view = door.engine.tenants().view(tenant);
    let known = view.roster.get(&agent).ok_or(Refusal::AgentNotFound)?;
    let house = door.engine.house();
    let channel = house.world(&view, &[]).way_to(known).map_err(|_| Refusal::AgentUnreachable)?;
    asked.carry_out(&door, tenant, caller.by(), Command::Assign { agent, channel }).await
}
