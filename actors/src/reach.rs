//! What an attempt tells of the person it was for: they want no more, or their address is dead, or well again. It is noted with
//! them before their debtor hears how the attempt ended: as long as the debt stands, an end of the process loses nothing of it.

use baton_core::agent::Agent;
use baton_core::delivery::{Callback, ChannelKind, Progress};
use baton_core::ids::AgentId;
use baton_core::time::Timestamp;
use tokio::sync::oneshot;

use crate::house::House;
use crate::tenants::roster::{RosterMessage, change_one};

/// A message for somebody did not arrive. Ends once that is stored with them.
pub(crate) async fn undelivered(house: &House, agent: AgentId, channel: ChannelKind, class: String, reason: String) {
    note(house, agent, move |agent, at| agent.undelivered(channel, &class, &reason, at)).await;
}

/// A message for somebody has arrived: stored only where their address was not well, which few are.
pub(crate) async fn arrived(house: &House, agent: AgentId, channel: ChannelKind) {
    if is_weak(house, agent, channel) {
        note(house, agent, move |agent, _| {
            agent.arrived(channel);
        })
        .await;
    }
}

/// What a provider answered when it was asked about a message.
pub(crate) async fn called_back(house: &House, agent: AgentId, callback: &Callback) {
    let channel = callback.receipt.channel;
    match callback.progress {
        Progress::Sent => {}
        Progress::Delivered | Progress::Read => arrived(house, agent, channel).await,
        Progress::Failed => {
            undelivered(house, agent, channel, callback.class.clone(), callback.reason.clone()).await;
        }
    }
}

/// Whether somebody's address has failed them lately.
pub(crate) fn is_weak(house: &House, agent: AgentId, channel: ChannelKind) -> bool {
    house.tenants.view(agent.tenant).roster.get(&agent).is_some_and(|agent| agent.is_weak(channel))
}

/// Whoever cannot be told of is no reason to keep a debt: how its attempt ended is told all the same.
async fn note(house: &House, agent: AgentId, change: impl FnOnce(&mut Agent, Timestamp) + Send + 'static) {
    let (reply, stored) = oneshot::channel();
    house.roster.cast(RosterMessage::Agents { tenant: agent.tenant, change: change_one(agent, change), reply });
    let lost = match stored.await {
        Ok(Ok(_)) => return,
        Ok(Err(failure)) => failure.to_string(),
        Err(_) => "their writer fell".to_owned(),
    };
    tracing::warn!(agent.id = %agent, lost, "what an attempt tells of a person was not stored");
}
