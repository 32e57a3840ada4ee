//! Sizes as people write them: `64KiB`, `256MiB`, `1GiB`.

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// What a size looks like, for messages.
pub const EXAMPLE: &str = "a size with its unit, such as \"64KiB\", \"256MiB\" or \"1GiB\"";

/// Reads a size in bytes.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let bytes = UNITS.iter().find(|(name, _)| *name == unit.trim_start()).map(|(_, bytes)| bytes);
    match (number.parse::<u64>(), bytes) {
        (Ok(number), Some(bytes)) => number.checked_mul(*bytes).ok_or(format!("\"{text}\" is too large")),
        _ => Err(format!("\"{text}\" is not a size: write {EXAMPLE}")),
    }
}

/// Writes a size in the largest unit that leaves no remainder.
pub fn show_size(bytes: u64) -> String {
    let (name, unit) =
        UNITS.into_iter().find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit)).unwrap_or(("B", 1));
    format!("{}{name}", bytes / unit)
}

/// Writes about how much it is, for people to read: `22.7 GiB`.
pub fn show_about(bytes: u64) -> String {
    let (name, unit) = UNITS.into_iter().find(|(_, unit)| bytes >= *unit).unwrap_or(("B", 1));
    if unit == 1 { format!("{bytes} B") } else { format!("{:.1} {name}", bytes as f64 / unit as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_read_as_people_write_them() {
        assert_eq!(parse_size("64KiB"), Ok(65_536));
        assert_eq!(parse_size("1 GiB"), Ok(1 << 30));
        assert_eq!(parse_size("0B"), Ok(0));
        for bad in ["", "64", "KiB", "64KB", "64kib", "-1B", "99999999999GiB"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn about_how_much_is_one_number_in_one_unit() {
        for (bytes, shown) in [(0, "0 B"), (1_536, "1.5 KiB"), (24_372_936_704, "22.7 GiB"), (1 << 30, "1.0 GiB")] {
            assert_eq!(show_about(bytes), shown);
        }
    }

    proptest! {
        #[test]
        fn a_shown_size_reads_back(bytes: u64) {
            prop_assert_eq!(parse_size(&show_size(bytes)), Ok(bytes));
        }
    }
}
