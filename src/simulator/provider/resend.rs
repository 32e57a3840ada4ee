//! Resend: a JSON mail under an idempotency key.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Answer, Call, Over, Taken, Wire, bearer};

/// A team at Resend.
pub struct Resend {
    /// Its key.
    pub api_key: String,
}

/// An error as Resend words it.
pub fn error(status: u16, name: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "statusCode": status, "name": name, "message": message }))
}

/// The id that Resend gave a message.
pub fn id(taken: &Taken) -> String {
    format!("00000000-0000-4000-8000-{:012}", taken.no)
}

/// Where several mails are taken with one call.
const BATCH: &str = "/emails/batch";

/// So many.
const BATCH_MAX: usize = 100;

impl Resend {
    /// The key of a call that may send.
    fn key(&self, call: &Call) -> Result<String, Answer> {
        if !call.headers.contains_key("user-agent") {
            return Err(Answer::html(403));
        }
        if call.method != Method::POST || !["/emails", BATCH].contains(&call.uri.path()) {
            return Err(error(404, "not_found", "The requested endpoint does not exist"));
        }
        if bearer(call) != self.api_key {
            return Err(error(403, "invalid_api_key", "API key is invalid"));
        }
        let key = call.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
        let key = key.filter(|key| (1..=256).contains(&key.len()));
        let key = key.ok_or_else(|| error(400, "invalid_idempotency_key", "The key must be between 1-256 chars"))?;
        Ok(key.to_owned())
    }
}

/// One mail.
fn mail(mail: &Value, key: &str) -> Result<Taken, Answer> {
    let text = |name: &str| mail[name].as_str().filter(|text| !text.is_empty());
    let (Some(_), Some(to), Some(subject), Some(text), Some(html)) =
        (text("from"), mail["to"][0].as_str(), text("subject"), text("text"), text("html"))
    else {
        return Err(error(422, "missing_required_field", "Missing a required field"));
    };
    let tag = &mail["tags"][0];
    let plain = |text: &str| text.len() <= 256 && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let trace = tag["value"].as_str().unwrap_or_default();
    if !plain(trace) || !plain(tag["name"].as_str().unwrap_or_default()) || subject.contains(['\r', '\n']) {
        return Err(error(422, "validation_error", "Tags should only contain ASCII letters, numbers, _ and -"));
    }
    let to = to.rsplit_once('<').map_or(to, |(_, address)| address.trim_end_matches('>'));
    Ok(Taken {
        to: to.to_owned(),
        text: format!("{subject}\n{text}\n{html}"),
        trace: trace.to_owned(),
        key: Some(key.to_owned()),
        ..Taken::default()
    })
}

impl Wire for Resend {
    fn read(&self, call: &Call) -> Result<Taken, Answer> {
        let key = self.key(call)?;
        mail(&serde_json::from_slice(&call.body).unwrap_or_default(), &key)
    }

    fn read_all(&self, call: &Call) -> Result<Vec<Taken>, Answer> {
        if call.uri.path() != BATCH {
            return self.read(call).map(|one| vec![one]);
        }
        let key = self.key(call)?;
        let mails: Vec<Value> = serde_json::from_slice(&call.body).unwrap_or_default();
        if !(1..=BATCH_MAX).contains(&mails.len()) {
            return Err(error(422, "validation_error", "A batch has 1 to 100 mails"));
        }
        mails.iter().map(|one| mail(one, &key)).collect()
    }

    fn accept_all(&self, call: &Call, taken: &[Taken]) -> Answer {
        if call.uri.path() != BATCH {
            return taken.first().map_or_else(|| Answer::empty(200), |one| self.accept(one));
        }
        let ids: Vec<Value> = taken.iter().map(|one| json!({ "id": id(one) })).collect();
        Answer::json(200, &json!({ "data": ids }))
    }

    fn may_look(&self, call: &Call) -> Result<(), Answer> {
        let known = call.headers.contains_key("user-agent") && bearer(call) == self.api_key;
        if known { Ok(()) } else { Err(error(401, "restricted_api_key", "This API key is restricted")) }
    }

    fn accept(&self, taken: &Taken) -> Answer {
        Answer::json(200, &json!({ "id": id(taken) }))
    }

    fn look_up(&self, call: &Call, taken: &[Taken]) -> Option<Answer> {
        let asked = call.uri.path().strip_prefix("/emails/")?;
        let known = taken.iter().any(|taken| id(taken) == asked);
        if bearer(call) != self.api_key || !known {
            return None;
        }
        Some(Answer::json(200, &json!({ "object": "email", "id": asked, "last_event": "delivered" })))
    }

    fn too_many(&self, over: Over) -> Answer {
        let (Over::Account(wait) | Over::Pair(wait)) = over;
        error(429, "rate_limit_exceeded", "Too many requests")
            .with("ratelimit-remaining", 0)
            .with("ratelimit-reset", wait.as_secs() + 1)
            .with("retry-after", wait.as_secs() + 1)
    }

    fn key_reused(&self) -> Answer {
        error(409, "invalid_idempotent_request", "This idempotency key has been used with a different payload")
    }
}
