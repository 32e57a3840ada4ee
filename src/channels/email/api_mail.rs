//! A mail for a provider that takes it as JSON: every value on one line where it must be, so that none can begin a header.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use baton_actors::channel::Errand;
use baton_core::delivery::Outcome;
use lettre::Address;
use lettre::message::Mailbox;

use super::Unsubscribe;
use crate::channels::trace;
use crate::wording::{Wording, one_line};

/// A worded mail.
pub(super) struct ApiMail {
    pub(super) to: Mailbox,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    /// The picture that the document shows, in base64.
    pub(super) picture: Option<String>,
    pub(super) headers: Vec<(&'static str, String)>,
    /// What comes back in callbacks.
    pub(super) trace: String,
}

impl ApiMail {
    /// Words an errand; an error is what its attempt comes to.
    pub(super) fn write(errand: &Errand, wording: &Wording, unsubscribe: &Unsubscribe) -> Result<Self, Outcome> {
        let baton_actors::channel::Address::Email(address) = &errand.to else {
            return Err(Outcome::Content("not a mail address".to_owned()));
        };
        let to: Address = address.trim().parse().map_err(|_| Outcome::Recipient("not a mail address".to_owned()))?;
        let mail = wording.mail(errand).map_err(|error| Outcome::Content(error.to_string()))?;
        let name = Some(one_line(&errand.name)).filter(|name| !name.is_empty());
        let trace = trace::of(errand);
        // Holiday replies to a machine help nobody.
        let mut headers = vec![("Auto-Submitted", "auto-generated".to_owned())];
        headers.extend(unsubscribe.headers(errand));
        Ok(Self {
            to: Mailbox::new(name, to),
            subject: one_line(&mail.subject),
            text: mail.text,
            html: mail.html,
            picture: mail.picture.map(|png| STANDARD.encode(png)),
            headers,
            trace,
        })
    }
}
