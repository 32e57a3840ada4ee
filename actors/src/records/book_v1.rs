//! An agent's book as it was stored before it told what they have won and given back.

use baton_core::holds::{Book, Hold};
use baton_core::reply::Question;
use serde::Deserialize;

/// Schema 1; frozen.
#[derive(Deserialize)]
pub(super) struct BookV1 {
    version: u64,
    holds: Vec<Hold>,
    question: Option<Question>,
}

impl From<BookV1> for Book {
    fn from(old: BookV1) -> Self {
        Self { version: old.version, holds: old.holds, question: old.question, ..Self::default() }
    }
}
