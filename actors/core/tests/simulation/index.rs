//! What is known in memory about all jobs: derived from stored records alone, so that it can be thrown away and made anew.

use std::collections::BTreeMap;

use baton_core::holds::ClaimedJob;
use baton_core::ids::{AgentId, JobId, OfferId};
use baton_core::job::{Job, OfferState, Stage, Watch};
use baton_core::message::Over;
use baton_core::time::{Timestamp, Window};
use baton_core::world::{AgentLoad, Load};

#[derive(Default)]
pub struct Index(BTreeMap<JobId, Facts>);

struct Facts {
    due: Option<Timestamp>,
    winner: Option<(AgentId, OfferId)>,
    reminded: bool,
    closed: bool,
    occupies: Option<Window>,
    open: Vec<(AgentId, OfferId)>,
    past: Vec<(AgentId, OfferId)>,
}

impl Index {
    /// Takes in a job as it is stored.
    pub fn apply(&mut self, job: &Job) {
        let (winner, reminded) = match &job.stage {
            Stage::Claimed(claim) => {
                (Some((claim.agent, job.id.offer(claim.no))), matches!(claim.watch, Watch::Reminded { .. }))
            }
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => (None, false),
        };
        let named = |offer: &baton_core::job::Offer| (offer.agent, job.id.offer(offer.no));
        let facts = Facts {
            due: job.due(),
            winner,
            reminded,
            closed: job.is_closed(),
            occupies: job.occupies,
            open: job.open_offers().map(named).collect(),
            past: job.offers.iter().rev().filter(|offer| past(offer.state)).map(named).collect(),
        };
        self.0.insert(job.id, facts);
    }

    /// As a start that forgets to look at the clocks would leave it.
    pub fn forget_deadlines(&mut self) {
        for facts in self.0.values_mut() {
            facts.due = None;
        }
    }

    pub fn due(&self) -> impl Iterator<Item = (JobId, Timestamp)> + '_ {
        self.0.iter().filter_map(|(job, facts)| Some((*job, facts.due?)))
    }

    pub fn claims(&self, agent: AgentId) -> Vec<(OfferId, ClaimedJob, bool)> {
        let theirs = |facts: &Facts| facts.winner.filter(|(winner, _)| *winner == agent);
        let claim = |(job, facts): (&JobId, &Facts)| {
            let (_, offer) = theirs(facts)?;
            Some((offer, ClaimedJob { job: *job, occupies: facts.occupies }, facts.reminded))
        };
        self.0.iter().filter_map(claim).collect()
    }

    pub fn open(&self, agent: AgentId) -> Vec<OfferId> {
        let of = |facts: &Facts| facts.open.clone();
        self.0.values().flat_map(of).filter(|(to, _)| *to == agent).map(|(_, offer)| offer).collect()
    }

    pub fn past(&self, agent: AgentId) -> Vec<OfferId> {
        let of = |facts: &Facts| facts.past.clone();
        let live = self.0.values().filter(|facts| !facts.closed);
        live.flat_map(of).filter(|(to, _)| *to == agent).map(|(_, offer)| offer).collect()
    }

    pub fn occupies(&self, job: JobId) -> Option<Window> {
        self.0.get(&job).and_then(|facts| facts.occupies)
    }
}

fn past(state: OfferState) -> bool {
    match state {
        OfferState::Claimed | OfferState::Over(Over::Taken | Over::TimedOut | Over::Skipped) => true,
        OfferState::Open { .. }
        | OfferState::Declined
        | OfferState::Over(Over::Closed)
        | OfferState::Failed
        | OfferState::Lost => false,
    }
}

impl Load for Index {
    fn of(&self, agent: &AgentId) -> AgentLoad {
        let claims = self.claims(*agent);
        AgentLoad {
            claims: claims.len() as u32,
            open_offers: self.open(*agent).len() as u32,
            busy: claims.iter().filter_map(|(_, claim, _)| claim.occupies).collect(),
            // Always in one order: where jobs ask the same few first, most can go wrong.
            last_offered: Some(Timestamp((agent.local.as_u128() >> 65) as i64)),
        }
    }
}
