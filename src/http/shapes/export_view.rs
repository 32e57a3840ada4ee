//! What is held about a person, as it goes out to whoever may have it. No Debug: it is private, but for whom it is about.

use std::collections::BTreeMap;

use baton_actors::house::House;
use baton_actors::records::Registration;
use baton_core::agent::Agent;
use baton_core::consent::{AddressKind, Consent};
use baton_core::ids::{AgentId, Code, JobId};
use baton_core::job::Job;
use baton_core::notification::Notification;
use baton_core::phone::Phone;
use baton_core::roster::Roster;
use baton_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::details::Details;
use crate::export::client::Theirs;
use crate::export::person::{Involved, Person};
use crate::http::shapes::agent_view::{AgentNamed, AgentView};
use crate::http::shapes::consent_view::ConsentView;
use crate::http::shapes::ledger_view::AttemptView;
use crate::http::shapes::notification_view::NotificationView;
use crate::http::shapes::shown::Shown;
use crate::http::shapes::timeline_view::EntryView;

/// A part of what is held about somebody.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldAboutPerson)]
pub struct PersonPage<'a> {
    /// What is held of themselves; in the first part alone.
    pub person: Option<PersonView<'a>>,
    /// The jobs they had to do with.
    pub jobs: Vec<InvolvedView<'a>>,
    /// What was to be said to them.
    pub notifications: Vec<ToldView<'a>>,
    /// So many jobs and notifications of the tenant were looked at.
    pub looked_at: usize,
    /// So many of them cannot be read, and may be about them.
    pub unreadable: usize,
    /// Where to go on; `null`: that is all.
    pub next_cursor: Option<String>,
}

/// What is held of somebody themselves.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldOfPerson)]
pub struct PersonView<'a> {
    /// Their record; `null`: it was deleted.
    record: Option<AgentView<'a>>,
    /// What was said no to at their addresses, kept by a print of the address.
    refused: Vec<RefusedView<'a>>,
    /// Tokens to register with.
    registrations: Vec<RegistrationView>,
    /// When they were written to lately, oldest first: caps count it.
    #[schema(value_type = Vec<String>)]
    written_to: Vec<Shown<Timestamp>>,
}

/// What was said no to at an address.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusedAtAddress)]
pub struct RefusedView<'a> {
    /// At their `phone`, `email` or `telegram`.
    address: &'static str,
    /// What.
    #[serde(flatten)]
    said: ConsentView<'a>,
}

/// A token to register with.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldRegistration)]
pub struct RegistrationView {
    /// It works until then.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Shown<Timestamp>,
    /// The Telegram chat that used it.
    used_by: Option<i64>,
}

/// A job somebody had to do with.
#[derive(Serialize, ToSchema)]
#[schema(as = InvolvedInJob)]
pub struct InvolvedView<'a> {
    /// Which.
    #[serde(flatten)]
    job: JobNamed<'a>,
    /// Whether it is theirs now.
    has_it: bool,
    /// Their place in the standby line, from 1.
    standby: Option<usize>,
    /// Their part of the timeline: offers and what became of them, answers, claims, releases.
    timeline: Vec<EntryView<'a>>,
    /// Their attempts to claim it, with the verdicts.
    ledger: Vec<AttemptView<'a>>,
}

/// A job, named in something else.
#[derive(Serialize, ToSchema)]
pub struct JobNamed<'a> {
    /// Its id.
    #[schema(value_type = String)]
    id: Shown<JobId>,
    /// Its code.
    #[schema(value_type = String)]
    code: Shown<Code>,
    /// The client's own name for it.
    external_ref: Option<&'a str>,
    /// Where it stands.
    status: &'static str,
    /// When it came in.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Timestamp>,
}

/// A notification, with what it said.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldNotification)]
pub struct ToldView<'a> {
    /// The notification.
    #[serde(flatten)]
    notification: NotificationView<'a>,
    /// The values it was worded with; `null`: they do not open, as their key is not configured.
    #[schema(value_type = Object)]
    payload: Value,
}

/// A part of what is held about a client.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldAboutClient)]
pub struct ClientPage {
    /// Their jobs, with all details.
    pub items: Vec<TheirsView>,
    /// So many details were opened and looked through. What was erased is gone: it is neither found nor counted.
    pub looked_at: usize,
    /// So many details could not be opened, and may be about them: their key is not configured, or they are damaged.
    pub locked: usize,
    /// Jobs of theirs whose details were not given out, because it could not be noted in their timeline (`quarantined`, say).
    pub withheld: Vec<String>,
    /// Where to go on; `null`: that is all.
    pub next_cursor: Option<String>,
}

/// A job of a client, with all its details.
#[derive(Serialize, ToSchema)]
#[schema(as = JobOfClient)]
pub struct TheirsView {
    /// Its id.
    id: String,
    /// Its code.
    code: String,
    /// The name it came with.
    external_ref: Option<String>,
    /// Where it stands.
    status: &'static str,
    /// When it came in.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Timestamp>,
    /// In which of the details they are named.
    named_in: Vec<&'static str>,
    /// The details.
    details: DetailsView,
    /// Whom they were released to last.
    released_to: Option<AgentNamed>,
}

/// The private details of a job.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldDetails)]
pub struct DetailsView {
    contact_name: Option<String>,
    phone: Option<String>,
    from_address: Option<String>,
    to_address: Option<String>,
    notes: Option<String>,
    extra: BTreeMap<String, String>,
    /// The lead as it came.
    #[schema(value_type = Option<Object>)]
    original: Option<Value>,
}

impl<'a> PersonView<'a> {
    /// Shows it.
    pub fn of(person: &'a Person) -> Self {
        Self {
            record: person.record.as_deref().map(|agent: &Agent| AgentView::of(agent)),
            refused: person.refused.iter().map(|(kind, said)| RefusedView::of(*kind, said)).collect(),
            registrations: person.registrations.iter().map(RegistrationView::of).collect(),
            written_to: person.written_to.iter().copied().map(Shown).collect(),
        }
    }
}

impl<'a> RefusedView<'a> {
    fn of(kind: AddressKind, said: &'a Consent) -> Self {
        Self { address: kind.as_str(), said: ConsentView::of(said) }
    }
}

impl RegistrationView {
    fn of(token: &Registration) -> Self {
        Self { expires_at: Shown(token.expires_at), used_by: token.used_by }
    }
}

impl<'a> JobNamed<'a> {
    fn of(job: &'a Job) -> Self {
        Self {
            id: Shown(job.id),
            code: Shown(job.id.code()),
            external_ref: job.external_ref.as_deref(),
            status: job.status(),
            created_at: Shown(job.created_at),
        }
    }
}

impl<'a> InvolvedView<'a> {
    /// Shows it.
    pub fn of(involved: &'a Involved, agent: AgentId, roster: &Roster) -> Self {
        let Involved { job, entries, attempts } = involved;
        Self {
            job: JobNamed::of(job),
            has_it: job.winner() == Some(agent),
            standby: job.standby.iter().position(|waiting| waiting.agent == agent).map(|place| place + 1),
            timeline: entries.iter().map(|entry| EntryView::of(job.id, entry, roster)).collect(),
            ledger: attempts.iter().map(|attempt| AttemptView::of(job.id, attempt, roster)).collect(),
        }
    }
}

impl<'a> ToldView<'a> {
    /// Shows it.
    pub fn of((notification, payload): &'a (Notification, Option<Vec<u8>>), house: &House) -> Self {
        let opened = payload.as_deref().map(|payload| match payload {
            [] => Value::Object(serde_json::Map::new()),
            payload => serde_json::from_slice(payload).unwrap_or_default(),
        });
        Self { notification: NotificationView::of(notification, house), payload: opened.unwrap_or_default() }
    }
}

impl TheirsView {
    /// Shows it.
    pub fn of(theirs: &Theirs, roster: &Roster) -> Self {
        let job = &theirs.job;
        Self {
            id: job.id.to_string(),
            code: job.id.code().to_string(),
            external_ref: job.external_ref.clone(),
            status: job.status(),
            created_at: Shown(job.created_at),
            named_in: theirs.named_in.clone(),
            details: DetailsView::of(&theirs.details),
            released_to: job.grant.as_ref().map(|grant| AgentNamed::of(grant.agent, roster)),
        }
    }
}

impl DetailsView {
    fn of(details: &Details) -> Self {
        let Details { contact_name, phone, from_address, to_address, notes, extra, original } = details;
        let json = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
        Self {
            contact_name: contact_name.clone(),
            phone: phone.as_ref().map(Phone::as_str).map(str::to_owned),
            from_address: from_address.clone(),
            to_address: to_address.clone(),
            notes: notes.clone(),
            extra: extra.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            original: original.as_ref().map(json),
        }
    }
}
