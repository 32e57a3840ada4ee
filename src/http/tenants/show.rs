//! `GET /api/v1/tenants/{tenant}`: a tenant and what it has set.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::caller::{Caller, Work};
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::tenant_view::TenantShown;
use crate::http::tenants::own::{own, shown};

/// Shows a tenant and what it has set.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}", tag = "administration",
    params(("tenant" = String, Path)),
    responses(
        (status = 200, body = TenantShown),
        (status = 404, description = "`tenant-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Work>,
    Path(named): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    Ok(shown(&door, own(caller.tenant(), &named)?, StatusCode::OK))
}
