//! What SendGrid's statuses mean.

use baton_core::delivery::Scope;

use crate::channels::errors::{Class, Row, row};

/// Every status that SendGrid documents.
pub const ERRORS: &[Row] = &[
    row(&["429"], Class::RetryAfter(Scope::Account), "too many requests of the account"),
    row(&["413"], Class::Content, "the mail is too large"),
    row(&["400", "404", "405", "406", "415"], Class::Content, "the request is not to its liking"),
    row(&["401"], Class::Sender, "the API key is not valid, or the credits are used up"),
    row(
        &["403"],
        Class::Sender,
        "the sender is not verified, the key may not send, or the account is blocked for a while",
    ),
    row(&["500", "502", "503", "504"], Class::Unknown, "SendGrid is in trouble; the mail may have been taken"),
];
