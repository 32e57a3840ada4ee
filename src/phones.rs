//! Phone numbers as people write them, into E.164.

use std::panic::catch_unwind;

use baton_core::phone::{InvalidPhone, Phone};
use phonenumber::Mode;

/// Reads a number in international form, with or without spaces, hyphens and brackets.
pub fn read(text: &str) -> Result<Phone, InvalidPhone> {
    // What is written as it should be, as in nearly every request, needs no metadata.
    if let Ok(phone) = Phone::new(text) {
        return Ok(phone);
    }
    let text = text.trim();
    let international = text.starts_with('+') && text.len() <= 40;
    if !international || !text.chars().all(|c| c.is_ascii_digit() || "+ -().\u{a0}/".contains(c)) {
        return Err(InvalidPhone);
    }
    // The trunk zero that people put in brackets is not dialled from abroad.
    let text = text.replace("(0)", "");
    // Parsing has panicked on odd input before (RUSTSEC-2024-0369): what people type must not bring a request down.
    let parsed = catch_unwind(|| phonenumber::parse(None, &text).ok().map(|n| n.format().mode(Mode::E164).to_string()));
    Phone::new(&parsed.ok().flatten().ok_or(InvalidPhone)?)
}

/// A number in all the forms in which people write it: in international form, with or without what is dialled before it, or as it is
/// dialled at home.
#[derive(Clone)]
pub struct Written(Vec<String>);

/// No form of a number has more digits.
const LONGEST: usize = 20;

impl Written {
    /// The forms of a number.
    pub fn of(phone: &Phone) -> Self {
        let digits = phone.as_str().trim_start_matches('+').to_owned();
        let mut forms = vec![format!("00{digits}")];
        let parsed = catch_unwind(|| phonenumber::parse(None, phone.as_str()).ok());
        if let Some(number) = parsed.ok().flatten() {
            let home = number.national().to_string();
            if let Some(country) = digits.strip_suffix(&home) {
                forms.push(format!("{country}0{home}"));
            }
            forms.extend([format!("0{home}"), home]);
        }
        forms.push(digits);
        Self(forms)
    }

    /// Whether it stands in a text. Digits that go on before or behind it make it another number.
    pub fn is_in(&self, text: &str) -> bool {
        let of_a_number = |c: char| c.is_ascii_digit() || "+ -().\u{a0}/".contains(c);
        text.split(|c| !of_a_number(c)).any(|run| {
            // Two numbers may stand side by side: whatever begins and ends at a gap is looked at.
            let pieces = run.split([' ', '\u{a0}', '/']).map(|piece| piece.replace(|c: char| !c.is_ascii_digit(), ""));
            let pieces: Vec<String> = pieces.filter(|piece| !piece.is_empty()).collect();
            (0..pieces.len()).any(|from| {
                let mut joined = String::new();
                pieces[from..].iter().take(LONGEST).any(|piece| {
                    joined.push_str(piece);
                    joined.len() <= LONGEST && self.0.contains(&joined)
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in
            ["+447700900001", " +44 7700 900001 ", "+44 (7700) 900-001", "+44 (0) 7700 900001", "+44.7700.900001"]
        {
            assert_eq!(read(text).map(|phone| phone.as_str().to_owned()), Ok("+447700900001".to_owned()), "{text}");
        }
        for bad in [
            "",
            "not-a-phone",
            "07700 900001",
            "447700900001",
            "+",
            "+44",
            "+1",
            "+44 7700 900001 x9",
            "tel:+447700900001",
        ] {
            assert_eq!(read(bad), Err(InvalidPhone), "{bad}");
        }
    }

    #[test]
    fn a_number_is_found_in_a_text_however_it_is_written_there() {
        let phone = Written::of(&Phone::new("+447700900001").unwrap());
        for (text, is_there) in [
            ("+44 7700 900001", true),
            ("call 07700 900-001, please", true),
            ("00447700900001", true),
            ("+44 (0) 7700 900001", true),
            ("12 07700 900001 7", true),
            ("tel:+447700900001", true),
            ("7700900001", true),
            ("+4477009000011", false),
            ("1 Example Street", false),
            ("900001", false),
            ("", false),
        ] {
            assert_eq!(phone.is_in(text), is_there, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_makes_the_reader_fall(text in "\\PC{0,50}|[+0-9 ().-]{0,45}") {
            let _ = read(&text);
        }
    }
}
