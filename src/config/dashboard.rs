//! `[dashboard]`: how the dashboards of tenants are told.

use std::time::Duration;

use super::endpoints::rests;
use super::reader::Section;

/// How the dashboards of tenants are told.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// A call is given up after this time.
    pub timeout: Duration,
    /// So long a customer is not told of again.
    pub debounce: Duration,
    /// So many events may wait for one.
    pub backlog: usize,
    /// How long a first, second … failure waits.
    pub retries: Vec<Duration>,
}

impl Dashboard {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            timeout: section.some("timeout"),
            debounce: section.get("debounce"),
            backlog: usize::try_from(section.within::<u64>("backlog", 3..=1_000_000)).unwrap_or(1),
            retries: rests(section),
        }
    }
}
