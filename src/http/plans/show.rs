//! `GET /api/v1/plans/{name}`: a named plan in its newest version.

use axum::extract::{Path, State};
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use baton_core::plan::lint::lint;

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::named_plan_view::NamedPlanView;

/// Shows a named plan in its newest version.
#[utoipa::path(get, path = "/api/v1/plans/{name}", tag = "plans",
    params(("name" = String, Path)),
    responses(
        (status = 200, body = NamedPlanView),
        (status = 404, description = "`plan-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    Path(name): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let view = door.engine.tenants().view(caller.tenant());
    let named = view.plans.get(&name).ok_or_else(|| Problem::new(Code::PlanNotFound, "there is no such plan"))?;
    let shown = NamedPlanView::of(named, lint(&named.plan, &view.roster), &view.roster);
    Ok(([(ETAG, etag(u64::from(named.version)))], axum::Json(shown)).into_response())
}
