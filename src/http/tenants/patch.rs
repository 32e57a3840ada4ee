//! `PATCH /api/v1/tenants/{tenant}`: other settings, from now on.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::etag::IfMatch;
use crate::http::json::Json;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::change::Change;
use crate::http::shapes::tenant::SettingsShape;
use crate::http::shapes::tenant_view::TenantShown;
use crate::http::tenants::change::change_settings;
use crate::http::tenants::own::{own, shown};

/// Changes settings of a tenant from now on; what is left out stays. Every change is audited.
#[utoipa::path(patch, path = "/api/v1/tenants/{tenant}", tag = "administration", request_body = SettingsShape,
    params(
        ("tenant" = String, Path),
        ("If-Match" = Option<String>, Header, description = "the version the change was made from"),
    ),
    responses(
        (status = 200, body = TenantShown),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`tenant-not-found`, `plan-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 412, description = "`version-changed`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn patch(
    caller: Caller<Administer>,
    Path(named): Path<String>,
    seen: IfMatch,
    State(door): State<Door>,
    Json(shape): Json<SettingsShape>,
) -> Result<Response, Problem> {
    let tenant = own(caller.tenant(), &named)?;
    let change = shape.into_core(tenant).map_err(Problem::of_fields)?;
    let view = door.engine.tenants().view(tenant);
    if let Change::Set(plan) = &change.default_plan_name
        && !view.plans.contains_key(plan)
    {
        return Err(Problem::new(Code::PlanNotFound, format!("there is no plan {plan:?}")));
    }
    change_settings(&door, tenant, seen, caller.name(), |settings| change.clone().onto(settings)).await?;
    Ok(shown(&door, tenant, StatusCode::OK))
}
