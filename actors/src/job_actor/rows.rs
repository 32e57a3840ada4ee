//! What a step of a job writes.

use baton_core::details::SealedDetails;
use baton_core::job::{Event, Stage, Step};
use baton_core::time::Timestamp;
use ractor::ActorProcessingErr;

use crate::records::{self, AssignmentLine, ClosedLine, History};
use crate::store::codec;
use crate::store::keys::Key;
use crate::store::{StepWrites, VersionCheck, Write};
/// The rows of a step. As few as can be: the job with all it owes is one.
pub(super) fn rows(
    step: &Step,
    was_closed: bool,
    sealed: Option<&SealedDetails>,
    epoch: u64,
    now: Timestamp,
) -> Result<StepWrites, ActorProcessingErr> {
    let job = &step.job;
    let (live, closed) = (Key::LiveJob(job.id), Key::ClosedJob(job.id));
    let before = if was_closed { closed.bytes() } else { live.bytes() };
    let closes = job.is_closed() && job.owed.is_empty();
    let after = if closes { closed.bytes() } else { live.bytes() };
    let check = Some(VersionCheck { key: before.clone(), version: job.version - 1 });
    let mut writes = Vec::with_capacity(2);
    if before != after && job.version > 1 {
        writes.push(Write { key: before.clone(), value: None });
    }
    writes.push(Write { key: after.clone(), value: Some(records::seal_job(job, epoch)?) });
    if step.entries.iter().any(|entry| matches!(entry.event, Event::DetailsErased { .. })) {
        writes.push(Write { key: Key::Details(job.id).bytes(), value: None });
    } else if let Some(sealed) = sealed {
        writes.push(Write { key: Key::Details(job.id).bytes(), value: Some(codec::seal(sealed, 1, epoch)?) });
    }
    if let (true, false, Stage::Closed { outcome, at }) = (closes, was_closed, &job.stage) {
        let day = i32::try_from(at.0.div_euclid(86_400_000)).unwrap_or(i32::MAX);
        let key = Key::ClosedDay { tenant: job.id.tenant, day, job: job.id.local };
        let line = ClosedLine { outcome: *outcome, at: now };
        writes.push(Write { key: key.bytes(), value: Some(codec::seal(&line, 1, epoch)?) });
    }
    if let (1, Some(assignment)) = (job.version, &job.assignment) {
        let key = Key::AssignmentLine { created_at: job.created_at, job: job.id };
        let line = AssignmentLine { route: assignment.route, agent: assignment.agent };
        writes.push(Write { key: key.bytes(), value: Some(codec::seal(&line, 1, epoch)?) });
    }
    for attempt in &step.attempts {
        let key = Key::Ledger { job: job.id, seq: u64::from(attempt.seq) };
        writes.push(Write { key: key.bytes(), value: Some(codec::seal(attempt, 1, epoch)?) });
    }
    if let Some(first) = step.overflow.first() {
        let key = Key::History { job: job.id, seq: u64::from(first.seq) };
        let history = History(step.overflow.clone());
        writes.push(Write { key: key.bytes(), value: Some(codec::seal(&history, 1, epoch)?) });
    }
    Ok(StepWrites { check, writes })
}
