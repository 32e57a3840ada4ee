//! `/internal/notifications`: messages that other systems ask us to send.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::engine::NotificationFilter;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, NotificationId};
use baton_core::notification::Answer;
use serde_json::{Map, Value, json};

use super::recipients::person;
use super::words::{OF_NOTIFICATIONS, STATES};
use super::{views, wrong_tenant};
use crate::http::caller::{Caller, Notify, ReadNotifications};
use crate::http::door::Door;
use crate::http::drop_in::{Old, given, renamed, shape, take};
use crate::http::form::Form;
use crate::http::given::Given;
use crate::http::notifications::find;
use crate::http::notifications::intake::{Asker, Name, take_in};
use crate::http::notifications::list::{found, moment};
use crate::http::page::{List, Page};
use crate::http::problem::{Code, Problem};
use crate::http::query::Query;
use crate::http::shapes::notification::NotificationShape;

const SERVICE: usize = 100;

/// So many where nobody says otherwise.
const LIMIT: &str = "20";

/// `POST /internal/notifications`.
pub async fn post(caller: Caller<Notify>, State(door): State<Door>, Old(mut body): Old) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let (named, service) = (take(&mut body, "tenantId"), text(take(&mut body, "sourceService")));
    let head = Form::read(|form| {
        let named = named.as_ref().map(|named| named.as_str().unwrap_or_default());
        if let Some(wrong) = wrong_tenant(&door, tenant, named) {
            form.blame("tenantId", wrong.message, wrong.cure);
        }
        form.field("sourceService", service).required().line(SERVICE)
    });
    // It stands in the notification as whoever asked for it; what is done in whose name still follows from the key.
    let source = Arc::from(head.map_err(Problem::of_fields)?);
    let asker = Asker { source, ..caller.asker() };
    let payload = body.get("payload").cloned().unwrap_or(json!({}));
    let shape = shape::<NotificationShape>(&native(&mut body))?;
    let noted = match take_in(&door, &asker, shape, Name::Own(None)).await {
        Ok(noted) => noted,
        Err(problem) => return Err(repeated(renamed(problem, &OF_NOTIFICATIONS))),
    };
    let notification = &noted.notification;
    if noted.answer == Answer::Already {
        return Err(taken(notification.id));
    }
    let mut view = views::notification(&door, notification);
    // It is sealed by now, and only here it is still known what it says.
    view["payload"] = payload;
    Ok((StatusCode::ACCEPTED, axum::Json(view)).into_response())
}

/// A notification as our own door reads it.
fn native(body: &mut Map<String, Value>) -> Value {
    let recipient = body.remove("recipient").map(|recipient| match recipient {
        Value::Object(mut named) => match take(&mut named, "recipientId") {
            Some(id) => json!({ "id": id }),
            None => json!({ "contact": person(&mut named) }),
        },
        other => other,
    });
    given([
        ("external_ref", take(body, "externalRequestId")),
        ("event_type", take(body, "eventType")),
        ("channel", Some(take(body, "channelType").unwrap_or(Value::from("")))),
        ("recipient", recipient),
        ("template", take(body, "templateKey")),
        ("payload", body.remove("payload")),
        ("scheduled_at", take(body, "scheduledAt")),
        ("priority", take(body, "priority")),
    ])
}

/// A field as a form reads it.
fn text(value: Option<Value>) -> Given<String> {
    match value {
        None => Given::Absent,
        Some(Value::String(text)) => Given::Is(text),
        Some(_) => Given::Wrong("no text"),
    }
}

/// The same request once more, whatever it says by now: a conflict that tells which is the first.
fn taken(first: NotificationId) -> Problem {
    let detail = "a notification with this externalRequestId exists";
    Problem::new(Code::ExternalRefConflict, detail).with("id", first.to_string())
}

fn repeated(mut problem: Problem) -> Problem {
    let first = problem.more.as_ref().and_then(|more| more.get("notification").cloned());
    if let Some(first) = first.filter(|_| problem.code == Code::ExternalRefConflict) {
        problem = problem.with("id", first);
    }
    problem
}

/// `GET /internal/notifications`: newest first.
pub async fn list(
    caller: Caller<ReadNotifications>,
    mut query: Query,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    query.only(&["tenantId", "status", "channelType", "recipientId", "from", "to", "limit", "cursor"]);
    query.or("limit", LIMIT);
    let tenant = caller.tenant();
    let (filter, status, page) = query.read(|form, query| {
        let named = query.take("tenantId").value();
        if let Some(wrong) = wrong_tenant(&door, tenant, named.as_deref()) {
            form.blame("tenantId", wrong.message, wrong.cure);
        }
        let status = form.field("status", query.take("status")).one_of(&STATES);
        let channel = form.field("channelType", query.take("channelType")).parsed(|word| word.parse::<ChannelKind>());
        let recipient = form.field("recipientId", query.take("recipientId")).parsed(|id| AgentId::parse(tenant, &id));
        let from = moment(form.field("from", query.take("from")));
        let to = moment(form.field("to", query.take("to")));
        let page = Page::read(form, query);
        let statuses = status.iter().copied().flatten().map(|word| (*word).to_owned()).collect();
        let filter = NotificationFilter { statuses, channel, recipient, event_type: None, from, to };
        Some((filter, status, page?))
    })?;
    let (notifications, next) = match status {
        // Nothing is ever there.
        Some([]) => (Vec::new(), None),
        Some(_) | None => found(&door, tenant, &filter, &page)?,
    };
    let items: Vec<Value> = notifications.iter().map(|notification| views::notification(&door, notification)).collect();
    let List { items, next_cursor, .. } = List::new(items, None, next.as_deref());
    Ok(axum::Json(json!({ "items": items, "nextCursor": next_cursor })).into_response())
}

/// `GET /internal/notifications/{id}`.
pub async fn get(
    caller: Caller<ReadNotifications>,
    Path(named): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let notification = find::stored(&door, find::id(caller.tenant(), &named)?)?;
    Ok(axum::Json(views::whole(&door, &notification)).into_response())
}

/// `POST /internal/notifications/{id}/cancel`.
pub async fn cancel(
    caller: Caller<Notify>,
    Path(named): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let id = find::id(caller.tenant(), &named)?;
    let noted = door.engine.cancel_notification(id, None, caller.by().actor).await?;
    match noted.answer {
        Answer::Done => Ok(axum::Json(json!({ "id": id.to_string(), "status": "canceled" })).into_response()),
        // There it can be called off once.
        Answer::Already => {
            Err(Problem::new(Code::NotificationEnded, "the notification is canceled").with("status_now", "canceled"))
        }
    }
}
