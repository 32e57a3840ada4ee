//! Short texts that crews will see. They are words, not prose: what looks like a way to reach somebody is refused here,
//! because private things travel under `details`, sealed, and nowhere else (promise P8).

use crate::http::form::Field;

/// So many digits are a phone number, however they are grouped.
const PHONE_DIGITS: usize = 6;

const CURE: &str =
    "keep it to a public word, such as a locality; phone numbers, addresses, handles and links go under details";

/// One line that a crew may see.
pub fn read(field: Field<'_, String>, longest: usize) -> Option<String> {
    field.refine(
        |field| field.line(longest),
        |form, name, text| {
            if looks_private(&text) {
                form.blame(name, "looks private", CURE);
                return None;
            }
            Some(text)
        },
    )
}

fn looks_private(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    digits >= PHONE_DIGITS || text.contains('@') || text.contains("://") || text.to_ascii_lowercase().contains("www.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_reach_somebody_are_seen() {
        for fine in ["Leeds", "Stoke-on-Trent", "King's Lynn", "קריית אתא", "M25 J10", "1BR", "London SW1A 1AA", "<b>"]
        {
            assert!(!looks_private(fine), "{fine}");
        }
        for private in
            ["call +44 7700 900123", "٠٧٧٠٠٩٠٠", "@handle", "me@example.com", "http://example.com", "WWW.example.com"]
        {
            assert!(looks_private(private), "{private}");
        }
    }
}
