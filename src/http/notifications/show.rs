//! `GET /api/v1/notifications/{id}`: one notification.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::http::caller::{Caller, ReadNotifications};
use crate::http::door::Door;
use crate::http::notifications::find;
use crate::http::problem::{Body, Problem};
use crate::http::shapes::notification_view::NotificationView;

/// Shows a notification with its messages, what their providers told, and its history. What it says is sealed, and not in it.
#[utoipa::path(get, path = "/api/v1/notifications/{id}", tag = "notifications",
    params(("id" = String, Path, description = "the notification's id")),
    responses(
        (status = 200, body = NotificationView),
        (status = 400, description = "it is not an id", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`notification-not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<ReadNotifications>,
    Path(name): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    find::shown(&door, find::id(caller.tenant(), &name)?)
}
