//! Messages as the Cloud API takes them.

use serde_json::{Value, json};

use crate::wording::one_line;

/// What a variable of a template may hold.
const VARIABLE_MAX: usize = 1000;

/// What a button may say.
const TITLE_MAX: usize = 20;

fn message(digits: &str, trace: &str, kind: &str, content: Value) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": digits,
        "biz_opaque_callback_data": trace,
        "type": kind,
        kind: content,
    })
}

pub(super) fn text(digits: &str, text: &str, trace: &str) -> Value {
    message(digits, trace, "text", json!({ "body": text, "preview_url": false }))
}

/// With buttons: what each carries and says.
pub(super) fn buttons(digits: &str, text: &str, buttons: &[(String, String)], trace: &str) -> Value {
    let button = |(id, title): &(String, String)| {
        let title: String = title.chars().take(TITLE_MAX).collect();
        json!({ "type": "reply", "reply": { "id": id, "title": title } })
    };
    let buttons: Vec<_> = buttons.iter().map(button).collect();
    let content = json!({ "type": "button", "body": { "text": text }, "action": { "buttons": buttons } });
    message(digits, trace, "interactive", content)
}

/// A template of this name and language, whose one variable is the text and whose quick replies carry these.
pub(super) fn template(
    digits: &str,
    (name, language): (&str, &str),
    text: &str,
    payloads: &[String],
    trace: &str,
) -> Value {
    // A variable holds no line breaks.
    let text: String = one_line(text).chars().take(VARIABLE_MAX).collect();
    let mut components = vec![json!({ "type": "body", "parameters": [{ "type": "text", "text": text }] })];
    components.extend(payloads.iter().enumerate().map(|(at, payload)| {
        json!({
            "type": "button",
            "sub_type": "quick_reply",
            "index": at.to_string(),
            "parameters": [{ "type": "payload", "payload": payload }],
        })
    }));
    let content = json!({ "name": name, "language": { "code": language }, "components": components });
    message(digits, trace, "template", content)
}
