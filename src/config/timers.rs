//! `[timers]`: deadlines, and what happens to them after an outage.

use std::time::Duration;

use super::reader::Section;

/// Deadlines.
#[derive(Clone, Copy, Debug)]
pub struct Timers {
    /// How many due jobs are taken at a time.
    pub page: usize,
    /// How many overdue jobs are woken in a second after an outage.
    pub catch_up_per_second: u32,
    /// Outages shorter than this change nothing. Tenants start with it.
    pub outage_grace: Duration,
}

impl Timers {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            page: section.within::<u64>("page", 1..=100_000) as usize,
            catch_up_per_second: section.within::<u64>("catch_up_per_second", 1..=1_000_000) as u32,
            outage_grace: section.get("outage_grace"),
        }
    }
}
