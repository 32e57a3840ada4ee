//! `[canary]`: a job of our own, again and again, and a heartbeat while all is well.

use std::time::Duration;

use baton_core::ids::TenantId;
use secrecy::{ExposeSecret, SecretString};

use super::reader::Section;

/// The canary.
#[derive(Clone, Debug)]
pub struct Canary {
    /// Whether it flies.
    pub enabled: bool,
    /// In whose world.
    pub tenant: TenantId,
    /// When, as a cron expression in UTC.
    pub cron: String,
    /// How long each step may take.
    pub step_within: Duration,
    /// By which way its offer goes.
    pub way: Way,
    /// How long its jobs are kept.
    pub keep: Duration,
    /// What is called while all is well.
    pub heartbeat_url: Option<SecretString>,
}

/// By which way the canary's offer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nowhere.
    Stub,
    /// To a mailbox.
    Email(String),
    /// To a Telegram chat.
    Telegram(i64),
}

impl Canary {
    /// Whether its offers go to the stub.
    pub fn needs_stub(&self) -> bool {
        self.enabled && self.way == Way::Stub
    }

    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let named = section.get::<String>("tenant");
        let tenant = TenantId::new(&named).ok().filter(|tenant| *tenant != TenantId::DEFAULT);
        section.expect("tenant", tenant.is_some(), || {
            let cure = "write 1 to 16 of a-z, 0-9 and -, other than \"default\"".to_owned();
            (format!("\"{named}\" cannot be the canary's own tenant"), cure)
        });
        let (email, telegram) = (section.get::<String>("email"), section.get::<i64>("telegram"));
        section.expect("email", email.is_empty() || telegram == 0, || {
            ("canary.telegram is set as well".to_owned(), "keep one of the two".to_owned())
        });
        let heartbeat_url = section.secret("heartbeat_url");
        let is_web = |url: &SecretString| {
            reqwest::Url::parse(url.expose_secret()).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        };
        section.expect("heartbeat_url", heartbeat_url.as_ref().is_none_or(is_web), || {
            ("this is no address of the web".to_owned(), "write http:// or https:// and all that follows".to_owned())
        });
        Self {
            enabled: section.get("enabled"),
            tenant: tenant.unwrap_or(TenantId::DEFAULT),
            cron: section.cron("cron"),
            step_within: section.some("step_within"),
            way: match (email, telegram) {
                (email, _) if !email.is_empty() => Way::Email(email),
                (_, 0) => Way::Stub,
                (_, chat) => Way::Telegram(chat),
            },
            keep: section.get("keep"),
            heartbeat_url,
        }
    }
}
