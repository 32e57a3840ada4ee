//! `PUT /api/v1/notifications/by-ref/{ref}`: a notification, made or replaced.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::http::caller::{Caller, Notify};
use crate::http::door::Door;
use crate::http::json::Json;
use crate::http::notifications::create::answer;
use crate::http::notifications::intake::{Name, take_in};
use crate::http::problem::{Body, Problem};
use crate::http::shapes::notification::NotificationShape;
use crate::http::shapes::notification_view::NotificationView;

/// Makes a notification, or puts another in the place of one that still waits: with another moment, another text, another person.
#[utoipa::path(put, path = "/api/v1/notifications/by-ref/{ref}", tag = "notifications", request_body = NotificationShape,
    params(("ref" = String, Path, description = "the client's own name for it")),
    responses(
        (status = 202, description = "made or replaced", body = NotificationView),
        (status = 200, description = "it was so: `message` is `already_exists`", body = NotificationView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`agent-not-found`, `job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`notification-already-sent`, `notification-ended`, `address-taken`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn put(
    caller: Caller<Notify>,
    Path(reference): Path<String>,
    State(door): State<Door>,
    Json(shape): Json<NotificationShape>,
) -> Result<Response, Problem> {
    let noted = take_in(&door, &caller.asker(), shape, Name::Path(&reference)).await?;
    Ok(answer(&door, &noted))
}
