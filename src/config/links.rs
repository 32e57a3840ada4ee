//! `[links]`: links to people, and how long they work.

use std::time::Duration;

use secrecy::SecretString;

use super::reader::Section;

/// Links to people.
#[derive(Clone, Debug)]
pub struct Links {
    /// What they are signed with; none only with `--dev`.
    pub secret: Option<SecretString>,
    /// How long an approval link works. Tenants start with it.
    pub approval_ttl: Duration,
    /// How long a registration link works.
    pub registration_ttl: Duration,
    /// Where people we do not know can ask to be registered; empty: nowhere.
    pub register_url: String,
}

impl Links {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            secret: section.secret("secret"),
            approval_ttl: section.some("approval_ttl"),
            registration_ttl: section.some("registration_ttl"),
            register_url: section.url("register_url"),
        }
    }
}
