//! Durations as people write them: `10ms`, `30m`, `1h30m`, `7d`. One reading for configuration, bodies and the command line.

use std::fmt::Write as _;
use std::time::Duration;

/// Largest first: the order in which they are written.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// What a duration looks like, for messages.
pub const EXAMPLE: &str = "a duration with its unit, such as \"10ms\", \"30s\", \"30m\", \"1h30m\" or \"7d\"";

/// Reads a duration in whole milliseconds. Units come largest first, each at most once.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(format!("empty: write {EXAMPLE}"));
    }
    let mut units = UNITS.as_slice();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let unit = &tail[..tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len())];
        if unit.is_empty() && !number.is_empty() {
            return Err(format!("\"{text}\" has no unit: write {EXAMPLE}"));
        }
        let place = units.iter().position(|(name, _)| *name == unit);
        let (Ok(number), Some(place)) = (number.parse::<u64>(), place) else {
            return Err(format!("\"{text}\" is not a duration: write {EXAMPLE}"));
        };
        let millis = number.checked_mul(units[place].1).and_then(|millis| total.checked_add(millis));
        total = millis.filter(|millis| i64::try_from(*millis).is_ok()).ok_or(format!("\"{text}\" is too long"))?;
        units = &units[place + 1..];
        rest = &tail[unit.len()..];
    }
    Ok(Duration::from_millis(total))
}

/// Writes a duration so that [`parse_duration`] reads it back; what is below a millisecond is left out.
pub fn show_duration(span: Duration) -> String {
    let mut left = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (name, millis) in UNITS {
        if left >= millis {
            let _ = write!(text, "{}{name}", left / millis);
            left %= millis;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, millis) in [
            ("10ms", 10),
            ("30s", 30_000),
            ("30m", 1_800_000),
            ("1h30m", 5_400_000),
            ("7d", 604_800_000),
            ("0s", 0),
            (" 90s ", 90_000),
            ("1d2h3m4s5ms", 93_784_005),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in [
            "",
            "30",
            "m",
            "30 m",
            "-1s",
            "1.5h",
            "30min",
            "30m1h",
            "1m1m",
            "99999999999999999999s",
            "9999999999999d",
            "1µs",
        ] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
        assert!(parse_duration("30").unwrap_err().contains("no unit"));
    }

    proptest! {
        #[test]
        fn a_shown_duration_reads_back(millis in 0..i64::MAX as u64) {
            let span = Duration::from_millis(millis);
            prop_assert_eq!(parse_duration(&show_duration(span)), Ok(span));
        }

        #[test]
        fn nothing_makes_the_parser_fall(text in "\\PC{0,12}") {
            let _ = parse_duration(&text);
        }
    }
}
