//! The one writer of agents, settings, plans and templates: decides on the latest view, stores, then lets everybody see.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton_core::agent::Agent;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, TenantId};
use baton_core::job::Report;
use baton_core::plan::Plan;
use baton_core::tenant::Settings;
use baton_core::time::Timestamp;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;

use super::left::Left;
use super::library::{TemplateAsk, TemplateRefusal};
use super::source_change::SourceChange;
use super::{TenantView, Tenants};
use crate::committer::NotStored;
use crate::house::House;
use crate::records::{
    self, NamedPlan, Registration, STAGES, SettingsChange, Source, Template, TemplateId, TenantRecord, is_taken,
};
use crate::store::codec::{self, Record};
use crate::store::keys::Key;
use crate::store::{StepWrites, Write};

/// A change to a tenant.
pub enum RosterMessage {
    /// Decides and stores a change of agents. The closure sees the latest view.
    Agents {
        /// Whose.
        tenant: TenantId,
        /// What is to change.
        change: AgentChange,
        /// Hears what came of it.
        reply: oneshot::Sender<Result<AgentsChanged, ChangeFailure>>,
    },
    /// New settings.
    Settings {
        /// Whose.
        tenant: TenantId,
        /// What they are from now on.
        settings: Box<Settings>,
        /// The version they were made from; none: whatever it is.
        expects: Option<u64>,
        /// Who.
        by: String,
        /// Hears the new version.
        reply: oneshot::Sender<Result<u64, ChangeFailure>>,
    },
    /// A new version of a named plan.
    Plan {
        /// Whose.
        tenant: TenantId,
        /// Its name.
        name: String,
        /// The rules.
        plan: Box<Plan>,
        /// Who.
        by: String,
        /// Hears the stored plan; the newest version if nothing has changed.
        reply: oneshot::Sender<Result<Arc<NamedPlan>, ChangeFailure>>,
    },
    /// How a sender's payloads become jobs.
    Source {
        /// Whose.
        tenant: TenantId,
        /// Its name.
        name: String,
        /// What becomes of it.
        change: SourceChange,
        /// The version it was made from; none: whatever it is.
        expects: Option<u64>,
        /// Who.
        by: String,
        /// Hears what is stored then.
        reply: oneshot::Sender<Result<Option<Arc<Source>>, ChangeFailure>>,
    },
    /// A new template, or a new state of one.
    Template {
        /// Whose.
        tenant: TenantId,
        /// What is to become of it.
        ask: Box<TemplateAsk>,
        /// Who.
        by: String,
        /// Hears the template as it is then.
        reply: oneshot::Sender<Result<Arc<Template>, ChangeFailure>>,
    },
    /// A registration token, by its hash.
    NewRegistration {
        /// Of the token.
        hash: [u8; 32],
        /// Whose, and until when.
        registration: Registration,
        /// Hears when it is stored.
        reply: oneshot::Sender<Result<(), ChangeFailure>>,
    },
    /// Somebody uses a registration token from a chat.
    UseRegistration {
        /// Of the token.
        hash: [u8; 32],
        /// From where.
        chat: i64,
        /// Hears what came of it.
        reply: oneshot::Sender<Result<Registered, ChangeFailure>>,
    },
}

/// What is to change in a roster, decided on its latest view.
pub type AgentChange = Box<dyn FnOnce(&TenantView, Timestamp) -> AgentsDecided + Send>;

/// A change of one agent; nothing is stored where it comes to nothing, or where there is no such agent.
pub fn change_one(agent: AgentId, change: impl FnOnce(&mut Agent, Timestamp) + Send + 'static) -> AgentChange {
    Box::new(move |view: &TenantView, now: Timestamp| {
        let changed = view.roster.get(&agent).and_then(|before| {
            let mut agent = Agent::clone(before);
            change(&mut agent, now);
            (agent != **before).then_some(Agent { updated_at: now, ..agent })
        });
        AgentsDecided { upserts: changed.into_iter().collect(), ..AgentsDecided::default() }
    })
}

/// Agents to store and to remove.
#[derive(Default)]
pub struct AgentsDecided {
    /// Stored over what was there. Their versions are counted here.
    pub upserts: Vec<Agent>,
    /// Removed.
    pub removed: Vec<AgentId>,
    /// Nothing is stored and this is answered.
    pub refused: Option<ChangeFailure>,
}

/// What a change of agents came to.
#[derive(Clone, Debug, Default)]
pub struct AgentsChanged {
    /// How many are new.
    pub inserted: usize,
    /// How many were there before.
    pub updated: usize,
    /// How many there are now.
    pub total: usize,
}

/// What using a registration token came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// The chat is the agent's from now on.
    Welcome(AgentId),
    /// The chat is the agent's already.
    Already(AgentId),
    /// The link is good, and they have another chat, or the chat is somebody else's: a link replaces neither.
    Elsewhere,
    /// Unknown, used up or expired.
    BadLink,
}

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeFailure {
    /// The store is a restored copy that nobody has released.
    #[error("this is a restored copy in quarantine; `baton release-quarantine` lets it work")]
    Restored,
    /// There is nothing like it.
    #[error("there is no such agent")]
    NotFound,
    /// It has another version than the caller has seen.
    #[error("it has version {is}, not {expected}")]
    VersionChanged {
        /// What the caller has seen.
        expected: u64,
        /// What it is.
        is: u64,
    },
    /// Two agents would share an address by which answers are recognised.
    #[error("{field} belongs to another agent already")]
    AddressTaken {
        /// Which field.
        field: &'static str,
        /// The reference of the agent that was to be stored.
        reference: String,
    },
    /// A chat in which one tenant's crews read is nobody else's.
    #[error("the chat {chat} is another tenant's group")]
    GroupTaken {
        /// Which.
        chat: i64,
    },
    /// A template may not be changed so.
    #[error("{0}")]
    Template(#[from] TemplateRefusal),
    /// It could not be stored.
    #[error("{0}")]
    NotStored(#[from] NotStored),
    /// It cannot be encoded, or a record cannot be read.
    #[error("{0}")]
    Broken(String),
    /// The engine is stopping.
    #[error("the engine is not taking anything in")]
    Closed,
}

/// The writer.
pub struct Roster {
    house: Arc<House>,
}

impl Roster {
    /// The writer of a house.
    pub fn new(house: Arc<House>) -> Self {
        Self { house }
    }
}

impl Actor for Roster {
    type Msg = RosterMessage;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<RosterMessage>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<RosterMessage>,
        message: RosterMessage,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        // Whoever asked may have hung up; what was stored is true all the same.
        match message {
            RosterMessage::Agents { tenant, change, reply } => drop(reply.send(self.agents(tenant, change).await)),
            RosterMessage::Settings { tenant, settings, expects, by, reply } => {
                let _ = reply.send(self.settings(tenant, *settings, expects, by).await);
            }
            RosterMessage::Plan { tenant, name, plan, by, reply } => {
                let _ = reply.send(self.plan(tenant, name, *plan, by).await);
            }
            RosterMessage::Source { tenant, name, change, expects, by, reply } => {
                let _ = reply.send(self.source(tenant, name, change, expects, by).await);
            }
            RosterMessage::Template { tenant, ask, by, reply } => {
                let _ = reply.send(self.template(tenant, *ask, &by).await);
            }
            RosterMessage::NewRegistration { hash, registration, reply } => {
                let stored = self.store(vec![(Key::Registration(hash), Some(self.seal(&registration, 1)))]).await;
                let _ = reply.send(stored);
            }
            RosterMessage::UseRegistration { hash, chat, reply } => drop(reply.send(self.register(hash, chat).await)),
        }
        Ok(())
    }
}

impl Roster {
    async fn agents(&self, tenant: TenantId, change: AgentChange) -> Result<AgentsChanged, ChangeFailure> {
        let view = self.house.tenants.view(tenant);
        let now = self.house.clock.now();
        let AgentsDecided { mut upserts, removed, refused } = change(&view, now);
        if let Some(refused) = refused {
            return Err(refused);
        }
        let mut changed = AgentsChanged::default();
        for agent in &mut upserts {
            let before = view.roster.get(&agent.id);
            changed.inserted += usize::from(before.is_none());
            changed.updated += usize::from(before.is_some());
            agent.version = before.map_or(1, |before| before.version + 1);
            agent.created_at = before.map_or(agent.created_at, |before| before.created_at);
            if let Some(before) = before {
                agent.moved_from(before);
            }
        }
        let mut left = Left::of(&self.house, tenant);
        for id in &removed {
            view.roster.get(id).map_or(Ok(()), |before| left.leaves(before, None))?;
        }
        for agent in &upserts {
            view.roster.get(&agent.id).map_or(Ok(()), |before| left.leaves(before, Some(agent)))?;
        }
        for agent in &mut upserts {
            left.arrives(view.roster.get(&agent.id).map(Arc::as_ref), agent, now)?;
        }
        let next = view.with_agents(&upserts, &removed);
        addresses_are_distinct(&next, &upserts)?;
        changed.total = next.roster.len();
        let mut rows: Vec<_> =
            upserts.iter().map(|agent| (Key::Agent(agent.id), Some(self.seal(agent, agent.version)))).collect();
        rows.extend(removed.iter().map(|id| (Key::Agent(*id), None)));
        rows.extend(left.rows());
        if !rows.is_empty() {
            self.store(rows).await?;
            self.house.tenants.set(tenant, next);
            self.tell_of_pauses(&view, &upserts);
        }
        Ok(changed)
    }

    /// The desk hears once of each address that is paused.
    fn tell_of_pauses(&self, view: &TenantView, stored: &[Agent]) {
        for agent in stored {
            let Some(before) = view.roster.get(&agent.id) else { continue };
            for channel in agent.paused_since(before) {
                tracing::info!(agent.id = %agent.id, channel = channel.as_str(), "an address is paused");
                if let Some((by, errand)) = crate::desk::address_paused(&self.house, agent, channel) {
                    self.house.outbox.answer(by, errand);
                }
            }
        }
    }

    async fn settings(
        &self,
        tenant: TenantId,
        settings: Settings,
        expects: Option<u64>,
        by: String,
    ) -> Result<u64, ChangeFailure> {
        let view = self.house.tenants.view(tenant);
        if let Some(expected) = expects.filter(|expected| *expected != view.version) {
            return Err(ChangeFailure::VersionChanged { expected, is: view.version });
        }
        if let Some(chat) = taken_group(&self.house.tenants, tenant, &view.settings, &settings) {
            return Err(ChangeFailure::GroupTaken { chat });
        }
        let at = self.house.clock.now();
        let version = view.version + 1;
        let before = (view.version > 0).then(|| view.settings.clone());
        let change = SettingsChange { at, by, before, after: settings.clone() };
        let record = TenantRecord { version, settings: settings.clone(), created_at: at };
        self.store(vec![
            (Key::Tenant(tenant), Some(self.seal(&record, version))),
            (Key::TenantAudit { tenant, seq: version }, Some(self.seal(&change, 1))),
        ])
        .await?;
        let gates = settings.settlement.gates != view.settings.settlement.gates;
        let turned = gates || settings.crew.publish != view.settings.crew.publish;
        self.house.tenants.set(tenant, TenantView { version, settings, ..TenantView::clone(&view) });
        if turned {
            tokio::spawn(look_again(Arc::clone(&self.house), tenant));
        }
        Ok(version)
    }

    async fn plan(
        &self,
        tenant: TenantId,
        name: String,
        plan: Plan,
        by: String,
    ) -> Result<Arc<NamedPlan>, ChangeFailure> {
        let view = self.house.tenants.view(tenant);
        let newest = view.plans.get(&name);
        if let Some(same) = newest.filter(|newest| newest.plan == plan) {
            return Ok(Arc::clone(same));
        }
        let version = newest.map_or(1, |newest| newest.version + 1);
        let named = NamedPlan { name: name.clone(), version, plan, at: self.house.clock.now(), by };
        let key = Key::Plan { tenant, name: name.clone(), version };
        self.store(vec![(key, Some(self.seal(&named, u64::from(version))))]).await?;
        let named = Arc::new(named);
        let mut next = TenantView::clone(&view);
        next.plans.insert(name, Arc::clone(&named));
        self.house.tenants.set(tenant, next);
        Ok(named)
    }

    async fn source(
        &self,
        tenant: TenantId,
        name: String,
        change: SourceChange,
        expects: Option<u64>,
        by: String,
    ) -> Result<Option<Arc<Source>>, ChangeFailure> {
        let view = self.house.tenants.view(tenant);
        let before = view.sources.get(&name);
        let is = before.map_or(0, |before| before.version);
        if let Some(expected) = expects.filter(|expected| *expected != is) {
            return Err(ChangeFailure::VersionChanged { expected, is });
        }
        let at = self.house.clock.now();
        let source = change.onto(before.map(|before| &**before), &name, at, by);
        if source.as_ref() == before.map(|before| &**before) {
            return Ok(before.cloned());
        }
        let sealed = source.as_ref().map(|source| self.seal(source, source.version));
        self.store(vec![(Key::Source { tenant, name: name.clone() }, sealed)]).await?;
        let source = source.map(Arc::new);
        let mut next = TenantView::clone(&view);
        match &source {
            Some(source) => drop(next.sources.insert(name, Arc::clone(source))),
            None => drop(next.sources.remove(&name)),
        }
        self.house.tenants.set(tenant, next);
        Ok(source)
    }

    async fn template(&self, tenant: TenantId, ask: TemplateAsk, by: &str) -> Result<Arc<Template>, ChangeFailure> {
        let view = self.house.tenants.view(tenant);
        let decided = view.templates.decide(ask, by, self.house.clock.now())?;
        let key = |id: &TemplateId| {
            let TemplateId { key, channel, locale, version } = id.clone();
            Key::Template { tenant, key, channel, locale, version }
        };
        let version = |template: &Template| if template.created_at == template.changed_at { 1 } else { 2 };
        let mut rows: Vec<_> = decided
            .upserts
            .iter()
            .map(|template| (key(&template.id), Some(self.seal(template, version(template)))))
            .collect();
        rows.extend(decided.removed.iter().map(|id| (key(id), None)));
        if !rows.is_empty() {
            self.store(rows).await?;
            let templates = Arc::new(view.templates.after(&decided));
            self.house.tenants.set(tenant, TenantView { templates, ..TenantView::clone(&view) });
        }
        Ok(Arc::new(decided.answer))
    }

    /// A link works once and for one chat; a chat that is registered is not replaced by somebody who found a link.
    async fn register(&self, hash: [u8; 32], chat: i64) -> Result<Registered, ChangeFailure> {
        let broken = |error: &dyn std::error::Error| ChangeFailure::Broken(error.to_string());
        let key = Key::Registration(hash);
        let Some(record) = self.house.store.get(&key.bytes()).map_err(|error| broken(&error))? else {
            return Ok(Registered::BadLink);
        };
        let (header, mut registration) = codec::open::<Registration>(&record).map_err(|error| broken(&error))?;
        let now = self.house.clock.now();
        let tenant = registration.agent.tenant;
        let view = self.house.tenants.view(tenant);
        let Some(agent) = view.roster.get(&registration.agent) else { return Ok(Registered::BadLink) };
        if agent.telegram == Some(chat) {
            return Ok(Registered::Already(agent.id));
        }
        let unused = registration.used_by.is_none() && registration.expires_at > now;
        let chat_taken = view.agent_by_telegram(chat).is_some_and(|other| other != agent.id);
        if !unused {
            return Ok(Registered::BadLink);
        }
        if agent.telegram.is_some() || chat_taken {
            return Ok(Registered::Elsewhere);
        }
        registration.used_by = Some(chat);
        let mut agent = Agent::clone(agent);
        agent.telegram = Some(chat);
        agent.reached(ChannelKind::Telegram, true);
        agent.version += 1;
        agent.updated_at = now;
        self.store(vec![
            (key, Some(self.seal(&registration, header.version + 1))),
            (Key::Agent(agent.id), Some(self.seal(&agent, agent.version))),
        ])
        .await?;
        let id = agent.id;
        self.house.tenants.set(tenant, view.with_agents(&[agent], &[]));
        Ok(Registered::Welcome(id))
    }

    fn seal<T: Record>(&self, value: &T, version: u64) -> Result<Vec<u8>, ChangeFailure> {
        codec::seal(value, version, self.house.epoch).map_err(|error| ChangeFailure::Broken(error.to_string()))
    }

    async fn store(&self, rows: Vec<(Key, Option<Result<Vec<u8>, ChangeFailure>>)>) -> Result<(), ChangeFailure> {
        let mut writes = Vec::with_capacity(rows.len());
        for (key, value) in rows {
            writes.push(Write { key: key.bytes(), value: value.transpose()? });
        }
        Ok(self.house.committer.store_rows(StepWrites { check: None, writes }).await?)
    }
}

/// An answer is recognised by where it comes from, so no two agents of a tenant share a phone or a chat.
fn addresses_are_distinct(view: &TenantView, upserts: &[Agent]) -> Result<(), ChangeFailure> {
    for agent in upserts {
        let taken = |field| ChangeFailure::AddressTaken { field, reference: agent.reference.clone() };
        if agent.phone.as_ref().is_some_and(|phone| view.phone_is_shared(phone.as_str())) {
            return Err(taken("phone"));
        }
        if agent.telegram.is_some_and(|chat| view.telegram_is_shared(chat)) {
            return Err(taken("telegram_chat_id"));
        }
    }
    Ok(())
}

/// So many jobs look at themselves at once.
const AT_ONCE: usize = 256;

/// A tenant has turned a dial: the jobs that wait behind it look at it now, some at a time. Those that stand as it says are not woken.
async fn look_again(house: Arc<House>, tenant: TenantId) {
    let waits = |stage: u8| is_taken(stage) || STAGES.get(usize::from(stage)) == Some(&"offering");
    let stages: Vec<u8> = (0..).zip(STAGES).map(|(number, _)| number).filter(|number| waits(*number)).collect();
    let jobs = house.index.list(tenant, &stages, None, usize::MAX);
    for some in jobs.chunks(AT_ONCE) {
        let Some(directory) = house.directory() else { return };
        let view = house.tenants.view(tenant);
        for job in some {
            // One that cannot be read falls when it is looked at next, and is listed then.
            let record = house.store.get(&Key::LiveJob(*job).bytes()).ok().flatten();
            let known = record.and_then(|record| records::open_job(&record).ok());
            if known.is_some_and(|known| known.is_behind(&view.settings)) {
                directory.report(*job, Report::Ring);
            }
        }
        house.clock.sleep_until(house.clock.now() + Duration::from_millis(50)).await;
    }
}

/// The same for all tenants, after a start: what a crash has cut off is carried to its end.
pub(crate) async fn look_again_at_all(house: Arc<House>) {
    for (tenant, _) in house.tenants.all() {
        look_again(Arc::clone(&house), tenant).await;
    }
}

/// A chat that settings take up newly, and that crews of another tenant read: jobs of two strangers would stand side by side there, and
/// one's desk would be read by the other's crews.
fn taken_group(tenants: &Tenants, tenant: TenantId, before: &Settings, after: &Settings) -> Option<i64> {
    let groups = |settings: &Settings| settings.crew.groups.values().map(|group| group.chat).collect::<BTreeSet<_>>();
    let others = tenants.all().into_iter().filter(|(other, _)| *other != tenant).map(|(_, view)| view);
    let others: Vec<_> = others.map(|view| (groups(&view.settings), view.settings.desk.telegram)).collect();
    let is_crews = |chat: i64| others.iter().any(|(groups, _)| groups.contains(&chat));
    let is_desks = |chat: i64| others.iter().any(|(_, desk)| *desk == Some(chat));
    let mut new_groups = groups(after).difference(&groups(before)).copied().collect::<Vec<_>>().into_iter();
    let new_desk = after.desk.telegram.filter(|chat| before.desk.telegram != Some(*chat));
    new_groups.find(|chat| is_crews(*chat) || is_desks(*chat)).or_else(|| new_desk.filter(|chat| is_crews(*chat)))
}
