//! Days and moments as people read them.

use baton_core::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A day: `Sat 30 Jan 2027` in English, `2027-01-30` in a language whose names of days we do not know.
pub(super) fn day(date: Date, locale: &str) -> String {
    if is_english(locale) { date.strftime("%a %-d %b %Y").to_string() } else { date.to_string() }
}

/// A moment on somebody's own clock, with the name of their time: `Sat 30 Jan, 14:30 GMT`.
pub fn moment(at: Timestamp, zone: &str, locale: &str) -> String {
    // A zone nobody knows must not hold a message back; UTC is shown, and called so.
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let at = at.to_jiff().to_zoned(zone);
    let pattern = if is_english(locale) { "%a %-d %b, %H:%M %Z" } else { "%Y-%m-%d %H:%M %Z" };
    at.strftime(pattern).to_string()
}

fn is_english(locale: &str) -> bool {
    locale == "en" || locale.starts_with("en-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_shown_in_the_persons_zone() {
        let at = Timestamp::parse("2027-07-30T13:30:00Z").expect("a moment");
        assert_eq!(day(jiff::civil::date(2027, 1, 30), "en"), "Sat 30 Jan 2027");
        assert_eq!(day(jiff::civil::date(2027, 1, 30), "de"), "2027-01-30");
        assert_eq!(moment(at, "Europe/London", "en"), "Fri 30 Jul, 14:30 BST");
        assert_eq!(moment(at, "Nowhere/AtAll", "en"), "Fri 30 Jul, 13:30 UTC");
        assert_eq!(moment(at, "Europe/Vienna", "de"), "2027-07-30 15:30 CEST");
    }
}
