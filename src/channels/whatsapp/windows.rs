//! Who wrote to us lately: for a day after it, WhatsApp takes any text to them, and before and after it templates only.
//!
//! Kept in memory and filled again from the stored callbacks at a start. Not knowing is no harm: a provider says so, and
//! the template follows.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::time::Timestamp;
use parking_lot::Mutex;

/// A day, and a minute less for the way.
const OPEN_FOR: Duration = Duration::from_secs(24 * 3600 - 60);

/// So many people are remembered; beyond it those who wrote longest ago are forgotten.
const REMEMBERED: usize = 100_000;

/// When each person wrote last, by the digits of their number.
#[derive(Default)]
pub struct Windows(Mutex<BTreeMap<String, Timestamp>>);

impl Windows {
    /// Somebody wrote.
    pub fn wrote(&self, digits: &str, at: Timestamp) {
        let mut known = self.0.lock();
        if known.len() >= REMEMBERED && !known.contains_key(digits) {
            let oldest = known.values().copied().min().unwrap_or_default();
            known.retain(|_, wrote| *wrote > oldest);
        }
        let wrote = known.entry(digits.to_owned()).or_insert(at);
        *wrote = (*wrote).max(at);
    }

    /// The provider says that it is shut. Whether we had believed otherwise.
    pub fn shut(&self, digits: &str) -> bool {
        self.0.lock().remove(digits).is_some()
    }

    /// Whether any text may be sent, as far as we know.
    pub fn is_open(&self, digits: &str, now: Timestamp) -> bool {
        self.0.lock().get(digits).is_some_and(|wrote| now < *wrote + OPEN_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_open_for_a_day_after_the_last_message() {
        let (windows, day) = (Windows::default(), 24 * 3_600_000);
        assert!(!windows.is_open("447700900001", Timestamp(0)));
        windows.wrote("447700900001", Timestamp(1_000));
        windows.wrote("447700900001", Timestamp(500));
        assert!(windows.is_open("447700900001", Timestamp(day - 60_000)));
        assert!(!windows.is_open("447700900001", Timestamp(day + 1_000)));
        windows.wrote("447700900001", Timestamp(day + 2_000));
        windows.shut("447700900001");
        assert!(!windows.is_open("447700900001", Timestamp(day + 3_000)));
    }
}
