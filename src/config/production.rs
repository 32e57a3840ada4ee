//! What is fine for trying out and refused everywhere else. With `--dev` these are warnings.

use std::net::IpAddr;

use secrecy::ExposeSecret;

use super::Config;
use super::email::Email;
use super::fault::Fault;
use super::smtp::Tls;
use super::telegram::Mode;
use super::whatsapp::Whatsapp;

/// The fewest characters of the secret that signs links.
const LINK_SECRET_MIN: usize = 32;

pub(super) fn refusals(config: &Config) -> Vec<Fault> {
    let mut refusals = Vec::new();
    let mut refuse = |key: &str, what: &str, cure: &str| {
        let origin = config.layers.entries.get(key).and_then(|entry| entry.origin.clone());
        refusals.push(Fault { key: key.to_owned(), origin, what: what.to_owned(), cure: cure.to_owned() });
    };
    if config.sealing.master.is_none() {
        let cure =
            "set it to the output of `openssl rand -base64 32`, or key_file, and keep a copy apart from the backups";
        refuse("sealing.key", "without it private details cannot be sealed", cure);
    }
    let links = config.links.secret.as_ref().map(|secret| secret.expose_secret().chars().count());
    if links.is_none_or(|length| length < LINK_SECRET_MIN) {
        let cure = "set it to the output of `openssl rand -hex 32`, or secret_file";
        refuse("links.secret", "links to people need a secret of at least 32 characters to be signed with", cure);
    }
    if let Some(telegram) = &config.channels.telegram
        && telegram.mode == Mode::Webhook
        && telegram.webhook_secret.is_none()
    {
        let cure = "set it to the output of `openssl rand -hex 32`, then run `baton telegram set-webhook`";
        refuse("channels.telegram.webhook_secret", "without it anybody could answer in a driver's name", cure);
    }
    if let Some(meta) = Whatsapp::meta(&config.channels.whatsapp)
        && meta.app_secret.is_none()
    {
        let cure = "copy it from the app's basic settings, or set app_secret_file";
        refuse("channels.whatsapp.meta.app_secret", "without it no answer and no callback is believed", cure);
    }
    if let Some(smtp) = config.channels.email.as_ref().and_then(Email::smtp)
        && smtp.tls == Tls::None
        && smtp.login.is_some()
        && !is_loopback(&smtp.host)
    {
        refuse(
            "channels.email.smtp.tls",
            "the password would cross the network in the open",
            "use \"starttls\" or \"implicit\"",
        );
    }
    refusals
}

/// What works, and hardly as it is meant.
pub(super) fn warnings(config: &Config) -> Vec<Fault> {
    let server = &config.server;
    if server.public_url.is_some() || !server.listen.ip().is_unspecified() {
        return Vec::new();
    }
    vec![Fault {
        key: "server.public_url".to_owned(),
        origin: None,
        what: format!("links to people begin with http://{}, which leads nowhere", server.listen),
        cure: "set it to the address that people reach the server by, such as \"https://jobs.example.com\"".to_owned(),
    }]
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
