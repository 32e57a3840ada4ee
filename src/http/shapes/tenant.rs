//! A tenant's settings, as a change of them comes in: what is left out stays.

use std::time::Duration;

use baton_core::ids::TenantId;
use baton_core::plan::Plan;
use baton_core::tenant::{Operator, Settings};
use utoipa::ToSchema;

use crate::http::form::{Field, Form, value};
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::agent;
use crate::http::shapes::change::Change;
use crate::http::shapes::crew::{CrewChange, CrewShape};
use crate::http::shapes::messages::{self, MessagesChange, MessagesShape, RoutesChange, RoutesShape};
use crate::http::shapes::plan::{PlanShape, duration};
use crate::http::shapes::settlement::{SettlementChange, SettlementShape};
use crate::http::strangers::Strangers;

const SECOND: Duration = Duration::from_secs(1);
/// No desk has more people.
const OPERATORS: usize = 100;
/// No name of theirs is longer.
const NAME: usize = 64;
const YEAR: Duration = Duration::from_hours(366 * 24);

/// What a tenant can set.
#[derive(Default, Hash, ToSchema)]
#[schema(as = SettingsChange)]
pub struct SettingsShape {
    /// The plan of jobs that bring none.
    #[schema(value_type = Option<PlanShape>)]
    default_plan: Given<PlanShape>,
    /// The named plan to use instead; `null`: none.
    #[schema(value_type = Option<String>, max_length = 128)]
    default_plan_name: Given<String>,
    /// IANA zone of dates and windows.
    #[schema(value_type = Option<String>, example = "Europe/London")]
    time_zone: Given<String>,
    /// Language of messages and pages where a person has none.
    #[schema(value_type = Option<String>, example = "en")]
    locale: Given<String>,
    /// How long an approval link works.
    #[schema(value_type = Option<String>, example = "7d")]
    approval_link_ttl: Given<String>,
    /// How long a job occupies an agent where it does not say.
    #[schema(value_type = Option<String>, example = "2h")]
    job_duration: Given<String>,
    /// How many open offers an agent may have at once; `null`: any number.
    #[schema(value_type = Option<u32>, minimum = 1)]
    max_open_offers: Given<u32>,
    /// Whether an agent with tags must carry the job's vehicle as one.
    #[schema(value_type = Option<bool>)]
    match_vehicle: Given<bool>,
    /// Whom to call.
    #[schema(value_type = Option<DeskShape>)]
    desk: Given<DeskShape>,
    /// Outages shorter than this change nothing; over longer ones, open offers are extended by the outage.
    #[schema(value_type = Option<String>, example = "1m")]
    outage_grace: Given<String>,
    /// Which providers carry a channel, the first of them first, the next where it fails.
    #[schema(value_type = Option<RoutesShape>)]
    routes: Given<RoutesShape>,
    /// A message that has not arrived in this time goes to the person's next channel; `null`: only one that failed does.
    #[schema(value_type = Option<String>, example = "10m")]
    fallback_after: Given<String>,
    /// When people are written to, and when they are left alone.
    #[schema(value_type = Option<MessagesShape>)]
    messages: Given<MessagesShape>,
    /// What stands between a claim and the work.
    #[schema(value_type = Option<SettlementShape>)]
    settlement: Given<SettlementShape>,
    /// Whether prices are shown to crews and to the desk.
    #[schema(value_type = Option<bool>)]
    show_price: Given<bool>,
    /// Groups in which jobs are published, and what is allowed to those who claim.
    #[schema(value_type = Option<CrewShape>)]
    crew: Given<CrewShape>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// The desk's contact; `null` takes a way away.
#[derive(Default, Hash, ToSchema)]
#[schema(as = DeskChange)]
pub struct DeskShape {
    /// Where notices and approval requests go.
    #[schema(value_type = Option<String>, example = "desk@example.com")]
    email: Given<String>,
    /// The desk's Telegram chat.
    #[schema(value_type = Option<i64>)]
    telegram_chat_id: Given<i64>,
    /// The topic in it, where that chat is a forum.
    #[schema(value_type = Option<i64>)]
    telegram_topic: Given<i64>,
    /// Who works there in chat, all of them: only they may give the desk's commands to the bot.
    #[schema(value_type = Option<Vec<OperatorShape>>)]
    operators: Given<Vec<Given<OperatorShape>>>,
    /// Whether a finished lead goes to the desk with all that is private; `null`: as configured for all tenants.
    #[schema(value_type = Option<bool>)]
    send_full: Given<bool>,
    /// Whether the text for crews follows it, to be copied; `null`: as configured for all tenants.
    #[schema(value_type = Option<bool>)]
    send_crew_fallback: Given<bool>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// A person at the desk.
#[derive(Default, Hash, ToSchema)]
#[schema(as = DeskOperator)]
pub struct OperatorShape {
    /// What they are called: timelines say so.
    #[schema(value_type = String, max_length = 64, example = "olga")]
    name: Given<String>,
    /// Their own number at Telegram.
    #[schema(value_type = i64, example = 900_001)]
    telegram_user_id: Given<i64>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    SettingsShape {
        default_plan, default_plan_name, time_zone, locale, approval_link_ttl, job_duration, max_open_offers,
        match_vehicle, desk, outage_grace, routes, fallback_after, messages, settlement, show_price,
        crew
    }
    DeskShape { email, telegram_chat_id, telegram_topic, operators, send_full, send_crew_fallback }
    OperatorShape { name, telegram_user_id }
}

/// What was read: what becomes of each setting.
#[derive(Clone, Default)]
pub struct SettingsChange {
    default_plan: Option<Plan>,
    /// The named plan that jobs without one get: it must exist.
    pub default_plan_name: Change<String>,
    time_zone: Option<String>,
    locale: Option<String>,
    approval_link_ttl: Option<Duration>,
    job_duration: Option<Duration>,
    max_open_offers: Change<u32>,
    match_vehicle: Option<bool>,
    desk: DeskChange,
    outage_grace: Option<Duration>,
    routes: Option<RoutesChange>,
    fallback_after: Change<Duration>,
    messages: Option<MessagesChange>,
    settlement: Option<SettlementChange>,
    show_price: Option<bool>,
    crew: Option<CrewChange>,
}

/// What becomes of the desk's contact.
#[derive(Clone, Default)]
pub struct DeskChange {
    email: Change<String>,
    telegram: Change<i64>,
    topic: Change<i64>,
    operators: Change<Vec<Operator>>,
    full_lead: Change<bool>,
    crew_fallback: Change<bool>,
}

impl SettingsShape {
    /// The change, or everything that is wrong with it.
    pub fn into_core(self, tenant: TenantId) -> Result<SettingsChange, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            Some(SettingsChange {
                default_plan: form
                    .field("default_plan", shape.default_plan)
                    .within(|form, plan| plan.read(form, tenant)),
                default_plan_name: Change::of(form.field("default_plan_name", shape.default_plan_name), |f| {
                    f.line(128)
                }),
                time_zone: agent::time_zone(form.field("time_zone", shape.time_zone)),
                locale: agent::locale(form.field("locale", shape.locale)),
                approval_link_ttl: duration(form.field("approval_link_ttl", shape.approval_link_ttl), SECOND, YEAR),
                job_duration: duration(form.field("job_duration", shape.job_duration), SECOND, YEAR),
                max_open_offers: Change::of(form.field("max_open_offers", shape.max_open_offers), |field| {
                    field.between(1, 100_000)
                }),
                match_vehicle: form.field("match_vehicle", shape.match_vehicle).value(),
                desk: form.field("desk", shape.desk).within(|form, desk| Some(desk.read(form))).unwrap_or_default(),
                outage_grace: grace(form.field("outage_grace", shape.outage_grace)),
                routes: form.field("routes", shape.routes).within(|form, routes| Some(routes.read(form))),
                fallback_after: Change::of(form.field("fallback_after", shape.fallback_after), |field| {
                    duration(field, SECOND, YEAR)
                }),
                messages: form.field("messages", shape.messages).within(|form, messages| Some(messages.read(form))),
                settlement: form.field("settlement", shape.settlement).within(|form, shape| Some(shape.read(form))),
                show_price: form.field("show_price", shape.show_price).value(),
                crew: form.field("crew", shape.crew).within(|form, shape| Some(shape.read(form))),
            })
        })
    }
}

impl DeskShape {
    /// The change of the desk's contact, or everything that is wrong with it.
    pub fn into_core(self) -> Result<DeskChange, Vec<FieldError>> {
        Form::body(self, |form, shape| Some(shape.read(form)))
    }

    fn read(self, form: &mut Form) -> DeskChange {
        DeskChange {
            email: Change::of(form.field("email", self.email), agent::email),
            telegram: Change::of(form.field("telegram_chat_id", self.telegram_chat_id), agent::chat),
            topic: Change::of(form.field("telegram_topic", self.telegram_topic), agent::chat),
            operators: Change::of(form.field("operators", self.operators), |field| {
                field.each(OPERATORS, |form, operator| operator.read(form))
            }),
            full_lead: Change::of(form.field("send_full", self.send_full), value),
            crew_fallback: Change::of(form.field("send_crew_fallback", self.send_crew_fallback), value),
        }
    }
}

impl OperatorShape {
    fn read(self, form: &mut Form) -> Option<Operator> {
        let name = form.field("name", self.name).required().line(NAME);
        let person = |id: i64| if id > 0 { Ok(id) } else { Err("give the number of a person, which is above zero") };
        let telegram = form.field("telegram_user_id", self.telegram_user_id).required().parsed(person);
        Some(Operator { name: name?, telegram: telegram? })
    }
}

impl SettingsChange {
    /// The settings as they are to be stored.
    pub fn onto(self, settings: &mut Settings) {
        set(&mut settings.default_plan, self.default_plan);
        self.default_plan_name.onto(&mut settings.default_plan_name);
        set(&mut settings.time_zone, self.time_zone);
        set(&mut settings.locale, self.locale);
        set(&mut settings.approval_link_ttl, self.approval_link_ttl);
        set(&mut settings.job_duration, self.job_duration);
        self.max_open_offers.onto(&mut settings.max_open_offers);
        set(&mut settings.match_vehicle, self.match_vehicle);
        self.desk.onto(settings);
        set(&mut settings.outage_grace, self.outage_grace);
        messages::route(&mut settings.routes, self.routes.unwrap_or_default());
        self.fallback_after.onto(&mut settings.fallback_after);
        self.messages.unwrap_or_default().onto(&mut settings.messages);
        self.settlement.unwrap_or_default().onto(&mut settings.settlement);
        set(&mut settings.show_price, self.show_price);
        self.crew.unwrap_or_default().onto(&mut settings.crew);
    }
}

impl DeskChange {
    /// The settings as they are to be stored.
    pub fn onto(self, settings: &mut Settings) {
        self.email.onto(&mut settings.desk.email);
        self.telegram.onto(&mut settings.desk.telegram);
        self.topic.onto(&mut settings.desk.telegram_topic);
        self.operators.onto_or(&mut settings.desk.operators, Vec::new());
        self.full_lead.onto(&mut settings.desk.full_lead);
        self.crew_fallback.onto(&mut settings.desk.crew_fallback);
    }
}

fn set<T>(value: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *value = new;
    }
}

/// A duration that may be none at all.
fn grace(field: Field<'_, String>) -> Option<Duration> {
    duration(field, Duration::ZERO, Duration::from_hours(24))
}

#[cfg(test)]
mod tests {
    use baton_core::delivery::{ChannelKind, Provider};
    use baton_core::tenant::WhenQuiet;

    use super::*;
    use crate::http::json;

    #[test]
    fn settings_are_changed_one_by_one() {
        let mut settings = Settings::default();
        let body = br#"{"time_zone":"Europe/London","max_open_offers":3,"desk":{"email":"desk@example.com"},"outage_grace":"0s"}"#;
        let shape: SettingsShape = json::parse(body).unwrap();
        shape.into_core(TenantId::DEFAULT).ok().unwrap().onto(&mut settings);
        assert_eq!((settings.time_zone.as_str(), settings.max_open_offers), ("Europe/London", Some(3)));
        assert_eq!((settings.desk.email.as_deref(), settings.outage_grace), (Some("desk@example.com"), Duration::ZERO));
        assert_eq!(settings.job_duration, Settings::default().job_duration);
        let shape: SettingsShape = json::parse(br#"{"max_open_offers":null,"desk":{"email":null}}"#).unwrap();
        shape.into_core(TenantId::DEFAULT).ok().unwrap().onto(&mut settings);
        assert_eq!((settings.max_open_offers, settings.desk.email), (None, None));
    }

    #[test]
    fn settings_about_messages_are_changed_one_by_one() {
        let mut settings = Settings::default();
        let mut change = |body: &[u8]| {
            let shape: SettingsShape = json::parse(body).unwrap();
            shape.into_core(TenantId::DEFAULT).ok().unwrap().onto(&mut settings);
            settings.clone()
        };
        let set = change(
            br#"{"routes":{"email":["sendgrid","smtp"]},"fallback_after":"10m","desk":{"telegram_chat_id":-5,"telegram_topic":7},
                "messages":{"dispatch_needs_opt_in":true,"exempt_events":["locked"],"caps":[{"count":5,"per":"24h"}],
                "quiet":{"bulk":"skip"},"quiet_hours":{"from":"22:00","to":"07:00"},"poll_after":"30m"}}"#,
        );
        assert_eq!(set.routes[&ChannelKind::Email], [Provider::SendGrid, Provider::Smtp]);
        assert_eq!((set.fallback_after, set.desk.telegram_topic), (Some(Duration::from_mins(10)), Some(7)));
        let messages = &set.messages;
        assert!(messages.dispatch_needs_opt_in && messages.exempt_events.contains("locked"));
        assert_eq!((messages.caps[0].count, messages.quiet.bulk), (5, WhenQuiet::Skip));
        assert!(messages.quiet_hours.is_some() && messages.poll_after.is_some());
        let kept = change(br#"{"messages":{"caps":[]},"routes":{"sms":["twilio_sms"]}}"#);
        assert_eq!((kept.routes.len(), kept.messages.quiet.bulk), (2, WhenQuiet::Skip));
        assert!(kept.messages.caps.is_empty() && kept.messages.quiet_hours.is_some());
        let less = change(
            br#"{"messages":{"quiet_hours":null,"poll_after":null},"routes":{"email":null},"fallback_after":null}"#,
        );
        assert_eq!((less.messages.quiet_hours, less.messages.poll_after, less.fallback_after), (None, None, None));
        assert_eq!(less.routes.keys().collect::<Vec<_>>(), [&ChannelKind::Sms]);
    }

    #[test]
    fn every_wrong_setting_about_messages_is_named() {
        let body = br#"{"routes":{"email":["meta","smtp","smtp","fax"]},"fallback_after":"0s",
            "messages":{"caps":[{"count":0}],"quiet":{"high":"wake"},"quiet_hours":{"from":"x","to":"07:00"},"calm":1}}"#;
        let shape: SettingsShape = json::parse(body).unwrap();
        let errors = shape.into_core(TenantId::DEFAULT).err().unwrap();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let expected = [
            "routes.email[0]",
            "routes.email[2]",
            "routes.email[3]",
            "fallback_after",
            "messages.calm",
            "messages.caps[0].count",
            "messages.caps[0].per",
            "messages.quiet.high",
            "messages.quiet_hours.from",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn every_wrong_setting_is_named() {
        let body = br#"{"time_zone":"x","locale":7,"job_duration":"0s","max_open_offers":0,"desk":{"email":"x","telegram_chat_id":0}}"#;
        let shape: SettingsShape = json::parse(body).unwrap();
        let errors = shape.into_core(TenantId::DEFAULT).err().unwrap();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let expected =
            ["time_zone", "locale", "job_duration", "max_open_offers", "desk.email", "desk.telegram_chat_id"];
        assert_eq!(fields, expected);
    }
}
