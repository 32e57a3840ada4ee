//! What a fault of the Bot API means for the message that met it.
//!
//! The text decides before the code: the server turns some 403s into 400s, and many reasons share a code.

use std::time::Duration;

use baton_core::delivery::{Outcome, Scope};

use super::fault::{Fault, Refused};
use crate::channels::errors::{Class, Row, find, row};

/// Where a 429 does not say how long.
const UNSAID_WAIT: Duration = Duration::from_secs(5);

/// The class of a fault. A wait is for the chat; who sees that others wait too widens it.
pub fn of(fault: &Fault) -> Outcome {
    match fault {
        Fault::Refused(refused) => of_refusal(refused),
        Fault::NotSent(_) => Outcome::Retry(fault.to_string()),
        Fault::Lost(_) | Fault::Unreadable { .. } => Outcome::Unknown(fault.to_string()),
    }
}

fn of_refusal(refused: &Refused) -> Outcome {
    let wait = refused.retry_after.map_or(UNSAID_WAIT, Duration::from_secs);
    if refused.code == 429 {
        return Outcome::RetryAfter(wait, Scope::Chat);
    }
    if let Some(chat) = refused.migrate_to {
        return Outcome::Moved(chat.to_string());
    }
    let text = refused.description.to_lowercase();
    let by_text = TEXTS.iter().find(|row| row.codes.iter().any(|part| text.contains(part)));
    let row = by_text.or_else(|| find(CODES, &refused.code.to_string()));
    row.map_or(Class::Unknown, |row| row.class).outcome(refused.to_string(), wait)
}

/// What is said of a topic that cannot be written to.
const TOPICS: [&str; 3] = ["message thread not found", "topic_closed", "topic_deleted"];

/// Whether a message might be taken in the same chat outside its topic.
pub(super) fn is_about_a_topic(refused: &Refused) -> bool {
    let text = refused.description.to_lowercase();
    TOPICS.iter().any(|topic| text.contains(topic))
}

/// By a part of the description, in lower case.
pub const TEXTS: &[Row] = &[
    row(
        &[
            "message is not modified",
            "message to edit not found",
            "message can't be edited",
            "message to delete not found",
            "message can't be deleted",
            "query is too old",
            "query id is invalid",
        ],
        Class::Noop,
        "it is so already, or there is nothing left to do it to",
    ),
    row(
        &[
            "bot was blocked",
            "user is deactivated",
            "can't initiate conversation",
            "bot was kicked",
            "bot is not a member",
            "chat was deleted",
            "chat not found",
            "user not found",
            "not enough rights",
            "have no rights to send",
            "chat_write_forbidden",
            "chat_restricted",
            "user_is_blocked",
            "peer_id_invalid",
        ],
        Class::Recipient,
        "the person or the chat's admin must act before anything arrives",
    ),
    row(
        &[
            "message thread not found",
            "topic_closed",
            "topic_deleted",
            "message text is empty",
            "message is too long",
            "can't parse entities",
            "button_data_invalid",
            "wrong http url",
            "method not found",
        ],
        Class::Content,
        "another message might go through; this one never will",
    ),
    row(&["upgraded to a supergroup"], Class::Moved, "the group has another id, which comes with the answer"),
];

/// By the code, where the text says nothing.
pub const CODES: &[Row] = &[
    row(&["429"], Class::RetryAfter(Scope::Chat), "too many messages; when others wait as well, the whole bot does"),
    row(&["401", "404", "409", "421"], Class::Sender, "the token is not valid, or another server uses the bot"),
    row(&["403"], Class::Recipient, "not allowed in this chat"),
    row(&["400-499"], Class::Content, "the request is not to its liking"),
    row(&["500-599"], Class::Unknown, "Telegram is in trouble; the message may have been taken"),
];

#[cfg(test)]
mod tests {
    use super::*;

    // code description                                                                               class
    const TABLE: &str = "
        400 Bad Request: chat not found                                                             | recipient
        400 Bad Request: private chat not found                                                     | recipient
        400 Bad Request: user not found                                                             | recipient
        400 Bad Request: not enough rights to send text messages to the chat                        | recipient
        400 Bad Request: have no rights to send a message                                           | recipient
        400 Bad Request: CHAT_WRITE_FORBIDDEN                                                       | recipient
        403 Forbidden: bot was blocked by the user                                                  | recipient
        403 Forbidden: user is deactivated                                                          | recipient
        403 Forbidden: bot can't initiate conversation with a user                                  | recipient
        403 Forbidden: bot was kicked from the group chat                                           | recipient
        403 Forbidden: bot was kicked from the supergroup chat                                      | recipient
        403 Forbidden: bot was kicked from the channel chat                                         | recipient
        403 Forbidden: bot is not a member of the supergroup chat                                   | recipient
        403 Forbidden: the group chat was deleted                                                   | recipient
        403 Forbidden: something new                                                                | recipient
        400 Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message | noop
        400 Bad Request: message to edit not found                                                  | noop
        400 Bad Request: message can't be edited                                                    | noop
        400 Bad Request: message to delete not found                                                | noop
        400 Bad Request: message can't be deleted for everyone                                      | noop
        400 Bad Request: query is too old and response timeout expired or query ID is invalid       | noop
        400 Bad Request: message thread not found                                                   | content
        400 Bad Request: TOPIC_CLOSED                                                               | content
        400 Bad Request: TOPIC_DELETED                                                              | content
        400 Bad Request: message text is empty                                                      | content
        400 Bad Request: message is too long                                                        | content
        400 Bad Request: can't parse entities: Unsupported start tag                                | content
        400 Bad Request: BUTTON_DATA_INVALID                                                        | content
        400 Bad Request: Wrong HTTP URL specified                                                   | content
        400 Bad Request: something new                                                              | content
        413 Request Entity Too Large                                                                | content
        401 Unauthorized                                                                            | sender
        401 Unauthorized: invalid token specified                                                   | sender
        404 Not Found                                                                               | sender
        404 Not Found: method not found                                                             | content
        409 Conflict: can't use getUpdates method while webhook is active                           | sender
        409 Conflict: terminated by other getUpdates request                                        | sender
        421 Misdirected Request: unallowed token specified                                          | sender
        429 Too Many Requests: retry after 7                                                        | retry_after
        500 Internal Server Error                                                                   | unknown
        502 Bad Gateway                                                                             | unknown
    ";

    #[test]
    fn every_refusal_has_its_class() {
        let lines: Vec<_> = TABLE.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert!(lines.len() > 40, "the table is read");
        for line in lines {
            let (refusal, class) = line.split_once('|').expect("a class behind the bar");
            let (code, description) = refusal.trim().split_once(' ').expect("a code and a text");
            let refused =
                Refused { code: code.parse().expect("a code"), description: description.into(), ..Refused::default() };
            assert_eq!(of(&Fault::Refused(refused)).class(), class.trim(), "{line}");
        }
    }

    #[test]
    fn a_wait_is_as_long_as_telegram_says() {
        let refused = Refused { code: 429, retry_after: Some(7), ..Refused::default() };
        assert_eq!(of(&Fault::Refused(refused)), Outcome::RetryAfter(Duration::from_secs(7), Scope::Chat));
        let refused = Refused { code: 429, ..Refused::default() };
        assert_eq!(of(&Fault::Refused(refused)), Outcome::RetryAfter(UNSAID_WAIT, Scope::Chat));
    }

    #[test]
    fn a_group_that_moved_says_where_to() {
        let description = "Bad Request: group chat was upgraded to a supergroup chat".to_owned();
        let refused = Refused { code: 400, description, migrate_to: Some(-1_001_234), retry_after: None };
        assert_eq!(of(&Fault::Refused(refused)), Outcome::Moved("-1001234".into()));
    }

    #[test]
    fn what_was_never_sent_may_be_sent_again_and_what_was_lost_may_not() {
        assert_eq!(of(&Fault::NotSent("x")).class(), "retry");
        assert_eq!(of(&Fault::Lost("x")).class(), "unknown");
        assert_eq!(of(&Fault::Unreadable { status: 200 }).class(), "unknown");
    }
}
