//! Tenants: their agents, settings, plans and templates, as immutable views that change as a whole.
//!
//! Reading takes no lock. Changes go through one actor, the [`Roster`](roster::Roster): stored first, believed after.

mod left;
pub mod library;
pub mod roster;
pub mod source_change;
mod writers;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use baton_core::agent::Agent;
use baton_core::crew_view::CrewView;
use baton_core::ids::{AgentId, TenantId};
use baton_core::job::Job;
use baton_core::plan::Plan;
use baton_core::roster::Roster as Agents;
use baton_core::tenant::Settings;

use self::library::Library;
use self::writers::Writers;
use crate::records::{NamedPlan, Source};

/// All tenants.
#[derive(Clone, Default)]
pub struct Tenants {
    all: Arc<ArcSwap<BTreeMap<TenantId, Arc<TenantView>>>>,
    /// What a tenant works with that has set nothing.
    unset: Arc<ArcSwap<TenantView>>,
}

/// One tenant at one moment.
#[derive(Clone, Default)]
pub struct TenantView {
    /// How many times its settings were stored; 0: never, they are the defaults.
    pub version: u64,
    /// What it has set.
    pub settings: Settings,
    /// Its agents.
    pub roster: Agents,
    /// Its named plans, each in its newest version.
    pub plans: BTreeMap<String, Arc<NamedPlan>>,
    /// How payloads of senders become jobs, by the senders' names.
    pub sources: BTreeMap<String, Arc<Source>>,
    /// Its templates, in every version.
    pub templates: Arc<Library>,
    /// Agents by what they write from.
    writers: Writers,
}

impl Tenants {
    /// One tenant.
    pub fn get(&self, tenant: TenantId) -> Option<Arc<TenantView>> {
        self.all.load().get(&tenant).cloned()
    }

    /// One tenant; an unknown one has no agents and the default settings.
    pub fn view(&self, tenant: TenantId) -> Arc<TenantView> {
        self.get(tenant).unwrap_or_else(|| self.unset.load_full())
    }

    /// From now on tenants that have set nothing work with these settings, and new ones begin with them.
    pub fn begin_with(&self, settings: Settings) {
        self.unset.store(Arc::new(TenantView { settings: settings.clone(), ..TenantView::default() }));
        self.all.rcu(|all| {
            let mut next = BTreeMap::clone(all);
            for view in next.values_mut().filter(|view| view.version == 0) {
                *view = Arc::new(TenantView { settings: settings.clone(), ..TenantView::clone(view) });
            }
            next
        });
    }

    /// All of them.
    pub fn all(&self) -> Vec<(TenantId, Arc<TenantView>)> {
        self.all.load().iter().map(|(id, view)| (*id, Arc::clone(view))).collect()
    }

    /// A tenant that has these templates and settings, for trying out what words messages.
    #[must_use]
    pub fn with_templates(self, tenant: TenantId, templates: Library, settings: Settings) -> Self {
        self.set(tenant, TenantView { templates: Arc::new(templates), settings, ..TenantView::default() });
        self
    }

    /// Replaces one. Only the roster actor and the start do so.
    pub(crate) fn set(&self, tenant: TenantId, view: TenantView) {
        let view = Arc::new(view);
        self.all.rcu(|all| {
            let mut next = BTreeMap::clone(all);
            next.insert(tenant, Arc::clone(&view));
            next
        });
    }
}

impl TenantView {
    /// A view with these agents.
    #[must_use]
    pub fn with_roster(mut self, roster: Agents) -> Self {
        self.writers = Writers::default();
        roster.in_order().for_each(|agent| self.writers.add(agent));
        self.roster = roster;
        self
    }

    /// A view with these agents stored over and those removed: it costs what changes, however many there are.
    #[must_use]
    pub fn with_agents(&self, upserts: &[Agent], removed: &[AgentId]) -> Self {
        let mut next = self.clone();
        for agent in upserts {
            if let Some(before) = next.roster.get(&agent.id) {
                next.writers.remove(before);
            }
            next.writers.add(agent);
            next.roster.put(agent.clone());
        }
        for id in removed {
            if let Some(before) = next.roster.get(id) {
                next.writers.remove(before);
            }
            next.roster.remove(id);
        }
        next
    }

    /// What a crew may see of a job: no price where the tenant shows none.
    pub fn crew_view(&self, job: &Job) -> CrewView {
        let mut view = job.crew_view();
        view.brief.price = view.brief.price.filter(|_| self.settings.show_price);
        view
    }

    /// The agent with this phone number.
    pub fn agent_by_phone(&self, phone: &str) -> Option<AgentId> {
        last(self.writers.phone(phone))
    }

    /// The agent in this private Telegram chat.
    pub fn agent_by_telegram(&self, chat: i64) -> Option<AgentId> {
        last(self.writers.telegram(chat))
    }

    /// The agent with this mailbox.
    pub fn agent_by_email(&self, email: &str) -> Option<AgentId> {
        last(self.writers.email(&email.to_lowercase()))
    }

    /// Everybody with this mailbox, in the order of asking: people may share one.
    pub fn agents_by_email(&self, email: &str) -> Vec<AgentId> {
        self.writers.email(&email.to_lowercase()).iter().map(|(_, id)| *id).collect()
    }

    /// Whether two have this phone number.
    pub(crate) fn phone_is_shared(&self, phone: &str) -> bool {
        self.writers.phone(phone).len() > 1
    }

    /// Whether two are in this private Telegram chat.
    pub(crate) fn telegram_is_shared(&self, chat: i64) -> bool {
        self.writers.telegram(chat).len() > 1
    }

    /// The plan of jobs that bring none, with its name and version where it is a named one.
    pub fn default_plan(&self) -> (Plan, Option<(String, u32)>) {
        let named = self.settings.default_plan_name.as_ref().and_then(|name| self.plans.get(name));
        match named {
            Some(named) => (named.plan.clone(), Some((named.name.clone(), named.version))),
            None => (self.settings.default_plan.clone(), None),
        }
    }
}

/// Of those who share an address, the last in the order of asking.
fn last(there: &[(i32, AgentId)]) -> Option<AgentId> {
    there.last().map(|(_, id)| *id)
}
