//! How many segments a text takes: what carriers count, limit and bill.
//!
//! 160 characters of the GSM 03.38 alphabet, or 70 units of UTF-16 as soon as one character is not of it; in a text of
//! several, 153 and 67, because each begins with a header.

/// The basic alphabet, without the escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                     abcdefghijklmnopqrstuvwxyzäöñüà";

/// Those that take two places.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How many segments; an empty text takes one.
pub fn segments(text: &str) -> u64 {
    let gsm: Option<Vec<usize>> = text.chars().map(septets).collect();
    match gsm {
        Some(widths) => count(&widths, 160, 153),
        None => count(&text.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

/// Whether a text can be written in the GSM 03.38 alphabet.
pub fn is_gsm(text: &str) -> bool {
    text.chars().all(|c| septets(c).is_some())
}

fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENDED.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// No character is torn apart between two segments.
fn count(widths: &[usize], single: usize, part: usize) -> u64 {
    if widths.iter().sum::<usize>() <= single {
        return 1;
    }
    let (mut segments, mut used) = (1, 0);
    for width in widths {
        if used + width > part {
            segments += 1;
            used = 0;
        }
        used += width;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_odd_character_makes_a_text_twice_as_long() {
        for (text, expected) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            // 153 is odd: the last place of a segment stays empty.
            ("€".repeat(153), 3),
            (format!("{}\u{2019}", "a".repeat(69)), 1),
            (format!("{}\u{2019}", "a".repeat(70)), 2),
            ("\u{1f69a}".repeat(35), 1),
            ("\u{1f69a}".repeat(36), 2),
            ("\u{1f69a}".repeat(67), 3),
            ("é\n@".to_owned(), 1),
        ] {
            assert_eq!(segments(&text), expected, "{text}");
        }
    }

    #[test]
    fn the_alphabet_is_whole() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENDED.chars().count(), 10);
    }
}
