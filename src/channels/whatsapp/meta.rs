//! WhatsApp by Meta's Cloud API: offers with two reply buttons, templates where no other text is allowed.

mod body;
mod errors;
mod pairs;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use baton_actors::channel::{Address, Answer, Budget, Channel, Errand, Say};
use baton_actors::clock::{BoxFuture, Clock};
use baton_core::delivery::{ChannelKind, Outcome, Provider, Receipt, Scope};
use baton_core::message::Topic;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::Windows;
use crate::channels::call::{Caller, CallerError, Reply, call};
use crate::channels::errors::{Class, find, said};
use crate::channels::press::{Press, Verdict};
use crate::channels::trace;
use crate::config;
use crate::wording::Wording;

pub use errors::ERRORS;

use pairs::{PAIR_LIMIT, Pairs};

/// What the body of a message with buttons may hold.
const INTERACTIVE_MAX: usize = 1024;

/// What a message may hold.
const TEXT_MAX: usize = 4096;

/// Where a wait is not said.
const UNSAID_WAIT: Duration = Duration::from_secs(30);

/// One business number.
pub struct Meta {
    caller: Caller,
    path: String,
    token: SecretString,
    templates: config::meta::Templates,
    budget: Budget,
    wording: Arc<Wording>,
    windows: Arc<Windows>,
    pairs: Pairs,
    clock: Arc<dyn Clock>,
}

impl Meta {
    /// A number as it is configured.
    pub fn new(
        set: &config::meta::Meta,
        windows: Arc<Windows>,
        wording: Arc<Wording>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CallerError> {
        Ok(Self {
            caller: Caller::new("WhatsApp", &set.base_url, set.request_timeout)?,
            path: format!("/{}/{}/messages", set.api_version, set.phone_number_id),
            token: set.token.clone(),
            templates: set.templates.clone(),
            budget: set.budget,
            wording,
            windows,
            pairs: Pairs::default(),
            clock,
        })
    }

    async fn attempt(&self, errand: Errand) -> Outcome {
        let Address::Phone(phone) = &errand.to else { return Outcome::Content("not a phone".to_owned()) };
        let digits = phone.as_str().trim_start_matches('+');
        let template = match self.template(&errand, digits) {
            Ok(template) => template,
            Err(outcome) => return outcome,
        };
        if let Some(template) = template.as_ref().filter(|_| !self.windows.is_open(digits, self.clock.now())) {
            return self.post(digits, template).await;
        }
        let free = match self.free(&errand, digits) {
            Ok(free) => free,
            Err(outcome) => return outcome,
        };
        match (self.post(digits, &free).await, template) {
            (Outcome::Window(_), Some(template)) => {
                self.windows.shut(digits);
                self.post(digits, &template).await
            }
            (outcome, _) => outcome,
        }
    }

    /// The message as free text, with buttons where it is an offer and they fit.
    fn free(&self, errand: &Errand, digits: &str) -> Result<Value, Outcome> {
        let wrong = |error: crate::wording::WordingError| Outcome::Content(error.to_string());
        if let Some([yes, no]) = presses(errand) {
            let text = self.wording.whatsapp(errand).map_err(wrong)?;
            if text.chars().count() <= INTERACTIVE_MAX {
                let (say_yes, say_no) = self.wording.whatsapp_buttons(errand).map_err(wrong)?;
                let buttons = [(yes.to_data(), say_yes), (no.to_data(), say_no)];
                return Ok(body::buttons(digits, &text, &buttons, &trace::of(errand)));
            }
        }
        let text = self.wording.plain(errand).map_err(wrong)?;
        if let Say::Answer(Answer::Which(jobs)) = &errand.say
            && let Some((button, lines)) = self.wording.whatsapp_list(errand).map_err(wrong)?
            && let Some(list) = body::list(digits, &text, &button, jobs, &lines, &trace::of(errand))
        {
            return Ok(list);
        }
        if text.chars().count() > TEXT_MAX {
            return Err(Outcome::Content(format!("the text is longer than {TEXT_MAX} characters")));
        }
        Ok(body::text(digits, &text, &trace::of(errand)))
    }

    /// The message as a template, where one is configured for it.
    fn template(&self, errand: &Errand, digits: &str) -> Result<Option<Value>, Outcome> {
        if let Say::Notification(shown) = &errand.say
            && let Some(message) =
                self.wording.asked_meta(errand, shown).map_err(|error| Outcome::Content(error.to_string()))?
        {
            return Ok(Some(body::filled(digits, &message, &trace::of(errand))));
        }
        let presses = presses(errand);
        let name = if presses.is_some() { &self.templates.offer } else { &self.templates.message };
        let Some(name) = name else { return Ok(None) };
        let text = self.wording.plain(errand).map_err(|error| Outcome::Content(error.to_string()))?;
        let presses: Vec<_> = presses.into_iter().flatten().map(Press::to_data).collect();
        let language = &self.templates.language;
        Ok(Some(body::template(digits, (name, language), &text, &presses, &trace::of(errand))))
    }

    async fn post(&self, digits: &str, message: &Value) -> Outcome {
        let request = self.caller.post(&self.path).bearer_auth(self.token.expose_secret()).json(message);
        match call(request).await {
            Ok(reply) if reply.is_success() => {
                self.pairs.accepted(digits);
                accepted(&reply)
            }
            Ok(reply) => self.outcome_of(digits, &reply),
            Err(lost) => lost.outcome(false),
        }
    }

    /// What an answer other than a yes means: by its code, never by its status, of which Meta's own pages disagree.
    fn outcome_of(&self, digits: &str, reply: &Reply) -> Outcome {
        let Ok(Refused { error }) = serde_json::from_slice(&reply.body) else {
            let said = format!("answer with status {} is not of the Cloud API", reply.status);
            return match reply.status {
                429 => Outcome::RetryAfter(reply.retry_after().unwrap_or(UNSAID_WAIT), Scope::Account),
                400..=499 => Outcome::Content(said),
                _ => Outcome::Unknown(said),
            };
        };
        let code = error.code.to_string();
        let row = error.subcode.and_then(|subcode| find(ERRORS, &format!("{code}/{subcode}")));
        let row = row.or_else(|| find(ERRORS, &code));
        let class = match row {
            Some(row) => row.class,
            None if error.is_transient => Class::Retry,
            None if reply.status >= 500 => Class::Unknown,
            None => Class::Content,
        };
        let wait = if error.code == PAIR_LIMIT { self.pairs.refused(digits) } else { UNSAID_WAIT };
        class.outcome(said(&code, row, &error.message), reply.retry_after().unwrap_or(wait))
    }
}

/// What the buttons of an offer carry.
fn presses(errand: &Errand) -> Option<[Press; 2]> {
    match &errand.say {
        Say::Job { topic: Topic::Offer(_), offer: Some(offer), .. } => {
            Some([Verdict::Claim, Verdict::Decline].map(|verdict| Press::on(offer.id, verdict)))
        }
        Say::Job { .. }
        | Say::Crew(_)
        | Say::Answer(_)
        | Say::Notification(_)
        | Say::AddressPaused(_)
        | Say::EndpointOff(_)
        | Say::Lead(_)
        | Say::CrewText(_)
        | Say::Route(_) => None,
    }
}

#[derive(Deserialize)]
struct Accepted {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
}

fn accepted(reply: &Reply) -> Outcome {
    let first = serde_json::from_slice::<Accepted>(&reply.body).ok().and_then(|said| said.messages.into_iter().next());
    match first {
        Some(Message { id }) => Outcome::Accepted(Receipt { channel: ChannelKind::Whatsapp, message: id }),
        None => Outcome::Unknown(format!("answer with status {} is not of the Cloud API", reply.status)),
    }
}

#[derive(Deserialize)]
struct Refused {
    error: Error,
}

#[derive(Deserialize)]
struct Error {
    code: u32,
    #[serde(rename = "error_subcode")]
    subcode: Option<u32>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    is_transient: bool,
}

impl Channel for Meta {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Whatsapp
    }

    fn provider(&self) -> Provider {
        Provider::Meta
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
