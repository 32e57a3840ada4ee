//! Changes of agents, settings, plans, templates and registrations: asked of the roster's one writer.

use std::sync::Arc;

use baton_core::ids::TenantId;
use baton_core::plan::Plan;
use baton_core::tenant::Settings;
use tokio::sync::oneshot;

use super::Engine;
use crate::records::{NamedPlan, Registration, Source, Template};
use crate::tenants::library::TemplateAsk;
use crate::tenants::roster::{AgentChange, AgentsChanged, ChangeFailure, Registered, RosterMessage};
use crate::tenants::source_change::SourceChange;

type Sender<T> = oneshot::Sender<Result<T, ChangeFailure>>;

impl Engine {
    async fn change<T>(&self, message: impl FnOnce(Sender<T>) -> RosterMessage) -> Result<T, ChangeFailure> {
        if self.is_restored() {
            return Err(ChangeFailure::Restored);
        }
        if !self.is_ready() {
            return Err(ChangeFailure::Closed);
        }
        let (reply, answer) = oneshot::channel();
        self.inner.roster.cast(message(reply));
        answer.await.unwrap_or(Err(ChangeFailure::Closed))
    }

    /// Changes agents, all or nothing.
    pub async fn change_agents(&self, tenant: TenantId, change: AgentChange) -> Result<AgentsChanged, ChangeFailure> {
        self.change(|reply| RosterMessage::Agents { tenant, change, reply }).await
    }

    /// Replaces a tenant's settings; the change is audited. Hears the new version.
    pub async fn put_settings(
        &self,
        tenant: TenantId,
        settings: Settings,
        expects: Option<u64>,
        by: String,
    ) -> Result<u64, ChangeFailure> {
        let settings = Box::new(settings);
        self.change(|reply| RosterMessage::Settings { tenant, settings, expects, by, reply }).await
    }

    /// Stores a named plan as its next version, or finds it unchanged.
    pub async fn put_plan(
        &self,
        tenant: TenantId,
        name: String,
        plan: Plan,
        by: String,
    ) -> Result<Arc<NamedPlan>, ChangeFailure> {
        let plan = Box::new(plan);
        self.change(|reply| RosterMessage::Plan { tenant, name, plan, by, reply }).await
    }

    /// Changes how the payloads of a sender become jobs; none where there is no such sender any more.
    pub async fn change_source(
        &self,
        tenant: TenantId,
        name: String,
        change: SourceChange,
        expects: Option<u64>,
        by: String,
    ) -> Result<Option<Arc<Source>>, ChangeFailure> {
        self.change(|reply| RosterMessage::Source { tenant, name, change, expects, by, reply }).await
    }

    /// Stores a template, or changes the state of one.
    pub async fn change_template(
        &self,
        tenant: TenantId,
        ask: TemplateAsk,
        by: String,
    ) -> Result<Arc<Template>, ChangeFailure> {
        let ask = Box::new(ask);
        self.change(|reply| RosterMessage::Template { tenant, ask, by, reply }).await
    }

    /// Stores a registration token, by its hash.
    pub async fn new_registration(&self, hash: [u8; 32], registration: Registration) -> Result<(), ChangeFailure> {
        self.change(|reply| RosterMessage::NewRegistration { hash, registration, reply }).await
    }

    /// Uses a registration token from a chat.
    pub async fn register(&self, hash: [u8; 32], chat: i64) -> Result<Registered, ChangeFailure> {
        self.change(|reply| RosterMessage::UseRegistration { hash, chat, reply }).await
    }
}
