//! `[retry]`: attempts to send, where the provider does not say when to come again.

use std::time::Duration;

use super::reader::Section;

/// Attempts to send.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// The wait after a first failed attempt.
    pub first: Duration,
    /// Each further wait is so many times the one before.
    pub factor: f64,
    /// No wait is longer.
    pub max: Duration,
    /// The part of each wait that chance adds.
    pub jitter: f64,
    /// How many attempts are made in all.
    pub attempts: u32,
    /// How long an account is left alone whose credential or quota was refused.
    pub sender_pause: Duration,
}

impl Retry {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let first = section.some("first");
        let max = section.some("max");
        section.expect("max", first <= max, || {
            ("it is shorter than retry.first".to_owned(), "make it at least as long".to_owned())
        });
        Self {
            first,
            factor: section.within("factor", 1.0..=100.0),
            max,
            jitter: section.within("jitter", 0.0..=1.0),
            attempts: section.within::<u64>("attempts", 1..=1_000) as u32,
            sender_pause: section.some("sender_pause"),
        }
    }
}
