//! Links to people: signed, and beginning where this server is reached.

use std::sync::Arc;
use std::time::Duration;

use baton_actors::clock::Clock;
use baton_actors::house::{ApproveLink, DetailsLink};
use baton_core::ids::OfferId;
use baton_core::time::Timestamp;
use secrecy::SecretString;

use super::ServeError;
use crate::config::Config;
use crate::links::{Links, Purpose};
use crate::wording::{PreferencesLink, Wording};

/// How long a link to an offer works that has no deadline of its own.
const OFFER_LINK: Duration = Duration::from_secs(7 * 24 * 3600);

/// With `--dev` and without a secret, links are signed with one that everybody can know: they reach loopback only.
pub(super) fn link_secret(config: &Config) -> SecretString {
    config.links.secret.clone().unwrap_or_else(|| SecretString::from("links of a server for trying out".to_owned()))
}

pub(super) fn wording(
    config: &Config,
    links: &Arc<Links>,
    public_url: &str,
    clock: Arc<dyn Clock>,
) -> Result<Wording, ServeError> {
    let (links, base) = (Arc::clone(links), public_url.to_owned());
    let offer_link = move |offer: &OfferId, lifetime: Option<Timestamp>| {
        let until = lifetime.unwrap_or_else(|| clock.now() + OFFER_LINK);
        format!("{base}/public/offers/{}", links.token(Purpose::Offer(*offer), until))
    };
    match &config.wording.folder {
        Some(folder) => Wording::with_overrides(folder, Arc::new(offer_link)).map_err(ServeError::Wording),
        None => Wording::builtin(Arc::new(offer_link)).map_err(|error| ServeError::Wording(vec![error])),
    }
}

/// The link to the page where a person chooses what they hear.
pub(super) fn preferences_link(links: &Arc<Links>, public_url: &str) -> PreferencesLink {
    let (links, base) = (Arc::clone(links), public_url.to_owned());
    Arc::new(move |agent| format!("{base}/public/preferences/{}", links.preferences(agent)))
}

/// The link to a job's approval page: derived from the record, so that a repeated create gives the same one.
pub(super) fn approve_link(links: &Arc<Links>, public_url: &str) -> ApproveLink {
    let (links, base) = (Arc::clone(links), public_url.to_owned());
    Box::new(move |job, ttl| {
        let token = links.token(Purpose::Approve(job.id), job.created_at + ttl);
        format!("{base}/public/approve/{token}")
    })
}

/// The link to the page of a grant: derived from it, so that a message that is sent again carries the same one.
pub(super) fn details_link(links: &Arc<Links>, public_url: &str) -> DetailsLink {
    let (links, base) = (Arc::clone(links), public_url.to_owned());
    Box::new(move |job, grant| {
        let token = links.token(Purpose::Details(job.id, grant.no), grant.until);
        format!("{base}/public/details/{token}")
    })
}
