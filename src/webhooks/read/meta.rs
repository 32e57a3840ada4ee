//! What Meta's Cloud API tells: statuses of messages, texts and taps. One body may hold many of each.

use baton_core::delivery::Progress;
use baton_core::ids::Code;
use serde::Deserialize;

use super::Unreadable;
use crate::channels::errors::{find, said};
use crate::channels::whatsapp::meta::ERRORS;
use crate::webhooks::news::{Channel, News, Pressed, Reached, Told, Wrote, clipped};

#[derive(Deserialize)]
struct Body {
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    field: String,
    value: serde_json::Value,
}

#[derive(Deserialize)]
struct Value {
    metadata: Metadata,
    #[serde(default)]
    messages: Vec<serde_json::Value>,
    #[serde(default)]
    statuses: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Metadata {
    phone_number_id: String,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    from: String,
    text: Option<Text>,
    interactive: Option<Interactive>,
    button: Option<Button>,
    context: Option<Context>,
    group_id: Option<String>,
}

#[derive(Deserialize)]
struct Text {
    body: String,
}

#[derive(Deserialize)]
struct Interactive {
    button_reply: Option<Reply>,
    list_reply: Option<Reply>,
}

#[derive(Deserialize)]
struct Reply {
    id: String,
}

#[derive(Deserialize)]
struct Button {
    payload: String,
}

#[derive(Deserialize)]
struct Context {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    id: String,
    #[serde(rename = "status")]
    word: String,
    #[serde(default)]
    recipient_id: String,
    #[serde(default)]
    biz_opaque_callback_data: String,
    #[serde(default)]
    errors: Vec<Error>,
}

#[derive(Deserialize)]
struct Error {
    code: u32,
    #[serde(default)]
    title: String,
}

/// The news of a body, of this number alone.
pub fn read(body: &[u8], phone_number_id: &str) -> Result<Vec<Told>, Unreadable> {
    let body: Body = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    let mut told = Vec::new();
    for change in body.entry.into_iter().flat_map(|entry| entry.changes) {
        if change.field != "messages" {
            continue;
        }
        let Ok(value) = serde_json::from_value::<Value>(change.value) else { continue };
        if value.metadata.phone_number_id != phone_number_id {
            continue;
        }
        // One that we cannot read does not take the others with it.
        told.extend(value.messages.into_iter().filter_map(|one| message(serde_json::from_value(one).ok()?)));
        told.extend(value.statuses.into_iter().filter_map(|one| status(serde_json::from_value(one).ok()?)));
    }
    Ok(told)
}

fn message(message: Message) -> Option<Told> {
    if message.group_id.is_some() {
        return None;
    }
    let (channel, digits, id) = (Channel::Whatsapp, message.from, message.id);
    let reply =
        message.interactive.and_then(|pressed| pressed.button_reply.or(pressed.list_reply)).map(|reply| reply.id);
    // A tap under a template is of another type than one under a message.
    if let Some(data) = reply.or(message.button.map(|button| button.payload)) {
        // A row of a question carries the code of its job, and is the answer that a text with it would be.
        if data.parse::<Code>().is_ok() {
            return Some(Told { id, news: News::Wrote(Wrote { channel, digits, text: data, about: None }) });
        }
        return Some(Told { id, news: News::Pressed(Pressed { channel, digits, data: clipped(&data) }) });
    }
    let about = message.context.and_then(|context| context.id);
    let text = clipped(&message.text?.body);
    Some(Told { id, news: News::Wrote(Wrote { channel, digits, text, about }) })
}

fn status(status: Status) -> Option<Told> {
    let progress = match status.word.as_str() {
        "sent" => Progress::Sent,
        "delivered" => Progress::Delivered,
        "read" | "played" => Progress::Read,
        "failed" => Progress::Failed,
        _ => return None,
    };
    let (class, reason) = match status.errors.first() {
        Some(error) => {
            let code = error.code.to_string();
            let row = find(ERRORS, &code);
            (row.map_or("content", |row| row.class.word()).to_owned(), said(&code, row, &error.title))
        }
        None => (String::new(), String::new()),
    };
    let reached = Reached {
        channel: Channel::Whatsapp,
        trace: status.biz_opaque_callback_data,
        message: status.id.clone(),
        progress,
        class,
        reason,
        digits: status.recipient_id,
    };
    Some(Told { id: format!("{}/{}", status.id, status.word), news: News::Reached(reached) })
}
