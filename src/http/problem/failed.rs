//! What the rooms could not answer, as problems.

use std::time::Duration;

use baton_actors::committer::NotStored;
use baton_actors::error::Failure;
use baton_actors::tenants::library::TemplateRefusal;
use baton_actors::tenants::roster::ChangeFailure;

use crate::http::problem::{Code, FieldError, Problem};

/// What a restored copy says to whoever wants it to do something.
const RESTORED: &str = "this server runs on a restored copy in quarantine: it can be looked at and does nothing; nothing was stored. Stop it \
    and run `baton release-quarantine` to let it work";

/// A bound was reached: it is over soon.
const BUSY: Duration = Duration::from_secs(1);

/// Stopping and starting takes longer.
const AWAY: Duration = Duration::from_secs(5);

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal, _) => refusal.into(),
            Failure::Notification(refusal, _) => refusal.into(),
            Failure::Overloaded => {
                Self::new(Code::Overloaded, "too much is under way; nothing was stored").retry_after(BUSY)
            }
            Failure::Closed => {
                Self::new(Code::NotReady, "nothing is taken in at the moment; nothing was stored").retry_after(AWAY)
            }
            Failure::Restored => Self::new(Code::RestoredCopy, RESTORED),
            Failure::NoNewWork => {
                Self::new(Code::NotThisRole, "new work is not taken in here: server.role is \"workers\"")
                    .retry_after(AWAY)
            }
            Failure::NotStored(why) => why.into(),
            Failure::Fell => {
                Self::new(Code::NotStored, "what decides for this job fell before it could answer").retry_after(BUSY)
            }
            Failure::Unreadable(why) => {
                tracing::error!(why, "a record cannot be read");
                Self::new(Code::Quarantined, "the record cannot be read")
            }
            Failure::Quarantined => Self::new(Code::Quarantined, "what decides for this job fell again and again"),
        }
    }
}

impl From<NotStored> for Problem {
    fn from(why: NotStored) -> Self {
        match why {
            NotStored::Conflict => {
                Self::new(Code::Overloaded, "it was changed at the same moment; nothing was stored").retry_after(BUSY)
            }
            NotStored::TooLarge => Self::new(Code::BodyTooLarge, "the record would be larger than the store takes"),
            NotStored::Unknown => {
                Self::new(Code::NotStored, "the store failed; whether this was stored is not known").retry_after(AWAY)
            }
        }
    }
}

impl From<ChangeFailure> for Problem {
    fn from(failure: ChangeFailure) -> Self {
        let detail = failure.to_string();
        match failure {
            ChangeFailure::NotFound => Self::new(Code::AgentNotFound, detail),
            ChangeFailure::VersionChanged { is, .. } => Self::new(Code::VersionChanged, detail).with("version", is),
            ChangeFailure::AddressTaken { field, reference } => {
                let (message, cure) = ("belongs to another agent".into(), "give each address to one agent".into());
                let errors = vec![FieldError { field: field.to_owned(), message, cure }];
                Self { errors, ..Self::new(Code::AddressTaken, detail) }.with("agent", reference)
            }
            ChangeFailure::GroupTaken { chat } => Self::new(Code::GroupTaken, detail).with("chat", chat),
            ChangeFailure::Template(refusal) => Self::new(Code::from(refusal), detail),
            ChangeFailure::NotStored(why) => why.into(),
            ChangeFailure::Broken(why) => {
                tracing::error!(why, "a record cannot be written or read");
                Self::new(Code::Quarantined, "the record cannot be written or read")
            }
            ChangeFailure::Restored => Self::new(Code::RestoredCopy, RESTORED),
            ChangeFailure::Closed => {
                Self::new(Code::NotReady, "nothing is taken in at the moment; nothing was stored").retry_after(AWAY)
            }
        }
    }
}

impl From<TemplateRefusal> for Code {
    fn from(refusal: TemplateRefusal) -> Self {
        match refusal {
            TemplateRefusal::Exists => Self::TemplateExists,
            TemplateRefusal::NotFound => Self::TemplateNotFound,
            TemplateRefusal::NotADraft | TemplateRefusal::NoDraftAgain => Self::TemplateInUse,
            TemplateRefusal::Full => Self::TemplatesFull,
        }
    }
}
