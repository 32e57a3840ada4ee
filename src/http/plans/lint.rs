//! `POST /api/v1/plans/lint`: what is wrong with a plan, before it asks anybody.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_core::plan::lint::{is_sound, lint};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::json::Json;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::named_plan_view::FindingView;
use crate::http::shapes::plan::PlanShape;

/// What the linter says of a plan.
#[derive(Serialize, ToSchema)]
pub struct Linted {
    /// Whether it can be used.
    sound: bool,
    /// Everything that is wrong, in the order of its waves.
    findings: Vec<FindingView>,
}

/// Says what is wrong with a plan, with the agents there are now. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/plans/lint", tag = "plans", request_body = PlanShape, responses(
    (status = 200, body = Linted),
    (status = 400, body = Body, content_type = "application/problem+json"),
))]
pub async fn post(
    caller: Caller<Read>,
    State(door): State<Door>,
    Json(shape): Json<PlanShape>,
) -> Result<Response, Problem> {
    let plan = Form::body(shape, |form, shape| shape.read(form, caller.tenant())).map_err(Problem::of_fields)?;
    let findings = lint(&plan, &door.engine.tenants().view(caller.tenant()).roster);
    let sound = is_sound(&findings);
    Ok(axum::Json(Linted { sound, findings: findings.into_iter().map(FindingView::of).collect() }).into_response())
}
