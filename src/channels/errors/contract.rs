//! Every code that the providers document, as a copy of their own tables: each has a row of ours, with the class that the
//! documentation asks for, and stands in docs/PROVIDER-ERRORS.md.

use super::{Class, Row, find, reference};
use crate::channels::{email, telegram, twilio, whatsapp};

/// Codes, `|`, the class. Where the documentation leaves a choice, the one that Baton makes.
const META: &str = "
    1 2 131000 131016 131057                              | retry
    4 80007 130429                                        | retry_after
    131056                                                | retry_after
    131049                                                | recipient
    131048                                                | sender
    368 131031 130497 131064                              | sender
    0 190 3 10 200 210 299 131005                         | sender
    131042 131044                                         | sender
    131045 131037 133010 133016 100/33                    | sender
    131047                                                | window
    131026                                                | recipient
    131021                                                | content
    131030                                                | sender
    131050                                                | recipient
    130472                                                | recipient
    132000 132001 132005 132007 132008 132012             | content
    132015 132016                                         | sender
    100 131008 131009 131051 131052 131053 131062 131063  | content
    135000 132068 132069                                  | content
    137000                                                | content
    131020 131041 131059 131201 131208 131215             | content";

const TWILIO: &str = "
    20429                                | retry
    20003                                | sender
    20404                                | content
    21604 21201                          | content
    21211 21614 21635                    | recipient
    21212 21603 21606 21659 21712        | sender
    21408 21608                          | sender
    21610                                | recipient
    21611                                | retry
    21612                                | recipient
    21617 21602 21605 21619 21620 21623  | content
    21656                                | content
    30001                                | retry
    30002                                | sender
    30003                                | retry
    30004 30005 30006                    | recipient
    30007                                | content
    30008                                | retry
    30034 30032                          | sender
    30036                                | content
    30450                                | recipient
    30610                                | retry_after
    63003 63024                          | recipient
    63007                                | sender
    63013                                | content
    63015 63016                          | window
    63018                                | retry
    63020 63112                          | sender
    63014                                | recipient
    63021 63005 63027                    | content
    63032 63049                          | recipient
    11200 11205 11237                    | sender";

const RESEND: &str = "
    rate_limit_exceeded                                                                         | retry_after
    daily_quota_exceeded monthly_quota_exceeded                                                 | sender
    concurrent_idempotent_requests resource_locked                                              | retry
    invalid_idempotent_request                                                                  | content
    invalid_idempotency_key validation_error missing_required_field missing_required_fields     | content
    missing_required_parameter invalid_parameter invalid_from_address invalid_attachment        | content
    invalid_access invalid_region                                                               | content
    missing_api_key restricted_api_key                                                          | sender
    invalid_api_key suspended_api_key invalid_permission email_above_quota                      | sender
    not_found method_not_allowed                                                                | content
    security_error                                                                              | content
    application_error internal_server_error service_unavailable                                 | retry";

const SENDGRID: &str = "
    429                  | retry_after
    400 404 405 406 415  | content
    413                  | content
    401 403              | sender
    500 502 503 504      | unknown";

/// Those that are told apart by the code; the others by a part of the description, see `telegram/outcome.rs`.
const TELEGRAM: &str = "
    429          | retry_after
    401 404      | sender
    409          | sender
    421          | sender
    403          | recipient
    400          | content
    500 502 504  | unknown";

/// Of the descriptions, the parts by which they are told apart.
const TELEGRAM_TEXTS: &[(&str, Class)] = &[
    ("upgraded to a supergroup", Class::Moved),
    ("bot was blocked", Class::Recipient),
    ("user is deactivated", Class::Recipient),
    ("can't initiate conversation", Class::Recipient),
    ("bot was kicked", Class::Recipient),
    ("bot is not a member", Class::Recipient),
    ("chat was deleted", Class::Recipient),
    ("chat not found", Class::Recipient),
    ("user not found", Class::Recipient),
    ("message thread not found", Class::Content),
    ("topic_closed", Class::Content),
    ("topic_deleted", Class::Content),
    ("not enough rights", Class::Recipient),
    ("have no rights to send", Class::Recipient),
    ("message is not modified", Class::Noop),
    ("message to edit not found", Class::Noop),
    ("message can't be edited", Class::Noop),
    ("message to delete not found", Class::Noop),
    ("message can't be deleted", Class::Noop),
    ("query is too old", Class::Noop),
    ("query id is invalid", Class::Noop),
    ("message text is empty", Class::Content),
    ("message is too long", Class::Content),
    ("can't parse entities", Class::Content),
    ("button_data_invalid", Class::Content),
    ("wrong http url", Class::Content),
    ("method not found", Class::Content),
];

/// Codes of a listing, each with its class.
fn codes(listing: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = listing.lines().filter_map(|line| line.split_once('|'));
    lines.flat_map(|(codes, class)| codes.split_whitespace().map(move |code| (code, class.trim())))
}

/// The part of the page about a provider.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    rest.split("\n## ").next().unwrap()
}

/// A table of ours and a part of the page, against a listing.
fn holds(listing: &'static str, at_least: usize, table: &[Row], page: &str) {
    let mut count = 0;
    for (code, class) in codes(listing) {
        count += 1;
        let row = find(table, code).unwrap_or_else(|| panic!("{code} is in no table"));
        assert_eq!(row.class.word(), class, "{code}");
        let shown = row.codes.iter().find(|known| super::covers(known, code)).unwrap();
        let line = page.lines().find(|line| line.contains(&format!("`{shown}`"))).unwrap();
        assert!(line.contains(&format!("| `{class}`")), "{code}: {line}");
    }
    assert!(count >= at_least, "{count} codes were read");
}

#[test]
fn every_code_that_is_documented_has_its_class_and_its_line() {
    let page = reference();
    holds(META, 62, whatsapp::meta::ERRORS, section(&page, "WhatsApp (Meta)"));
    holds(TWILIO, 56, twilio::ERRORS, section(&page, "Twilio (SMS and WhatsApp)"));
    holds(RESEND, 28, email::resend::ERRORS, section(&page, "Resend"));
    holds(SENDGRID, 13, email::sendgrid::ERRORS, section(&page, "SendGrid"));
    holds(TELEGRAM, 10, telegram::CODES, section(&page, "Telegram"));
}

#[test]
fn every_description_of_telegram_has_its_class_and_its_line() {
    let page = reference();
    let page = section(&page, "Telegram");
    for (part, class) in TELEGRAM_TEXTS {
        let row = telegram::TEXTS.iter().find(|row| row.codes.contains(part)).unwrap_or_else(|| panic!("{part}"));
        assert_eq!(row.class, *class, "{part}");
        assert!(
            page.lines().any(|line| line.contains(part) && line.contains(&format!("`{}`", class.word()))),
            "{part}"
        );
    }
}

/// The steps of SMTP, with replies that stand for their kind.
#[test]
fn every_phase_of_smtp_is_on_the_page() {
    let page = reference();
    let page = section(&page, "SMTP");
    for (reply, class) in [
        ("421", "retry"),
        ("454", "retry"),
        ("535", "sender"),
        ("534", "sender"),
        ("530", "sender"),
        ("450", "retry"),
        ("451", "retry"),
        ("452", "retry"),
        ("5.1.1", "recipient"),
        ("5.2.1", "recipient"),
        ("5.7.1", "sender"),
        ("5.7.26", "sender"),
    ] {
        let rows: Vec<&str> = page.lines().filter(|line| line.contains(reply)).collect();
        assert!(rows.iter().any(|line| line.contains(&format!("`{class}`"))), "{reply} {class}: {rows:#?}");
    }
}
