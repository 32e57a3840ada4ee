//! `POST /api/v1/plans/dry-run`: who would be asked, and when, if nobody answered.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_core::brief::Brief;
use baton_core::plan::Plan;
use baton_core::plan::forecast::forecast;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Read};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::jobs::intake;
use crate::http::json::MaybeJson;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::brief::BriefShape;
use crate::http::shapes::forecast_view::ForecastView;
use crate::http::shapes::job::moment;
use crate::http::shapes::occupancy::occupancy;
use crate::http::shapes::plan::{PlanChoice, PlanShape};
use crate::http::strangers::Strangers;

/// A job that there is not.
#[derive(Default, ToSchema)]
#[schema(as = DryRun)]
pub struct DryRunShape {
    /// The rules of asking, or the name of a plan; the tenant's default plan where it is left out.
    #[schema(value_type = Option<PlanShape>)]
    plan: Given<PlanChoice<PlanShape>>,
    /// What there would be to do.
    #[schema(value_type = Option<BriefShape>)]
    brief: Given<BriefShape>,
    /// When offering would start; now where it is left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    start_at: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    DryRunShape { plan, brief, start_at }
}

/// Foretells whom a plan would ask, and when, with the agents and their jobs as they are now. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/plans/dry-run", tag = "plans", request_body = Option<DryRunShape>, responses(
    (status = 200, body = ForecastView),
    (status = 400, body = Body, content_type = "application/problem+json"),
    (status = 404, description = "`plan-not-found`", body = Body, content_type = "application/problem+json"),
))]
pub async fn post(
    caller: Caller<Read>,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<DryRunShape>,
) -> Result<Response, Problem> {
    let (tenant, now) = (caller.tenant(), door.clock.now());
    let read = Form::body(shape, |form, shape| {
        let plan = PlanChoice::<Plan>::read(form.field("plan", shape.plan), tenant);
        let brief = form.field("brief", shape.brief).within(|form, brief| brief.read(form));
        let start_at = moment(form.field("start_at", shape.start_at), now);
        Some((plan, brief.unwrap_or_default(), start_at.unwrap_or(now).max(now)))
    });
    let (choice, brief, start_at): (_, Brief, _) = read.map_err(Problem::of_fields)?;
    let view = door.engine.tenants().view(tenant);
    let (plan, _) = intake::plan(&view, choice)?;
    let occupies = occupancy(&brief, &view.settings);
    let look = move || {
        let told = door.engine.with_world(tenant, |world| forecast(&plan, &brief, occupies, world, start_at));
        axum::Json(ForecastView::of(&told, &view.roster)).into_response()
    };
    // A long plan over many agents takes a while: other requests must not wait for it.
    tokio::task::spawn_blocking(look).await.map_err(|fell| Problem::internal(&fell))
}
