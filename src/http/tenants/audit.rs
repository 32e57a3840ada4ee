//! `GET /api/v1/tenants/{tenant}/audit`: who changed what of a tenant's settings, and when.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::page::Items;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::audit_view::AuditView;
use crate::http::tenants::own::own;

/// Lists every change of a tenant's settings, oldest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/audit", tag = "administration",
    params(("tenant" = String, Path)),
    responses(
        (status = 200, body = Items<AuditView>),
        (status = 404, description = "`tenant-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Administer>,
    Path(named): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let tenant = own(caller.tenant(), &named)?;
    let changes = door.engine.settings_changes(tenant)?;
    let view = door.engine.tenants().view(tenant);
    let items: Vec<AuditView<'_>> = changes.iter().map(|change| AuditView::of(change, &view.roster)).collect();
    Ok(axum::Json(Items { items }).into_response())
}
