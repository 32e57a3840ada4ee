//! Chats that open, close and move: whoever blocks the bot is not asked until they let it write again, and a group that lives on
//! under another id is written to there. Stored before it is believed, like every change of an agent or a tenant.

use baton_actors::engine::Engine;
use baton_actors::tenants::TenantView;
use baton_actors::tenants::roster::{AgentsDecided, ChangeFailure};
use baton_core::agent::Agent;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, TenantId};
use baton_core::time::Timestamp;

use crate::webhooks::NotDone;

/// The bot may write to a chat, or no longer.
pub async fn reached(engine: &Engine, chat: i64, can: bool) -> Result<(), NotDone> {
    for (tenant, view) in engine.tenants().all() {
        if with(&view, chat, |agent| agent.reached(ChannelKind::Telegram, can)).is_some() {
            tracing::info!(%tenant, can, "an agent has blocked the bot, or lets it write again");
            change(engine, tenant, chat, move |agent| agent.reached(ChannelKind::Telegram, can)).await?;
        }
    }
    Ok(())
}

/// What somebody who claims in a group is called there: the group reads it below the job.
pub async fn called(engine: &Engine, agent: AgentId, chat: i64, username: Option<&str>) -> Result<(), NotDone> {
    let view = engine.tenants().view(agent.tenant);
    if with(&view, chat, |agent| agent.is_called(chat, username)).is_none() {
        return Ok(());
    }
    let username = username.map(str::to_owned);
    change(engine, agent.tenant, chat, move |agent| agent.is_called(chat, username.as_deref())).await
}

/// A chat has another id from now on.
pub async fn moved(engine: &Engine, from: i64, to: i64) -> Result<(), NotDone> {
    for (tenant, view) in engine.tenants().all() {
        if view.agent_by_telegram(from).is_some() {
            change(engine, tenant, from, move |agent| agent.telegram.replace(to) != Some(to)).await?;
        }
        let is_crew = view.settings.crew.groups.values().any(|group| group.chat == from);
        if is_crew || view.settings.desk.telegram == Some(from) {
            let mut settings = view.settings.clone();
            settings.desk.telegram = settings.desk.telegram.map(|chat| if chat == from { to } else { chat });
            for group in settings.crew.groups.values_mut().filter(|group| group.chat == from) {
                group.chat = to;
            }
            // If somebody else has just changed them, this update comes again.
            engine.put_settings(tenant, settings, Some(view.version), "telegram".to_owned()).await?;
        }
    }
    Ok(())
}

async fn change(
    engine: &Engine,
    tenant: TenantId,
    chat: i64,
    alter: impl FnOnce(&mut Agent) -> bool + Send + 'static,
) -> Result<(), NotDone> {
    let decide = Box::new(move |view: &TenantView, now: Timestamp| {
        let upserts = with(view, chat, alter).map(|agent| Agent { updated_at: now, ..agent });
        AgentsDecided { upserts: upserts.into_iter().collect(), ..AgentsDecided::default() }
    });
    match engine.change_agents(tenant, decide).await {
        Ok(_) => Ok(()),
        Err(failure @ (ChangeFailure::AddressTaken { .. } | ChangeFailure::NotFound)) => {
            tracing::warn!(%tenant, %failure, "what Telegram told of a chat does not fit the agents");
            Ok(())
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The agent of a chat as they would be, if that is news.
fn with(view: &TenantView, chat: i64, alter: impl FnOnce(&mut Agent) -> bool) -> Option<Agent> {
    let agent = view.roster.get(&view.agent_by_telegram(chat)?)?;
    let mut agent = Agent::clone(agent);
    alter(&mut agent).then_some(agent)
}
