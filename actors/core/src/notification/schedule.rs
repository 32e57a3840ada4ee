//! When a notification is sent: at once, at a moment, so long before something, or again and again by a calendar's rule.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, TimeZone as _};
use chrono_tz::Tz;
use croner::Cron;
use serde::{Deserialize, Serialize};

use crate::job::HORIZON;
use crate::time::Timestamp;

/// A relative schedule has at most so many moments.
pub const LEADS_MAX: usize = 8;

/// When a notification is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Schedule {
    /// At once.
    Now,
    /// At this moment.
    At(Timestamp),
    /// So long before something, as often as there are spans.
    Before {
        /// The moment of what it is before.
        anchor: Timestamp,
        /// How long before it.
        leads: Vec<Duration>,
    },
    /// By a rule of the calendar.
    Every {
        /// Minute, hour, day of the month, month, day of the week.
        cron: String,
        /// The IANA zone whose clock the rule means.
        zone: String,
        /// Not after this moment.
        until: Option<Timestamp>,
    },
}

/// Why a schedule cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unkeepable {
    /// The rule is none.
    #[error("is not a cron expression of five fields")]
    Cron,
    /// Nobody knows the zone.
    #[error("is not an IANA time zone")]
    Zone,
    /// All its moments have passed, or the rule never comes true.
    #[error("has no moment in the future")]
    Past,
    /// It is too far away to be promised.
    #[error("is further away than can be promised")]
    TooFar,
}

impl Schedule {
    /// The first moment, or why there is none that can be kept. A moment that has passed is now: whoever is late wants it sent.
    pub fn first(&self, now: Timestamp) -> Result<Timestamp, Unkeepable> {
        let first = match self {
            Self::Now => now,
            Self::At(at) => (*at).max(now),
            Self::Before { .. } => self.moments().into_iter().find(|at| *at > now).ok_or(Unkeepable::Past)?,
            Self::Every { cron, zone, until } => {
                next(cron, zone, now)?.filter(|at| until.is_none_or(|until| *at <= until)).ok_or(Unkeepable::Past)?
            }
        };
        let last = match self {
            Self::Before { anchor, .. } => *anchor,
            Self::Now | Self::At(_) | Self::Every { .. } => first,
        };
        if last > now + HORIZON { Err(Unkeepable::TooFar) } else { Ok(first) }
    }

    /// The moment after the run that was due at `due`; none: that was the last. What was missed meanwhile is not made up for one
    /// by one: of several moments that have passed only the latest counts, and a calendar's rule goes on from now.
    pub fn following(&self, due: Timestamp, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Now | Self::At(_) => None,
            Self::Before { .. } => {
                let (passed, ahead): (Vec<_>, Vec<_>) =
                    self.moments().into_iter().filter(|at| *at > due).partition(|at| *at <= now);
                passed.last().or(ahead.first()).copied()
            }
            Self::Every { cron, zone, until } => {
                let next = next(cron, zone, due.max(now)).ok().flatten()?;
                until.is_none_or(|until| next <= until).then_some(next)
            }
        }
    }

    /// Whether there can be more than one run.
    pub fn is_series(&self) -> bool {
        match self {
            Self::Now | Self::At(_) => false,
            Self::Before { leads, .. } => leads.len() > 1,
            Self::Every { .. } => true,
        }
    }

    /// The moments of a relative schedule, in order.
    fn moments(&self) -> Vec<Timestamp> {
        match self {
            Self::Before { anchor, leads } => {
                let mut moments: Vec<_> = leads.iter().map(|lead| *anchor - *lead).collect();
                moments.sort_unstable();
                moments.dedup();
                moments
            }
            Self::Now | Self::At(_) | Self::Every { .. } => Vec::new(),
        }
    }
}

/// The next moment of a rule, by the clock on the wall of its zone. An hour that a spring night leaves out is made up for right after
/// it; one that an autumn night has twice counts once for a rule with a fixed time.
fn next(cron: &str, zone: &str, after: Timestamp) -> Result<Option<Timestamp>, Unkeepable> {
    let cron = Cron::from_str(cron).map_err(|_| Unkeepable::Cron)?;
    let zone: Tz = zone.parse().map_err(|_| Unkeepable::Zone)?;
    let Some(after): Option<DateTime<Tz>> = zone.timestamp_millis_opt(after.0).single() else { return Ok(None) };
    Ok(cron.find_next_occurrence(&after, false).ok().map(|at| Timestamp(at.timestamp_millis())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a moment")
    }

    fn every(cron: &str, zone: &str) -> Schedule {
        Schedule::Every { cron: cron.to_owned(), zone: zone.to_owned(), until: None }
    }

    #[test]
    fn x9_a_calendars_rule_follows_the_clock_on_the_wall() {
        let eight = every("0 8 * * *", "Europe/London");
        for (now, next) in [
            ("2027-03-27T07:59:59Z", "2027-03-27T08:00:00Z"),
            // Summer time begins on the 28th at 01:00 UTC.
            ("2027-03-27T08:00:00Z", "2027-03-28T07:00:00Z"),
            ("2027-10-30T07:00:00Z", "2027-10-31T08:00:00Z"),
        ] {
            assert_eq!(eight.first(at(now)), Ok(at(next)), "{now}");
        }
        // 01:30 is left out on that night: it is made up for when the clock is right again.
        let night = every("30 1 * * *", "Europe/London");
        let spring = night.first(at("2027-03-28T00:00:00Z")).expect("one follows");
        assert!(spring >= at("2027-03-28T01:00:00Z") && spring <= at("2027-03-28T01:30:00Z"), "{spring}");
        // And in October it comes twice, and counts once.
        let autumn = night.first(at("2027-10-30T23:00:00Z")).expect("one follows");
        assert_eq!(autumn, at("2027-10-31T00:30:00Z"));
        assert_eq!(night.following(autumn, autumn), Some(at("2027-11-01T01:30:00Z")));
    }

    #[test]
    fn what_was_missed_is_not_made_up_for_one_by_one() {
        let day = every("0 8 * * *", "UTC");
        let due = at("2027-01-01T08:00:00Z");
        assert_eq!(day.following(due, at("2027-01-05T09:00:00Z")), Some(at("2027-01-06T08:00:00Z")));
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        let anchor = at("2027-01-10T12:00:00Z");
        let before = Schedule::Before { anchor, leads: vec![hours(2), hours(24), hours(3)] };
        let first = before.first(at("2027-01-01T00:00:00Z")).expect("a day before");
        assert_eq!(first, at("2027-01-09T12:00:00Z"));
        assert_eq!(before.following(first, first), Some(at("2027-01-10T09:00:00Z")));
        assert_eq!(before.following(first, at("2027-01-10T10:30:00Z")), Some(at("2027-01-10T10:00:00Z")));
        assert_eq!(before.following(at("2027-01-10T10:00:00Z"), at("2027-01-10T10:30:00Z")), None);
        assert_eq!(before.first(at("2027-01-10T11:00:00Z")), Err(Unkeepable::Past));
    }

    #[test]
    fn x4_what_cannot_be_kept_is_refused() {
        let now = at("2027-01-01T00:00:00Z");
        assert_eq!(Schedule::At(now + HORIZON + Duration::from_secs(1)).first(now), Err(Unkeepable::TooFar));
        assert_eq!(Schedule::At(Timestamp(0)).first(now), Ok(now));
        assert_eq!(every("whenever", "UTC").first(now), Err(Unkeepable::Cron));
        assert_eq!(every("0 8 * * *", "Mars/Base").first(now), Err(Unkeepable::Zone));
        assert_eq!(every("0 0 30 2 *", "UTC").first(now), Err(Unkeepable::Past));
        let ended = Schedule::Every { cron: "0 8 * * *".into(), zone: "UTC".into(), until: Some(now) };
        assert_eq!(ended.first(now), Err(Unkeepable::Past));
    }
}
