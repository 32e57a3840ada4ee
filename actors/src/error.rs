//! What the doors hear when a command does not come to its answer.

use std::sync::Arc;

use baton_core::job::{Job, Refusal};
use baton_core::notification::{self, Notification};

use crate::committer::NotStored;

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The domain's no, with the job as it is where there is one.
    #[error("{0}")]
    Refused(Refusal, Option<Arc<Job>>),
    /// The no of a notification, with it as it is where there is one.
    #[error("{0}")]
    Notification(notification::Refusal, Option<Arc<Notification>>),
    /// Too much is under way; nothing was decided.
    #[error("too much is under way; ask again in a moment")]
    Overloaded,
    /// The engine is stopping, or the store has failed; nothing was decided.
    #[error("the engine is not taking anything in")]
    Closed,
    /// The store is a restored copy that nobody has released; nothing was decided.
    #[error("this is a restored copy in quarantine; `baton release-quarantine` lets it work")]
    Restored,
    /// This process works on what is there alone (role `workers`); nothing was decided.
    #[error("no new work is taken in here: server.role is \"workers\"")]
    NoNewWork,
    /// The step was decided and not, or perhaps not, stored.
    #[error("{0}")]
    NotStored(#[from] NotStored),
    /// The record cannot be read.
    #[error("the record cannot be read: {0}")]
    Unreadable(String),
    /// The job's actor crashed too often and is parked.
    #[error("the job is in quarantine: its actor kept crashing")]
    Quarantined,
    /// The actor fell before it could answer.
    #[error("the job's actor fell before it could answer; ask again with the same key")]
    Fell,
}

impl Failure {
    /// A record, or the store, could not be read.
    pub fn unreadable(error: &dyn std::error::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal, None)
    }
}
