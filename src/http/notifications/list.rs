//! `GET /api/v1/notifications`: the notifications of a tenant, newest first.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::engine::NotificationFilter;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, NotificationId, TenantId};
use baton_core::notification::Notification;
use baton_core::time::Timestamp;
use uuid::Uuid;

use crate::http::caller::{Caller, ReadNotifications};
use crate::http::door::Door;
use crate::http::form::{Field, Form};
use crate::http::page::{List, Page};
use crate::http::problem::{Body, Code, Problem};
use crate::http::query::Query;
use crate::http::shapes::notification_view::NotificationLineView;

/// Lists notifications, newest first. A page may be shorter than asked for while `next_cursor` says that there may be more.
#[utoipa::path(get, path = "/api/v1/notifications", tag = "notifications",
    params(
        ("status" = Option<String>, Query, description = "only those that stand there; several, joined by commas"),
        ("channel" = Option<String>, Query, description = "only those with a message on this channel, or meant for it"),
        ("recipient" = Option<String>, Query, description = "only those for this person: their id or reference"),
        ("event_type" = Option<String>, Query, description = "only those about this"),
        ("from" = Option<String>, Query, description = "not older than this moment, in RFC 3339"),
        ("to" = Option<String>, Query, description = "not newer than this moment"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 where it is left out"),
        ("cursor" = Option<String>, Query, description = "the `next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = List<NotificationLineView>),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(
    caller: Caller<ReadNotifications>,
    query: Query,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let (filter, page) = query.read(|form, query| read(form, query, tenant))?;
    let (notifications, next) = found(&door, tenant, &filter, &page)?;
    let view = door.engine.tenants().view(tenant);
    let line = |notification| NotificationLineView::of(notification, &view.roster);
    let items: Vec<NotificationLineView<'_>> = notifications.iter().map(line).collect();
    Ok(axum::Json(List::new(items, None, next.as_deref())).into_response())
}

fn read(form: &mut Form, query: &mut Query, tenant: TenantId) -> Option<(NotificationFilter, Page)> {
    let page = Page::read(form, query);
    let statuses = form.field("status", query.take("status")).parsed(|text| {
        let words: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
        let known = words.iter().all(|word| Notification::STATUSES.contains(&word.as_str()));
        if known { Ok(words) } else { Err(format!("give one or more of {}", Notification::STATUSES.join(", "))) }
    });
    let channel = form.field("channel", query.take("channel")).parsed(|word| word.parse::<ChannelKind>());
    let recipient = form.field("recipient", query.take("recipient")).line(100);
    let event_type = form.field("event_type", query.take("event_type")).line(100);
    let from = moment(form.field("from", query.take("from")));
    let to = moment(form.field("to", query.take("to")));
    let recipient =
        recipient.map(|name| AgentId::parse(tenant, &name).unwrap_or_else(|_| AgentId::of_reference(tenant, &name)));
    let statuses = statuses.unwrap_or_default();
    Some((NotificationFilter { statuses, channel, recipient, event_type, from, to }, page?))
}

/// A page of those that are wanted, and what leads to the next.
pub fn found(
    door: &Door,
    tenant: TenantId,
    filter: &NotificationFilter,
    page: &Page,
) -> Result<(Vec<Notification>, Option<Vec<u8>>), Problem> {
    let after = page.after.as_deref().map(|after| position(tenant, after)).transpose()?;
    let found = door.engine.notifications(tenant, filter, after, page.limit)?;
    Ok((found.notifications, found.next.map(cursor)))
}

/// A moment in a query.
pub fn moment(field: Field<'_, String>) -> Option<Timestamp> {
    field.parsed(|text| Timestamp::parse(&text).ok_or("give a moment in RFC 3339, such as 2027-01-29T08:00:00Z"))
}

/// A cursor: when the last one came in, and which it is.
fn cursor((created_at, id): (Timestamp, NotificationId)) -> Vec<u8> {
    [&created_at.0.to_be_bytes()[..], id.local.as_bytes()].concat()
}

fn position(tenant: TenantId, cursor: &[u8]) -> Result<(Timestamp, NotificationId), Problem> {
    let read = || {
        let (at, local) = cursor.split_first_chunk()?;
        let id = NotificationId::drawn(tenant, Uuid::from_slice(local).ok()?);
        Some((Timestamp(i64::from_be_bytes(*at)), id))
    };
    read().ok_or_else(|| Problem::new(Code::ValidationFailed, "cursor is not one of ours"))
}
