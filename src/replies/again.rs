//! A claim that is acted upon once more: the process ended, or the store did not answer, between the step that decided it and the note
//! that it was acted upon. It is one attempt, so it stands in the ledger once, and what was decided is not decided anew.

use std::sync::Arc;
use std::time::Duration;

use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_core::ids::{AgentId, JobId};
use baton_core::job::Refusal;
use baton_core::job::ledger::Heard;

use super::Outcome;

/// What came in less than this ago, while this process ran, is acted upon for the first time: a second try waits longer.
const FIRST_TRY: Duration = Duration::from_millis(400);

/// What a claim came to when it was entered before; none: it was not.
pub(super) fn decided(engine: &Engine, agent: AgentId, job: JobId, heard: Heard) -> Result<Option<Outcome>, Failure> {
    let Some(at) = heard.at else { return Ok(None) };
    if at >= engine.house().booted_at && engine.now().since(at) < FIRST_TRY {
        return Ok(None);
    }
    let attempts = engine.ledger(job)?;
    let Some(before) = attempts.iter().find(|attempt| attempt.agent == agent && attempt.heard == heard) else {
        return Ok(None);
    };
    let job = engine.job(job)?.map(Arc::new);
    Ok(Some(match job {
        Some(job) if job.winner() == Some(agent) => Outcome::AlreadyTheirs(job),
        Some(job) if before.verdict == Refusal::AlreadyClaimed { place: None }.code() => {
            let at = job.standby.iter().position(|waiting| waiting.agent == agent);
            let place = at.and_then(|at| u16::try_from(at + 1).ok());
            Outcome::Refused(Refusal::AlreadyClaimed { place }, Some(job))
        }
        _ => Outcome::ToldBefore,
    }))
}
