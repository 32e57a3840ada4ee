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

    proptest! {
        #[test]
        fn nothing_that_is_typed_makes_the_reader_fall(text in "\\PC{0,50}|[+0-9 ().-]{0,45}") {
            let _ = read(&text);
        }
    }
}
