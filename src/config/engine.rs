//! `[engine]`: the actors and their bounds.

use std::time::Duration;

use super::reader::Section;

/// The actors and their bounds.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    /// How many directories share the jobs.
    pub shards: usize,
    /// Jobs awake at once.
    pub awake_max: usize,
    /// After how long without a word a job goes to sleep.
    pub idle_after: Duration,
    /// Requests that wait for one job.
    pub waiting_max: usize,
    /// Requests under way in all.
    pub admission_max: usize,
    /// Messages owed and not yet delivered.
    pub outbox_max: usize,
}

impl Engine {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let many = 1..=10_000_000;
        Self {
            shards: section.within::<u64>("shards", 1..=64) as usize,
            awake_max: section.within::<u64>("awake_max", many.clone()) as usize,
            idle_after: section.some("idle_after"),
            waiting_max: section.within::<u64>("waiting_max", many.clone()) as usize,
            admission_max: section.within::<u64>("admission_max", many.clone()) as usize,
            outbox_max: section.within::<u64>("outbox_max", many) as usize,
        }
    }
}
