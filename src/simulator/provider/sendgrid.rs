//! SendGrid: a JSON mail to the API v3.

use axum::http::Method;
use baton_actors::clock::{Clock, SystemClock};
use serde_json::{Value, json};

use super::{Answer, Call, Over, Taken, Wire, bearer};

/// An account at SendGrid.
pub struct SendGrid {
    /// Its key.
    pub api_key: String,
}

/// An error as SendGrid words it.
pub fn error(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "errors": [{ "message": message, "field": null, "help": null }] }))
}

impl Wire for SendGrid {
    fn read(&self, call: &Call) -> Result<Taken, Answer> {
        if (&call.method, call.uri.path()) != (&Method::POST, "/v3/mail/send") {
            return Err(error(404, "not found"));
        }
        if bearer(call) != self.api_key {
            return Err(error(401, "The provided authorization grant is invalid, expired, or revoked"));
        }
        let mail: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let person = &mail["personalizations"][0];
        let (Some(to), Some(subject)) = (person["to"][0]["email"].as_str(), mail["subject"].as_str()) else {
            return Err(error(400, "The personalizations field is required"));
        };
        let part = |at: usize, kind: &str| {
            let part = &mail["content"][at];
            part["value"].as_str().filter(|text| part["type"] == kind && !text.is_empty())
        };
        let (Some(text), Some(html)) = (part(0, "text/plain"), part(1, "text/html")) else {
            return Err(error(400, "If present, text/plain and text/html may only be provided once, in this order"));
        };
        if mail["from"]["email"].as_str().is_none() || subject.contains(['\r', '\n']) {
            return Err(error(400, "The from email is required"));
        }
        let arguments = person["custom_args"].as_object();
        let trace = arguments.and_then(|all| all.values().next()?.as_str()).unwrap_or_default();
        Ok(Taken {
            to: to.to_owned(),
            text: format!("{subject}\n{text}\n{html}"),
            trace: trace.to_owned(),
            ..Taken::default()
        })
    }

    fn too_many(&self, over: Over) -> Answer {
        let (Over::Account(wait) | Over::Pair(wait)) = over;
        let reset = SystemClock.now().0 / 1_000 + i64::try_from(wait.as_secs()).unwrap_or(0) + 1;
        error(429, "too many requests").with("x-ratelimit-remaining", 0).with("x-ratelimit-reset", reset)
    }

    fn accept(&self, taken: &Taken) -> Answer {
        Answer::empty(202).with("x-message-id", format!("TEST-{:06}", taken.no))
    }
}

/// A mail as the inbound parse hands it over: the content type, and the body.
pub fn parsed(fields: &[(&str, &[u8])]) -> (String, Vec<u8>) {
    const BOUNDARY: &str = "xYzZY";
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend(head.as_bytes());
        body.extend(*value);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}
