//! How a value comes into a text: what is empty leaves nothing behind, what is no text is a mistake, and what is written in
//! the other direction is set apart, so that it cannot turn the words around it.

use std::borrow::Cow;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, State, Value, escape_formatter};

use super::language::Direction;

/// Begins a stretch that has its own direction: that of its first letter.
const FIRST_STRONG: char = '\u{2068}';

/// Ends it.
const POP: char = '\u{2069}';

/// Prints a value under the escaping of its template.
pub(super) fn print(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::None => Ok(()),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable | ValueKind::Plain | ValueKind::Bytes => Err(Error::new(
            ErrorKind::InvalidOperation,
            "a list or an object cannot stand in a text; use |join, a loop, or one of its fields",
        )),
        ValueKind::String if !value.is_safe() && isolates(state.name()) => {
            let locale = state.lookup("locale");
            let locale = locale.as_ref().and_then(Value::as_str).unwrap_or_default();
            let (text, direction) = (value.as_str().unwrap_or_default(), Direction::of(locale));
            // What says how a page is to be read stands inside its tags.
            if text == locale || text == direction.as_str() {
                return escape_formatter(out, state, value);
            }
            match isolated(text, direction) {
                Cow::Borrowed(_) => escape_formatter(out, state, value),
                Cow::Owned(apart) => escape_formatter(out, state, &Value::from(apart)),
            }
        }
        _ => escape_formatter(out, state, value),
    }
}

/// In an SMS every mark costs, and old phones show them as boxes; a subject is read by programs too, and a button is short.
fn isolates(template: &str) -> bool {
    [".sms.text", ".subject", ".buttons"].iter().all(|part| !template.ends_with(part))
}

/// Sets a value apart from the text around it (with FSI and PDI of Unicode) where its direction is another one. Addresses of
/// pages stay as they are: a mark behind one would be taken for a part of it.
pub(super) fn isolated(value: &str, direction: Direction) -> Cow<'_, str> {
    // A text of ours that is laid out on a page: its values are set apart already.
    if value.contains(FIRST_STRONG) {
        return Cow::Borrowed(value);
    }
    let is_link = value.starts_with("https://") || value.starts_with("http://");
    let runs_left = value.chars().any(|c| c.is_alphabetic() && !is_from_right(c));
    let runs_right = value.chars().any(is_from_right);
    let broken = value.chars().any(|c| c.is_ascii_digit()) && !value.chars().all(char::is_alphanumeric);
    let strange = match direction {
        Direction::LeftToRight => runs_right,
        // Numbers with marks between them come apart as well.
        Direction::RightToLeft => runs_left || (broken && !runs_right),
    };
    if strange && !is_link { Cow::Owned(format!("{FIRST_STRONG}{value}{POP}")) } else { Cow::Borrowed(value) }
}

/// Letters of Hebrew, Arabic and their neighbours.
fn is_from_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_the_other_way_is_set_apart() {
        use Direction::{LeftToRight, RightToLeft};
        for (value, direction, apart) in [
            ("Leeds", LeftToRight, false),
            ("חיפה", LeftToRight, true),
            ("Leeds", RightToLeft, true),
            ("חיפה", RightToLeft, false),
            ("+44 7700 900001", RightToLeft, true),
            ("120", RightToLeft, false),
            ("https://example.com/x", RightToLeft, false),
            ("", RightToLeft, false),
        ] {
            assert_eq!(matches!(isolated(value, direction), Cow::Owned(_)), apart, "{value} {direction:?}");
        }
    }
}
