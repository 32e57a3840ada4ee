//! What providers' codes mean: one table a provider, one taxonomy for all of them. docs/PROVIDER-ERRORS.md is written from
//! these tables, so that what is documented is what is done.

#[cfg(test)]
mod contract;
mod reference;

use std::time::Duration;

use baton_core::delivery::{Outcome, Scope};

pub use reference::reference;

/// What a code means for the message that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A passing fault; nothing was sent.
    Retry,
    /// A wait, for this scope.
    RetryAfter(Scope),
    /// It may have been taken.
    Unknown,
    /// This address cannot be reached until the person acts.
    Recipient,
    /// Free text is not allowed now; a template is.
    Window,
    /// The same recipient under a new address.
    Moved,
    /// The message is wrong.
    Content,
    /// Our account is the problem.
    Sender,
    /// It already was so.
    Noop,
}

/// Codes of one meaning. A code is a word of the provider or a number, `200-299` a range of them.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which.
    pub codes: &'static [&'static str],
    /// What they mean for the message.
    pub class: Class,
    /// What they say, in our words: what a provider says may quote an address.
    pub meaning: &'static str,
}

/// A row of a table.
pub const fn row(codes: &'static [&'static str], class: Class, meaning: &'static str) -> Row {
    Row { codes, class, meaning }
}

/// The row of a code.
pub fn find<'a>(table: &'a [Row], code: &str) -> Option<&'a Row> {
    table.iter().find(|row| row.codes.iter().any(|known| covers(known, code)))
}

fn covers(known: &str, code: &str) -> bool {
    match known.split_once('-') {
        Some((from, to)) => match (from.parse::<u32>(), to.parse::<u32>(), code.parse::<u32>()) {
            (Ok(from), Ok(to), Ok(code)) => (from..=to).contains(&code),
            (Ok(_) | Err(_), Ok(_) | Err(_), Ok(_) | Err(_)) => known == code,
        },
        None => known == code,
    }
}

impl Class {
    /// The class as an outcome. `wait` is what the provider said, or what is usual where it said nothing.
    pub fn outcome(self, said: String, wait: Duration) -> Outcome {
        match self {
            Self::Retry => Outcome::Retry(said),
            Self::RetryAfter(scope) => Outcome::RetryAfter(wait, scope),
            Self::Unknown => Outcome::Unknown(said),
            Self::Recipient => Outcome::Recipient(said),
            Self::Window => Outcome::Window(said),
            Self::Moved => Outcome::Moved(said),
            Self::Content => Outcome::Content(said),
            Self::Sender => Outcome::Sender(said),
            Self::Noop => Outcome::Noop,
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::RetryAfter(_) => "retry_after",
            Self::Unknown => "unknown",
            Self::Recipient => "recipient",
            Self::Window => "window",
            Self::Moved => "moved",
            Self::Content => "content",
            Self::Sender => "sender",
            Self::Noop => "noop",
        }
    }
}

/// A code with its meaning, or with what the provider says where the code is in no table: one line, masked, of bounded length.
pub fn said(code: &str, row: Option<&Row>, text: &str) -> String {
    if let Some(row) = row {
        return format!("{code} {}", row.meaning);
    }
    let text = crate::wording::one_line(text);
    let text = crate::telemetry::redact::scrub(&text);
    format!("{code} {text}").trim_end().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Row] =
        &[row(&["200-299"], Class::Sender, "permission"), row(&["some_word", "7"], Class::Content, "wrong")];

    #[test]
    fn a_code_is_found_by_itself_or_in_its_range() {
        let class = |code| find(TABLE, code).map(|row| row.class);
        assert_eq!(class("200"), Some(Class::Sender));
        assert_eq!(class("299"), Some(Class::Sender));
        assert_eq!(class("some_word"), Some(Class::Content));
        assert_eq!(class("7"), Some(Class::Content));
        assert_eq!(class("300"), None);
        assert_eq!(class("word"), None);
    }

    #[test]
    fn what_is_said_names_no_address() {
        assert_eq!(said("7", find(TABLE, "7"), "to ana@example.com"), "7 wrong");
        let unknown = said("8", None, "the number +447700900001 of ana@example.com\r\nis odd");
        assert!(!unknown.contains("ana@") && !unknown.contains("7700900001"), "{unknown}");
    }
}
