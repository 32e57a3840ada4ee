//! `POST /api/v1/endpoints/{id}/secret`: another secret; the one before signs along for a while.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::config::duration::parse_duration;
use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::endpoints::{named, not_found};
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::json::Json;
use crate::http::problem::{Body, Code, Problem};
use crate::http::shapes::shown::Shown;
use crate::http::strangers::Strangers;
use crate::sinks::secret::draw;

/// How long the one before signs along where nobody says otherwise.
const OVERLAP: Duration = Duration::from_secs(24 * 3600);

/// No secret signs along for longer.
const OVERLAP_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// Another secret.
#[derive(Default, ToSchema)]
#[schema(as = RotateSecret)]
pub struct RotateShape {
    /// How long the one before signs along: `0s` to `30d`; `24h` where it is left out.
    #[schema(value_type = Option<String>, example = "24h")]
    overlap: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    RotateShape { overlap }
}

/// The new secret: the only time it is shown.
#[derive(Serialize, ToSchema)]
pub struct NewSecret {
    /// `whsec_…`, a secret, or `whpk_…`, our public key.
    secret: String,
    /// Until then the one before signs along.
    #[schema(value_type = String, format = DateTime)]
    overlap_until: Shown<Timestamp>,
}

/// Draws another secret. Events carry both signatures until the overlap is over, so that the receiver can change over in its time.
#[utoipa::path(post, path = "/api/v1/endpoints/{id}/secret", tag = "events", request_body = RotateShape,
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "the secret is in `secret`, this once only", body = NewSecret),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`dashboard-key`", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`endpoint-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Administer>,
    Path(id): Path<String>,
    State(door): State<Door>,
    Json(shape): Json<RotateShape>,
) -> Result<Response, Problem> {
    let overlap = Form::body(shape, |form, shape| {
        let overlap = form.field("overlap", shape.overlap).parsed(|text| match parse_duration(&text) {
            Ok(overlap) if overlap <= OVERLAP_MAX => Ok(overlap),
            Ok(_) => Err("give at most 30d".to_owned()),
            Err(wrong) => Err(wrong),
        });
        Some(overlap.unwrap_or(OVERLAP))
    });
    let overlap = overlap.map_err(Problem::of_fields)?;
    let endpoint = named(&door, caller.tenant(), &id)?;
    if endpoint.is_dashboard() {
        return Err(Problem::new(
            Code::DashboardKey,
            "a dashboard knows us by a key of its own: PATCH the endpoint with it",
        ));
    }
    let now = door.clock.now();
    let until = now + overlap;
    let drawn = draw(endpoint.id, endpoint.signature, &door.keyring).map_err(|error| Problem::internal(&error))?;
    let kept = drawn.kept;
    let changed = door.engine.change_endpoint(endpoint.id, |endpoint| {
        endpoint.secrets.retain(|secret| secret.until.is_none_or(|until| now < until));
        // The last one before signs along; what was on its way out already goes: two signatures are enough.
        endpoint.secrets.drain(..endpoint.secrets.len().saturating_sub(1));
        for secret in &mut endpoint.secrets {
            secret.until = Some(until);
        }
        endpoint.secrets.push(kept);
        true
    });
    changed.await?.ok_or_else(not_found)?;
    Ok(axum::Json(NewSecret { secret: drawn.shown, overlap_until: Shown(until) }).into_response())
}
