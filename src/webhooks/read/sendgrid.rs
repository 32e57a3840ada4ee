//! What SendGrid tells: a list of events a call, each with our arguments beside its own.

pub mod inbound;

use baton_core::delivery::Progress;
use serde::Deserialize;
use serde_json::Value;

use super::Unreadable;
use crate::channels::email::sendgrid::TRACE;
use crate::channels::errors::said;
use crate::webhooks::news::{Channel, News, Reached, Told, Wants};

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "event")]
    name: String,
    sg_event_id: String,
    #[serde(default)]
    sg_message_id: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    email: String,
}

/// The news of a body.
pub fn read(body: &[u8]) -> Result<Vec<Told>, Unreadable> {
    let events: Vec<Value> = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    Ok(events.into_iter().filter_map(event).collect())
}

fn event(event: Value) -> Option<Told> {
    let trace = event[TRACE].as_str().unwrap_or_default().to_owned();
    let event: Event = serde_json::from_value(event).ok()?;
    let wants = match event.name.as_str() {
        "spamreport" => Some((false, "complaint")),
        "unsubscribe" | "group_unsubscribe" => Some((false, "unsubscribe")),
        "group_resubscribe" => Some((true, "unsubscribe")),
        _ => None,
    };
    if let Some((some, source)) = wants.filter(|_| !event.email.is_empty()) {
        let wants = Wants { channel: Channel::Email, address: event.email, some, source: source.to_owned() };
        return Some(Told { id: event.sg_event_id, news: News::Wants(wants) });
    }
    let (progress, class) = match (event.name.as_str(), event.kind.as_str()) {
        ("processed", _) => (Progress::Sent, ""),
        ("delivered", _) => (Progress::Delivered, ""),
        // Blocked for the moment is no reason to write an address off.
        ("bounce", "blocked") => return None,
        ("bounce" | "dropped", _) => (Progress::Failed, "recipient"),
        (_, _) => return None,
    };
    let reason = if class.is_empty() { String::new() } else { said(&event.name, None, &event.reason) };
    // The id of the mail, before the names of SendGrid's own machines.
    let message = event.sg_message_id.split('.').next().unwrap_or_default().to_owned();
    let (channel, class, digits) = (Channel::Email, class.to_owned(), String::new());
    let reached = Reached { channel, trace, message, progress, class, reason, digits };
    Some(Told { id: event.sg_event_id, news: News::Reached(reached) })
}
