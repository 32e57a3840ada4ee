//! `GET /api/v1/plans`: the named plans of a tenant.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_core::plan::lint::lint;

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::page::Items;
use crate::http::shapes::named_plan_view::NamedPlanView;

/// Lists the named plans, each in its newest version, by name.
#[utoipa::path(get, path = "/api/v1/plans", tag = "plans", responses((status = 200, body = Items<NamedPlanView>)))]
pub async fn get(caller: Caller<Read>, State(door): State<Door>) -> Response {
    let view = door.engine.tenants().view(caller.tenant());
    let shown = |named| NamedPlanView::of(named, lint(&named.plan, &view.roster), &view.roster);
    let items = view.plans.values().map(|named| shown(named)).collect();
    axum::Json(Items { items }).into_response()
}
