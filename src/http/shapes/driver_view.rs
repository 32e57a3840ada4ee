//! A driver, as they go out.

use baton_actors::records::Driver;
use baton_core::agent::Agent;
use baton_core::delivery::ChannelKind;
use baton_core::ids::DriverId;
use baton_core::phone::Phone;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::shown::Shown;

/// A driver.
#[derive(Serialize, ToSchema)]
pub struct DriverView<'a> {
    /// Your own id of them.
    #[schema(value_type = String, format = "uuid")]
    id: Shown<DriverId>,
    /// The agent they are: `/api/v1/agents/{ref}`.
    r#ref: &'a str,
    /// What people call them.
    name: &'a str,
    /// Their number.
    phone: Option<&'a str>,
    /// Where e-mail goes.
    email: Option<&'a str>,
    /// Their private Telegram chat.
    telegram_chat_id: Option<i64>,
    /// By which channel they hear of routes.
    preferred_channel: Option<&'static str>,
    /// Whether a message that failed goes by their next channel.
    fallback_enabled: bool,
    /// `active`, `inactive`, `on_leave` or `terminated`.
    status: &'a str,
    /// The language of their messages.
    locale: Option<&'a str>,
    /// IANA zone.
    time_zone: Option<&'a str>,
    /// When they were last changed here.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Shown<Timestamp>,
}

impl<'a> DriverView<'a> {
    /// Shows a driver.
    pub fn of(id: DriverId, driver: &'a Driver, agent: &'a Agent) -> Self {
        Self {
            id: Shown(id),
            r#ref: &agent.reference,
            name: &agent.name,
            phone: agent.phone.as_ref().map(Phone::as_str),
            email: agent.email.as_deref(),
            telegram_chat_id: agent.telegram,
            preferred_channel: driver.preferred.map(ChannelKind::as_str),
            fallback_enabled: driver.fallback,
            status: &driver.status,
            locale: agent.locale.as_deref(),
            time_zone: agent.time_zone.as_deref(),
            updated_at: Shown(driver.at),
        }
    }
}
