//! Mails that came in at Resend. Its call tells that there is one; what it says is to be asked for.

use baton_core::delivery::Outcome;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::channels::call::{Caller, CallerError, call_for};
use crate::config;

/// Attachments do not come with it; whatever is longer is no answer.
const MAIL_MAX: usize = 4 * 1024 * 1024;

/// The way to the mails that came in.
#[derive(Clone)]
pub struct Received {
    caller: Caller,
    api_key: SecretString,
}

/// A mail that came in.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Mail {
    /// Its text, where it has one.
    pub text: Option<String>,
    /// The same as a page.
    pub html: Option<String>,
    /// Its headers.
    pub headers: Map<String, Value>,
}

/// Why there is no mail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMail {
    /// There is none any more, or none that can be read.
    #[error("Resend has no such mail any more, or not as we know it")]
    Gone,
    /// Not yet; it is asked for again.
    #[error("a mail that came in could not be fetched: {0}")]
    NotYet(String),
}

impl Received {
    /// The account as it is configured.
    pub fn new(set: &config::resend::Resend) -> Result<Self, CallerError> {
        let caller = Caller::new("Resend", &set.base_url, set.request_timeout)?;
        Ok(Self { caller, api_key: set.api_key.clone() })
    }

    /// Asks for a mail: one attempt.
    pub async fn fetch(&self, id: &str) -> Result<Mail, NoMail> {
        // It becomes a part of an address.
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(NoMail::Gone);
        }
        let request = self.caller.get(&format!("/emails/receiving/{id}")).bearer_auth(self.api_key.expose_secret());
        let reply = call_for(request, MAIL_MAX).await.map_err(|lost| NoMail::NotYet(lost.to_string()))?;
        match reply.status {
            200..=299 => serde_json::from_slice(&reply.body).map_err(|_| NoMail::Gone),
            401 | 403 => Err(NoMail::NotYet("the API key may not read mails: it needs full access".to_owned())),
            404 | 410 | 422 => Err(NoMail::Gone),
            status => Err(NoMail::NotYet(format!("Resend answers {status}"))),
        }
    }

    /// What this outcome would be for a message: only for the doctor, who asks for a mail that there is not.
    pub async fn check(&self) -> Outcome {
        match self.fetch("00000000-0000-4000-8000-000000000000").await {
            Ok(_) | Err(NoMail::Gone) => Outcome::Noop,
            Err(NoMail::NotYet(why)) => Outcome::Sender(why),
        }
    }
}
