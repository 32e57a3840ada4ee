//! STOP and START: whoever has had enough of us on a channel gets nothing there until they want us again. It outlives a restart,
//! like every change of an agent, and wins over everything else; what a provider says about blocks and addresses does not end it.

use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_actors::tenants::roster::{ChangeFailure, change_one};
use baton_core::agent::Agent;
use baton_core::consent::{Consent, Purpose, Status};
use baton_core::delivery::ChannelKind;
use baton_core::ids::AgentId;
use baton_core::time::Timestamp;

/// No word that ends or begins messages is longer.
const WORDS: usize = 32;

/// An agent wants messages on a channel, or no more, in these words. Where nobody tells the channel, all are meant.
pub async fn given(
    engine: &Engine,
    agent: AgentId,
    via: Option<ChannelKind>,
    yes: bool,
    words: &str,
) -> Result<(), Failure> {
    let channels = via.map_or(ChannelKind::ALL.to_vec(), |kind| vec![kind]);
    let source = via.map_or("api", ChannelKind::as_str);
    let wording: String = words.trim().chars().take(WORDS).collect();
    let status = if yes { Status::OptedIn } else { Status::OptedOut };
    said(engine, agent, move |agent, at| {
        for channel in channels {
            let (source, wording) = (source.to_owned(), Some(wording.clone()));
            agent.says(Consent { channel, purpose: Purpose::EVERY, status, source, at, wording });
            // Whoever asks for messages can be reached.
            if yes {
                agent.reached(channel, true);
            }
        }
    })
    .await
}

/// Stores what somebody said.
pub async fn said(
    engine: &Engine,
    agent: AgentId,
    says: impl FnOnce(&mut Agent, Timestamp) + Send + 'static,
) -> Result<(), Failure> {
    match engine.change_agents(agent.tenant, change_one(agent, says)).await {
        Ok(_) => Ok(()),
        Err(ChangeFailure::NotStored(error)) => Err(error.into()),
        Err(ChangeFailure::Closed) => Err(Failure::Closed),
        Err(ChangeFailure::Restored) => Err(Failure::Restored),
        Err(
            failure @ (ChangeFailure::NotFound
            | ChangeFailure::VersionChanged { .. }
            | ChangeFailure::AddressTaken { .. }
            | ChangeFailure::GroupTaken { .. }
            | ChangeFailure::Template(_)
            | ChangeFailure::Broken(_)),
        ) => Err(Failure::Unreadable(failure.to_string())),
    }
}
