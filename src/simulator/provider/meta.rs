//! Meta's Cloud API: WhatsApp messages of one business number.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Answer, Call, Over, Taken, Wire, bearer};

/// A business number.
pub struct Meta {
    /// The access token.
    pub token: String,
    /// The id of the number.
    pub phone_number_id: String,
    /// Whether any text may be sent to anybody; else templates only.
    pub open: bool,
}

/// An error as Meta words it; the status means nothing.
pub fn error(code: u32, message: &str) -> Answer {
    let error = json!({ "message": format!("(#{code}) {message}"), "type": "OAuthException", "code": code,
        "error_data": { "messaging_product": "whatsapp", "details": message }, "fbtrace_id": "TEST" });
    Answer::json(400, &json!({ "error": error }))
}

impl Wire for Meta {
    fn read(&self, call: &Call) -> Result<Taken, Answer> {
        let path = call.uri.path().strip_prefix("/v").and_then(|path| path.split_once('/'));
        if call.method != Method::POST
            || path.map(|(_, rest)| rest) != Some(&format!("{}/messages", self.phone_number_id))
        {
            let unknown =
                json!({ "error": { "message": "Unsupported post request", "code": 100, "error_subcode": 33 } });
            return Err(Answer::json(400, &unknown));
        }
        if bearer(call) != self.token {
            return Err(error(190, "Invalid OAuth access token"));
        }
        let message: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let to = message["to"].as_str().unwrap_or_default();
        let digits = (7..=15).contains(&to.len()) && to.bytes().all(|b| b.is_ascii_digit());
        if message["messaging_product"] != "whatsapp" || message["recipient_type"] != "individual" || !digits {
            return Err(error(100, "Invalid parameter"));
        }
        let trace = message["biz_opaque_callback_data"].as_str().unwrap_or_default();
        if trace.len() > 512 {
            return Err(error(100, "biz_opaque_callback_data is too long"));
        }
        let (text, buttons) = match message["type"].as_str() {
            Some("template") => template(&message["template"])?,
            Some(_) if !self.open => return Err(error(131_047, "Re-engagement message")),
            Some("text") => (within(&message["text"]["body"], 4096)?, Vec::new()),
            Some("interactive") => interactive(&message["interactive"])?,
            Some(_) | None => return Err(error(131_051, "Unsupported message type")),
        };
        let shown: Vec<_> = buttons.iter().map(|(_, title)| title.as_str()).collect();
        let text = format!("{text}\n{}", shown.join("\n"));
        Ok(Taken { to: to.to_owned(), text, buttons, trace: trace.to_owned(), ..Taken::default() })
    }

    fn too_many(&self, over: Over) -> Answer {
        match over {
            Over::Account(_) => error(130_429, "Rate limit hit"),
            Over::Pair(_) => error(131_056, "(Business Account, Consumer Account) pair rate limit hit"),
        }
    }

    fn accept(&self, taken: &Taken) -> Answer {
        Answer::json(
            200,
            &json!({
                "messaging_product": "whatsapp",
                "contacts": [{ "input": taken.to, "wa_id": taken.to }],
                "messages": [{ "id": format!("wamid.TEST{:06}", taken.no), "message_status": "accepted" }],
            }),
        )
    }
}

fn within(value: &Value, max: usize) -> Result<String, Answer> {
    let text = value.as_str().filter(|text| (1..=max).contains(&text.chars().count()));
    text.map(str::to_owned).ok_or_else(|| error(131_009, "Parameter value is not valid"))
}

type Shown = (String, Vec<(String, String)>);

fn interactive(content: &Value) -> Result<Shown, Answer> {
    if content["type"] == "list" {
        return list(content);
    }
    let buttons = content["action"]["buttons"].as_array().filter(|buttons| (1..=3).contains(&buttons.len()));
    let Some(buttons) = buttons.filter(|_| content["type"] == "button") else {
        return Err(error(131_009, "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3"));
    };
    let text = within(&content["body"]["text"], 1024)?;
    let button = |button: &Value| Ok((within(&button["reply"]["id"], 256)?, within(&button["reply"]["title"], 20)?));
    Ok((text, buttons.iter().map(button).collect::<Result<_, _>>()?))
}

fn list(content: &Value) -> Result<Shown, Answer> {
    let text = within(&content["body"]["text"], 4096)?;
    within(&content["action"]["button"], 20)?;
    let sections = content["action"]["sections"].as_array().cloned().unwrap_or_default();
    let rows: Vec<Value> = sections.iter().filter_map(|one| one["rows"].as_array()).flatten().cloned().collect();
    let wrong = |text| error(131_009, text);
    if !(1..=10).contains(&rows.len()) {
        return Err(wrong("Total row count exceed max allowed count: 10"));
    }
    let mut ids: Vec<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() != rows.len() {
        return Err(wrong("Duplicated row id"));
    }
    let row = |row: &Value| {
        let line = row["description"].as_str().unwrap_or_default();
        if line.chars().count() > 72 {
            return Err(wrong("Description length invalid"));
        }
        Ok((within(&row["id"], 200)?, format!("{} {line}", within(&row["title"], 24)?)))
    };
    Ok((text, rows.iter().map(row).collect::<Result<_, _>>()?))
}

fn template(content: &Value) -> Result<Shown, Answer> {
    within(&content["name"], 512)?;
    within(&content["language"]["code"], 10)?;
    let components = content["components"].as_array().cloned().unwrap_or_default();
    let (body, buttons): (Vec<_>, Vec<_>) = components.iter().partition(|component| component["type"] == "body");
    let text = within(body.first().map_or(&Value::Null, |body| &body["parameters"][0]["text"]), 1024)?;
    if text.contains(['\n', '\t']) || text.contains("     ") {
        return Err(error(132_012, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"));
    }
    let button = |button: &&Value| {
        let payload = within(&button["parameters"][0]["payload"], 128)?;
        Ok((payload, format!("quick reply {}", button["index"].as_str().unwrap_or_default())))
    };
    Ok((text, buttons.iter().map(button).collect::<Result<_, _>>()?))
}
