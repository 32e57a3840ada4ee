//! Private things in text: masked before it is written, found where it should not be.
//!
//! Types keep private data out of logs; this is the net below them, for texts that others wrote (a provider's refusal, the
//! URL in a client's error).

use std::borrow::Cow;
use std::io;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use tracing_subscriber::fmt::MakeWriter;

/// What looks like a private thing, and how much of it may be shown.
static PRIVATE: LazyLock<Regex> = LazyLock::new(|| {
    const PATTERN: &str = r"(?x)
          (?P<bot> \d{6,} : [A-Za-z0-9_-]{8,} )
        | (?P<scheme> (?i:bearer|basic) \s+ ) [A-Za-z0-9._~+/=-]{8,}
        | (?P<name> (?i:token|secret|password|api[_-]?key) (?: = | \\?\x22?\s*:\s*\\?\x22? ) ) [A-Za-z0-9._~+/=:-]{8,}
        | (?P<path> /(?:approve|offers|start)(?:/|\?token=|=) ) [A-Za-z0-9._-]{24,}
        | (?P<email> [A-Za-z0-9._%+-]+ @ [A-Za-z0-9-]+ (?: \. [A-Za-z0-9-]+ )+ )
        | (?P<phone> \+ \d (?: [\s().-]? \d ){6,14} \b )";
    #[expect(clippy::expect_used, reason = "the pattern is constant and every test of this module compiles it")]
    Regex::new(PATTERN).expect("a pattern")
});

/// A mail address with its local part masked: `d***@example.com`.
pub fn mask_email(address: &str) -> String {
    let (local, domain) = address.split_once('@').unwrap_or(("", address));
    format!("{}***@{domain}", local.chars().next().map(String::from).unwrap_or_default())
}

/// A phone number but for its last two digits: `+***01`.
pub fn mask_phone(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    format!("+***{}", digits.get(digits.len().saturating_sub(2)..).unwrap_or_default())
}

/// A bot's token but for its public number: `123456:***`.
pub fn mask_token(token: &str) -> String {
    match token.split_once(':') {
        Some((id, _)) if id.bytes().all(|b| b.is_ascii_digit()) => format!("{id}:***"),
        Some(_) | None => "***".to_owned(),
    }
}

/// The text with everything masked that looks private.
pub fn scrub(text: &str) -> Cow<'_, str> {
    PRIVATE.replace_all(text, |found: &Captures<'_>| mask(found))
}

fn mask(found: &Captures<'_>) -> String {
    let text = &found[0];
    // The word that names a secret stays, the secret goes.
    let names = ["scheme", "name", "path"].into_iter().find_map(|group| found.name(group));
    match names {
        Some(head) => format!("{}***", head.as_str()),
        None if found.name("email").is_some() => mask_email(text),
        None if found.name("phone").is_some() => mask_phone(text),
        None => mask_token(text),
    }
}

/// Everything in a text that looks private and is not masked: for tests that read whole logs.
pub fn find_private(text: &str) -> Vec<String> {
    PRIVATE.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

/// Scrubs what is written to another writer. A log line arrives in one piece.
#[derive(Clone, Copy, Debug)]
pub struct Scrubbed<W>(pub W);

impl<W: io::Write> io::Write for Scrubbed<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_all(line)?;
        Ok(line.len())
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        match std::str::from_utf8(line) {
            Ok(text) => self.0.write_all(scrub(text).as_bytes()),
            Err(_) => self.0.write_all(scrub(&String::from_utf8_lossy(line)).as_bytes()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Scrubbed<M> {
    type Writer = Scrubbed<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Scrubbed(self.0.make_writer())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn private_things_are_masked_wherever_they_stand() {
        for (text, scrubbed) in [
            ("call +447700900001 now", "call +***01 now"),
            ("+44 7700 900-001", "+***01"),
            ("to driver.one@example.com.", "to d***@example.com."),
            (
                "error sending to http://127.0.0.1:1/bot123456:TEST-TOKEN/getMe",
                "error sending to http://127.0.0.1:1/bot123456:***/getMe",
            ),
            ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer ***"),
            ("password=hunter2hunter2 rest", "password=*** rest"),
            ("{\"token\":\"abcdefghij\"}", "{\"token\":\"***\"}"),
            ("{\\\"token\\\": \\\"abcdefghij\\\"}", "{\\\"token\\\": \\\"***\\\"}"),
            ("/public/approve/abcdefghijklmnopqrstuvwxyz0123", "/public/approve/***"),
        ] {
            assert_eq!(scrub(text), scrubbed);
        }
    }

    #[test]
    fn what_is_not_private_stays_as_it_is() {
        for text in [
            "opened wave 1 of job 0952ef82",
            "01890a5d-ac96-774b-bcce-b302099a8057-17",
            "2026-01-01T00:00:00.123Z took 12.5ms at 127.0.0.1:8080",
            "+5 more, +1.25 %",
            "the token is missing; see channels.telegram.token_file",
            "tenant=north jobs=1234567890",
        ] {
            assert_eq!(scrub(text), text);
            assert!(find_private(text).is_empty());
        }
    }

    #[test]
    fn masked_forms_are_not_found_again() {
        let text = "+447700900001 driver@example.com 123456:TEST-TOKEN Bearer abcdefgh12345678 password=hunter2hunter2";
        assert_eq!(find_private(text).len(), 5);
        assert_eq!(find_private(&scrub(text)), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn no_phone_gets_through(phone in "\\+44770090[0-9]{4}", before in "[a-z \"{:]{0,9}", after in "[ a-z\"},]{0,9}") {
            let text = format!("{before}{phone} {after}");
            prop_assert!(!scrub(&text).contains(&phone));
        }
    }
}
