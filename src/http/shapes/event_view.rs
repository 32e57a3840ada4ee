//! An event of the log, as it goes out to other systems: in the envelope of CloudEvents, without names, free text or anything private.

use baton_actors::event_log::Logged;
use baton_core::ids::{AgentId, Code, JobId, TenantId};
use baton_core::job::{Actor, Cause, Event};
use baton_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::http::shapes::shown::Shown;
use crate::http::shapes::timeline_view::facts;

/// The version of what `data` holds: a client that knows it can read every event that says so.
const VERSION: u32 = 1;

/// Something that happened to a job.
#[derive(Serialize, ToSchema)]
pub struct EventView<'a> {
    /// CloudEvents: always `1.0`.
    specversion: &'static str,
    /// The same whenever this event is told: with `source`, what tells a repeat.
    id: String,
    /// Whose: the server and the tenant.
    source: String,
    /// `job.` and what became true, such as `job.claimed`: the words of the timeline.
    #[schema(value_type = String, example = "job.claimed")]
    r#type: String,
    /// The version of `data`; what is added to it later leaves the version as it is.
    dataversion: u32,
    /// What it happened to: `jobs/<id>`. Events of one subject come in order.
    #[schema(value_type = String, example = "jobs/04fed299-a820-8234-ad2d-12188c8e120c")]
    subject: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    time: Shown<Timestamp>,
    /// Its number in the log of the tenant. Numbers grow; some may be missing.
    sequence: u64,
    /// Always `application/json`.
    datacontenttype: &'static str,
    /// What happened.
    data: EventData<'a>,
}

/// What happened.
#[derive(Serialize, ToSchema)]
pub struct EventData<'a> {
    /// Of which job.
    job: EventJob<'a>,
    /// Its number in the timeline of the job.
    step: u32,
    /// Who did it: `client`, `operator`, `agent`, `link`, `engine` or `stranger`.
    actor: &'static str,
    /// With `agent`: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    agent: Option<Shown<AgentId>>,
    /// How it came: `request`, `page`, `reply`, `timer`, `delivery`, `seat` or `rule`.
    cause: &'static str,
    /// What else belongs to it.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    facts: Map<String, Value>,
}

/// A job, by its names.
#[derive(Serialize, ToSchema)]
pub struct EventJob<'a> {
    /// Its id.
    #[schema(value_type = String)]
    id: Shown<JobId>,
    /// What people call it.
    #[schema(value_type = String, example = "0952ef82")]
    code: Shown<Code>,
    /// The client's own name for it.
    external_ref: Option<&'a str>,
}

impl<'a> EventView<'a> {
    /// Shows an event.
    pub fn of(logged: &'a Logged, tenant: TenantId, public_url: &str) -> Self {
        let entry = &logged.entry;
        let (actor, agent) = match &entry.actor {
            Actor::Client(_) => ("client", None),
            Actor::Operator(_) => ("operator", None),
            Actor::Agent(agent) => ("agent", Some(Shown(*agent))),
            Actor::Link => ("link", None),
            Actor::Engine => ("engine", None),
            Actor::Stranger => ("stranger", None),
        };
        let cause = match entry.cause {
            Cause::Request => "request",
            Cause::Page => "page",
            Cause::Reply(_) => "reply",
            Cause::Timer => "timer",
            Cause::Delivery => "delivery",
            Cause::Seat => "seat",
            Cause::Rule => "rule",
        };
        // A reference may be a phone number, and a name is somebody's: the id leads to both, for those who may see them.
        let named = |agent: &AgentId| json!({ "id": agent.to_string() });
        Self {
            specversion: "1.0",
            id: format!("{tenant}-{}", logged.no),
            source: format!("{public_url}/tenants/{tenant}"),
            r#type: kind(&entry.event),
            dataversion: VERSION,
            subject: format!("jobs/{}", logged.job),
            time: Shown(entry.at),
            sequence: logged.no,
            datacontenttype: "application/json",
            data: EventData {
                job: EventJob {
                    id: Shown(logged.job),
                    code: Shown(logged.job.code()),
                    external_ref: logged.external_ref.as_deref(),
                },
                step: entry.seq,
                actor,
                agent,
                cause,
                facts: facts(logged.job, &entry.event, &named),
            },
        }
    }
}

/// The type of an event.
pub fn kind(event: &Event) -> String {
    debug_assert!(Event::NAMES.contains(&event.name()), "{} is no type", event.name());
    format!("job.{}", event.name())
}

/// Whether a word is a type of events.
pub fn is_kind(word: &str) -> bool {
    word.strip_prefix("job.").is_some_and(|name| Event::NAMES.contains(&name))
}
