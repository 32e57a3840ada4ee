//! `GET /api/v1/agents/{ref}/offers`: what waits for an agent's answer.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::http::agents::store;
use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::page::Items;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::offer_view::OfferView;

/// Lists the offers that wait for an agent's answer, oldest job first.
#[utoipa::path(get, path = "/api/v1/agents/{ref}/offers", tag = "agents",
    params(("ref" = String, Path, description = "the tenant's own name for them")),
    responses(
        (status = 200, body = Items<OfferView>),
        (status = 404, description = "`agent-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    Path(reference): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let agent = store::known(&door, caller.tenant(), &reference)?;
    let view = door.engine.tenants().view(caller.tenant());
    let mut items = Vec::new();
    for id in door.engine.index().open_offers(&agent.id) {
        let job = door.engine.job(id.job)?;
        let offer = job.as_ref().and_then(|job| Some(OfferView::of(job, job.offer(id.no)?, &view.roster)));
        items.extend(offer);
    }
    Ok(axum::Json(Items { items }).into_response())
}
