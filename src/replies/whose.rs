//! Whose answer a text is: one chat or number can belong to agents of several tenants.

use baton_actors::engine::Engine;
use baton_core::crew_view::CrewView;
use baton_core::ids::{AgentId, JobId};
use baton_core::reply::{Reply, read};

use super::replied_to;

/// Whose answer it is.
pub enum Whose {
    /// This agent's; and the job it is about, where the message tells.
    Theirs(AgentId, Option<JobId>),
    /// Jobs of several tenants are open for them, and nothing tells which is meant.
    Which(Vec<CrewView>),
    /// A word about consent, which is everybody's who is reached there.
    Everybodys(Vec<AgentId>),
    /// We do not know where it comes from.
    Nobodys,
}

/// Finds it: by the message that was replied to, by a job's code, by who has anything open.
pub fn whose(engine: &Engine, agents: impl Iterator<Item = AgentId>, text: &str, message: Option<&str>) -> Whose {
    let agents: Vec<AgentId> = agents.collect();
    let [first, rest @ ..] = agents.as_slice() else { return Whose::Nobodys };
    let hint = |agent| message.and_then(|message| replied_to(engine, agent, message));
    if rest.is_empty() {
        return Whose::Theirs(*first, hint(*first));
    }
    // Words about consent are understood in every language, whatever the language they are read in.
    if matches!(read(text, "en").reply, Reply::OptOut | Reply::OptIn) {
        return Whose::Everybodys(agents);
    }
    if let Some((agent, job)) = agents.iter().find_map(|agent| Some((*agent, hint(*agent)?))) {
        return Whose::Theirs(agent, Some(job));
    }
    let text = text.to_lowercase();
    let named = |agent: &&AgentId| jobs(engine, agent).iter().any(|job| text.contains(&job.code().to_string()));
    if let Some(agent) = agents.iter().find(named) {
        return Whose::Theirs(*agent, None);
    }
    let open: Vec<AgentId> = agents.iter().copied().filter(|agent| !jobs(engine, agent).is_empty()).collect();
    match open.as_slice() {
        [] => Whose::Theirs(*first, None),
        [agent] => Whose::Theirs(*agent, None),
        several => {
            let view = |job| engine.job(job).ok().flatten().map(|job| engine.crew_view(&job));
            Whose::Which(several.iter().flat_map(|agent| jobs(engine, agent)).filter_map(view).collect())
        }
    }
}

/// The jobs an agent has, or could have.
fn jobs(engine: &Engine, agent: &AgentId) -> Vec<JobId> {
    let index = engine.index();
    let offers = index.open_offers(agent).into_iter().map(|offer| offer.job);
    offers.chain(index.claims(agent).into_iter().map(|(job, _)| job)).collect()
}
