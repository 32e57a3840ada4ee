//! STOP and START: whoever has had enough of us on a channel is passed over there until they want us again. It outlives a
//! restart, like every change of an agent, and wins over everything else.

use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_actors::tenants::TenantView;
use baton_actors::tenants::roster::{AgentsDecided, ChangeFailure};
use baton_core::agent::Agent;
use baton_core::delivery::ChannelKind;
use baton_core::ids::AgentId;
use baton_core::time::Timestamp;

const ALL: [ChannelKind; 5] =
    [ChannelKind::Console, ChannelKind::Telegram, ChannelKind::Email, ChannelKind::Whatsapp, ChannelKind::Sms];

/// An agent wants messages on a channel, or no more. Where nobody tells the channel, all are meant.
pub async fn given(engine: &Engine, agent: AgentId, via: Option<ChannelKind>, yes: bool) -> Result<(), Failure> {
    let channels = via.map_or(ALL.to_vec(), |kind| vec![kind]);
    let decide = Box::new(move |view: &TenantView, now: Timestamp| {
        let changed = view.roster.get(&agent).and_then(|agent| {
            let mut agent = Agent::clone(agent);
            let news = channels.iter().filter(|kind| agent.reached(**kind, yes)).count();
            (news > 0).then_some(Agent { updated_at: now, ..agent })
        });
        AgentsDecided { upserts: changed.into_iter().collect(), ..AgentsDecided::default() }
    });
    match engine.change_agents(agent.tenant, decide).await {
        Ok(_) => Ok(()),
        Err(ChangeFailure::NotStored(error)) => Err(error.into()),
        Err(ChangeFailure::Closed) => Err(Failure::Closed),
        Err(ChangeFailure::Restored) => Err(Failure::Restored),
        Err(
            failure @ (ChangeFailure::NotFound
            | ChangeFailure::VersionChanged { .. }
            | ChangeFailure::AddressTaken { .. }
            | ChangeFailure::Template(_)
            | ChangeFailure::Broken(_)),
        ) => Err(Failure::Unreadable(failure.to_string())),
    }
}
