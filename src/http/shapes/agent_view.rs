//! An agent, as it goes out to those with a key of its tenant.

use baton_core::agent::{Agent, Availability, QuietHours, Reach};
use baton_core::ids::AgentId;
use baton_core::phone::Phone;
use baton_core::roster::Roster;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::consent_view::ConsentView;
use crate::http::shapes::shown::Shown;

/// An agent.
#[derive(Serialize, ToSchema)]
pub struct AgentView<'a> {
    /// Derived from the reference.
    #[schema(value_type = String)]
    id: Shown<AgentId>,
    /// The tenant's own name for them.
    r#ref: &'a str,
    /// What people call them.
    name: &'a str,
    /// Their number.
    phone: Option<&'a str>,
    /// Where e-mail goes.
    email: Option<&'a str>,
    /// Their private Telegram chat.
    telegram_chat_id: Option<i64>,
    /// What they are called at Telegram, once they have claimed something in a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    telegram_username: Option<&'a str>,
    /// The channels to use, best first; empty: the tenant's order.
    channels: Vec<&'static str>,
    /// Lower is asked earlier.
    priority: i32,
    /// Whether they are asked at all.
    active: bool,
    /// Whether they are offered jobs; false for somebody who only gets notifications.
    takes_jobs: bool,
    /// What they can do.
    tags: Vec<&'a str>,
    /// How many claimed jobs they can have open; `null`: any number.
    capacity: Option<u32>,
    /// Whether they can be asked now.
    availability: AvailabilityView,
    /// When they are not to be disturbed.
    quiet_hours: Option<QuietHoursView>,
    /// The language of their messages; `null`: the tenant's.
    locale: Option<&'a str>,
    /// IANA zone; `null`: the tenant's.
    time_zone: Option<&'a str>,
    /// Channels on which they have blocked us: nothing is sent there until they come back.
    unreachable: Vec<&'static str>,
    /// What they agreed to and what they refused.
    consents: Vec<ConsentView<'a>>,
    /// Channels whose address has failed lately.
    reach: Vec<ReachView>,
    /// How many times the record was stored.
    version: u64,
    /// When it was first stored.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Timestamp>,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Shown<Timestamp>,
}

/// Whether an agent can be asked now.
#[derive(Serialize, ToSchema)]
pub struct AvailabilityView {
    /// Whether they can.
    available: bool,
    /// Where not: until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Shown<Timestamp>>,
}

/// A nightly rest.
#[derive(Serialize, ToSchema)]
pub struct QuietHoursView {
    /// It begins at this local time.
    from: String,
    /// It ends at this local time.
    to: String,
}

/// What is known of an address that a provider called dead.
#[derive(Serialize, ToSchema)]
#[schema(as = Reach)]
pub struct ReachView {
    /// The channel of the address.
    channel: &'static str,
    /// How many messages in a row it could not take.
    failures: u32,
    /// When the last one failed.
    #[schema(value_type = String, format = DateTime)]
    last: Shown<Timestamp>,
    /// Since when nothing is sent there; `null`: it is only tried after their other channels.
    #[schema(value_type = Option<String>, format = DateTime)]
    paused: Option<Shown<Timestamp>>,
}

impl QuietHoursView {
    /// Shows a rest.
    pub fn of(rest: QuietHours) -> Self {
        let at = |time: jiff::civil::Time| format!("{:02}:{:02}", time.hour(), time.minute());
        Self { from: at(rest.from), to: at(rest.to) }
    }
}

impl ReachView {
    fn of(reach: &Reach) -> Self {
        let paused = reach.paused.map(Shown);
        Self { channel: reach.channel.as_str(), failures: reach.failures, last: Shown(reach.last), paused }
    }
}

impl<'a> AgentView<'a> {
    /// Shows an agent.
    pub fn of(agent: &'a Agent) -> Self {
        let availability = match agent.availability {
            Availability::Available => AvailabilityView { available: true, until: None },
            Availability::Away { until } => AvailabilityView { available: false, until: until.map(Shown) },
        };
        Self {
            id: Shown(agent.id),
            r#ref: &agent.reference,
            name: &agent.name,
            phone: agent.phone.as_ref().map(Phone::as_str),
            email: agent.email.as_deref(),
            telegram_chat_id: agent.telegram,
            telegram_username: agent.username.as_ref().map(|(_, username)| username.as_str()),
            channels: agent.channels.iter().map(|channel| channel.as_str()).collect(),
            priority: agent.priority,
            active: agent.active,
            takes_jobs: agent.takes_jobs,
            tags: agent.tags.iter().map(String::as_str).collect(),
            capacity: agent.capacity,
            availability,
            quiet_hours: agent.quiet_hours.map(QuietHoursView::of),
            locale: agent.locale.as_deref(),
            time_zone: agent.time_zone.as_deref(),
            unreachable: agent.unreachable.iter().map(|channel| channel.as_str()).collect(),
            consents: agent.consents.iter().map(ConsentView::of).collect(),
            reach: agent.reach.iter().map(ReachView::of).collect(),
            version: agent.version,
            created_at: Shown(agent.created_at),
            updated_at: Shown(agent.updated_at),
        }
    }
}

/// An agent, named in something else.
#[derive(Serialize, ToSchema)]
pub struct AgentNamed {
    /// Derived from the reference.
    #[schema(value_type = String)]
    pub id: Shown<AgentId>,
    /// The tenant's own name for them; `null`: they have been deleted.
    pub r#ref: Option<String>,
    /// What people call them.
    pub name: Option<String>,
}

impl AgentNamed {
    /// Names an agent of the roster.
    pub fn of(id: AgentId, roster: &Roster) -> Self {
        let known = roster.get(&id);
        let (reference, name) = (known.map(|agent| agent.reference.clone()), known.map(|agent| agent.name.clone()));
        Self { id: Shown(id), r#ref: reference, name }
    }

    /// Their reference, or nothing where they have been deleted.
    pub fn called(&self) -> &str {
        self.r#ref.as_deref().unwrap_or_default()
    }
}
