//! One Twilio account: what SMS and WhatsApp have in common there.

mod errors;

use std::time::Duration;

use baton_actors::channel::Errand;
use baton_core::delivery::{Callback, ChannelKind, Outcome, Progress, Receipt, Scope};
use baton_core::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::call::{Caller, CallerError, Reply, call};
use super::errors::{Class, find, said};
use super::trace;
use crate::config;

pub use errors::ERRORS;

/// What carries the trace in the address of a status callback.
pub const TRACE: &str = "a";

/// Twilio keeps a message that cannot be delivered at most this long.
const VALIDITY_MAX: u64 = 36_000;

/// Where a wait is not said.
const UNSAID_WAIT: Duration = Duration::from_secs(30);

/// An account, by an API key of its own where there is one.
#[derive(Clone)]
pub struct Account {
    caller: Caller,
    path: String,
    user: String,
    password: SecretString,
    /// Where status callbacks go, without the trace; none where nobody can reach us.
    status_callback: Option<String>,
}

/// Who a message is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A number, or a name.
    Number(String),
    /// A messaging service, which chooses one.
    Service(String),
}

/// One message to one person.
pub struct Order<'a> {
    /// As Twilio writes it: `+…` or `whatsapp:+…`.
    pub to: String,
    /// Who it is from.
    pub sender: &'a Sender,
    /// What it is about.
    pub errand: &'a Errand,
    /// The present moment, for its validity.
    pub now: Timestamp,
}

/// What a message says.
pub type Content = Vec<(&'static str, String)>;

impl Account {
    /// An account as it is configured.
    pub fn new(set: &config::twilio::Twilio, status_callback: Option<String>) -> Result<Self, CallerError> {
        let (user, password) = match &set.api_key {
            Some((sid, secret)) => (sid.clone(), secret.clone()),
            None => (set.account_sid.clone(), set.auth_token.clone()),
        };
        Ok(Self {
            caller: Caller::new("Twilio", &set.base_url, set.request_timeout)?,
            path: format!("/{}/Accounts/{}/Messages.json", set.api_version, set.account_sid),
            user,
            password,
            status_callback,
        })
    }

    /// A text.
    pub fn text(text: &str) -> Content {
        vec![("Body", text.to_owned())]
    }

    /// A content that was set up before, with its variables as JSON.
    pub fn content(sid: &str, variables: &str) -> Content {
        vec![("ContentSid", sid.to_owned()), ("ContentVariables", variables.to_owned())]
    }

    /// Makes one attempt.
    pub async fn send(&self, channel: ChannelKind, order: &Order<'_>, content: Content) -> Outcome {
        let mut form = vec![("To", order.to.clone())];
        form.push(match order.sender {
            Sender::Number(number) => ("From", number.clone()),
            Sender::Service(service) => ("MessagingServiceSid", service.clone()),
        });
        form.extend(content);
        if let Some(callback) = &self.status_callback {
            form.push(("StatusCallback", format!("{callback}?{TRACE}={}", trace::of(order.errand))));
        }
        if let Some(lifetime) = order.errand.lifetime {
            let left = lifetime.since(order.now).as_secs().clamp(1, VALIDITY_MAX);
            form.push(("ValidityPeriod", left.to_string()));
        }
        let request = self.caller.post(&self.path).basic_auth(&self.user, Some(self.password.expose_secret()));
        match call(request.form(&form)).await {
            Ok(reply) if reply.is_success() => accepted(channel, &reply),
            Ok(reply) => outcome_of(&reply),
            Err(lost) => lost.outcome(false),
        }
    }
}

impl Account {
    /// What has become of a message: Twilio can be asked at any time.
    pub async fn inquire(&self, receipt: Receipt) -> Option<Callback> {
        let path = self.path.strip_suffix(".json")?;
        let path = format!("{path}/{}.json", trace::plain(&receipt.message));
        let request = self.caller.get(&path).basic_auth(&self.user, Some(self.password.expose_secret()));
        let reply = call(request).await.ok().filter(Reply::is_success)?;
        let Kept { status, error_code } = serde_json::from_slice(&reply.body).ok()?;
        let progress = match status.as_str() {
            "sent" => Progress::Sent,
            "delivered" => Progress::Delivered,
            "read" => Progress::Read,
            "undelivered" | "failed" | "canceled" => Progress::Failed,
            _ => return None,
        };
        let (class, reason) = match (progress, error_code.map(|code| code.to_string())) {
            (Progress::Failed, Some(code)) => {
                let row = find(ERRORS, &code);
                (row.map_or("content", |row| row.class.word()), said(&code, row, ""))
            }
            (Progress::Failed, None) => ("recipient", status),
            (Progress::Sent | Progress::Delivered | Progress::Read, _) => ("", String::new()),
        };
        Some(Callback::found(receipt, progress, class, reason))
    }
}

#[derive(Deserialize)]
struct Kept {
    status: String,
    error_code: Option<u32>,
}

#[derive(Deserialize)]
struct Accepted {
    sid: String,
}

fn accepted(channel: ChannelKind, reply: &Reply) -> Outcome {
    match serde_json::from_slice::<Accepted>(&reply.body) {
        Ok(Accepted { sid }) => Outcome::Accepted(Receipt { channel, message: sid }),
        Err(_) => Outcome::Unknown(format!("answer with status {} is not of Twilio", reply.status)),
    }
}

#[derive(Deserialize)]
struct Refused {
    code: u32,
    #[serde(default)]
    message: String,
}

fn outcome_of(reply: &Reply) -> Outcome {
    let wait = reply.retry_after().unwrap_or(UNSAID_WAIT);
    let Ok(refused) = serde_json::from_slice::<Refused>(&reply.body) else {
        let said = format!("answer with status {} is not of Twilio", reply.status);
        return by_status(reply.status).outcome(said, wait);
    };
    let code = refused.code.to_string();
    let row = find(ERRORS, &code);
    let class = match (row, reply.status) {
        (Some(row), _) => row.class,
        (None, status) => by_status(status),
    };
    // Twilio asks to slow down without saying for how long; nothing of such a request was processed.
    let class = match (class, reply.retry_after()) {
        (Class::Retry, Some(_)) if reply.status == 429 => Class::RetryAfter(Scope::Account),
        (class, _) => class,
    };
    class.outcome(said(&code, row, &refused.message), wait)
}

/// The class of an answer whose code is in no table. Twilio adds codes often: an unknown one is about the message.
fn by_status(status: u16) -> Class {
    match status {
        429 => Class::Retry,
        401 | 403 => Class::Sender,
        400..=499 => Class::Content,
        _ => Class::Unknown,
    }
}
