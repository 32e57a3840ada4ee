//! `baton doctor`: what keeps this installation from working.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use baton_actors::clock::{Clock, SystemClock};
use baton_actors::store::StoreError;
use baton_actors::store::restored::restored;
use baton_core::delivery::Outcome;
use clap::Args;

use super::exit::{Exit, Failure};
use super::output::{print, print_json};
use super::settings::Settings;
use crate::channels::email::resend::received::Received;
use crate::channels::email::smtp::Email;
use crate::channels::telegram::{Client, ClientSettings};
use crate::config::Config;
use crate::config::email::Route;
use crate::config::size::show_about;
use crate::config::telegram::Mode;
use crate::config::whatsapp::Whatsapp;
use crate::store::{SledOptions, SledStore};
use crate::webhooks::accounts::Accounts;
use crate::wording::Wording;

mod endpoints;

/// Looks at store, disk, clock, proxy, credentials and webhooks.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton doctor --config baton.toml\n\nSends no message to anybody.")]
pub struct Doctor {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
    /// Prints the findings as JSON
    #[arg(long)]
    pub json: bool,
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    /// What was seen.
    seen: String,
    /// The missing step, where something is missing.
    cure: Option<String>,
}

impl Finding {
    fn well(what: &'static str, seen: impl Into<String>) -> Self {
        Self { what, seen: seen.into(), cure: None }
    }

    fn ill(what: &'static str, seen: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { what, seen: seen.into(), cure: Some(cure.into()) }
    }
}

impl Doctor {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        let mut findings = vec![disk(&config), store(&config), clock()];
        findings.extend(proxy(&config));
        findings.extend(telegram(&config).await);
        findings.extend(emails(&config).await);
        findings.extend(callbacks(&config));
        findings.extend(endpoints::endpoints(&config).await);
        let channels = &config.channels;
        let phones = !channels.whatsapp.is_empty() || channels.sms.is_some();
        if channels.telegram.is_none() && channels.email.is_none() && !phones {
            let cure = "set channels.telegram, channels.whatsapp, channels.sms or channels.email; `baton config print --defaults` shows how";
            findings.push(Finding::ill("channels", "only the console is configured: nobody is reached", cure));
        }
        self.show(&findings)?;
        let ill = findings.iter().filter(|finding| finding.cure.is_some()).count();
        if ill > 0 {
            return Err(Failure::new(Exit::Server, format!("{ill} of {} need a step", findings.len())));
        }
        Ok(())
    }

    fn show(&self, findings: &[Finding]) -> Result<(), Failure> {
        if self.json {
            let shown: Vec<_> = findings
                .iter()
                .map(|finding| {
                    serde_json::json!({
                        "what": finding.what, "well": finding.cure.is_none(), "seen": finding.seen, "cure": finding.cure,
                    })
                })
                .collect();
            return print_json(&serde_json::Value::from(shown));
        }
        for Finding { what, seen, cure } in findings {
            let mark = if cure.is_none() { "ok  " } else { "STEP" };
            print(&format!("{mark}  {what}: {seen}"))?;
            if let Some(cure) = cure {
                print(&format!("      {cure}"))?;
            }
        }
        Ok(())
    }
}

fn disk(config: &Config) -> Finding {
    let path = &config.store.path;
    let existing = path.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    match rustix::fs::statvfs(existing) {
        Ok(disk) => {
            let free = disk.f_bavail * disk.f_frsize;
            let seen = format!("{} free for {}", show_about(free), path.display());
            if free < config.store.min_free {
                let cure = format!(
                    "the server refuses work below {}: free some, or lower store.min_free",
                    show_about(config.store.min_free)
                );
                return Finding::ill("disk", seen, cure);
            }
            Finding::well("disk", seen)
        }
        Err(error) => {
            Finding::ill("disk", format!("{}: {error}", existing.display()), "choose another folder with --data")
        }
    }
}

fn store(config: &Config) -> Finding {
    let path = &config.store.path;
    if !path.exists() {
        return Finding::well("store", format!("{} is made at the first start", path.display()));
    }
    let opened = SledStore::open(path, SledOptions::default()).and_then(|store| restored(&store));
    match opened {
        Ok(None) => Finding::well("store", format!("{} opens", path.display())),
        Ok(Some(mark)) => {
            let cure = "`baton release-quarantine` shows what it would send, and with --yes lets it";
            Finding::ill("store", format!("restored at {} and still in quarantine", mark.at), cure)
        }
        Err(StoreError::InUse(_)) => Finding::well("store", "in use by a running server, which holds it open"),
        Err(error) => {
            Finding::ill("store", error.to_string(), "restore a backup into an empty folder with `baton restore`")
        }
    }
}

/// The first moment this program can have run at: a clock before it is wrong.
const FIRST: &str = "2026-11-01T00:00:00Z";

fn clock() -> Finding {
    let now = SystemClock.now();
    match baton_core::time::Timestamp::parse(FIRST) {
        Some(first) if now < first => Finding::ill(
            "clock",
            format!("shows {now}, which has passed long ago"),
            "set the machine's clock, best by NTP",
        ),
        Some(_) | None => Finding::well("clock", now.to_string()),
    }
}

/// Whether the proxy that must stand in front is known: Baton itself speaks no TLS.
fn proxy(config: &Config) -> Option<Finding> {
    let server = &config.server;
    server.public_url.as_ref().filter(|url| url.starts_with("https://"))?;
    if !server.trusted_proxies.is_empty() {
        return Some(Finding::well("proxy", "server.trusted_proxies says whose X-Forwarded-For is believed"));
    }
    let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    let is_open = config.metrics.allow.iter().any(|network| loopback.iter().any(|address| network.contains(address)));
    let open = if is_open { "; through one on this machine everybody reads /metrics" } else { "" };
    Some(Finding::ill(
        "proxy",
        format!("server.public_url is https, and no proxy is known: everybody counts as the one that is there{open}"),
        "set server.trusted_proxies to the proxy's network, such as [\"127.0.0.1/32\"] for one on this machine",
    ))
}

async fn telegram(config: &Config) -> Option<Finding> {
    let set = config.channels.telegram.as_ref()?;
    let client = match Client::new(&ClientSettings::from(set)) {
        Ok(client) => client,
        Err(error) => return Some(Finding::ill("telegram", error.to_string(), "mend channels.telegram.base_url")),
    };
    let user = match client.get_me().await {
        Ok(user) => user,
        Err(fault) => {
            let cure = "check channels.telegram.token with BotFather, and the way to channels.telegram.base_url";
            return Some(Finding::ill("telegram", fault.to_string(), cure));
        }
    };
    let bot = format!("the bot is @{}", user.username);
    Some(match (set.mode, client.get_webhook_info().await) {
        (Mode::Polling, _) => Finding::well("telegram", format!("{bot}; updates are polled")),
        (Mode::Webhook, Ok(info)) if info.url.is_empty() => {
            Finding::ill("telegram", format!("{bot}; it has no webhook"), "run `baton telegram set-webhook`")
        }
        (Mode::Webhook, Ok(info)) => match info.last_error_message {
            Some(message) => Finding::ill(
                "telegram",
                format!("{bot}; Telegram says of the webhook: {message}"),
                "make server.public_url reachable over https, then run `baton telegram set-webhook`",
            ),
            None => Finding::well("telegram", format!("{bot}; its webhook is set")),
        },
        (Mode::Webhook, Err(fault)) => Finding::ill("telegram", fault.to_string(), "ask again in a moment"),
    })
}

/// Whether what a provider tells can be believed: without a proof its calls are refused, and nobody learns what became of a
/// message.
fn callbacks(config: &Config) -> Vec<Finding> {
    let (channels, accounts) = (&config.channels, Accounts::of(config));
    let meta = Whatsapp::meta(&channels.whatsapp).is_some();
    let resend = channels.email.as_ref().and_then(crate::config::email::Email::resend).is_some();
    let sendgrid = channels.email.as_ref().and_then(crate::config::email::Email::sendgrid).is_some();
    let of = |on: bool, what, proved: bool, path: &str, setting: &str| {
        on.then(|| {
            if proved {
                return Finding::well(what, format!("its calls are believed at {path}"));
            }
            Finding::ill(what, "its calls are refused", format!("set {setting}, and have it call {path}"))
        })
    };
    let at = |provider: &str| format!("/public/webhooks/{provider}/default");
    let domain = channels.email.as_ref().map_or("", |set| set.reply_domain.as_str());
    let inbound = format!("{}/inbound/<channels.email.sendgrid.inbound_secret>", at("sendgrid"));
    [
        of(
            sendgrid && !domain.is_empty(),
            "inbound mail",
            accounts.inbound.is_some(),
            &inbound,
            "channels.email.sendgrid.inbound_secret",
        ),
        of(meta, "meta", accounts.meta.is_some(), &at("meta"), "channels.whatsapp.meta.app_secret"),
        of(channels.twilio.is_some(), "twilio", accounts.twilio.is_some(), &at("twilio"), "channels.twilio.auth_token"),
        of(resend, "resend", accounts.resend.is_some(), &at("resend"), "channels.email.resend.webhook_secret"),
        of(sendgrid, "sendgrid", accounts.sendgrid.is_some(), &at("sendgrid"), "channels.email.sendgrid.webhook_key"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether the mails can be read that come in at Resend: a key with the right to send alone cannot.
async fn received(set: &crate::config::resend::Resend) -> Finding {
    let cure = "make a key with full access at Resend, and set channels.email.resend.api_key";
    match Received::new(set) {
        Ok(received) => match received.check().await {
            Outcome::Noop => Finding::well("email", format!("by Resend at {}; its mails can be read", set.base_url)),
            outcome => Finding::ill("email", format!("by Resend at {}: {outcome:?}", set.base_url), cure),
        },
        Err(error) => Finding::ill("email", error.to_string(), "mend channels.email.resend.base_url"),
    }
}

/// Every way that mails go, in the order in which they are tried.
async fn emails(config: &Config) -> Vec<Finding> {
    let Some(set) = &config.channels.email else { return Vec::new() };
    let mut findings = Vec::with_capacity(set.routes.len());
    for route in &set.routes {
        findings.push(email(set, route).await);
    }
    findings
}

async fn email(set: &crate::config::email::Email, route: &Route) -> Finding {
    let smtp = match route {
        Route::Smtp(smtp) => smtp,
        // There is no call that proves a key and sends nothing.
        Route::Resend(resend) if !set.reply_domain.is_empty() => return received(resend).await,
        Route::Resend(set) => return Finding::well("email", format!("by Resend at {}", set.base_url)),
        Route::SendGrid(set) => return Finding::well("email", format!("by SendGrid at {}", set.base_url)),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let wording = match Wording::builtin(Arc::new(|_, _| String::new())) {
        Ok(wording) => Arc::new(wording),
        Err(error) => return Finding::ill("email", error.to_string(), "this is a fault of Baton itself"),
    };
    let email = match Email::new(smtp, set.unsubscribe.clone(), wording, clock) {
        Ok(email) => email,
        Err(error) => return Finding::ill("email", error.to_string(), "mend channels.email.smtp"),
    };
    match email.check().await {
        Outcome::Noop => Finding::well("email", format!("{} takes our log-in", smtp.host)),
        outcome => {
            let cure = "check channels.email.smtp: host, port, tls, username, password";
            Finding::ill("email", format!("{}: {outcome:?}", smtp.host), cure)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layers::{Flags, Sources};

    #[test]
    fn a_proxy_that_nobody_named_is_a_step_and_what_it_opens_is_said() {
        let told = |variables: &[(&str, &str)]| {
            let environment = variables.iter().map(|(key, value)| (format!("BATON__{key}"), (*value).to_owned()));
            let flags = Flags { dev: true, ..Flags::default() };
            let sources = Sources { file: None, environment: environment.collect(), flags };
            let finding = proxy(&Config::load(&sources).expect("valid"))?;
            Some((
                finding.seen.contains("/metrics"),
                finding.cure.is_some_and(|c| c.contains("server.trusted_proxies")),
            ))
        };
        let https = ("SERVER__PUBLIC_URL", "https://jobs.example.com");
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("SERVER__PUBLIC_URL", "http://jobs.example.com")]), None, "nothing need be in front");
        assert_eq!(told(&[https]), Some((true, true)));
        assert_eq!(told(&[https, ("METRICS__ALLOW", "10.0.0.0/8")]), Some((false, true)), "shut to this machine");
        assert_eq!(told(&[https, ("SERVER__TRUSTED_PROXIES", "127.0.0.1/32")]), Some((false, false)));
    }

    #[test]
    fn a_provider_whose_calls_nothing_proves_is_named_with_the_step() {
        let told = |variables: &[(&str, &str)]| {
            let environment =
                variables.iter().map(|(key, value)| (format!("BATON__CHANNELS__{key}"), (*value).to_owned()));
            let flags = Flags { dev: true, ..Flags::default() };
            let sources = Sources { file: None, environment: environment.collect(), flags };
            let findings = callbacks(&Config::load(&sources).expect("valid"));
            findings.into_iter().map(|finding| (finding.what, finding.cure.is_none())).collect::<Vec<_>>()
        };
        assert_eq!(told(&[]), []);
        let resend = [
            ("EMAIL__PROVIDER", "resend"),
            ("EMAIL__RESEND__API_KEY", "re_TEST"),
            ("EMAIL__RESEND__FROM", "dispatch@example.com"),
        ];
        assert_eq!(told(&resend), [("resend", false)]);
        let proved = [&resend[..], &[("EMAIL__RESEND__WEBHOOK_SECRET", "whsec_AQIDBAUGBwgJCgsM")]].concat();
        assert_eq!(told(&proved), [("resend", true)]);
        assert_eq!(told(&[("TWILIO__ACCOUNT_SID", "ACTEST"), ("TWILIO__AUTH_TOKEN", "TEST")]), [("twilio", true)]);
    }
}
