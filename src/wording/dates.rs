//! Days and moments as people read them: in English as it always was here, in every other language as Unicode's data have it.

use baton_core::time::Timestamp;
use icu_datetime::fieldsets::{MD, MDE, T, YMDE};
use icu_datetime::input::{Date as IcuDate, DateTime as IcuDateTime, Time as IcuTime};
use icu_datetime::{FixedCalendarDateTimeFormatter, NoCalendarFormatter};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::language;

/// A day: `Sat 30 Jan 2027`, `сб, 30 янв. 2027 г.`
pub(super) fn day(date: Date, locale: &str) -> String {
    if is_english(locale) {
        return date.strftime("%a %-d %b %Y").to_string();
    }
    let formatter = FixedCalendarDateTimeFormatter::try_new(language::known(locale).into(), YMDE::medium());
    match (formatter, gregorian(date)) {
        (Ok(formatter), Some(day)) => formatter.format(&day).to_string(),
        (Ok(_) | Err(_), Some(_) | None) => date.to_string(),
    }
}

/// A day of the year that everybody thinks of: `23 Feb`, `23 февр.`
pub(super) fn short_day(date: Date, locale: &str) -> String {
    if is_english(locale) {
        return date.strftime("%-d %b").to_string();
    }
    let formatter = FixedCalendarDateTimeFormatter::try_new(language::known(locale).into(), MD::medium());
    match (formatter, gregorian(date)) {
        (Ok(formatter), Some(day)) => formatter.format(&day).to_string(),
        (Ok(_) | Err(_), Some(_) | None) => date.to_string(),
    }
}

/// A moment on somebody's own clock, with the name of their time: `Sat 30 Jan, 14:30 GMT`.
pub fn moment(at: Timestamp, zone: &str, locale: &str) -> String {
    // A zone nobody knows must not hold a message back; UTC is shown, and called so.
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let at = at.to_jiff().to_zoned(zone);
    format!("{} {}", civil_moment(at.datetime(), locale), at.strftime("%Z"))
}

/// A moment on a clock that nobody named: `Sat 30 Jan, 14:30`.
pub(super) fn civil_moment(at: DateTime, locale: &str) -> String {
    if is_english(locale) {
        return at.strftime("%a %-d %b, %H:%M").to_string();
    }
    let formatter =
        FixedCalendarDateTimeFormatter::try_new(language::known(locale).into(), MDE::medium().with_time_hm());
    match (formatter, gregorian(at.date()), clock(at.time())) {
        (Ok(formatter), Some(date), Some(time)) => formatter.format(&IcuDateTime { date, time }).to_string(),
        (Ok(_) | Err(_), Some(_) | None, Some(_) | None) => at.strftime("%Y-%m-%d %H:%M").to_string(),
    }
}

/// A time of day: `14:30`.
pub(super) fn time(time: Time, locale: &str) -> String {
    if is_english(locale) {
        return time.strftime("%H:%M").to_string();
    }
    let formatter = NoCalendarFormatter::try_new(language::known(locale).into(), T::hm());
    match (formatter, clock(time)) {
        (Ok(formatter), Some(time)) => formatter.format(&time).to_string(),
        (Ok(_) | Err(_), Some(_) | None) => time.strftime("%H:%M").to_string(),
    }
}

fn gregorian(date: Date) -> Option<IcuDate<icu_calendar::Gregorian>> {
    IcuDate::try_new_gregorian(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs()).ok()
}

fn clock(time: Time) -> Option<IcuTime> {
    IcuTime::try_new(time.hour().unsigned_abs(), time.minute().unsigned_abs(), time.second().unsigned_abs(), 0).ok()
}

fn is_english(locale: &str) -> bool {
    language::language_of(locale) == "en"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_shown_in_the_persons_zone() {
        let at = Timestamp::parse("2027-07-30T13:30:00Z").expect("a moment");
        assert_eq!(day(jiff::civil::date(2027, 1, 30), "en"), "Sat 30 Jan 2027");
        assert_eq!(moment(at, "Europe/London", "en"), "Fri 30 Jul, 14:30 BST");
        assert_eq!(moment(at, "Nowhere/AtAll", "en"), "Fri 30 Jul, 13:30 UTC");
    }

    #[test]
    fn f4_days_and_moments_have_the_words_of_the_language() {
        let at = Timestamp::parse("2027-07-30T13:30:00Z").expect("a moment");
        let shown = ["ru", "he", "de"]
            .map(|locale| (day(jiff::civil::date(2027, 1, 30), locale), moment(at, "Europe/London", locale)));
        let expected = [
            ("сб, 30 янв. 2027\u{202f}г.", "пт, 30 июл., 14:30 BST"),
            ("שבת, 30 בינו׳ 2027", "יום ו׳, 30 ביולי, 14:30 BST"),
            ("Sa., 30.01.2027", "Fr., 30. Juli, 14:30 BST"),
        ];
        for (shown, expected) in shown.iter().zip(expected) {
            assert_eq!((shown.0.as_str(), shown.1.as_str()), expected);
        }
        assert_eq!(time(jiff::civil::time(9, 5, 0, 0), "ru"), "09:05");
        assert_eq!(time(jiff::civil::time(9, 5, 0, 0), "en"), "09:05");
    }
}
