//! Rates as people write them: `30/1s`, `20/1m burst 5`, `off`.

use baton_actors::channel::Rate;

use super::duration::{parse_duration, show_duration};

/// What a rate looks like, for messages.
pub const EXAMPLE: &str = "a rate such as \"30/1s\", \"20/1m burst 5\" or \"off\"";

/// Reads a rate; none for "off". Without a burst, all of a period may go out at once.
pub fn parse_rate(text: &str) -> Result<Option<Rate>, String> {
    let text = text.trim();
    if text == "off" {
        return Ok(None);
    }
    let wrong = || format!("\"{text}\" is not a rate: write {EXAMPLE}");
    let (count, rest) = text.split_once('/').ok_or_else(wrong)?;
    let (period, burst) = match rest.split_once(" burst ") {
        Some((period, burst)) => (period, burst),
        None => (rest, count),
    };
    let positive = |text: &str| text.trim().parse::<u32>().ok().filter(|number| *number > 0).ok_or_else(wrong);
    let per_millis = u32::try_from(parse_duration(period).map_err(|_| wrong())?.as_millis()).map_err(|_| wrong())?;
    if per_millis == 0 {
        return Err(wrong());
    }
    Ok(Some(Rate { count: positive(count)?, per_millis, burst: positive(burst)? }))
}

/// Writes a rate so that [`parse_rate`] reads it back.
pub fn show_rate(rate: Option<Rate>) -> String {
    let Some(rate) = rate else { return "off".to_owned() };
    let period = show_duration(std::time::Duration::from_millis(rate.per_millis.into()));
    if rate.burst == rate.count {
        format!("{}/{period}", rate.count)
    } else {
        format!("{}/{period} burst {}", rate.count, rate.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_read_as_people_write_them() {
        assert_eq!(parse_rate("off"), Ok(None));
        assert_eq!(parse_rate("30/1s"), Ok(Some(Rate { count: 30, per_millis: 1_000, burst: 30 })));
        assert_eq!(parse_rate("20/1m burst 5"), Ok(Some(Rate { count: 20, per_millis: 60_000, burst: 5 })));
        for bad in ["", "30", "30/", "/1s", "0/1s", "30/0s", "30/1", "30/1s burst", "30/1s burst 0", "-1/1s", "1/99d"] {
            assert!(parse_rate(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_shown_rate_reads_back(count in 1..u32::MAX, per_millis in 1..u32::MAX, burst in 1..u32::MAX) {
            let rate = Some(Rate { count, per_millis, burst });
            prop_assert_eq!(parse_rate(&show_rate(rate)), Ok(rate));
        }
    }
}
