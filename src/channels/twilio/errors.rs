//! What Twilio's codes mean, in answers and in status callbacks.

use baton_core::delivery::Scope;

use crate::channels::errors::{Class, Row, row};

/// Every code that Twilio documents for messages.
pub const ERRORS: &[Row] = &[
    row(&["20429"], Class::Retry, "too many calls at once; nothing was processed"),
    row(&["20003"], Class::Sender, "the credentials are not valid, or the account is not active"),
    row(&["20404"], Class::Content, "no such account or resource"),
    row(&["21604", "21201"], Class::Content, "there is no recipient"),
    row(&["21211", "21614", "21635"], Class::Recipient, "not the number of a mobile phone"),
    row(&["21212", "21603", "21606", "21659", "21712"], Class::Sender, "the sender is missing, not valid, or not ours"),
    row(&["21408"], Class::Sender, "sending to this country is not enabled"),
    row(&["21608"], Class::Sender, "a trial account may write to verified numbers only"),
    row(&["21610"], Class::Recipient, "the person has sent STOP"),
    row(&["21611"], Class::Retry, "the sender's queue is full"),
    row(&["21612"], Class::Recipient, "no way from this sender to this number"),
    row(
        &["21617", "21602", "21605", "21619", "21620", "21623"],
        Class::Content,
        "the text is too long or empty, or its media are not valid",
    ),
    row(&["21656"], Class::Content, "the variables of the content are not valid"),
    row(&["30001"], Class::Retry, "the queue was full for too long"),
    row(&["30002"], Class::Sender, "the account is suspended"),
    row(&["30003"], Class::Retry, "the phone is off or out of reach"),
    row(&["30004"], Class::Recipient, "the person or their carrier blocks us"),
    row(&["30005", "30006"], Class::Recipient, "the number is unknown, or a landline"),
    row(&["30007"], Class::Content, "the carrier filtered the text"),
    row(&["30008"], Class::Retry, "it failed, and nobody says why"),
    row(&["30034", "30032"], Class::Sender, "the sender is not registered with the carriers"),
    row(&["30036"], Class::Content, "it was worth nothing any more before it could be delivered"),
    row(&["30450"], Class::Recipient, "held back as a suspected fraud on this number range"),
    row(&["30610"], Class::RetryAfter(Scope::Chat), "quiet hours where the person lives"),
    row(&["63003", "63024"], Class::Recipient, "not a number on WhatsApp"),
    row(&["63007"], Class::Sender, "the sender is no WhatsApp sender"),
    row(&["63013"], Class::Content, "the text is against WhatsApp's rules"),
    row(&["63014"], Class::Recipient, "the person has blocked us or withdrawn their consent"),
    row(&["63015", "63016"], Class::Window, "the person has not written for a day: a template is wanted"),
    row(&["63018"], Class::Retry, "more messages a second than the sender may send"),
    row(&["63020", "63112"], Class::Sender, "the WhatsApp account is not accepted, or disabled"),
    row(&["63021", "63005", "63027"], Class::Content, "the content was refused, or its template is missing"),
    row(&["63032", "63049"], Class::Recipient, "WhatsApp holds it back from this person for now"),
    row(
        &["11200", "11205", "11237"],
        Class::Sender,
        "our own callback address did not answer; seen in Twilio's debugger only",
    ),
];
