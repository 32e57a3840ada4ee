//! `GET /api/v1/offers/{id}`: one offer.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::offers::answer;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::offer_view::OfferView;

/// Shows an offer.
#[utoipa::path(get, path = "/api/v1/offers/{id}", tag = "offers",
    params(("id" = String, Path, description = "the job's id, a hyphen and a number")),
    responses(
        (status = 200, body = OfferView),
        (status = 404, description = "`offer-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<Read>,
    Path(name): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let (id, job) = answer::offer(&door, caller.tenant(), &name)?;
    let offer = job.offer(id.no).ok_or_else(answer::not_found)?;
    let view = door.engine.tenants().view(caller.tenant());
    Ok(axum::Json(OfferView::of(&job, offer, &view.roster)).into_response())
}
