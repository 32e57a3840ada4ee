//! A driver, as they come in. What is left out stays as it was; a blank text is the same as `null`, as fleets keep it.

use std::sync::Arc;

use baton_actors::records::Driver;
use baton_actors::tenants::TenantView;
use baton_core::agent::Agent;
use baton_core::delivery::ChannelKind;
use baton_core::ids::AgentId;
use baton_core::phone::Phone;
use baton_core::time::Timestamp;
use utoipa::ToSchema;

use crate::http::form::{Field, Form};
use crate::http::given::{Given, Wanted, object};
use crate::http::problem::FieldError;
use crate::http::shapes::agent::{chat, email, locale, time_zone};
use crate::http::shapes::change::Change;
use crate::http::strangers::Strangers;
use crate::phones;

const NAME: usize = 100;

/// Where a driver stands: only an active one is given routes.
pub const STATUSES: [(&str, &str); 4] =
    [("active", "active"), ("inactive", "inactive"), ("on_leave", "on_leave"), ("terminated", "terminated")];

/// The channels a driver can like best.
const PREFERRED: [(&str, ChannelKind); 3] =
    [("telegram", ChannelKind::Telegram), ("email", ChannelKind::Email), ("sms", ChannelKind::Sms)];

/// Somebody who drives routes.
#[derive(Default, ToSchema)]
#[schema(as = Driver)]
pub struct DriverShape {
    /// What people call them.
    #[schema(value_type = Option<String>, max_length = 100, example = "Driver One")]
    name: Given<String>,
    /// Their number, in international form.
    #[schema(value_type = Option<String>, example = "+447700900001")]
    phone: Given<String>,
    /// Where e-mail goes.
    #[schema(value_type = Option<String>, max_length = 254, example = "d1@example.com")]
    email: Given<String>,
    /// Their private Telegram chat, as a number or as text; set by itself when they register with the bot.
    #[schema(value_type = Option<i64>, example = 1001)]
    telegram_chat_id: Given<ChatId>,
    /// By which channel they hear of routes, where it can be used: `telegram`, `email` or `sms`.
    #[schema(value_type = Option<String>, example = "telegram")]
    preferred_channel: Given<String>,
    /// Whether a message that failed goes by their next channel; true where it is left out.
    #[schema(value_type = Option<bool>)]
    fallback_enabled: Given<bool>,
    /// `active`, `inactive`, `on_leave` or `terminated`; `active` where it is left out.
    #[schema(value_type = Option<String>, example = "active")]
    status: Given<String>,
    /// The language of their messages.
    #[schema(value_type = Option<String>, example = "en")]
    locale: Given<String>,
    /// IANA zone; the tenant's where it is left out.
    #[schema(value_type = Option<String>, example = "Europe/London")]
    time_zone: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    DriverShape {
        name, phone, email, telegram_chat_id, preferred_channel, fallback_enabled, status, locale, time_zone
    }
}

/// A chat, as a number or as its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatId {
    /// A number.
    Number(i64),
    /// Text.
    Text(String),
}

impl Wanted<'_> for ChatId {
    const WANTED: &'static str = "a number";
    fn from_u64(value: u64) -> Option<Self> {
        value.try_into().ok().map(Self::Number)
    }
    fn from_i64(value: i64) -> Option<Self> {
        Some(Self::Number(value))
    }
    fn from_text(text: &str) -> Option<Self> {
        Some(Self::Text(text.trim().to_owned()))
    }
}

/// What was read.
#[derive(Default)]
pub struct DriverChange {
    name: Option<String>,
    phone: Change<Phone>,
    email: Change<String>,
    telegram: Change<i64>,
    preferred: Change<ChannelKind>,
    fallback: Option<bool>,
    status: Option<&'static str>,
    locale: Change<String>,
    time_zone: Change<String>,
}

impl DriverShape {
    /// The driver, or everything that is wrong.
    pub fn into_core(self) -> Result<DriverChange, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let telegram = match shape.telegram_chat_id {
                Given::Is(ChatId::Text(text)) if text.is_empty() => Given::Null,
                Given::Is(ChatId::Text(text)) => match text.parse() {
                    Ok(number) => Given::Is(number),
                    Err(_) => Given::Wrong("text"),
                },
                Given::Is(ChatId::Number(number)) => Given::Is(number),
                Given::Absent => Given::Absent,
                Given::Null => Given::Null,
                Given::Wrong(found) => Given::Wrong(found),
            };
            Some(DriverChange {
                name: form.field("name", shape.name).line(NAME),
                phone: read(form.field("phone", blank(shape.phone)), |field| field.parsed(|text| phones::read(&text))),
                email: read(form.field("email", blank(shape.email)), email),
                telegram: Change::of(form.field("telegram_chat_id", telegram), chat),
                preferred: read(form.field("preferred_channel", blank(shape.preferred_channel)), |field| {
                    field.one_of(&PREFERRED)
                }),
                fallback: form.field("fallback_enabled", shape.fallback_enabled).value(),
                status: form.field("status", shape.status).one_of(&STATUSES),
                locale: read(form.field("locale", blank(shape.locale)), locale),
                time_zone: read(form.field("time_zone", blank(shape.time_zone)), time_zone),
            })
        })
    }
}

fn read<T>(field: Field<'_, String>, read: impl FnOnce(Field<'_, String>) -> Option<T>) -> Change<T> {
    Change::of(field, read)
}

/// A text of spaces alone says nothing.
fn blank(given: Given<String>) -> Given<String> {
    match given {
        Given::Is(text) if text.trim().is_empty() => Given::Null,
        other => other,
    }
}

impl DriverChange {
    /// Whoever is known by the number or chat that was given.
    pub fn known_in(&self, view: &TenantView) -> Option<AgentId> {
        let by_phone = match &self.phone {
            Change::Set(phone) => view.agent_by_phone(phone.as_str()),
            Change::Keep | Change::Clear => None,
        };
        by_phone.or_else(|| match self.telegram {
            Change::Set(chat) => view.agent_by_telegram(chat),
            Change::Keep | Change::Clear => None,
        })
    }

    /// What is kept of them besides the agent they are.
    pub fn driver(&self, before: Option<&Driver>, agent: AgentId, now: Timestamp) -> Driver {
        let mut driver = before.cloned().unwrap_or_else(|| Driver {
            agent,
            preferred: None,
            fallback: true,
            status: STATUSES[0].0.to_owned(),
            at: now,
        });
        driver.agent = agent;
        driver.at = now;
        self.preferred.onto(&mut driver.preferred);
        driver.fallback = self.fallback.unwrap_or(driver.fallback);
        if let Some(status) = self.status {
            status.clone_into(&mut driver.status);
        }
        driver
    }

    /// The agent as they are to be stored.
    pub fn onto(self, before: Option<&Agent>, id: AgentId, reference: &str, active: bool, now: Timestamp) -> Agent {
        let somebody_new = || Agent { version: 0, takes_jobs: false, ..Agent::named(id, reference, now) };
        let mut agent = before.cloned().unwrap_or_else(somebody_new);
        agent.version += 1;
        agent.updated_at = now;
        agent.active = active;
        if let Some(name) = self.name {
            agent.name = name;
        }
        self.phone.onto(&mut agent.phone);
        self.email.onto(&mut agent.email);
        self.telegram.onto(&mut agent.telegram);
        self.locale.onto(&mut agent.locale);
        self.time_zone.onto(&mut agent.time_zone);
        agent
    }
}

/// Whoever a driver is, as long as they are there.
pub fn agent_of(view: &TenantView, driver: &Driver) -> Option<Arc<Agent>> {
    view.roster.get(&driver.agent).cloned()
}
