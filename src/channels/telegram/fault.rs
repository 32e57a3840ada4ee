//! Why a call of the Bot API came to nothing, and how far it got.

/// A call that came to nothing. No text of it can hold the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Telegram said no.
    #[error("{0}")]
    Refused(Refused),
    /// No connection: nothing was sent.
    #[error("no connection: {0}")]
    NotSent(&'static str),
    /// The request went out, and no answer came.
    #[error("no answer: {0}")]
    Lost(&'static str),
    /// Something answered that is not the Bot API, or not as we know it.
    #[error("answer with status {status} is not of the Bot API")]
    Unreadable {
        /// Its HTTP status.
        status: u16,
    },
}

/// What the Bot API says with a no.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// `error_code`, as a rule the HTTP status.
    pub code: u16,
    /// `description`.
    pub description: String,
    /// How many seconds to wait.
    pub retry_after: Option<u64>,
    /// The chat lives on under this id.
    pub migrate_to: Option<i64>,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whatever it says, it is one line of bounded length in a log or a history.
        let description = crate::wording::one_line(&self.description);
        write!(f, "{} {}", self.code, description.chars().take(200).collect::<String>())
    }
}

impl Fault {
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            Self::NotSent(if error.is_timeout() { "it took too long to open" } else { "refused or unreachable" })
        } else if error.is_builder() {
            Self::NotSent("the request could not be built")
        } else if error.is_timeout() {
            Self::Lost("it took too long")
        } else {
            Self::Lost("the connection broke")
        }
    }

    /// A gateway before the Bot API may ask us to wait as well.
    pub(super) fn of_gateway(status: u16, retry_after: Option<u64>) -> Self {
        if status == 429 {
            return Self::Refused(Refused {
                code: 429,
                description: "Too Many Requests".to_owned(),
                retry_after,
                migrate_to: None,
            });
        }
        Self::Unreadable { status }
    }
}
