//! E-mail by SendGrid's API v3. It does not tell repeats apart: what may have arrived is marked as a possible repeat.

mod errors;

use std::sync::Arc;
use std::time::Duration;

use baton_actors::channel::{Budget, Channel, Errand};
use baton_actors::clock::{BoxFuture, Clock};
use baton_core::delivery::{ChannelKind, Outcome, Provider, Receipt};
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api_mail::ApiMail;
use super::{ReplyTo, Unsubscribe};
use crate::channels::call::{Caller, CallerError, Reply, call};
use crate::channels::errors::{find, said};
use crate::config;
use crate::wording::{Mail, Wording};

pub use errors::ERRORS;

/// The custom argument that comes back in SendGrid's events.
pub const TRACE: &str = "baton_trace";

/// Where a wait is not said.
const UNSAID_WAIT: Duration = Duration::from_secs(5);

/// One account at SendGrid.
pub struct SendGrid {
    caller: Caller,
    api_key: SecretString,
    from: Mailbox,
    unsubscribe: Unsubscribe,
    budget: Budget,
    wording: Arc<Wording>,
    clock: Arc<dyn Clock>,
    reply_to: ReplyTo,
}

impl SendGrid {
    /// An account as it is configured.
    pub fn new(
        set: &config::sendgrid::SendGrid,
        unsubscribe: Unsubscribe,
        wording: Arc<Wording>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CallerError> {
        Ok(Self {
            caller: Caller::new("SendGrid", &set.base_url, set.request_timeout)?,
            api_key: set.api_key.clone(),
            from: set.from.clone(),
            unsubscribe,
            budget: set.budget,
            wording,
            clock,
            reply_to: ReplyTo::default(),
        })
    }

    /// Where its mails are answered.
    #[must_use]
    pub fn answered_at(self, reply_to: ReplyTo) -> Self {
        Self { reply_to, ..self }
    }

    async fn attempt(&self, errand: Errand) -> Outcome {
        let mail = match ApiMail::write(&errand, &self.wording, &self.unsubscribe) {
            Ok(mail) => mail,
            Err(outcome) => return outcome,
        };
        let request = self.caller.post("/v3/mail/send").bearer_auth(self.api_key.expose_secret());
        match call(request.json(&self.body(&mail, self.reply_to.of(&errand).as_ref()))).await {
            Ok(reply) if reply.is_success() => accepted(&reply),
            Ok(reply) => self.outcome_of(&reply),
            Err(lost) => lost.outcome(false),
        }
    }

    fn body(&self, mail: &ApiMail, reply_to: Option<&Mailbox>) -> Value {
        let headers: Map<_, _> =
            mail.headers.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.clone()))).collect();
        let mut body = json!({
            "personalizations": [{ "to": [person(&mail.to)], "custom_args": { TRACE: mail.trace } }],
            "from": person(&self.from),
            "subject": mail.subject,
            // The text comes first, or SendGrid refuses the whole.
            "content": [
                { "type": "text/plain", "value": mail.text },
                { "type": "text/html", "value": mail.html },
            ],
            "headers": headers,
            // Its own footer and headers would stand beside ours; a rewritten link would hide where it leads.
            "tracking_settings": {
                "subscription_tracking": { "enable": false },
                "click_tracking": { "enable": false, "enable_text": false },
                "open_tracking": { "enable": false },
            },
        });
        if let Some(picture) = &mail.picture {
            body["attachments"] = json!([{
                "filename": "picture.png", "content": picture, "type": "image/png", "disposition": "inline",
                "content_id": Mail::PICTURE,
            }]);
        }
        if let Some(reply_to) = reply_to {
            body["reply_to"] = person(reply_to);
        }
        body
    }

    /// What an answer other than a yes means; SendGrid has no codes but the status.
    fn outcome_of(&self, reply: &Reply) -> Outcome {
        let refused: Refused = serde_json::from_slice(&reply.body).unwrap_or_default();
        let text = refused.errors.first().map(|error| error.message.as_str()).unwrap_or_default();
        let code = reply.status.to_string();
        let row = find(ERRORS, &code);
        let Some(row) = row else { return Outcome::Unknown(said(&code, None, "")) };
        row.class.outcome(format!("{}: {}", row.meaning, said(&code, None, text)), self.wait(reply))
    }

    /// SendGrid says the second at which its window ends.
    fn wait(&self, reply: &Reply) -> Duration {
        let now = u64::try_from(self.clock.now().0 / 1000).unwrap_or(0);
        let until = reply.number("x-ratelimit-reset").map(|until| Duration::from_secs(until.saturating_sub(now)));
        let said = until.or_else(|| reply.retry_after()).unwrap_or(UNSAID_WAIT);
        // A clock that is ahead of theirs must not make us ask again at once.
        said.max(Duration::from_secs(1))
    }
}

fn person(mailbox: &Mailbox) -> Value {
    match &mailbox.name {
        Some(name) => json!({ "email": mailbox.email.to_string(), "name": name }),
        None => json!({ "email": mailbox.email.to_string() }),
    }
}

fn accepted(reply: &Reply) -> Outcome {
    match reply.headers.get("x-message-id").and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty()) {
        Some(id) => Outcome::Accepted(Receipt { channel: ChannelKind::Email, message: id.to_owned() }),
        None => Outcome::Unknown(format!("answer with status {} is not of SendGrid", reply.status)),
    }
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    errors: Vec<Error>,
}

#[derive(Deserialize)]
struct Error {
    #[serde(default)]
    message: String,
}

impl Channel for SendGrid {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn provider(&self) -> Provider {
        Provider::SendGrid
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn edits(&self) -> bool {
        false
    }

    fn budget(&self) -> Budget {
        self.budget
    }

    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome> {
        Box::pin(self.attempt(errand))
    }
}
