//! What a mail that came in says, whichever provider hands it over.

mod own_words;
mod vouched;

use lettre::message::Mailbox;

pub use own_words::own_words;
pub use vouched::{Vouched, results};

use crate::channels::email;

/// The address of a header, in lower case; empty where there is none.
pub fn address(header: &str) -> String {
    let between = header.rsplit_once('<').and_then(|(_, rest)| rest.split('>').next());
    let bare = between.unwrap_or(header).trim();
    // A name may be in any writing; what matters stands between the brackets.
    let address = bare.parse::<lettre::Address>().ok().or_else(|| header.parse::<Mailbox>().ok().map(|m| m.email));
    address.map(|address| address.to_string().to_lowercase()).unwrap_or_default()
}

/// The token in one of the addresses it was written to.
pub fn token<'a>(to: impl IntoIterator<Item = &'a str>) -> Option<String> {
    to.into_iter().find_map(|to| email::token(&address(to)).map(str::to_owned))
}

/// Its text: where it is only a page, what that says.
pub fn plain(text: Option<&str>, html: Option<&str>) -> String {
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => text.to_owned(),
        None => html.map(mail_parser::decoders::html::html_to_text).unwrap_or_default(),
    }
}

/// Whether a machine wrote it by itself: a holiday reply, a list, a report about another mail.
pub fn by_itself<'a>(from: &str, headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> bool {
    const MACHINES: [&str; 5] = ["mailer-daemon@", "postmaster@", "noreply@", "no-reply@", "donotreply@"];
    let says_so = |(name, value): (&str, &str)| {
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_ascii_lowercase());
        match name.as_str() {
            "auto-submitted" => !value.is_empty() && value != "no",
            "precedence" => matches!(value.as_str(), "bulk" | "junk" | "list" | "auto_reply" | "auto-reply"),
            "x-autoreply" | "x-autorespond" | "x-autoresponder" => !matches!(value.as_str(), "" | "no"),
            "list-id" | "list-unsubscribe" | "feedback-id" => !value.is_empty(),
            "return-path" => value == "<>",
            "content-type" => value.starts_with("multipart/report"),
            _ => false,
        }
    };
    MACHINES.iter().any(|machine| from.starts_with(machine)) || headers.into_iter().any(says_so)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_whatever_stands_around_it() {
        for header in [
            "ana@example.com",
            "Ana <Ana@Example.com>",
            "\"A, B\" <ana@example.com>",
            " <ana@example.com> ",
            "Анна <ana@example.com>",
        ] {
            assert_eq!(address(header), "ana@example.com", "{header}");
        }
        for none in ["", "Ana", "<>", "undisclosed-recipients:;"] {
            assert_eq!(address(none), "", "{none}");
        }
        assert_eq!(token(["desk@example.com", "X <reply+abc@in.example.com>"]), Some("abc".to_owned()));
    }

    #[test]
    fn a_page_is_read_as_text() {
        assert_eq!(own_words(&plain(None, Some("<p>Yes</p><br><blockquote>Reply NO</blockquote>"))), "Yes");
        assert_eq!(plain(Some("  "), Some("<b>Yes</b>")).trim(), "Yes");
        assert_eq!(plain(Some("No"), Some("<b>Yes</b>")), "No");
    }

    #[test]
    fn what_a_machine_writes_by_itself_is_known() {
        for header in [
            ("Auto-Submitted", "auto-replied"),
            ("Precedence", "bulk"),
            ("X-Autoreply", "yes"),
            ("Return-Path", "<>"),
            ("List-Id", "<news.example.com>"),
            ("Content-Type", "multipart/report; report-type=delivery-status"),
        ] {
            assert!(by_itself("ana@example.com", [header]), "{header:?}");
        }
        assert!(by_itself("mailer-daemon@example.com", []));
        assert!(!by_itself(
            "ana@example.com",
            [("Auto-Submitted", "no"), ("Subject", "Re: offer"), ("Return-Path", "<ana@example.com>")]
        ));
    }
}
