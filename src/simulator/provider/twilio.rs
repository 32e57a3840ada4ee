//! Twilio: SMS and WhatsApp messages of one account.

use std::collections::BTreeMap;

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Answer, Call, Over, Taken, Wire};
use crate::channels::sms::segments;

/// An account.
pub struct Twilio {
    /// Its id.
    pub account_sid: String,
    /// What it is entered with.
    pub auth_token: String,
    /// Whether any text may be sent over WhatsApp; else contents only.
    pub open: bool,
}

/// An error as Twilio words it.
pub fn error(status: u16, code: u32, message: &str) -> Answer {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    Answer::json(status, &json!({ "code": code, "message": message, "more_info": more, "status": status }))
}

impl Wire for Twilio {
    fn read(&self, call: &Call) -> Result<Taken, Answer> {
        let path = format!("/2010-04-01/Accounts/{}/Messages.json", self.account_sid);
        if (&call.method, call.uri.path()) != (&Method::POST, &path) {
            return Err(error(404, 20404, "The requested resource was not found"));
        }
        let login = STANDARD.encode(format!("{}:{}", self.account_sid, self.auth_token));
        let said = call.headers.get("authorization").and_then(|said| said.to_str().ok());
        if said != Some(&format!("Basic {login}")) {
            return Err(error(401, 20003, "Authenticate"));
        }
        let is_form = call.headers.get("content-type").is_some_and(|kind| kind == "application/x-www-form-urlencoded");
        let form: BTreeMap<String, String> =
            form_urlencoded::parse(&call.body).into_owned().filter(|_| is_form).collect();
        let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let to = field("To").ok_or_else(|| error(400, 21604, "A 'To' phone number is required."))?;
        let number = to.strip_prefix("whatsapp:").unwrap_or(to);
        if baton_core::phone::Phone::new(number).is_err() {
            return Err(error(400, 21211, &format!("The 'To' number {to} is not a valid phone number.")));
        }
        if field("From").is_none() && field("MessagingServiceSid").is_none() {
            return Err(error(400, 21603, "A 'From' phone number is required."));
        }
        if field("ValidityPeriod").is_some_and(|span| !span.parse().is_ok_and(|span| (1..=36_000_u32).contains(&span)))
        {
            return Err(error(400, 21711, "ValidityPeriod must be between 1 and 36000"));
        }
        let callback = field("StatusCallback").and_then(|url| reqwest::Url::parse(url).ok());
        let trace =
            callback.and_then(|url| url.query_pairs().find(|(name, _)| name == "a").map(|(_, id)| id.into_owned()));
        let trace = trace.unwrap_or_default();
        let (text, buttons) = match (field("ContentSid"), field("Body")) {
            (Some(sid), None) => content(sid, field("ContentVariables").unwrap_or("{}"))?,
            (None, Some(_)) if to.starts_with("whatsapp:") && !self.open => {
                return Err(error(400, 63016, "Failed to send freeform message: outside the allowed window"));
            }
            (None, Some(body)) if body.chars().count() <= 1600 => (body.to_owned(), Vec::new()),
            (_, _) => return Err(error(400, 21617, "The concatenated message body exceeds the 1600 character limit")),
        };
        Ok(Taken { to: to.to_owned(), text, buttons, trace, ..Taken::default() })
    }

    fn look_up(&self, call: &Call, taken: &[Taken]) -> Option<Answer> {
        let path = format!("/2010-04-01/Accounts/{}/Messages/", self.account_sid);
        let sid = call.uri.path().strip_prefix(&path)?.strip_suffix(".json")?;
        taken.iter().find(|taken| sid == format!("SM{:032x}", taken.no))?;
        Some(Answer::json(200, &json!({ "sid": sid, "status": "delivered", "error_code": null })))
    }

    fn weight(&self, taken: &Taken) -> usize {
        // WhatsApp counts messages; carriers count segments.
        if taken.to.starts_with("whatsapp:") { 1 } else { usize::try_from(segments(&taken.text)).unwrap_or(1) }
    }

    fn too_many(&self, _over: Over) -> Answer {
        error(429, 20_429, "Too many requests")
    }

    fn accept(&self, taken: &Taken) -> Answer {
        let sid = format!("SM{:032x}", taken.no);
        let body = json!({ "sid": sid, "status": "queued", "to": taken.to, "num_segments": "1", "error_code": null });
        Answer::json(201, &body)
    }
}

type Shown = (String, Vec<(String, String)>);

fn content(sid: &str, variables: &str) -> Result<Shown, Answer> {
    let variables: BTreeMap<String, String> =
        serde_json::from_str(variables).map_err(|_| error(400, 21656, "The ContentVariables Parameter is invalid."))?;
    if !sid.starts_with("HX") {
        return Err(error(400, 21655, "The ContentSid is invalid"));
    }
    let buttons =
        ["2", "3"].iter().filter_map(|no| variables.get(*no)).map(|id| (id.clone(), "quick reply".to_owned()));
    Ok((variables.get("1").cloned().unwrap_or_default(), buttons.collect()))
}
