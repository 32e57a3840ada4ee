//! `[channels.email.sendgrid]`: e-mail by SendGrid.

use std::time::Duration;

use baton_actors::channel::{Budget, Rate};
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};

use super::email::sender;
use super::reader::Section;
use super::setting::Switch;
use crate::webhooks::verify::sendgrid::Key;

/// E-mail by SendGrid, when it is on.
#[derive(Clone, Debug)]
pub struct SendGrid {
    /// What SendGrid gave.
    pub api_key: SecretString,
    /// Where its API answers, without a slash at its end.
    pub base_url: String,
    /// Sender of every mail.
    pub from: Mailbox,
    /// The public key that its events are signed for, in base64.
    pub webhook_key: Option<Key>,
    /// What stands in the address of its inbound parse, without which nothing is taken in there.
    pub inbound_secret: Option<SecretString>,
    /// The public key of its inbound parse's security policy, where it has one.
    pub inbound_key: Option<Key>,
    /// After how long a call is given up.
    pub request_timeout: Duration,
    /// What may be sent.
    pub budget: Budget,
}

impl SendGrid {
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
        let text = section.get::<String>("webhook_key");
        let webhook_key = Key::read(&text);
        section.expect("webhook_key", text.is_empty() || webhook_key.is_some(), || {
            let cure = "copy the verification key from the event webhook's page at SendGrid".to_owned();
            ("this is no public key".to_owned(), cure)
        });
        let inbound_secret = section.secret("inbound_secret");
        let plain = |secret: &SecretString| {
            let text = secret.expose_secret();
            (16..=128).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        section.expect("inbound_secret", inbound_secret.as_ref().is_none_or(plain), || {
            let cure = "use 16 to 128 of A-Z a-z 0-9 _ -, such as from `openssl rand -hex 32`".to_owned();
            ("this cannot stand in an address, or is too short".to_owned(), cure)
        });
        let text = section.get::<String>("inbound_key");
        let inbound_key = Key::read(&text);
        section.expect("inbound_key", text.is_empty() || inbound_key.is_some(), || {
            let cure = "copy the public key of the inbound parse's security policy".to_owned();
            ("this is no public key".to_owned(), cure)
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
        on.then_some(Self {
            api_key,
            base_url,
            from,
            webhook_key,
            inbound_secret,
            inbound_key,
            request_timeout,
            budget,
        })
    }
}
