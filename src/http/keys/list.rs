//! `GET /api/v1/keys`: the keys of a tenant, without what opens.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::page::Items;
use crate::http::shapes::key::KeyView;

/// Lists the keys of one's own tenant by name, revoked ones too.
#[utoipa::path(get, path = "/api/v1/keys", tag = "administration", responses((status = 200, body = Items<KeyView>)))]
pub async fn get(caller: Caller<Administer>, State(door): State<Door>) -> Response {
    let records = door.keys.list(Some(caller.tenant()));
    axum::Json(Items { items: records.iter().map(|record| KeyView::of(record)).collect() }).into_response()
}
