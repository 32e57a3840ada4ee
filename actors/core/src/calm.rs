//! When somebody is left alone: quiet hours in their own zone, and no more messages in a span than the tenant allows.
//!
//! Consent is asked first and elsewhere ([`crate::consent`]): nothing here, the critical bypass included, goes over a no.

use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::agent::{Agent, QuietHours};
use crate::tenant::{Cap, Settings, WhenQuiet};
use crate::time::Timestamp;

/// How urgent a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// One of very many.
    Bulk,
    /// An ordinary one.
    #[default]
    Normal,
    /// An urgent one.
    High,
}

/// Whether a message goes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calm {
    /// It goes.
    Go,
    /// It waits until this moment, and is looked at again then.
    Later(Timestamp, Why),
    /// It is not sent.
    Never(Why),
}

/// What keeps a message back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is the person's quiet time.
    QuietHours,
    /// They have had as many messages as this allows.
    TooMany(Cap),
}

impl Why {
    /// The stable word of the reason.
    pub fn code(self) -> &'static str {
        match self {
            Self::QuietHours => "quiet-hours",
            Self::TooMany(_) => "frequency-cap",
        }
    }
}

/// Whether a message of a class goes to somebody now. `sent`: when they were last written to, on whichever channel, in any
/// order. A critical message waits for nothing; that it was critical, and why, is for the caller to record.
pub fn decide(
    agent: &Agent,
    settings: &Settings,
    class: Class,
    critical: bool,
    sent: &[Timestamp],
    now: Timestamp,
) -> Calm {
    if critical {
        return Calm::Go;
    }
    let caps = settings.messages.caps.iter();
    // The last of the caps to have room again decides.
    let full = caps.filter_map(|cap| Some((has_room(cap, sent, now)?, *cap))).max_by_key(|(at, _)| *at);
    if let Some((Timestamp(i64::MAX), cap)) = full {
        return Calm::Never(Why::TooMany(cap));
    }
    let (from, why) = full.map_or((now, None), |(at, cap)| (at, Some(Why::TooMany(cap))));
    let quiet = &settings.messages.quiet;
    let when_quiet = match class {
        Class::Bulk => quiet.bulk,
        Class::Normal => quiet.normal,
        Class::High => quiet.high,
    };
    match (rest_ends(agent, settings, from), when_quiet, why) {
        (None, _, None) => Calm::Go,
        (None, _, Some(why)) => Calm::Later(from, why),
        (Some(_), WhenQuiet::Skip, _) => Calm::Never(Why::QuietHours),
        (Some(end), WhenQuiet::Defer, _) => Calm::Later(end, Why::QuietHours),
    }
}

/// When a cap that is reached has room for one more; none: it has. A cap of none at all never has.
fn has_room(cap: &Cap, sent: &[Timestamp], now: Timestamp) -> Option<Timestamp> {
    let Some(place) = usize::try_from(cap.count).unwrap_or(usize::MAX).checked_sub(1) else {
        return Some(Timestamp(i64::MAX));
    };
    let mut lately: Vec<Timestamp> = sent.iter().copied().filter(|at| *at + cap.per > now).collect();
    lately.sort_unstable_by(|a, b| b.cmp(a));
    // Once this one is out of the span, fewer are in it than are allowed.
    lately.get(place).map(|at| *at + cap.per)
}

/// When the rest that somebody has at a moment is over, by the clock on their wall; none: they have none then.
///
/// That is the first instant that is no rest. Where the clock is put forward over the end, it is the moment of the change;
/// where it is put back over it, the rest goes on for as long as the wall says so.
pub fn rest_ends(agent: &Agent, settings: &Settings, at: Timestamp) -> Option<Timestamp> {
    let quiet = agent.quiet_hours.or(settings.messages.quiet_hours)?;
    let zone = zone(agent, settings);
    covers(&quiet, &zone, at).then(|| end_of(&quiet, &zone, at))
}

/// Whether somebody has their rest at a moment.
pub fn rests(agent: &Agent, settings: &Settings, at: Timestamp) -> bool {
    let quiet = agent.quiet_hours.or(settings.messages.quiet_hours);
    quiet.is_some_and(|quiet| covers(&quiet, &zone(agent, settings), at))
}

/// Somebody's zone: their own, or the tenant's. It is checked when it is stored; one that this build does not know is UTC.
pub fn zone(agent: &Agent, settings: &Settings) -> TimeZone {
    TimeZone::get(agent.time_zone.as_deref().unwrap_or(&settings.time_zone)).unwrap_or(TimeZone::UTC)
}

fn covers(quiet: &QuietHours, zone: &TimeZone, at: Timestamp) -> bool {
    quiet.contain(zone.to_datetime(at.to_jiff()).time())
}

/// A rest can only end where its last local minute ends, or where the clock is changed.
fn end_of(quiet: &QuietHours, zone: &TimeZone, at: Timestamp) -> Timestamp {
    let today = zone.to_datetime(at.to_jiff()).date();
    let ends = std::iter::successors(Some(today), |day| day.tomorrow().ok()).take(3);
    let ends = ends.flat_map(|day| {
        let end = day.to_datetime(quiet.to);
        let offsets = match zone.to_ambiguous_timestamp(end).offset() {
            AmbiguousOffset::Unambiguous { offset } => [Some(offset), None],
            AmbiguousOffset::Fold { before, after } => [Some(before), Some(after)],
            // That time of the day does not come: the change itself is looked at below.
            AmbiguousOffset::Gap { .. } => [None, None],
        };
        offsets.into_iter().flatten().filter_map(move |offset| offset.to_timestamp(end).ok())
    });
    let horizon = at + std::time::Duration::from_hours(72);
    let changes = zone.following(at.to_jiff()).map(|change| change.timestamp());
    let changes = changes.take_while(|change| *change < horizon.to_jiff());
    let moments = ends.chain(changes).map(|moment| Timestamp(moment.as_millisecond()));
    // Every day has an end of the rest, so one is found.
    moments.filter(|moment| *moment > at && !covers(quiet, zone, *moment)).min().unwrap_or(horizon)
}

#[cfg(test)]
mod tests;
