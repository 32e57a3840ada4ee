//! `POST /api/v1/notifications`: something a person is to be told.

use axum::extract::State;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use baton_actors::notification_actor::Noted;
use baton_core::notification::Answer;

use crate::http::caller::{Caller, Notify};
use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::idempotency::IdempotencyKey;
use crate::http::json::Json;
use crate::http::notifications::intake::{Name, take_in};
use crate::http::problem::{Body, Problem};
use crate::http::shapes::notification::NotificationShape;
use crate::http::shapes::notification_view::NotificationView;

/// Takes a notification in: from the answer on it is on disk, and will be sent when it is due.
///
/// The same `external_ref` (or, without one, the same `Idempotency-Key`) with the same body gives the existing one.
#[utoipa::path(post, path = "/api/v1/notifications", tag = "notifications", request_body = NotificationShape,
    params(("Idempotency-Key" = Option<String>, Header, description = "repeats with it are the same request")),
    responses(
        (status = 202, description = "it is stored", body = NotificationView),
        (status = 200, description = "it was there: `message` is `already_exists`", body = NotificationView),
        (status = 400, description = "`errors` names everything that is wrong", body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`agent-not-found`, `job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`external-ref-conflict`, `address-taken`", body = Body, content_type = "application/problem+json"),
        (status = 422, description = "`idempotency-key-reused`", body = Body, content_type = "application/problem+json"),
        (status = 503, description = "`overloaded`: too much is under way, or owed", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Notify>,
    key: IdempotencyKey,
    State(door): State<Door>,
    Json(shape): Json<NotificationShape>,
) -> Result<Response, Problem> {
    let noted = take_in(&door, &caller.asker(), shape, Name::Own(key.0.as_deref())).await?;
    Ok(answer(&door, &noted))
}

/// What whoever brought it is told.
pub fn answer(door: &Door, noted: &Noted) -> Response {
    let notification = &noted.notification;
    let mut view = NotificationView::of(notification, door.engine.house());
    let status = match noted.answer {
        Answer::Done => StatusCode::ACCEPTED,
        Answer::Already => StatusCode::OK,
    };
    view.message = matches!(noted.answer, Answer::Already).then_some("already_exists");
    let location = HeaderValue::try_from(format!("/api/v1/notifications/{}", notification.id));
    // An id is always a header value.
    let location = location.unwrap_or(HeaderValue::from_static("/api/v1/notifications"));
    (status, [(ETAG, etag(notification.version)), (LOCATION, location)], axum::Json(view)).into_response()
}
