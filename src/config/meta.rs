//! `[channels.whatsapp.meta]`: WhatsApp by Meta's Cloud API.

use std::time::Duration;

use baton_actors::channel::{Budget, Rate};
use secrecy::SecretString;

use super::reader::Section;
use super::setting::Switch;

/// WhatsApp by the Cloud API, when it is on.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The access token.
    pub token: SecretString,
    /// The id of the business number.
    pub phone_number_id: String,
    /// Where the API answers, without a slash at its end.
    pub base_url: String,
    /// The version of the API.
    pub api_version: String,
    /// What webhook calls are signed with.
    pub app_secret: Option<SecretString>,
    /// What the set-up of the webhook carries.
    pub verify_token: Option<SecretString>,
    /// What is sent where no free text is allowed.
    pub templates: Templates,
    /// After how long a call is given up.
    pub request_timeout: Duration,
    /// What may be sent.
    pub budget: Budget,
}

/// Templates by their names; none where a message has no template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Templates {
    /// Of offers, with two quick replies.
    pub offer: Option<String>,
    /// Of everything else.
    pub message: Option<String>,
    /// The language of both.
    pub language: String,
}

impl Meta {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let enabled = section.get::<Switch>("enabled");
        let token = section.secret("token");
        let on = enabled.or(token.is_some());
        section.expect("token", !on || token.is_some(), || {
            (
                "the channel is on and has no token".to_owned(),
                "set it or token_file, or the channel to \"off\"".to_owned(),
            )
        });
        let phone_number_id = section.get::<String>("phone_number_id");
        let is_id = !phone_number_id.is_empty() && phone_number_id.bytes().all(|b| b.is_ascii_digit());
        section.expect("phone_number_id", !on || is_id, || {
            let cure = "copy it from the app's page of WhatsApp, digits only".to_owned();
            ("this is no id of a number".to_owned(), cure)
        });
        let api_version = section.get::<String>("api_version");
        let is_version = api_version.starts_with('v') && api_version[1..].parse::<f64>().is_ok();
        section.expect("api_version", is_version, || {
            (format!("\"{api_version}\" is no version"), "write it as Meta does, such as \"v25.0\"".to_owned())
        });
        let name = |name: String| Some(name).filter(|name| !name.is_empty());
        let meta = Self {
            token: token.clone().unwrap_or_default(),
            phone_number_id,
            base_url: section.url("base_url"),
            api_version,
            app_secret: section.secret("app_secret"),
            verify_token: section.secret("verify_token"),
            templates: Templates {
                offer: name(section.get("offer_template")),
                message: name(section.get("message_template")),
                language: section.some("template_language"),
            },
            request_timeout: section.some("request_timeout"),
            budget: Budget {
                account: section.get::<Option<Rate>>("rate_account"),
                chat: section.get::<Option<Rate>>("rate_chat"),
                group: None,
                in_flight: section.within::<u64>("in_flight", 1..=1_000) as u16,
            },
        };
        on.then_some(meta)
    }
}
