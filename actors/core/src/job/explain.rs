//! Why: for every agent, asked or able to be asked or the exact rule that keeps them out; and what happens next.

use super::{Event, Job, Next, Stage};
use crate::delivery::ChannelKind;
use crate::eligibility::{Exclusion, choose, judge};
use crate::fit::{Short, fit};
use crate::ids::AgentId;
use crate::plan::{Mode, Wave};
use crate::time::Timestamp;
use crate::world::World;

/// Why a job stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Which wave of the plan the verdicts are for, from 0; none where the waves are used up or not begun.
    pub step: Option<u16>,
    /// Every agent of the roster, in the order of asking.
    pub agents: Vec<(AgentId, Verdict)>,
    /// What kept a part of the wave back, where a channel cannot send as much in its time.
    pub short: Option<Short>,
    /// What happens next, or who must act.
    pub next: Next,
}

/// What explains an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They were offered it in this round: which offer, and what became of it.
    Offered {
        /// Which offer.
        no: u16,
        /// What became of it.
        status: &'static str,
    },
    /// They could be asked now, by this channel.
    Eligible(ChannelKind),
    /// The rule that keeps them out.
    Excluded(Exclusion),
}

/// Explains a job.
pub fn explain(job: &Job, world: &World<'_>, now: Timestamp) -> Explanation {
    let step = match &job.stage {
        Stage::Offering(offering) => Some(offering.step),
        Stage::NeedsApproval | Stage::Scheduled { .. } => Some(0),
        Stage::Claimed(claim) => Some(claim.step),
        Stage::Unfilled { .. } | Stage::Closed { .. } => None,
    };
    // Where no wave is left, everybody is judged as if all were asked: the rules that are not about a wave still speak.
    let anybody = Wave::new(Mode::Everybody, std::time::Duration::from_secs(60));
    let wave = step.and_then(|step| job.plan.waves.get(usize::from(step))).unwrap_or(&anybody);
    let past = job.past();
    let wanted = job.wanted(&past);
    let verdict = |agent: &crate::agent::Agent| {
        if let Some(offer) = job.offer_to(&agent.id) {
            return Verdict::Offered { no: offer.no, status: offer.status() };
        }
        match judge(agent, wave, &wanted, world, now) {
            Ok(channel) => Verdict::Eligible(channel),
            Err(exclusion) => Verdict::Excluded(exclusion),
        }
    };
    let agents: Vec<_> = world.roster.in_order().map(|agent| (agent.id, verdict(agent))).collect();
    let short = match &job.stage {
        Stage::Offering(offering) => shrunk(job, offering.step),
        // What would happen if it opened now.
        Stage::NeedsApproval | Stage::Scheduled { .. } => {
            let chosen = choose(wave, &wanted, world, now);
            fit(&chosen.agents, wave.claim_within, world).short
        }
        Stage::Claimed(_) | Stage::Unfilled { .. } | Stage::Closed { .. } => None,
    };
    Explanation { step, agents, short, next: job.next() }
}

/// Whether the opening that is being answered asked fewer than there were to ask.
fn shrunk(job: &Job, step: u16) -> Option<Short> {
    for entry in job.timeline.iter().rev() {
        match entry.event {
            Event::WaveShrunk { step: of, wanted, asked, channel, sends } if of == step => {
                return Some(Short { wanted, asked, channel, sends });
            }
            Event::WaveOpened { .. } => return None,
            _ => {}
        }
    }
    None
}
