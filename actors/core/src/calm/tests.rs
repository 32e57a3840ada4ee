use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::ids::{AgentId, TenantId};
use crate::tenant::{Messages, Quiet};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is no moment"))
}

fn ana(zone: &str, rest: Option<&str>) -> Agent {
    let quiet_hours = rest.map(|rest| {
        let (from, to) = rest.split_once('-').unwrap();
        QuietHours { from: from.parse().unwrap(), to: to.parse().unwrap() }
    });
    let time_zone = Some(zone.to_owned());
    Agent {
        quiet_hours,
        time_zone,
        ..Agent::named(AgentId::of_reference(TenantId::DEFAULT, "ana"), "Ana", Timestamp(0))
    }
}

#[test]
fn x9_a_rest_ends_by_the_clock_on_the_persons_wall() {
    #[rustfmt::skip]
    let table = "
        # zone              rest          at                      over at
          Europe/London     22:00-07:00   2026-01-10T21:59:59Z    no rest
          Europe/London     22:00-07:00   2026-01-10T22:00:00Z    2026-01-11T07:00:00Z
          Europe/London     22:00-07:00   2026-01-11T06:59:59Z    2026-01-11T07:00:00Z
          Europe/London     22:00-07:00   2026-01-11T07:00:00Z    no rest
          Europe/London     22:00-07:00   2026-07-10T21:30:00Z    2026-07-11T06:00:00Z
          Europe/London     12:00-13:00   2026-07-10T11:30:00Z    2026-07-10T12:00:00Z
          Europe/London     00:00-23:59   2026-01-10T12:00:00Z    2026-01-10T23:59:00Z
        # the clock is put forward at 01:00Z: the night is an hour shorter
          Europe/London     22:00-07:00   2026-03-28T23:00:00Z    2026-03-29T06:00:00Z
        # the end does not come on that night: the rest is over when the clock jumps over it
          Europe/London     22:00-01:30   2026-03-28T23:00:00Z    2026-03-29T01:00:00Z
          Europe/London     01:10-01:50   2026-03-29T00:59:59Z    no rest
          Europe/London     01:10-01:50   2026-03-29T01:00:00Z    no rest
        # the clock is put back at 01:00Z: the night is an hour longer
          Europe/London     22:00-07:00   2026-10-24T23:00:00Z    2026-10-25T07:00:00Z
        # the end comes twice: it is over at the first, and on the wall it is night once more after the change
          Europe/London     22:00-01:30   2026-10-24T23:00:00Z    2026-10-25T00:30:00Z
          Europe/London     22:00-01:30   2026-10-25T00:45:00Z    no rest
          Europe/London     22:00-01:30   2026-10-25T01:10:00Z    2026-10-25T01:30:00Z
        # the beginning comes twice
          Europe/London     01:15-05:00   2026-10-25T00:20:00Z    2026-10-25T01:00:00Z
          Europe/London     01:15-05:00   2026-10-25T01:20:00Z    2026-10-25T05:00:00Z
          America/New_York  22:00-07:00   2026-03-08T04:00:00Z    2026-03-08T11:00:00Z
          America/New_York  22:00-02:30   2026-03-08T04:00:00Z    2026-03-08T07:00:00Z
          America/New_York  22:00-07:00   2026-11-01T03:00:00Z    2026-11-01T12:00:00Z
          America/New_York  22:00-01:30   2026-11-01T03:00:00Z    2026-11-01T05:30:00Z
          America/New_York  22:00-01:30   2026-11-01T06:10:00Z    2026-11-01T06:30:00Z
          Asia/Kolkata      22:00-07:00   2026-03-29T17:00:00Z    2026-03-30T01:30:00Z
          Asia/Kolkata      22:00-07:00   2026-10-25T01:29:59Z    2026-10-25T01:30:00Z
          Asia/Kolkata      22:00-07:00   2026-10-25T01:30:00Z    no rest
          UTC               22:00-07:00   2026-10-25T23:00:00Z    2026-10-26T07:00:00Z
        # a day that never was: Samoa went from the 29th to the 31st
          Pacific/Apia      22:00-07:00   2011-12-30T09:00:00Z    2011-12-30T17:00:00Z
          Mars/Base         22:00-07:00   2026-10-25T23:00:00Z    2026-10-26T07:00:00Z";
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
        let over = rest_ends(&ana(columns[0], Some(columns[1])), &Settings::default(), at(columns[2]));
        let expected = if columns[3] == "no rest" { None } else { Some(at(columns[3])) };
        assert_eq!(over.map(|at| at.to_string()), expected.map(|at| at.to_string()), "{line}");
    }
}

proptest! {
    #[test]
    fn x9_a_rest_ends_at_the_first_moment_that_is_none(
        zone in prop::sample::select(vec!["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"]),
        minutes in 0..365 * 24 * 60_i64,
        from in 0..24 * 4_i8,
        to in 0..24 * 4_i8,
    ) {
        let time = |quarter: i8| jiff::civil::time(quarter / 4, quarter % 4 * 15, 0, 0);
        let quiet = QuietHours { from: time(from), to: time(to) };
        let agent = Agent { quiet_hours: Some(quiet), ..ana(zone, None) };
        let settings = Settings::default();
        let now = Timestamp(at("2026-01-01T00:00:00Z").0 + minutes * 60_000);
        let Some(end) = rest_ends(&agent, &settings, now) else {
            return Ok(());
        };
        prop_assert!(end > now && end <= now + Duration::from_hours(26));
        prop_assert_eq!(rest_ends(&agent, &settings, end), None);
        let mut minute = now;
        while minute < end {
            prop_assert!(rest_ends(&agent, &settings, minute).is_some(), "{} is no rest", minute);
            minute = minute + Duration::from_mins(1);
        }
    }
}

fn settings(caps: &[(u32, u64)], quiet: Quiet) -> Settings {
    let caps = caps.iter().map(|(count, mins)| Cap { count: *count, per: Duration::from_mins(*mins) }).collect();
    Settings { messages: Messages { caps, quiet, ..Messages::default() }, ..Settings::default() }
}

#[test]
fn a_message_waits_for_the_end_of_the_rest_or_is_of_no_use_then() {
    let (awake, asleep) = (at("2026-01-10T12:00:00Z"), at("2026-01-10T23:00:00Z"));
    let set = settings(&[], Quiet { bulk: WhenQuiet::Skip, ..Quiet::default() });
    let ana = ana("Europe/London", Some("22:00-07:00"));
    let decide = |class, critical, now| decide(&ana, &set, class, critical, &[], now);
    for class in [Class::Bulk, Class::Normal, Class::High] {
        assert_eq!(decide(class, false, awake), Calm::Go);
        assert_eq!(decide(class, true, asleep), Calm::Go, "critical");
    }
    let later = Calm::Later(at("2026-01-11T07:00:00Z"), Why::QuietHours);
    assert_eq!(decide(Class::Bulk, false, asleep), Calm::Never(Why::QuietHours));
    assert_eq!(decide(Class::Normal, false, asleep), later);
    assert_eq!(decide(Class::High, false, asleep), later);
}

#[test]
fn who_has_no_quiet_hours_has_those_of_the_tenant() {
    let night = ana("UTC", Some("22:00-07:00")).quiet_hours;
    let messages = Messages { quiet_hours: night, ..Messages::default() };
    let set = Settings { messages, time_zone: "America/New_York".to_owned(), ..Settings::default() };
    let now = at("2026-01-11T04:00:00Z");
    let without_zone = Agent { time_zone: None, ..ana("UTC", None) };
    assert_eq!(rest_ends(&without_zone, &set, now), Some(at("2026-01-11T12:00:00Z")));
    assert_eq!(rest_ends(&ana("Asia/Kolkata", None), &set, now), None, "it is morning there");
    assert_eq!(rest_ends(&ana("UTC", Some("12:00-13:00")), &set, now), None, "their own hold");
}

#[test]
fn caps_hold_over_all_channels_and_have_room_when_the_oldest_is_out_of_the_span() {
    let now = at("2026-01-10T12:00:00Z");
    let ago = |mins: u64| now - Duration::from_mins(mins);
    let cap = |count, mins| Cap { count, per: Duration::from_mins(mins) };
    let decide = |caps: &[(u32, u64)], sent: &[Timestamp], critical| {
        decide(&ana("UTC", None), &settings(caps, Quiet::default()), Class::Normal, critical, sent, now)
    };
    assert_eq!(decide(&[(2, 60)], &[ago(10)], false), Calm::Go);
    assert_eq!(decide(&[(2, 60)], &[ago(10), ago(60)], false), Calm::Go, "that was an hour ago");
    let full = Calm::Later(now + Duration::from_mins(20), Why::TooMany(cap(2, 60)));
    assert_eq!(decide(&[(2, 60)], &[ago(10), ago(40)], false), full);
    assert_eq!(decide(&[(2, 60)], &[ago(40), ago(59), ago(10)], false), full, "in any order, two have to go");
    assert_eq!(decide(&[(2, 60)], &[ago(10), ago(40)], true), Calm::Go, "critical");
    let both = [(2, 60), (3, 24 * 60)];
    let day = Calm::Later(ago(120) + Duration::from_hours(24), Why::TooMany(cap(3, 24 * 60)));
    assert_eq!(decide(&both, &[ago(10), ago(40), ago(120)], false), day, "the last to have room decides");
    assert_eq!(decide(&[(0, 60)], &[], false), Calm::Never(Why::TooMany(cap(0, 60))));
}

#[test]
fn what_a_cap_puts_off_into_the_night_waits_for_the_morning() {
    let now = at("2026-01-10T21:30:00Z");
    let ana = ana("UTC", Some("22:00-07:00"));
    let sent = [now - Duration::from_mins(10)];
    let decide = |quiet| decide(&ana, &settings(&[(1, 60)], quiet), Class::Normal, false, &sent, now);
    assert_eq!(decide(Quiet::default()), Calm::Later(at("2026-01-11T07:00:00Z"), Why::QuietHours));
    let skip = Quiet { normal: WhenQuiet::Skip, ..Quiet::default() };
    assert_eq!(decide(skip), Calm::Never(Why::QuietHours));
}
