//! `GET /api/v1/tenants`: the tenants a key may see.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Work};
use crate::http::door::Door;
use crate::http::page::Items;
use crate::http::shapes::tenant_view::TenantShown;

/// Lists the tenants this key may see: its own.
#[utoipa::path(get, path = "/api/v1/tenants", tag = "administration", responses((status = 200, body = Items<TenantShown>)))]
pub async fn get(caller: Caller<Work>, State(door): State<Door>) -> Response {
    let view = door.engine.tenants().view(caller.tenant());
    axum::Json(Items { items: vec![TenantShown::of(caller.tenant(), &view)] }).into_response()
}
