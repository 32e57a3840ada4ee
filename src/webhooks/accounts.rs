//! The provider accounts that call us, and what proves that it is they. An account without such a proof is not believed at all.

use secrecy::SecretString;

use super::verify::{sendgrid, standard};
use crate::config::Config;
use crate::config::email::Email;
use crate::config::whatsapp::Whatsapp;

/// The accounts; none where nothing is set up.
#[derive(Clone, Default)]
pub struct Accounts {
    /// Meta's app.
    pub meta: Option<Meta>,
    /// The Twilio account.
    pub twilio: Option<Twilio>,
    /// The Resend team.
    pub resend: Option<standard::Key>,
    /// The SendGrid account.
    pub sendgrid: Option<sendgrid::Key>,
    /// SendGrid's inbound parse.
    pub inbound: Option<Inbound>,
}

/// SendGrid's inbound parse.
#[derive(Clone)]
pub struct Inbound {
    /// What stands in its address.
    pub secret: SecretString,
    /// What its calls are signed for, where they are.
    pub key: Option<sendgrid::Key>,
}

/// Meta's app.
#[derive(Clone)]
pub struct Meta {
    /// What calls are signed with.
    pub app_secret: SecretString,
    /// What a set-up carries.
    pub verify_token: Option<SecretString>,
    /// The number whose news is ours.
    pub phone_number_id: String,
}

/// The Twilio account.
#[derive(Clone)]
pub struct Twilio {
    /// What calls are signed with.
    pub auth_token: SecretString,
    /// What calls are signed with that say so.
    pub shared_key: Option<SecretString>,
}

impl Accounts {
    /// As they are configured.
    pub fn of(config: &Config) -> Self {
        let channels = &config.channels;
        let meta = Whatsapp::meta(&channels.whatsapp).and_then(|set| {
            Some(Meta {
                app_secret: set.app_secret.clone()?,
                verify_token: set.verify_token.clone(),
                phone_number_id: set.phone_number_id.clone(),
            })
        });
        let twilio = channels
            .twilio
            .as_ref()
            .map(|set| Twilio { auth_token: set.auth_token.clone(), shared_key: set.shared_key.clone() });
        let email = channels.email.as_ref();
        let resend = email.and_then(Email::resend).and_then(|set| set.webhook_key.clone());
        let sendgrid = email.and_then(Email::sendgrid);
        let inbound = sendgrid
            .and_then(|set| set.inbound_secret.clone().map(|secret| Inbound { secret, key: set.inbound_key.clone() }));
        let sendgrid = sendgrid.and_then(|set| set.webhook_key.clone());
        Self { meta, twilio, resend, sendgrid, inbound }
    }
}
