//! docs/PROVIDER-ERRORS.md, written from the tables of the channels.

use std::fmt::Write as _;

use super::{Class, Row};
use crate::channels::{email, telegram, twilio, whatsapp};

const HEAD: &str = "\
# What providers' errors mean

Whatever a provider answers becomes one of a few classes; what follows from it is decided by the class alone, in one place
(`actors/src/channel_actor.rs`). A code that is in no table has the class of its HTTP status: of the codes below 500, `content`,
but for 401 and 403 (`sender`) and 429 (`retry_after`); of those above, `unknown`, because the message may have been taken.

This page is generated from the tables of `src/channels` (`UPDATE_GENERATED=1 cargo test --test generated`).

";

/// What follows from each class, in the order of urgency for whoever reads it.
const REACTIONS: [(&str, &str); 10] = [
    ("accepted", "the receipt is stored with the job; callbacks tell what becomes of it"),
    ("retry", "sent again after a wait that grows (`retry` in the configuration)"),
    (
        "retry_after",
        "sent again when the provider says, or later; the wait holds for the chat or for the whole account",
    ),
    (
        "unknown",
        "it may have arrived: sent again, and the message says that it may be a repeat; Resend tells repeats apart, so \
         there is no such thing",
    ),
    ("recipient", "given up; an offer is over for this person, and the next one is asked"),
    ("window", "sent as a template where one is configured, else given up like `recipient`"),
    ("moved", "sent once more, to the new address"),
    ("content", "given up and shown in the job's timeline: the message itself must be mended"),
    (
        "sender",
        "the whole account pauses (`retry.sender_pause`, longer each time), an error is logged, then sent again",
    ),
    ("noop", "counts as sent: it already was so"),
];

/// The page.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("## What Baton does\n\n| class | what follows |\n|---|---|\n");
    for (class, reaction) in REACTIONS {
        let _ = writeln!(page, "| `{class}` | {reaction} |");
    }
    let telegram = [telegram::TEXTS, telegram::CODES].concat();
    table(&mut page, "Telegram", "by a part of the description, then by the code", &telegram);
    table(&mut page, "Resend", "by the name of the error", email::resend::ERRORS);
    table(&mut page, "SendGrid", "by the HTTP status", email::sendgrid::ERRORS);
    smtp(&mut page);
    table(&mut page, "WhatsApp (Meta)", "by the code of the error, never by the HTTP status", whatsapp::meta::ERRORS);
    table(&mut page, "Twilio (SMS and WhatsApp)", "by the code of the error", twilio::ERRORS);
    page
}

fn table(page: &mut String, provider: &str, by: &str, rows: &[Row]) {
    let _ = writeln!(
        page,
        "\n## {provider}\n\nTold apart {by}.\n\n| code | what it says | class | what Baton does |\n|---|---|---|---|"
    );
    for row in rows {
        let codes: Vec<_> = row.codes.iter().map(|code| format!("`{code}`")).collect();
        let scope = match row.class {
            Class::RetryAfter(baton_core::delivery::Scope::Chat) => ", for this person",
            Class::RetryAfter(baton_core::delivery::Scope::Account) => ", for the account",
            Class::Retry
            | Class::Unknown
            | Class::Recipient
            | Class::Window
            | Class::Moved
            | Class::Content
            | Class::Sender
            | Class::Noop => "",
        };
        let (word, does) = (row.class.word(), short(row.class));
        let _ = writeln!(page, "| {} | {} | `{word}`{scope} | {does} |", codes.join(", "), row.meaning);
    }
}

fn smtp(page: &mut String) {
    page.push_str("\n## SMTP\n\nTold apart by the step, then by the enhanced code, then by the plain one; these stand for their kind.\n\n");
    page.push_str("| step | reply | class |\n|---|---|---|\n");
    for (step, reply, class, _) in email::smtp::documented() {
        let _ = writeln!(page, "| {step} | `{reply}` | `{class}` |");
    }
}

fn short(class: Class) -> &'static str {
    match class {
        Class::Retry => "sends it again, later and later",
        Class::RetryAfter(_) => "waits and sends it again",
        Class::Unknown => "sends it again as a possible repeat",
        Class::Recipient => "gives it up and asks the next",
        Class::Window => "sends a template, or gives it up",
        Class::Moved => "sends it to the new address",
        Class::Content => "gives it up and shows it",
        Class::Sender => "pauses the account and logs an error",
        Class::Noop => "counts it as sent",
    }
}
