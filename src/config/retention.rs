//! `[retention]`: what is removed by age.

use std::time::Duration;

use super::reader::Section;

/// What is removed by age. None: never.
#[derive(Clone, Debug)]
pub struct Retention {
    /// Closed jobs, with the idempotency keys that are part of them.
    pub closed_jobs: Option<Duration>,
    /// Notifications that are over, with their lines in the list.
    pub notifications: Option<Duration>,
    /// Used and expired registration tokens.
    pub tokens: Duration,
    /// What providers told.
    pub inbox: Duration,
    /// When, as a cron expression in UTC.
    pub cron: String,
}

impl Retention {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            closed_jobs: Some(section.get::<Duration>("closed_jobs")).filter(|age| !age.is_zero()),
            notifications: Some(section.get::<Duration>("notifications")).filter(|age| !age.is_zero()),
            tokens: section.some("tokens"),
            inbox: section.some("inbox"),
            cron: section.cron("cron"),
        }
    }
}
