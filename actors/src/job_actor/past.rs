//! What agents have won and given back, for the tenants that limit it: the agents' own actors remember it. A crash just behind the
//! job's step may lose one of these; then somebody can claim once more than they might.

use baton_core::ids::AgentId;
use baton_core::job::{Actor, Entry, Event, Job};
use baton_core::message::ClaimEnd;

use crate::agent_actor::AgentMessage;
use crate::house::House;

/// Tells the agents of a stored step, before anybody hears of it.
pub(super) fn tell(house: &House, job: &Job, entries: &[Entry]) {
    let told: Vec<(AgentId, bool, &Entry)> = entries.iter().filter_map(of).collect();
    if told.is_empty() || !house.tenants.view(job.id.tenant).settings.crew.caps.looks_back() {
        return;
    }
    let Some(directory) = house.directory() else { return };
    for (agent, won, entry) in told {
        directory.tell_agent(agent, AgentMessage::Past { won, at: entry.at });
    }
}

/// Who won, or gave back; what the desk or the engine gave them is no claim of theirs.
fn of(entry: &Entry) -> Option<(AgentId, bool, &Entry)> {
    match &entry.event {
        Event::Claimed { agent, via, .. } => {
            let themselves = via.is_some() || matches!(entry.actor, Actor::Agent(_) | Actor::Link);
            themselves.then_some((*agent, true, entry))
        }
        // Who did not come has not done what they took, like who gives it back.
        Event::ClaimEnded { agent, end: ClaimEnd::Withdrawn | ClaimEnd::NoShow, .. } => Some((*agent, false, entry)),
        _ => None,
    }
}
