//! Somebody with a key of the desk. Whoever tries the desk's commands without one stands in the job's timeline.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use baton_core::ids::{JobId, TenantId};
use baton_core::job::{By, Report};

use crate::http::caller::{AnyKey, Caller, Operate};
use crate::http::door::Door;
use crate::http::jobs::find;
use crate::http::problem::{Code, Problem};

/// The commands that only the desk may give, as their paths end.
const COMMANDS: [&str; 9] =
    ["publish", "confirm", "refuse", "invoice", "paid", "release", "revoke", "gates", "send_again"];

/// Somebody whose key has the scope `operator`.
pub struct Operator(Caller<Operate>);

impl Operator {
    /// Whose world they see.
    pub fn tenant(&self) -> TenantId {
        self.0.tenant()
    }

    /// Them as the one who does something to a job.
    pub fn by(&self) -> By {
        self.0.by()
    }
}

impl FromRequestParts<Door> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Problem> {
        match Caller::from_request_parts(parts, door).await {
            Ok(caller) => Ok(Self(caller)),
            Err(problem) => {
                if problem.code == Code::Forbidden {
                    note(parts, door).await;
                }
                Err(problem)
            }
        }
    }
}

/// Tells the job who tried what. A job that is not there has nobody to tell.
async fn note(parts: &mut Parts, door: &Door) {
    let Ok(caller) = Caller::<AnyKey>::from_request_parts(parts, door).await else { return };
    let Ok(Path(name)) = Path::<String>::from_request_parts(parts, door).await else { return };
    let Ok(job) = find::id(door, caller.tenant(), &name) else { return };
    let word = parts.uri.path().rsplit('/').next().unwrap_or_default();
    let Some(command) = COMMANDS.into_iter().find(|known| *known == word) else { return };
    denied(door, caller.by(), job, command).await;
}

/// Tells a job that somebody without a key of the desk tried this.
pub async fn denied(door: &Door, by: By, job: JobId, command: &'static str) {
    let report = Report::Denied { by, command, code: Code::Forbidden.as_str() };
    // The answer waits for it: what was audited is on disk. Where it cannot be stored, the caller is refused all the same.
    let _ = door.engine.hear(job, report).await;
}
