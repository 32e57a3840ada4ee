//! What the providers' endpoints share.

use axum::extract::Request;
use axum::http::HeaderMap;
use baton_actors::error::Failure;

use crate::http::door::Door;
use crate::http::problem::{Code, Problem};
use crate::http::public::webhooks::bodies::{BUSY, Bodies};
use crate::webhooks::accounts::Accounts;
use crate::webhooks::inbox::{self, Inbox, NotTaken};
use crate::webhooks::news::{Channel, Told};
use crate::webhooks::read::Unreadable;
use crate::webhooks::verify::NotGenuine;

/// The name of the one account there is of each provider.
pub const ACCOUNT: &str = "default";

/// Providers gather much into one call.
pub const BODY_MAX: usize = 4 * 1024 * 1024;

/// A mail comes with what is attached to it.
pub const MAIL_MAX: usize = 32 * 1024 * 1024;

/// What the endpoints need.
pub struct Hooks {
    /// Who calls, and what proves it.
    pub accounts: Accounts,
    /// Where news goes.
    pub inbox: Inbox,
    /// Our address as providers know it.
    pub public_url: String,
    /// What is under way.
    pub bodies: Bodies,
}

/// The account of a call, if there is such a one.
pub fn account<'a, T>(
    door: &'a Door,
    name: &str,
    of: impl FnOnce(&'a Accounts) -> Option<&'a T>,
) -> Result<(&'a Hooks, &'a T), Problem> {
    let hooks = door.hooks.as_deref().filter(|_| name == ACCOUNT);
    let found = hooks.and_then(|hooks| Some((hooks, of(&hooks.accounts)?)));
    found.ok_or_else(|| {
        Problem::new(Code::ChannelNotFound, "there is no such account, or nothing to prove its calls by")
    })
}

/// Whether a call carries what its signature stands in. Without it nothing of its body is read.
pub fn is_signed(request: &Request, by: &[&str]) -> Result<(), NotGenuine> {
    let signed = by.iter().all(|name| header(request.headers(), name).is_some());
    if signed { Ok(()) } else { Err(NotGenuine::Unsigned) }
}

/// A header, where it is text.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// What a call told, into the inbox.
pub async fn take(hooks: &Hooks, provider: &str, told: Result<Vec<Told>, Unreadable>) -> Result<(), Problem> {
    let Ok(told) = told else {
        // It is the provider's, and will not be different next time: refused, it would come again for days.
        inbox::unreadable(match provider {
            "meta" => Channel::Whatsapp,
            "twilio" => Channel::Sms,
            "telegram" => Channel::Telegram,
            _ => Channel::Email,
        });
        tracing::warn!(provider, "a call of a provider cannot be read; it is answered and left out");
        return Ok(());
    };
    hooks.inbox.take(provider, told).await.map_err(|error| match error {
        NotTaken::Restored => Failure::Restored.into(),
        NotTaken::Full => Problem::new(Code::Overloaded, error.to_string()).retry_after(BUSY),
        NotTaken::Read(error) => Problem::internal(&error),
        NotTaken::Store(error) => error.into(),
    })
}

impl From<NotGenuine> for Problem {
    fn from(reason: NotGenuine) -> Self {
        Self::new(Code::Unauthorized, reason.to_string())
    }
}
