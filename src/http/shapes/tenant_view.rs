//! A tenant's settings, as they go out.

use std::collections::BTreeMap;

use baton_actors::tenants::TenantView;
use baton_core::ids::TenantId;
use baton_core::roster::Roster;
use baton_core::tenant::{Operator, Settings};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::crew_view::CrewView;
use crate::http::shapes::messages_view::{self, MessagesView};
use crate::http::shapes::plan_view::PlanView;
use crate::http::shapes::settlement_view::SettlementSettingsView;
use crate::http::shapes::shown::{Shown, Span};

/// A tenant.
#[derive(Serialize, ToSchema)]
#[schema(as = Tenant)]
pub struct TenantShown<'a> {
    /// Its name.
    #[schema(value_type = String, example = "default")]
    tenant: Shown<TenantId>,
    /// How many times its settings were stored; the `ETag`.
    version: u64,
    /// What it has set.
    settings: SettingsView<'a>,
}

impl<'a> TenantShown<'a> {
    /// Shows a tenant.
    pub fn of(tenant: TenantId, view: &'a TenantView) -> Self {
        Self { tenant: Shown(tenant), version: view.version, settings: SettingsView::of(&view.settings, &view.roster) }
    }
}

/// What a tenant has set.
#[derive(Serialize, ToSchema)]
pub struct SettingsView<'a> {
    /// The plan of jobs that bring none.
    default_plan: PlanView<'a>,
    /// The named plan that is used instead.
    default_plan_name: Option<&'a str>,
    /// IANA zone of dates and windows.
    time_zone: &'a str,
    /// Language of messages and pages where a person has none.
    locale: &'a str,
    /// How long an approval link works.
    #[schema(value_type = String)]
    approval_link_ttl: Span,
    /// How long a job occupies an agent where it does not say.
    #[schema(value_type = String)]
    job_duration: Span,
    /// How many open offers an agent may have at once; `null`: any number.
    max_open_offers: Option<u32>,
    /// Whether an agent with tags must carry the job's vehicle as one.
    match_vehicle: bool,
    /// Whom to call.
    desk: DeskView<'a>,
    /// Outages shorter than this change nothing.
    #[schema(value_type = String)]
    outage_grace: Span,
    /// Which providers carry a channel, the first of them first; a channel that is not here: as configured.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    routes: BTreeMap<&'static str, Vec<&'static str>>,
    /// After how long a message that has not arrived goes to the person's next channel; `null`: only one that failed does.
    #[schema(value_type = Option<String>)]
    fallback_after: Option<Span>,
    /// When people are written to, and when they are left alone.
    messages: MessagesView<'a>,
    /// What stands between a claim and the work.
    settlement: SettlementSettingsView,
    /// Whether prices are shown to crews and to the desk.
    show_price: bool,
    /// Groups in which jobs are published, and what is allowed to those who claim.
    crew: CrewView<'a>,
}

/// The desk's contact.
#[derive(Serialize, ToSchema)]
pub struct DeskView<'a> {
    /// Where notices and approval requests go.
    email: Option<&'a str>,
    /// The desk's Telegram chat.
    telegram_chat_id: Option<i64>,
    /// The topic in it, where that chat is a forum.
    telegram_topic: Option<i64>,
    /// Who works there in chat: only they may give the desk's commands to the bot.
    operators: Vec<OperatorView<'a>>,
    /// Whether a finished lead goes to the desk with all that is private; `null`: as configured for all tenants.
    send_full: Option<bool>,
    /// Whether the text for crews follows it; `null`: as configured for all tenants.
    send_crew_fallback: Option<bool>,
}

/// A person at the desk.
#[derive(Serialize, ToSchema)]
pub struct OperatorView<'a> {
    /// What they are called.
    name: &'a str,
    /// Their own number at Telegram.
    telegram_user_id: i64,
}

impl<'a> SettingsView<'a> {
    /// Shows settings.
    pub fn of(settings: &'a Settings, roster: &Roster) -> Self {
        Self {
            default_plan: PlanView::of(&settings.default_plan, roster),
            default_plan_name: settings.default_plan_name.as_deref(),
            time_zone: &settings.time_zone,
            locale: &settings.locale,
            approval_link_ttl: Span(settings.approval_link_ttl),
            job_duration: Span(settings.job_duration),
            max_open_offers: settings.max_open_offers,
            match_vehicle: settings.match_vehicle,
            desk: DeskView::of(settings),
            outage_grace: Span(settings.outage_grace),
            routes: messages_view::routes(&settings.routes),
            fallback_after: settings.fallback_after.map(Span),
            messages: MessagesView::of(&settings.messages),
            settlement: SettlementSettingsView::of(&settings.settlement),
            show_price: settings.show_price,
            crew: CrewView::of(&settings.crew),
        }
    }
}

impl<'a> DeskView<'a> {
    /// Shows the desk's contact.
    pub fn of(settings: &'a Settings) -> Self {
        let desk = &settings.desk;
        let operator =
            |operator: &'a Operator| OperatorView { name: &operator.name, telegram_user_id: operator.telegram };
        Self {
            email: desk.email.as_deref(),
            telegram_chat_id: desk.telegram,
            telegram_topic: desk.telegram_topic,
            operators: desk.operators.iter().map(operator).collect(),
            send_full: desk.full_lead,
            send_crew_fallback: desk.crew_fallback,
        }
    }
}
