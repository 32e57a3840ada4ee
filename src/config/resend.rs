//! `[channels.email.resend]`: e-mail by Resend.

use std::time::Duration;

use baton_actors::channel::{Budget, Rate};
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};

use super::email::sender;
use super::reader::Section;
use super::setting::Switch;
use crate::webhooks::verify::standard::Key;

/// E-mail by Resend, when it is on.
#[derive(Clone, Debug)]
pub struct Resend {
    /// What Resend gave.
    pub api_key: SecretString,
    /// Where its API answers, without a slash at its end.
    pub base_url: String,
    /// Sender of every mail.
    pub from: Mailbox,
    /// What its webhook calls are signed with.
    pub webhook_key: Option<Key>,
    /// After how long a call is given up.
    pub request_timeout: Duration,
    /// What may be sent.
    pub budget: Budget,
}

impl Resend {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let enabled = section.get::<Switch>("enabled");
        let api_key = section.secret("api_key");
        let on = enabled.or(api_key.is_some());
        section.expect("api_key", !on || api_key.is_some(), || {
            (
                "the channel is on and has no key".to_owned(),
                "set it or api_key_file, or the channel to \"off\"".to_owned(),
            )
        });
        let from = sender(section, on);
        let base_url = section.url("base_url");
        let webhook_secret = section.secret("webhook_secret");
        let webhook_key = webhook_secret.as_ref().and_then(|secret| Key::read(secret.expose_secret()));
        section.expect("webhook_secret", webhook_secret.is_none() || webhook_key.is_some(), || {
            let cure = "copy it from the webhook's page at Resend; it begins with whsec_".to_owned();
            ("this is no secret of a webhook".to_owned(), cure)
        });
        let request_timeout = section.some("request_timeout");
        let budget = Budget {
            account: section.get::<Option<Rate>>("rate_account"),
            chat: None,
            group: None,
            in_flight: section.within::<u64>("in_flight", 1..=1_000) as u16,
        };
        // Without a key or a sender there is a fault already, and the configuration is not given out.
        let (api_key, from) = (api_key?, from?);
        on.then_some(Self { api_key, base_url, from, webhook_key, request_timeout, budget })
    }
}
