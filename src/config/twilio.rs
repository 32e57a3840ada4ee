//! `[channels.twilio]`, and what stands on it: `[channels.sms.twilio]` and `[channels.whatsapp.twilio]`.

use std::time::Duration;

use baton_actors::channel::{Budget, Rate};
use baton_core::phone::Phone;
use secrecy::SecretString;

use super::reader::Section;
use super::setting::Switch;
use crate::channels::twilio::Sender;

/// The account, when there is one.
#[derive(Clone, Debug)]
pub struct Twilio {
    /// Its id.
    pub account_sid: String,
    /// What it is entered with, and webhook calls are signed with.
    pub auth_token: SecretString,
    /// An API key to send with, and its secret.
    pub api_key: Option<(String, SecretString)>,
    /// What webhook calls are signed with that say so.
    pub shared_key: Option<SecretString>,
    /// Where the API answers, without a slash at its end.
    pub base_url: String,
    /// The version of the API.
    pub api_version: String,
    /// After how long a call is given up.
    pub request_timeout: Duration,
}

/// SMS by Twilio, when it is on.
#[derive(Clone, Debug)]
pub struct TwilioSms {
    /// Who it is from.
    pub sender: Sender,
    /// A longer text is not sent.
    pub max_segments: u64,
    /// What may be sent.
    pub budget: Budget,
}

/// WhatsApp by Twilio, when it is on.
#[derive(Clone, Debug)]
pub struct TwilioWhatsapp {
    /// Who it is from.
    pub sender: Sender,
    /// What is sent where no free text is allowed.
    pub contents: Contents,
    /// What may be sent.
    pub budget: Budget,
}

/// Contents by their ids; none where a message has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Of offers, with two quick replies.
    pub offer: Option<String>,
    /// Of everything else.
    pub message: Option<String>,
}

impl Twilio {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let account_sid = section.get::<String>("account_sid");
        let auth_token = section.secret("auth_token");
        let api_key_sid = section.get::<String>("api_key_sid");
        let api_key_secret = section.secret("api_key_secret");
        let set = Self {
            shared_key: section.secret("shared_key"),
            base_url: section.url("base_url"),
            api_version: section.some("api_version"),
            request_timeout: section.some("request_timeout"),
            api_key: api_key_secret.clone().filter(|_| !api_key_sid.is_empty()).map(|key| (api_key_sid.clone(), key)),
            auth_token: auth_token.clone().unwrap_or_default(),
            account_sid: account_sid.clone(),
        };
        section.expect("api_key_secret", api_key_sid.is_empty() || api_key_secret.is_some(), || {
            ("there is an API key and no secret".to_owned(), "set api_key_secret or api_key_secret_file".to_owned())
        });
        if account_sid.is_empty() {
            return None;
        }
        section.expect("account_sid", account_sid.starts_with("AC"), || {
            ("this is no account".to_owned(), "copy it from Twilio's console; it begins with AC".to_owned())
        });
        section.expect("auth_token", auth_token.is_some(), || {
            let cure = "set it or auth_token_file; webhook calls are signed with it, whatever messages are sent with"
                .to_owned();
            ("there is an account and no auth token".to_owned(), cure)
        });
        Some(set)
    }
}

impl TwilioSms {
    pub(super) fn read(section: &mut Section<'_, '_>, has_account: bool) -> Option<Self> {
        let sender = sender(section, has_account, |from| !from.is_empty());
        let max_segments = section.within::<u64>("max_segments", 1..=10);
        let budget = budget(section);
        Some(Self { sender: sender?, max_segments, budget })
    }
}

impl TwilioWhatsapp {
    pub(super) fn read(section: &mut Section<'_, '_>, has_account: bool) -> Option<Self> {
        let sender = sender(section, has_account, |from| Phone::new(from).is_ok());
        let id = |id: String| Some(id).filter(|id| !id.is_empty());
        let contents =
            Contents { offer: id(section.get("offer_content")), message: id(section.get("message_content")) };
        let budget = budget(section);
        Some(Self { sender: sender?, contents, budget })
    }
}

/// Who messages are from; none where the channel is off.
fn sender(section: &mut Section<'_, '_>, has_account: bool, is_number: impl Fn(&str) -> bool) -> Option<Sender> {
    let enabled = section.get::<Switch>("enabled");
    let (from, service) = (section.get::<String>("from"), section.get::<String>("messaging_service"));
    let on = enabled.or(!from.is_empty() || !service.is_empty());
    if !on {
        return None;
    }
    section.expect("enabled", has_account, || {
        let cure = "set channels.twilio.account_sid and auth_token, or the channel to \"off\"".to_owned();
        ("the channel is on and there is no account".to_owned(), cure)
    });
    section.expect("from", service.is_empty() || from.is_empty(), || {
        ("messaging_service is set as well".to_owned(), "keep one of the two".to_owned())
    });
    if !service.is_empty() {
        section.expect("messaging_service", service.starts_with("MG"), || {
            ("this is no messaging service".to_owned(), "copy it from Twilio's console; it begins with MG".to_owned())
        });
        return Some(Sender::Service(service));
    }
    section.expect("from", is_number(&from), || {
        ("this is no sender".to_owned(), "write the number as Twilio does, such as \"+447700900100\"".to_owned())
    });
    Some(Sender::Number(from))
}

fn budget(section: &mut Section<'_, '_>) -> Budget {
    Budget {
        account: section.get::<Option<Rate>>("rate_account"),
        chat: section.get::<Option<Rate>>("rate_chat"),
        group: None,
        in_flight: section.within::<u64>("in_flight", 1..=1_000) as u16,
    }
}
