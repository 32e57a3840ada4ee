//! `[events]`: the event log, for whoever follows what happens.

use std::time::Duration;

use super::reader::Section;

/// The event log.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    /// Whether it is kept.
    pub enabled: bool,
    /// How long; none: for ever.
    pub keep: Option<Duration>,
    /// How many may listen at once, half of them of one tenant at most.
    pub listeners_max: usize,
}

impl Events {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            enabled: section.get("enabled"),
            keep: Some(section.get::<Duration>("keep")).filter(|age| !age.is_zero()),
            listeners_max: usize::try_from(section.within::<u64>("listeners_max", 1..=4_096)).unwrap_or(1),
        }
    }
}
