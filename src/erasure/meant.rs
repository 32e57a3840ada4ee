//! Which jobs' details are meant.

use std::ops::ControlFlow;

use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_actors::store::keys::{Key, PARTITIONS, Prefix, Space};
use baton_core::ids::{AgentId, TenantId};
use baton_core::job::{Event, Job, Offer, OfferState, Stage};

use super::{ErasureError, Which};

/// So many jobs are looked at in one go: the more, the less often what stays of a partition is sealed anew.
const LOOKED_AT: usize = 10_000;

pub(super) type Found = (Vec<Job>, Option<Vec<u8>>);

/// The next jobs that are meant, all of one partition, and where to go on.
pub(super) fn found(
    engine: &Engine,
    tenant: TenantId,
    which: Which,
    after: Option<&[u8]>,
) -> Result<Found, ErasureError> {
    let from = after.and_then(|key| key.get(1).copied()).unwrap_or(0).min(PARTITIONS);
    for partition in from..PARTITIONS {
        let prefix = Prefix::tenant_in_partition(Space::Details, partition, tenant);
        let (mut ids, mut last) = (Vec::new(), None);
        engine.house().store.scan(&prefix, after.filter(|key| key.starts_with(&prefix)), &mut |key, _| {
            ids.extend(Key::parse(key).as_ref().and_then(Key::job));
            last = Some(key.to_vec());
            if ids.len() < LOOKED_AT { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let full = ids.len() >= LOOKED_AT;
        let mut jobs = Vec::new();
        for id in ids {
            if let Some(job) = engine.job(id)?.filter(|job| job.has_details)
                && is_meant(engine, &job, which)?
            {
                jobs.push(job);
            }
        }
        let next_partition =
            (partition + 1 < PARTITIONS).then(|| Prefix::tenant_in_partition(Space::Details, partition + 1, tenant));
        let next = if full { last } else { next_partition };
        if !jobs.is_empty() || full || next.is_none() {
            return Ok((jobs, next));
        }
    }
    Ok((Vec::new(), None))
}

fn is_meant(engine: &Engine, job: &Job, which: Which) -> Result<bool, Failure> {
    match which {
        Which::Of(agent) => had(engine, job, agent),
        Which::Before(moment) => Ok(match &job.stage {
            Stage::Closed { at, .. } => *at < moment,
            _ => job.created_at < moment,
        }),
    }
}

/// Whether an agent has or had a job. The record forgets who had it once it is over or sought anew; the timeline does not.
fn had(engine: &Engine, job: &Job, agent: AgentId) -> Result<bool, Failure> {
    let granted = job.grant.as_ref().is_some_and(|grant| grant.agent == agent);
    let took = |offer: &Offer| offer.agent == agent && matches!(offer.state, OfferState::Claimed | OfferState::Lost);
    if granted || job.winner() == Some(agent) || job.had_it.contains(&agent) || job.offers.iter().any(took) {
        return Ok(true);
    }
    let mut had = false;
    engine.each_entry(job, |entry| {
        if let Event::Claimed { agent: who, .. }
        | Event::ClaimEnded { agent: who, .. }
        | Event::Released { agent: who, .. } = &entry.event
        {
            had |= *who == agent;
        }
    })?;
    Ok(had)
}
