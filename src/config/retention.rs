//! `[retention]`: what is removed by age.

use std::time::Duration;

use super::reader::Section;

/// What is removed by age. None: never.
#[derive(Clone, Debug)]
pub struct Retention {
    /// Closed jobs.
    pub closed_jobs: Option<Duration>,
    /// Idempotency keys.
    pub idempotency_keys: Duration,
    /// Used and expired registration tokens.
    pub tokens: Duration,
    /// The event log.
    pub events: Option<Duration>,
    /// When, as a cron expression in UTC.
    pub cron: String,
}

impl Retention {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            closed_jobs: Some(section.get::<Duration>("closed_jobs")).filter(|age| !age.is_zero()),
            idempotency_keys: section.some("idempotency_keys"),
            tokens: section.some("tokens"),
            events: Some(section.get::<Duration>("events")).filter(|age| !age.is_zero()),
            cron: section.cron("cron"),
        }
    }
}
