//! Claims of jobs that stand in groups: by the job's code, from the group or in private.

use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, Code, JobId, OfferNo};
use baton_core::job::ledger::Heard;
use baton_core::job::{Job, Publication, Refusal, Report};
use uuid::Uuid;

use super::{Outcome, again, claim_heard, decline};

/// The code of a refusal of somebody nobody knows.
const STRANGER: &str = "unknown-agent";

/// An agent claims by a code, in a group: `here` says which of the groups a job stands in are meant.
pub async fn by_code(
    engine: &Engine,
    agent: AgentId,
    code: Code,
    heard: Heard,
    here: impl Fn(&Publication) -> bool,
) -> Result<Outcome, Failure> {
    let via = Some(ChannelKind::Telegram);
    let jobs = jobs(engine, agent, code);
    let found = jobs.iter().find_map(|job| Some((job, job.claimable_by(&agent, &here)?)));
    match (found, jobs.first()) {
        (Some((job, no)), _) => claim_heard(engine, agent, job.id.offer(no), via, heard).await,
        (None, Some(job)) => {
            if let Some(outcome) = again::decided(engine, agent, job.id, heard)? {
                return Ok(outcome);
            }
            let refusal = Refusal::NotPublished;
            let (no, code) = (0, refusal.code());
            engine.hear(job.id, Report::ClaimRefused { agent, no, via, heard, code }).await?;
            Ok(Outcome::Refused(refusal, None))
        }
        (None, None) => Ok(Outcome::UnknownCode(code)),
    }
}

/// The same in private, where only what stands in some group can be claimed so.
pub(super) async fn in_private(
    engine: &Engine,
    agent: AgentId,
    code: Code,
    via: Option<ChannelKind>,
    heard: Heard,
) -> Result<Outcome, Failure> {
    let jobs = jobs(engine, agent, code);
    let found = jobs.iter().find_map(|job| Some((job, job.claimable_by(&agent, |_| true)?)));
    match found {
        Some((job, no)) => claim_heard(engine, agent, job.id.offer(no), via, heard).await,
        None => Ok(Outcome::UnknownCode(code)),
    }
}

/// A no by a code, of somebody who stands in line for a job: they were made no offer of it, or have nothing else to give back.
pub(super) async fn leaves_line(
    engine: &Engine,
    agent: AgentId,
    code: Code,
    via: Option<ChannelKind>,
) -> Result<Outcome, Failure> {
    let waits = |job: &Job| Some(job.id.offer(job.standby.iter().find(|waiting| waiting.agent == agent)?.no));
    match jobs(engine, agent, code).iter().find_map(waits) {
        Some(offer) => decline(engine, agent, offer, via).await,
        None => Ok(Outcome::UnknownCode(code)),
    }
}

/// Somebody nobody knows has claimed: it stands in the ledger, under nobody's name. As strangers cannot be told apart there, one that is
/// acted upon once more is entered once more: rather twice than not at all.
pub async fn stranger_claims(engine: &Engine, job: JobId, no: OfferNo, heard: Heard) -> Result<(), Failure> {
    let agent = AgentId::drawn(job.tenant, Uuid::nil());
    let via = Some(ChannelKind::Telegram);
    engine.hear(job, Report::ClaimRefused { agent, no, via, heard, code: STRANGER }).await
}

/// The open jobs of an agent's tenant that share a code.
fn jobs(engine: &Engine, agent: AgentId, code: Code) -> Vec<Job> {
    let found = engine.index().by_code(agent.tenant, code);
    found.into_iter().filter_map(|job| engine.job(job).ok().flatten()).collect()
}
