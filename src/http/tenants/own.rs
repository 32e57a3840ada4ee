//! The tenant of a path: the caller's own, or none.

use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use baton_core::ids::TenantId;

use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::problem::{Code, Problem};
use crate::http::shapes::tenant_view::TenantShown;

/// The caller's tenant, if the path names it; any other is as if it were not there.
pub fn own(tenant: TenantId, named: &str) -> Result<TenantId, Problem> {
    if tenant.as_str() == named {
        return Ok(tenant);
    }
    Err(Problem::new(Code::TenantNotFound, "there is no such tenant, or it is not yours"))
}

/// Shows a tenant as it is now.
pub fn shown(door: &Door, tenant: TenantId, status: StatusCode) -> Response {
    let view = door.engine.tenants().view(tenant);
    (status, [(ETAG, etag(view.version))], axum::Json(TenantShown::of(tenant, &view))).into_response()
}
