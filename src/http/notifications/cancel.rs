//! `POST /api/v1/notifications/{id}/cancel`: nothing more is to be sent.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::http::caller::{Caller, Notify};
use crate::http::door::Door;
use crate::http::json::MaybeJson;
use crate::http::notifications::find;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::commands::ReasonShape;
use crate::http::shapes::notification_view::NotificationView;

/// Calls a notification off, all its coming messages with it. Once a message is on its way it is too late.
#[utoipa::path(post, path = "/api/v1/notifications/{id}/cancel", tag = "notifications", request_body = Option<ReasonShape>,
    params(("id" = String, Path, description = "the notification's id")),
    responses(
        (status = 200, description = "it is called off", body = NotificationView),
        (status = 400, description = "it is not an id", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`notification-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`notification-already-sent`, `notification-ended`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Notify>,
    Path(name): Path<String>,
    State(door): State<Door>,
    MaybeJson(shape): MaybeJson<ReasonShape>,
) -> Result<Response, Problem> {
    let id = find::id(caller.tenant(), &name)?;
    let reason = shape.into_core().map_err(Problem::of_fields)?;
    let noted = door.engine.cancel_notification(id, reason, caller.by().actor).await?;
    Ok(find::view(&door, &noted.notification))
}
