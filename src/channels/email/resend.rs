//! E-mail by Resend. It tells repeats apart by an Idempotency-Key for a day, as long as the body is the same: what may have arrived
//! is simply sent again. Mails of the bulk lane go a hundred with one call, which counts as one; the same hundred never come together
//! again, so of those whose call was lost each says that it may be a repeat.

mod errors;
pub mod received;

use std::sync::Arc;
use std::time::Duration;

use baton_actors::channel::{Budget, Channel, Errand};
use baton_actors::clock::BoxFuture;
use baton_core::delivery::{Callback, ChannelKind, Outcome, Progress, Provider, Receipt};
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::api_mail::ApiMail;
use super::{ReplyTo, Unsubscribe};
use crate::channels::call::{Caller, CallerError, Lost, Reply, call};
use crate::channels::errors::{Class, find, said};
use crate::channels::trace;
use crate::config;
use crate::wording::{self, Wording};

pub use errors::ERRORS;

/// The tag that comes back in Resend's callbacks.
pub const TRACE: &str = "baton";

/// Another mail was sent under this key.
const CHANGED: &str = "invalid_idempotent_request";

/// Where a wait is not said.
const UNSAID_WAIT: Duration = Duration::from_secs(5);

/// One team at Resend.
pub struct Resend {
    caller: Caller,
    api_key: SecretString,
    from: Mailbox,
    unsubscribe: Unsubscribe,
    budget: Budget,
    wording: Arc<Wording>,
    reply_to: ReplyTo,
}

impl Resend {
    /// An account as it is configured.
    pub fn new(
        set: &config::resend::Resend,
        unsubscribe: Unsubscribe,
        wording: Arc<Wording>,
    ) -> Result<Self, CallerError> {
        Ok(Self {
            caller: Caller::new("Resend", &set.base_url, set.request_timeout)?,
            api_key: set.api_key.clone(),
            from: set.from.clone(),
            unsubscribe,
            budget: set.budget,
            wording,
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
        let (key, body) = (trace::plain(&errand.key), self.body(&mail, self.reply_to.of(&errand).as_ref()));
        let reply = match self.post("/emails", &key, &body).await {
            // The mail has changed since it was sent under this key: an offer was given more time. That is another mail.
            Ok(reply) if Refused::of(&reply).name == CHANGED => {
                let hash = hex::encode(&Sha256::digest(body.to_string())[..8]);
                self.post("/emails", &format!("{key}-{hash}"), &body).await
            }
            other => other,
        };
        match reply {
            Ok(reply) if reply.is_success() => accepted(&reply),
            Ok(reply) => outcome_of(&reply),
            Err(lost) => lost.outcome(true),
        }
    }

    /// Several with one call; those that cannot be worded stay behind.
    async fn attempt_together(&self, errands: Vec<Errand>) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(errands.len());
        let mut bodies = Vec::with_capacity(errands.len());
        for errand in &errands {
            outcomes.push(match ApiMail::write(errand, &self.wording, &self.unsubscribe) {
                Ok(mail) => {
                    bodies.push(self.body(&mail, self.reply_to.of(errand).as_ref()));
                    None
                }
                Err(outcome) => Some(outcome),
            });
        }
        let mut told = self.call_together(bodies).await.into_iter();
        let silent = || Outcome::Unknown("the answer does not speak of it".to_owned());
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| told.next().unwrap_or_else(silent))).collect()
    }

    async fn call_together(&self, bodies: Vec<Value>) -> Vec<Outcome> {
        let count = bodies.len();
        if count == 0 {
            return Vec::new();
        }
        // The bodies carry the traces, so other messages never have the same key.
        let bodies = Value::from(bodies);
        let key = format!("batch-{}", hex::encode(&Sha256::digest(bodies.to_string())[..16]));
        let mut reply = self.post("/emails/batch", &key, &bodies).await;
        // Under the same key the same mails are taken once: an answer that was lost is asked for again.
        if !matches!(&reply, Ok(reply) if reply.status < 500) {
            reply = self.post("/emails/batch", &key, &bodies).await;
        }
        match reply {
            Ok(reply) if reply.is_success() => accepted_together(&reply, count),
            Ok(reply) if reply.status < 500 => vec![outcome_of(&reply); count],
            Ok(reply) => vec![Outcome::Unknown(format!("status {} for a batch", reply.status)); count],
            Err(lost) => vec![lost.outcome(false); count],
        }
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Reply, Lost> {
        let request = self.caller.post(path).bearer_auth(self.api_key.expose_secret());
        // Of a batch: what is wrong with one mail keeps no other.
        let request = request.header("x-batch-validation", "permissive");
        call(request.header("Idempotency-Key", key).json(body)).await
    }

    /// Resend keeps the last event of every mail.
    async fn inquire(&self, receipt: Receipt) -> Option<Callback> {
        let path = format!("/emails/{}", trace::plain(&receipt.message));
        let request = self.caller.get(&path).bearer_auth(self.api_key.expose_secret());
        let reply = call(request).await.ok().filter(Reply::is_success)?;
        let Mail { last_event } = serde_json::from_slice(&reply.body).ok()?;
        let (progress, class) = match last_event.as_str() {
            "sent" => (Progress::Sent, ""),
            "delivered" | "opened" | "clicked" | "complained" => (Progress::Delivered, ""),
            "bounced" | "suppressed" => (Progress::Failed, "recipient"),
            "failed" => (Progress::Failed, "content"),
            _ => return None,
        };
        let reason = if progress == Progress::Failed { last_event } else { String::new() };
        Some(Callback::found(receipt, progress, class, reason))
    }

    fn body(&self, mail: &ApiMail, reply_to: Option<&Mailbox>) -> Value {
        let headers: Map<_, _> =
            mail.headers.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.clone()))).collect();
        let mut body = json!({
            "from": self.from.to_string(),
            "to": [mail.to.to_string()],
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "headers": headers,
            "tags": [{ "name": TRACE, "value": mail.trace }],
        });
        if let Some(picture) = &mail.picture {
            body["attachments"] = json!([{
                "filename": "picture.png", "content": picture, "content_type": "image/png", "content_id": wording::Mail::PICTURE,
            }]);
        }
        if let Some(reply_to) = reply_to {
            body["reply_to"] = Value::from(reply_to.to_string());
        }
        body
    }
}

#[derive(Deserialize)]
struct Mail {
    last_event: String,
}

#[derive(Deserialize)]
struct Accepted {
    id: String,
}

fn accepted(reply: &Reply) -> Outcome {
    match serde_json::from_slice::<Accepted>(&reply.body) {
        Ok(Accepted { id }) => Outcome::Accepted(Receipt { channel: ChannelKind::Email, message: id }),
        // Under the same key nothing is sent twice.
        Err(_) => Outcome::Retry(format!("answer with status {} is not of Resend", reply.status)),
    }
}

#[derive(Deserialize)]
struct AcceptedTogether {
    data: Vec<Accepted>,
    #[serde(default)]
    errors: Vec<NotAccepted>,
}

#[derive(Deserialize)]
struct NotAccepted {
    index: usize,
    #[serde(default)]
    message: String,
}

/// What became of each: the ids of those that were taken stand in their order, the others by their places.
fn accepted_together(reply: &Reply, count: usize) -> Vec<Outcome> {
    let Ok(AcceptedTogether { data, errors }) = serde_json::from_slice(&reply.body) else {
        return vec![Outcome::Unknown(format!("answer with status {} is not of Resend", reply.status)); count];
    };
    let mut ids = data.into_iter();
    let mut one = |index| match errors.iter().find(|error| error.index == index) {
        Some(error) => Outcome::Content(said("422 validation_error", None, &error.message)),
        None => ids.next().map_or_else(
            || Outcome::Unknown("no id came with it".to_owned()),
            |Accepted { id }| Outcome::Accepted(Receipt { channel: ChannelKind::Email, message: id }),
        ),
    };
    (0..count).map(&mut one).collect()
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    name: String,
    #[serde(default)]
    message: String,
}

impl Refused {
    fn of(reply: &Reply) -> Self {
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }
}

/// What an answer other than a yes means. The same name means something else under another status.
fn outcome_of(reply: &Reply) -> Outcome {
    let refused = Refused::of(reply);
    let code = format!("{} {}", reply.status, refused.name);
    let row = find(ERRORS, &code).or_else(|| find(ERRORS, &refused.name));
    let class = row.map_or_else(|| by_status(reply.status), |row| row.class);
    let wait = reply.retry_after().or_else(|| reply.number("ratelimit-reset").map(Duration::from_secs));
    class.outcome(said(code.trim_end(), row, &refused.message), wait.unwrap_or(UNSAID_WAIT))
}

/// The class of an answer that says nothing we know.
fn by_status(status: u16) -> Class {
    match status {
        429 => Class::RetryAfter(baton_core::delivery::Scope::Account),
        401 | 403 => Class::Sender,
        408 | 409 => Class::Retry,
        400..=499 => Class::Content,
        _ => Class::Retry,
    }
}

impl Channel for Resend {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn provider(&self) -> Provider {
        Provider::Resend
    }

    fn idempotent(&self) -> bool {
        true
    }

    fn edits(&self) -> bool {
        false
    }

    fn budget(&self) -> Budget {
        self.budget
    }

    fn can_be_asked(&self) -> bool {
        true
    }

    fn ask(&self, receipt: Receipt) -> BoxFuture<'_, Option<Callback>> {
        Box::pin(self.inquire(receipt))
    }

    fn batch(&self) -> usize {
        100
    }

    fn send_together(&self, errands: Vec<Errand>) -> BoxFuture<'_, Vec<Outcome>> {
        Box::pin(self.attempt_together(errands))
    }

    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome> {
        Box::pin(self.attempt(errand))
    }
}
