//! The methods of the Bot API that a bot of ours may call, each with the checks of the real one.

use std::time::Duration;

use baton_core::time::Timestamp;
use serde_json::{Value, json};

use super::bot::{Bot, State};
use super::chat::{Button, Message, chat_json};
use super::delivery::Webhook;
use super::entities::visible_text;
use super::fault::No;

/// Does what is asked; names are case-insensitive.
pub(super) async fn carry_out(bot: &Bot, method: &str, body: &Value) -> Result<Value, No> {
    match method.to_lowercase().as_str() {
        "getme" => Ok(json!({ "id": bot.id(), "is_bot": true, "first_name": "Baton", "username": bot.username() })),
        "sendmessage" => send_message(bot, body),
        "editmessagetext" => edit_message(bot, body, true),
        "editmessagereplymarkup" => edit_message(bot, body, false),
        "answercallbackquery" => answer_callback_query(bot, body),
        "setwebhook" => set_webhook(bot, body),
        "deletewebhook" => {
            bot.with(|state| state.webhook = None);
            Ok(json!(true))
        }
        "getwebhookinfo" => Ok(bot.with(|state| webhook_info(state))),
        "getupdates" => get_updates(bot, body).await,
        _ => Err(No::new(404, "Not Found: method not found".to_owned())),
    }
}

fn send_message(bot: &Bot, body: &Value) -> Result<Value, No> {
    let at = bot.clock().now();
    let (text, buttons) = (text_of(body)?, buttons_of(body)?);
    bot.with(|state| {
        let id = admitted(state, body, at)?;
        let chat = state.chats.get_mut(&id).ok_or_else(|| No::bad_request("chat not found"))?;
        let thread = body["message_thread_id"].as_i64();
        if thread.is_some_and(|thread| !chat.topics.contains(&thread)) {
            return Err(No::bad_request("message thread not found"));
        }
        let message = Message { id: chat.new_id(), from: None, text, buttons, edits: 0, at, thread };
        let answer = message_json(id, &message);
        chat.messages.push(message);
        chat.has_changed();
        Ok(answer)
    })
}

fn edit_message(bot: &Bot, body: &Value, with_text: bool) -> Result<Value, No> {
    let text = with_text.then(|| text_of(body)).transpose()?;
    let buttons = buttons_of(body)?;
    let at = bot.clock().now();
    bot.with(|state| {
        let id = admitted(state, body, at)?;
        let chat = state.chats.get_mut(&id).ok_or_else(|| No::bad_request("chat not found"))?;
        let wanted = body["message_id"].as_i64().unwrap_or_default();
        let message = chat.messages.iter_mut().find(|message| message.id == wanted);
        let message = message.ok_or_else(|| No::bad_request("message to edit not found"))?;
        if message.from.is_some() {
            return Err(No::bad_request("message can't be edited"));
        }
        let text = text.unwrap_or_else(|| message.text.clone());
        if message.text == text && message.buttons == buttons {
            return Err(No::bad_request(
                "message is not modified: specified new message content and reply markup are exactly the same as a \
                 current content and reply markup of the message",
            ));
        }
        message.text = text;
        message.buttons = buttons;
        message.edits += 1;
        let answer = message_json(id, message);
        chat.has_changed();
        Ok(answer)
    })
}

/// The chat that is written to, where it can be.
fn admitted(state: &mut State, body: &Value, now: Timestamp) -> Result<i64, No> {
    let id = body["chat_id"].as_i64().or_else(|| body["chat_id"].as_str()?.parse().ok());
    let id = id.ok_or_else(|| No::bad_request("chat_id is empty"))?;
    let blocked = match state.chats.get(&id) {
        Some(chat) => chat.blocked,
        None => return Err(No::bad_request("chat not found")),
    };
    if blocked && id < 0 {
        return Err(No::new(403, "Forbidden: bot was kicked from the supergroup chat".to_owned()));
    }
    if blocked {
        return Err(No::blocked());
    }
    if let Some(limits) = state.limits {
        state.lately.admit(limits, id, now).map_err(No::too_many)?;
    }
    Ok(id)
}

fn text_of(body: &Value) -> Result<String, No> {
    let text = body["text"].as_str().unwrap_or_default();
    let visible = match body["parse_mode"].as_str() {
        None | Some("") => text.to_owned(),
        Some(mode) if mode.eq_ignore_ascii_case("html") => visible_text(text).map_err(No::bad_request)?,
        Some(_) => return Err(No::bad_request("unsupported parse_mode")),
    };
    let visible = visible.trim().to_owned();
    if visible.is_empty() {
        return Err(No::bad_request("message text is empty"));
    }
    if visible.chars().count() > 4096 {
        return Err(No::bad_request("message is too long"));
    }
    Ok(visible)
}

fn buttons_of(body: &Value) -> Result<Vec<Button>, No> {
    let rows = body["reply_markup"]["inline_keyboard"].as_array().cloned().unwrap_or_default();
    let buttons = rows.iter().filter_map(Value::as_array).flatten().map(|button| {
        let part = |key: &str| button[key].as_str().unwrap_or_default().to_owned();
        let (text, data, url) = (part("text"), part("callback_data"), part("url"));
        if data.is_empty() && !url.is_empty() {
            let opens = ["https://", "http://", "tg://"].iter().any(|scheme| url.starts_with(scheme));
            return if opens { Ok(Button { text, data: url }) } else { Err(No::bad_request("BUTTON_URL_INVALID")) };
        }
        match (text.is_empty(), data.len()) {
            (true, _) => Err(No::bad_request("can't parse inline keyboard button: Text is empty")),
            (false, 1..=64) => Ok(Button { text, data }),
            (false, _) => Err(No::bad_request("BUTTON_DATA_INVALID")),
        }
    });
    buttons.collect()
}

fn message_json(chat: i64, message: &Message) -> Value {
    json!({ "message_id": message.id, "date": 0, "chat": chat_json(chat), "text": message.text })
}

fn answer_callback_query(bot: &Bot, body: &Value) -> Result<Value, No> {
    let callback = body["callback_query_id"].as_str().unwrap_or_default();
    let text = body["text"].as_str().unwrap_or_default();
    if text.chars().count() > 200 {
        return Err(No::bad_request("MESSAGE_TOO_LONG"));
    }
    bot.with(|state| match state.callbacks.get_mut(callback) {
        Some(answer) => {
            *answer = Some(text.to_owned());
            Ok(json!(true))
        }
        None => Err(No::bad_request("query is too old and response timeout expired or query ID is invalid")),
    })
}

fn set_webhook(bot: &Bot, body: &Value) -> Result<Value, No> {
    let url = body["url"].as_str().unwrap_or_default();
    let secret = body["secret_token"].as_str().map(str::to_owned);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if secret.as_ref().is_some_and(|secret| secret.len() > 256 || !secret.chars().all(plain)) {
        return Err(No::bad_request("secret token contains unallowed characters"));
    }
    // The real one wants https; on loopback there is nobody to hide from.
    if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(No::bad_request("bad webhook: invalid URL specified"));
    }
    let webhook = (!url.is_empty()).then(|| Webhook { url: url.to_owned(), secret });
    bot.with(|state| {
        if body["drop_pending_updates"].as_bool() == Some(true) {
            state.updates.clear();
        }
        state.webhook = webhook;
    });
    Ok(json!(true))
}

fn webhook_info(state: &State) -> Value {
    let url = state.webhook.as_ref().map(|webhook| webhook.url.clone()).unwrap_or_default();
    let mut info = json!({ "url": url, "has_custom_certificate": false, "pending_update_count": state.updates.len() });
    if let Some(reason) = &state.webhook_error {
        info["last_error_date"] = json!(0);
        info["last_error_message"] = json!(reason);
    }
    info
}

async fn get_updates(bot: &Bot, body: &Value) -> Result<Value, No> {
    let wait = Duration::from_secs(body["timeout"].as_u64().unwrap_or(0).min(50));
    let limit = body["limit"].as_u64().unwrap_or(100).clamp(1, 100) as usize;
    let offset = body["offset"].as_i64().unwrap_or(0);
    let mut changes = bot.changes();
    let waiting = async {
        loop {
            changes.mark_unchanged();
            let ready = bot.with(|state| {
                if state.webhook.is_some() {
                    return Err(No::new(
                        409,
                        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete \
                         the webhook first"
                            .to_owned(),
                    ));
                }
                state.updates.retain(|update| update["update_id"].as_i64() >= Some(offset));
                Ok(state.updates.iter().take(limit).cloned().collect::<Vec<_>>())
            })?;
            if !ready.is_empty() || wait.is_zero() {
                return Ok(ready);
            }
            let _ = changes.changed().await;
        }
    };
    match tokio::time::timeout(wait.max(Duration::from_millis(1)), waiting).await {
        Ok(ready) => ready.map(Value::Array),
        Err(_) => Ok(json!([])),
    }
}
