//! `GET /api/v1/notifications/by-ref/{ref}`: one notification.

use axum::extract::{Path, State};
use axum::response::Response;
use baton_core::ids::NotificationId;

use crate::http::caller::{Caller, ReadNotifications};
use crate::http::door::Door;
use crate::http::notifications::find;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::notification_view::NotificationView;

/// Shows a notification by the client's own name for it.
#[utoipa::path(get, path = "/api/v1/notifications/by-ref/{ref}", tag = "notifications",
    params(("ref" = String, Path, description = "the client's own name for it")),
    responses(
        (status = 200, body = NotificationView),
        (status = 404, description = "`notification-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<ReadNotifications>,
    Path(reference): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    find::shown(&door, NotificationId::of_reference(caller.tenant(), &reference))
}
