//! When the work of a job takes place, as far as its brief says: what keeps an agent from two jobs at one time.

use std::time::Duration;

use baton_core::brief::Brief;
use baton_core::tenant::Settings;
use baton_core::time::{Timestamp, Window};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::http::shapes::brief::{read_span, read_time};

/// The time a job occupies an agent. A day without a time, or a word such as "morning", does not say.
pub fn occupancy(brief: &Brief, settings: &Settings) -> Option<Window> {
    let (date, window) = (brief.date?, brief.window.as_deref()?);
    let zone = TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC);
    let minutes = brief.duration_minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
    if let Some((first, last)) = read_span(window) {
        // The client comes somewhere between: the work may begin as late as the end of the span.
        let from = moment(date, first, &zone)?;
        let until = moment(if last > first { date } else { date.tomorrow().ok()? }, last, &zone)?;
        return Some(Window { from, to: minutes.map_or(until, |work| until.max(from + work)) });
    }
    let from = moment(date, read_time(window)?, &zone)?;
    Some(Window { from, to: from + minutes.unwrap_or(settings.job_duration) })
}

/// A local time that a change of the clocks leaves out is read as one hour later, one that comes twice as the first.
fn moment(date: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = zone.to_zoned(date.to_datetime(time)).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occupied(date: &str, window: &str, minutes: Option<u32>) -> Option<String> {
        let settings = Settings { time_zone: "Europe/London".into(), ..Settings::default() };
        let brief = Brief {
            date: Some(date.parse().unwrap()),
            window: Some(window.into()),
            duration_minutes: minutes,
            ..Brief::default()
        };
        occupancy(&brief, &settings)
            .map(|Window { from, to }| format!("{}..{}", &from.to_string()[5..16], &to.to_string()[5..16]))
    }

    #[test]
    fn a_time_occupies_and_a_word_does_not() {
        // date          window         minutes      occupied (UTC)
        assert_eq!(occupied("2027-01-30", "14:30", None).as_deref(), Some("01-30T14:30..01-30T16:30"));
        assert_eq!(occupied("2027-07-30", "14:30", Some(30)).as_deref(), Some("07-30T13:30..07-30T14:00"));
        assert_eq!(occupied("2027-01-30", "09:00-12:00", None).as_deref(), Some("01-30T09:00..01-30T12:00"));
        assert_eq!(occupied("2027-01-30", "22:00-02:00", Some(60)).as_deref(), Some("01-30T22:00..01-31T02:00"));
        assert_eq!(occupied("2027-01-30", "morning", Some(60)), None);
    }

    #[test]
    fn x9_a_time_that_the_clocks_leave_out_or_repeat_still_has_a_moment() {
        assert_eq!(occupied("2027-03-28", "01:30", Some(60)).as_deref(), Some("03-28T01:30..03-28T02:30"));
        assert_eq!(occupied("2027-10-31", "01:30", Some(60)).as_deref(), Some("10-31T00:30..10-31T01:30"));
    }
}
