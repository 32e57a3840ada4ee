//! What can go wrong with a call.

use std::time::Duration;

use serde_json::json;

/// What a call meets instead of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It goes well: a later one is to meet something.
    Nothing,
    /// 429: wait so many seconds.
    TooMany {
        /// How many.
        retry_after: u64,
    },
    /// An error of this code and description, as the Bot API words it.
    Refused(u16, String),
    /// 400: the group lives on under this id.
    Moved(i64),
    /// 403: the person blocked the bot.
    Blocked,
    /// Nothing is done, and the answer is 500.
    Broken,
    /// What was asked is done, and the answer is 500.
    DoneAndBroken,
    /// Nothing is done, and a gateway answers with a page of HTML.
    Garbage,
    /// The answer comes only after this long; what was asked is done then, if somebody still waits.
    Hang(Duration),
    /// What was asked is done at once, and the answer comes only after this long.
    DoneAndHang(Duration),
    /// The connection is cut before anything is done.
    Cut,
    /// What was asked is done, and the connection is cut before the answer.
    DoneAndCut,
}

/// A no of the Bot API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct No {
    pub(super) code: u16,
    pub(super) description: String,
    pub(super) retry_after: Option<u64>,
    pub(super) migrate_to: Option<i64>,
}

impl No {
    pub(super) fn bad_request(what: impl std::fmt::Display) -> Self {
        Self::new(400, format!("Bad Request: {what}"))
    }

    pub(super) fn blocked() -> Self {
        Self::new(403, "Forbidden: bot was blocked by the user".to_owned())
    }

    pub(super) fn new(code: u16, description: String) -> Self {
        Self { code, description, retry_after: None, migrate_to: None }
    }

    pub(super) fn moved(to: i64) -> Self {
        let what = "Bad Request: group chat was upgraded to a supergroup chat".to_owned();
        Self { migrate_to: Some(to), ..Self::new(400, what) }
    }

    pub(super) fn too_many(retry_after: u64) -> Self {
        let description = format!("Too Many Requests: retry after {retry_after}");
        Self { retry_after: Some(retry_after), ..Self::new(429, description) }
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        let mut json = json!({ "ok": false, "error_code": self.code, "description": self.description });
        if let Some(retry_after) = self.retry_after {
            json["parameters"] = json!({ "retry_after": retry_after });
        }
        if let Some(to) = self.migrate_to {
            json["parameters"] = json!({ "migrate_to_chat_id": to });
        }
        json
    }
}
