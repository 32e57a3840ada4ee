//! `PUT /api/v1/plans/{name}`: a named plan, in its next version.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use baton_core::plan::lint::{Finding, Severity, is_sound, lint};

use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::form::Form;
use crate::http::given::Given;
use crate::http::json::Json;
use crate::http::problem::{Body, FieldError, Problem};
use crate::http::shapes::named_plan_view::NamedPlanView;
use crate::http::shapes::plan::PlanShape;

/// Keeps a plan under a name, as its next version; jobs keep the version they began with.
#[utoipa::path(put, path = "/api/v1/plans/{name}", tag = "plans", request_body = PlanShape,
    params(("name" = String, Path, description = "1 to 64 characters")),
    responses(
        (status = 200, description = "the next version, or unchanged", body = NamedPlanView),
        (status = 201, description = "the first version", body = NamedPlanView),
        (status = 400, description = "wrong fields, or an error of the linter", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn put(
    caller: Caller<Write>,
    Path(name): Path<String>,
    State(door): State<Door>,
    Json(shape): Json<PlanShape>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let read = Form::body(shape, |form, shape| {
        let name = form.field("name", Given::Is(name)).line(64);
        let plan = shape.read(form, tenant);
        Some((name?, plan?))
    });
    let (name, plan) = read.map_err(Problem::of_fields)?;
    let view = door.engine.tenants().view(tenant);
    let findings = lint(&plan, &view.roster);
    if !is_sound(&findings) {
        let errors = findings.into_iter().filter(|finding| finding.severity == Severity::Error);
        return Err(Problem::of_fields(errors.map(wrong).collect()));
    }
    let named = door.engine.put_plan(tenant, name, plan, caller.name().to_owned()).await?;
    let status = if view.plans.contains_key(&named.name) { StatusCode::OK } else { StatusCode::CREATED };
    let shown = NamedPlanView::of(&named, findings, &view.roster);
    Ok((status, [(ETAG, etag(u64::from(named.version)))], axum::Json(shown)).into_response())
}

fn wrong(finding: Finding) -> FieldError {
    let field = finding.wave.map_or_else(String::new, |wave| format!("waves[{wave}]"));
    FieldError { field, message: finding.message.into(), cure: finding.cure.into() }
}
