//! `[channels.telegram]`: the bot that asks people.

use std::time::Duration;

use baton_actors::channel::{Budget, Rate};
use secrecy::{ExposeSecret, SecretString};

use super::reader::Section;
use super::setting::Switch;

/// The Telegram channel, when it is on.
#[derive(Clone, Debug)]
pub struct Telegram {
    /// The bot's token.
    pub token: SecretString,
    /// Where the Bot API answers, without a slash at its end.
    pub base_url: String,
    /// How answers come in.
    pub mode: Mode,
    /// What Telegram sends along with each webhook call.
    pub webhook_secret: Option<SecretString>,
    /// The bot's name; none: to be asked of Telegram.
    pub bot_username: Option<String>,
    /// What registration links start with.
    pub link_base: String,
    /// After how long a call is given up.
    pub request_timeout: Duration,
    /// How long a poll waits.
    pub poll_timeout: Duration,
    /// What may be sent.
    pub budget: Budget,
}

/// How answers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Telegram calls us.
    Webhook,
    /// We ask Telegram.
    Polling,
}

impl Telegram {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let enabled = section.get::<Switch>("enabled");
        let token = section.secret("token");
        let webhook_secret = section.secret("webhook_secret");
        let plain = |secret: &SecretString| {
            let text = secret.expose_secret();
            (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        section.expect("webhook_secret", webhook_secret.as_ref().is_none_or(plain), || {
            let cure = "use 1 to 256 of A-Z a-z 0-9 _ -, such as from `openssl rand -hex 32`".to_owned();
            ("Telegram does not take this as a secret".to_owned(), cure)
        });
        let looks_right = |token: &SecretString| {
            token.expose_secret().split_once(':').is_some_and(|(id, key)| id.parse::<u64>().is_ok() && !key.is_empty())
        };
        section.expect("token", token.as_ref().is_none_or(looks_right), || {
            let cure = "copy it as @BotFather gave it, such as 123456:TEST-TOKEN".to_owned();
            ("this is no bot token".to_owned(), cure)
        });
        let telegram = Self {
            base_url: section.url("base_url"),
            mode: section.word("mode", &[("webhook", Mode::Webhook), ("polling", Mode::Polling)]),
            webhook_secret,
            bot_username: Some(section.get::<String>("bot_username").trim_start_matches('@').to_owned())
                .filter(|name| !name.is_empty()),
            link_base: section.url("link_base"),
            request_timeout: section.some("request_timeout"),
            poll_timeout: section.some("poll_timeout"),
            budget: Budget {
                account: section.get::<Option<Rate>>("rate_account"),
                chat: section.get::<Option<Rate>>("rate_chat"),
                group: section.get::<Option<Rate>>("rate_group"),
                in_flight: section.within::<u64>("in_flight", 1..=1_000) as u16,
            },
            token: token.clone().unwrap_or_default(),
        };
        if !enabled.or(token.is_some()) {
            return None;
        }
        section.expect("token", token.is_some(), || {
            let cure = "set it or token_file to the token that @BotFather gave, or the channel to \"off\"".to_owned();
            ("the channel is on and has no token".to_owned(), cure)
        });
        Some(telegram)
    }
}
