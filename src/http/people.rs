//! People as requests name them: found by reference or by address, completed by what was given, and stored together.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_actors::tenants::TenantView;
use baton_actors::tenants::roster::{AgentsDecided, ChangeFailure};
use baton_core::agent::Agent;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, TenantId};
use baton_core::time::Timestamp;
use tokio::sync::oneshot;

use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::http::shapes::person::PersonRead;

/// A person whom a request names, and what it says of them.
#[derive(Clone)]
pub struct Person {
    /// Who.
    pub id: AgentId,
    reference: String,
    read: Arc<PersonRead>,
    by: Arc<str>,
}

/// Who is meant: whoever has the reference, or one of the addresses. None: nothing that names anybody was given.
pub fn named(door: &Door, tenant: TenantId, read: PersonRead, by: Arc<str>) -> Option<Person> {
    let (id, reference) = match &read.reference {
        Some(reference) => (AgentId::of_reference(tenant, reference), reference.clone()),
        None => by_address(door, tenant, &read)?,
    };
    Some(Person { id, reference, read: Arc::new(read), by })
}

/// The person with one of the addresses; somebody new gets a reference that follows from the first of them, so that the same
/// address is the same person. It is a fingerprint, because references stand in paths and logs.
fn by_address(door: &Door, tenant: TenantId, read: &PersonRead) -> Option<(AgentId, String)> {
    let view = door.engine.tenants().view(tenant);
    let phone = read.phone.as_ref();
    let known = phone
        .and_then(|phone| view.agent_by_phone(phone.as_str()))
        .or_else(|| view.agent_by_telegram(read.telegram?))
        .or_else(|| view.agent_by_email(read.email.as_ref()?));
    if let Some(agent) = known.and_then(|id| view.roster.get(&id)) {
        return Some((agent.id, agent.reference.clone()));
    }
    let address = phone
        .map(|phone| ("phone", phone.as_str().to_owned()))
        .or_else(|| read.telegram.map(|chat| ("telegram", chat.to_string())))
        .or_else(|| read.email.as_ref().map(|email| ("email", email.to_lowercase())))?;
    let print = door.fingerprints.of(&(tenant.bytes(), address));
    let reference = format!("contact-{:032x}", u128::from_be_bytes(print));
    Some((AgentId::of_reference(tenant, &reference), reference))
}

impl Person {
    /// As they are with what was given; none where that changes nothing.
    pub fn onto(&self, before: Option<&Agent>, now: Timestamp) -> Option<Agent> {
        self.read.onto(before, self.id, &self.reference, &self.by, now)
    }
}

/// Whether there is any address by which somebody can be reached.
pub fn has_address(agent: &Agent) -> bool {
    [ChannelKind::Sms, ChannelKind::Email, ChannelKind::Telegram].into_iter().any(|channel| agent.has_address(channel))
}

/// Stores what was said of people, as one change of the roster, and each for itself: whoever has another's address is refused and
/// hinders nobody. Says in the same order what became of each.
pub async fn keep(
    door: &Door,
    tenant: TenantId,
    people: Vec<Person>,
) -> Result<Vec<Result<(), ChangeFailure>>, Problem> {
    let view = door.engine.tenants().view(tenant);
    let now = door.clock.now();
    let changes = |person: &Person| person.onto(view.roster.get(&person.id).map(Arc::as_ref), now).is_some();
    // Nearly always everybody is known: then nothing is written.
    if !people.iter().any(changes) {
        return Ok(people.iter().map(|_| Ok(())).collect());
    }
    let (told, verdicts) = oneshot::channel();
    let decide = move |view: &TenantView, now: Timestamp| {
        let mut page = Page::of(view);
        // The asker waits for the change itself first.
        let _ = told.send(people.iter().map(|person| page.take(person, now)).collect());
        AgentsDecided { upserts: page.changed.into_values().collect(), ..AgentsDecided::default() }
    };
    door.engine.change_agents(tenant, Box::new(decide)).await?;
    verdicts.await.map_err(|_| Problem::from(ChangeFailure::Closed))
}

/// A roster with the changes so far on top of it.
struct Page<'v> {
    view: &'v TenantView,
    changed: BTreeMap<AgentId, Agent>,
    phones: BTreeMap<String, AgentId>,
    chats: BTreeMap<i64, AgentId>,
}

impl<'v> Page<'v> {
    fn of(view: &'v TenantView) -> Self {
        Self { view, changed: BTreeMap::new(), phones: BTreeMap::new(), chats: BTreeMap::new() }
    }

    fn take(&mut self, person: &Person, now: Timestamp) -> Result<(), ChangeFailure> {
        let before = self.changed.get(&person.id).or_else(|| self.view.roster.get(&person.id).map(Arc::as_ref));
        let Some(agent) = person.onto(before, now) else { return Ok(()) };
        let taken = |field| Err(ChangeFailure::AddressTaken { field, reference: person.reference.clone() });
        let phone = agent.phone.as_ref().map(|phone| phone.as_str().to_owned());
        let of_phone = |phone: &String| self.phones.get(phone).copied().or_else(|| self.view.agent_by_phone(phone));
        if phone.as_ref().and_then(of_phone).is_some_and(|other| other != agent.id) {
            return taken("phone");
        }
        let of_chat = |chat| self.chats.get(&chat).copied().or_else(|| self.view.agent_by_telegram(chat));
        if agent.telegram.and_then(of_chat).is_some_and(|other| other != agent.id) {
            return taken("telegram_chat_id");
        }
        self.phones.extend(phone.map(|phone| (phone, agent.id)));
        self.chats.extend(agent.telegram.map(|chat| (chat, agent.id)));
        self.changed.insert(agent.id, agent);
        Ok(())
    }
}
