//! `POST /api/v1/jobs/{id}/restart`: everybody is asked again.

use axum::extract::State;
use axum::response::Response;
use baton_core::job::Command;

use crate::http::caller::{Caller, Operate};
use crate::http::door::Door;
use crate::http::jobs::asked::Asked;
use crate::http::jobs::intake;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::RestartShape;
use crate::http::shapes::job_view::JobView;

/// Begins a new round of a job that nobody took.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/restart", tag = "jobs", request_body = Option<RestartShape>,
    params(
        ("id" = String, Path, description = "the job's id, or its code"),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat with it gets the first answer"),
        ("If-Match" = Option<String>, Header, description = "the version the command was made from"),
    ),
    responses(
        (status = 200, description = "everybody is asked again", body = JobView),
        (status = 404, description = "`job-not-found`, `plan-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`job-not-unfilled`, `job-closed`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Operate>,
    asked: Asked,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<RestartShape>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let restart = shape.into_core(tenant).map_err(Problem::of_fields)?;
    let view = door.engine.tenants().view(tenant);
    let plan = restart.plan.map(|choice| intake::plan(&view, Some(choice))).transpose()?;
    let plan = plan.map(|(plan, _)| Box::new(plan));
    let command = Command::Restart { plan, skip_declined: restart.skip_declined };
    asked.carry_out(&door, tenant, caller.by(), command).await
}
