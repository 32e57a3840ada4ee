//! The limit between our number and one person: each refusal in a row makes the wait for that person four times as long, and
//! nobody else waits.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;

/// The code of the limit.
pub(super) const PAIR_LIMIT: u32 = 131_056;

/// Longer than this nobody waits.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// So many people are remembered; beyond it the count of all begins again.
const REMEMBERED: usize = 10_000;

/// How many refusals in a row, by the person's digits.
#[derive(Default)]
pub(super) struct Pairs(Mutex<BTreeMap<String, u32>>);

impl Pairs {
    /// One more refusal; how long that person waits.
    pub(super) fn refused(&self, digits: &str) -> Duration {
        let mut known = self.0.lock();
        if known.len() >= REMEMBERED && !known.contains_key(digits) {
            known.clear();
        }
        let count = known.entry(digits.to_owned()).or_default();
        *count += 1;
        Duration::from_secs(4_u64.saturating_pow(*count)).min(WAIT_MAX)
    }

    /// A message was taken.
    pub(super) fn accepted(&self, digits: &str) {
        self.0.lock().remove(digits);
    }
}
