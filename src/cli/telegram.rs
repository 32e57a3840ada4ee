//! `baton telegram`: the bot's set-up.

use std::time::Duration;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::exit::{Exit, Failure};
use super::output::print;
use super::settings::Settings;
use crate::channels::telegram::{Client, ClientSettings, Fault};
use crate::config::telegram::Mode;
use crate::telemetry::redact::mask_token;

/// Where the server takes Telegram's calls, below `server.public_url`.
pub const WEBHOOK_PATH: &str = crate::http::public::webhooks::telegram::PATH;

/// The Telegram bot.
#[derive(Debug, Subcommand)]
pub enum Telegram {
    /// Tells Telegram where to call, with the secret, and checks that it stands.
    SetWebhook(SetWebhook),
}

/// Tells Telegram where to call.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton telegram set-webhook --config baton.toml\n\n\
    Uses channels.telegram.token, channels.telegram.webhook_secret and server.public_url.")]
pub struct SetWebhook {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl Telegram {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        let Self::SetWebhook(command) = self;
        command.run().await
    }
}

impl SetWebhook {
    async fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        let wrong = |text: &str| Failure::new(Exit::Configuration, text);
        let telegram = config.channels.telegram.ok_or_else(|| {
            wrong("there is no bot; set channels.telegram.token to what @BotFather gave, or token_file")
        })?;
        if telegram.mode == Mode::Polling {
            return Err(wrong("the bot polls; set channels.telegram.mode to \"webhook\" for Telegram to call"));
        }
        let public_url = config.server.public_url.ok_or_else(|| {
            wrong("Telegram needs an address to call; set server.public_url, such as \"https://jobs.example.com\"")
        })?;
        let url = format!("{public_url}{WEBHOOK_PATH}");
        let bot = mask_token(telegram.token.expose_secret());
        let refused = |fault: Fault| Failure::new(Exit::Server, format!("bot {bot}: {fault}; {}", cure(&fault)));

        let client = Client::new(&ClientSettings {
            base_url: telegram.base_url.clone(),
            token: telegram.token.clone(),
            request_timeout: telegram.request_timeout,
            connect_timeout: telegram.request_timeout.min(Duration::from_secs(5)),
        });
        let client = client.map_err(|error| wrong(&error.to_string()))?;
        let me = client.get_me().await.map_err(refused)?;
        client.set_webhook(&url, telegram.webhook_secret.as_ref()).await.map_err(refused)?;
        let stands = client.get_webhook_info().await.map_err(refused)?;
        if stands.url != url {
            let found = if stands.url.is_empty() { "none" } else { &stands.url };
            let text = format!("Telegram took {url} and now names {found}; is another server setting it as well?");
            return Err(Failure::new(Exit::Server, text));
        }
        let secret = if telegram.webhook_secret.is_some() { "with a secret" } else { "without a secret" };
        print(&format!("@{} (bot {bot}) calls {url} {secret}", me.username))?;
        print(&format!("waiting updates: {}", stands.pending_update_count))?;
        if let Some(error) = stands.last_error_message {
            print(&format!("last failed call: {error}"))?;
        }
        Ok(())
    }
}

/// What to do about a fault.
fn cure(fault: &Fault) -> &'static str {
    match fault {
        Fault::Refused(refused) if matches!(refused.code, 401 | 404) => {
            "the token is not of this Bot API: copy it again from @BotFather, and look at channels.telegram.base_url"
        }
        Fault::Refused(refused) if refused.code == 400 => {
            "Telegram calls https on port 443, 80, 88 or 8443 only: look at server.public_url"
        }
        Fault::Refused(_) => "try again later",
        Fault::NotSent(_) | Fault::Lost(_) => "look at the network and at channels.telegram.base_url",
        Fault::Unreadable { .. } => "look at channels.telegram.base_url: something else answers there",
    }
}
