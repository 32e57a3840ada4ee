//! How many offers ran out since somebody last asked, by tenant: for clients that ring the clock themselves and want to hear
//! what came of it. Ours has rung by then.

use std::collections::BTreeMap;

use baton_core::ids::TenantId;
use baton_core::job::{Entry, Event};
use baton_core::message::Over;
use parking_lot::Mutex;

/// What ran out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lapsed {
    /// Offers whose time was over.
    pub timed_out: u64,
    /// Those of them after which somebody else was asked.
    pub advanced: u64,
}

/// Counted since the start, or since it was last asked for.
#[derive(Default)]
pub struct Lapses(Mutex<BTreeMap<TenantId, Lapsed>>);

impl Lapses {
    /// A step of a job is stored.
    pub(crate) fn note(&self, tenant: TenantId, entries: &[Entry]) {
        let over = |entry: &&Entry| matches!(entry.event, Event::OfferOver { over: Over::TimedOut, .. });
        let timed_out = entries.iter().filter(over).count() as u64;
        if timed_out == 0 {
            return;
        }
        let asked = |entry: &Entry| matches!(entry.event, Event::Offered { .. } | Event::SeatSought { .. });
        let mut all = self.0.lock();
        let lapsed = all.entry(tenant).or_default();
        lapsed.timed_out += timed_out;
        lapsed.advanced += if entries.iter().any(asked) { timed_out } else { 0 };
    }

    /// What ran out since this was last asked.
    pub(crate) fn take(&self, tenant: TenantId) -> Lapsed {
        self.0.lock().remove(&tenant).unwrap_or_default()
    }
}
