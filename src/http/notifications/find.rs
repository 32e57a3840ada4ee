//! The notification that a path names.

use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use baton_core::ids::{NotificationId, TenantId};
use baton_core::notification::Notification;

use crate::http::door::Door;
use crate::http::etag::etag;
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::shapes::notification_view::NotificationView;

/// The id in a path.
pub fn id(tenant: TenantId, name: &str) -> Result<NotificationId, Problem> {
    NotificationId::parse(tenant, name).map_err(|wrong| {
        let (message, cure) = ("is not an id".into(), format!("{wrong}; by-ref/{{ref}} takes a reference").into());
        Problem::of_fields(vec![FieldError { field: "id".to_owned(), message, cure }])
    })
}

/// Shows a notification as it is stored.
pub fn shown(door: &Door, id: NotificationId) -> Result<Response, Problem> {
    Ok(view(door, &stored(door, id)?))
}

/// A notification as it is stored.
pub fn stored(door: &Door, id: NotificationId) -> Result<Notification, Problem> {
    door.engine.notification(id)?.ok_or_else(not_found)
}

/// A notification with its version.
pub fn view(door: &Door, notification: &Notification) -> Response {
    let view = NotificationView::of(notification, door.engine.house());
    ([(ETAG, etag(notification.version))], axum::Json(view)).into_response()
}

/// There is none.
pub fn not_found() -> Problem {
    Problem::new(Code::NotificationNotFound, "there is no such notification")
}
