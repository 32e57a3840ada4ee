//! What somebody agreed to or refused, as it goes out.

use baton_core::consent::Consent;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::shown::Shown;

/// What somebody said about messages of one purpose on one channel: the newest of it.
#[derive(Serialize, ToSchema)]
#[schema(as = Consent)]
pub struct ConsentView<'a> {
    /// Where the messages come.
    channel: &'static str,
    /// What they are about; `all`: whatever it is.
    purpose: &'a str,
    /// `opted_in`, `opted_out`, or `pending`: asked and not confirmed.
    status: &'static str,
    /// How it is known.
    source: &'a str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// The version of the words they said yes or no to.
    wording: Option<&'a str>,
}

impl<'a> ConsentView<'a> {
    /// Shows a consent.
    pub fn of(consent: &'a Consent) -> Self {
        Self {
            channel: consent.channel.as_str(),
            purpose: consent.purpose.as_str(),
            status: consent.status.as_str(),
            source: &consent.source,
            at: Shown(consent.at),
            wording: consent.wording.as_deref(),
        }
    }
}

/// Everything somebody agreed to or refused.
#[derive(Serialize, ToSchema)]
pub struct ConsentsView<'a> {
    /// The newest of each channel and purpose.
    pub consents: Vec<ConsentView<'a>>,
}
