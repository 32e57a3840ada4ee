//! `[dispatch]`: what the desk gets of a finished lead, for tenants that do not say otherwise, and how long a driver has a route.

use std::time::Duration;

use super::reader::Section;

/// What the desk gets of a finished lead, and how long a driver has a route.
#[derive(Clone, Copy, Debug)]
pub struct Dispatch {
    /// All of it, with what is private.
    pub send_full: bool,
    /// And then the text for crews, to be copied.
    pub send_crew_fallback: bool,
    /// So long behind it.
    pub crew_fallback_after: Duration,
    /// So long after a route was handed to its driver it is over by itself.
    pub assignment_lasts: Duration,
}

impl Dispatch {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            send_full: section.get("send_full"),
            send_crew_fallback: section.get("send_crew_fallback"),
            crew_fallback_after: section.get("crew_fallback_after"),
            assignment_lasts: section.get("assignment_lasts"),
        }
    }
}

/// As in `config/default.toml`.
impl Default for Dispatch {
    fn default() -> Self {
        let (crew_fallback_after, assignment_lasts) = (Duration::from_secs(2), Duration::from_hours(24));
        Self { send_full: true, send_crew_fallback: false, crew_fallback_after, assignment_lasts }
    }
}
