//! What the Cloud API's codes mean, in answers and in callbacks; `100/33` is a code with its subcode.

use baton_core::delivery::Scope;

use crate::channels::errors::{Class, Row, row};

/// Every code that Meta documents.
pub const ERRORS: &[Row] = &[
    row(&["1", "2", "131000", "131016", "131057"], Class::Retry, "the API is in trouble, or being maintained"),
    row(&["4"], Class::RetryAfter(Scope::Account), "too many calls of the app"),
    row(&["80007"], Class::RetryAfter(Scope::Account), "too many calls of the business account in this hour"),
    row(&["130429"], Class::RetryAfter(Scope::Account), "more messages a second than the number may send"),
    row(&["131056"], Class::RetryAfter(Scope::Chat), "too many messages to this person; four times longer each time"),
    row(&["131049"], Class::Recipient, "Meta holds it back from this person for now"),
    row(&["131048"], Class::Sender, "the number is held back because people reported it"),
    row(
        &["368", "131031", "130497", "131064"],
        Class::Sender,
        "the account is restricted or locked, here or in this country",
    ),
    row(&["0", "190", "3", "10", "200-299", "131005"], Class::Sender, "the token is not valid, or may not do this"),
    row(&["131042", "131044"], Class::Sender, "the account has not been paid for"),
    row(
        &["131045", "131037", "133010", "133016", "100/33"],
        Class::Sender,
        "the number is not registered, not approved, or not ours",
    ),
    row(&["131047"], Class::Window, "the person has not written for a day: a template is wanted"),
    row(&["131026"], Class::Recipient, "not to be reached on WhatsApp; Meta does not say why"),
    row(&["131021"], Class::Content, "sender and recipient are the same"),
    row(&["131030"], Class::Sender, "a test number may write to listed people only"),
    row(&["131050"], Class::Recipient, "the person has ended our marketing messages"),
    row(&["130472"], Class::Recipient, "the person is part of an experiment for now"),
    row(
        &["132000", "132001", "132005", "132007", "132008", "132012"],
        Class::Content,
        "the template is missing, or its variables do not fit",
    ),
    row(&["132015", "132016"], Class::Sender, "the template is paused or disabled"),
    row(
        &["100", "131008", "131009", "131051", "131052", "131053", "131062", "131063", "135000", "132068", "132069"],
        Class::Content,
        "the request is not to its liking",
    ),
    row(&["137000"], Class::Content, "the person's key has changed"),
    row(&["131020", "131041", "131059", "131201-131215"], Class::Content, "groups, which we do not use"),
];
