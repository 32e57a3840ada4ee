//! A notification, as it goes out: what was asked for, where it stands, and what became of each message. What it says is
//! sealed, and is not shown.

use baton_actors::house::House;
use baton_core::consent::Purpose;
use baton_core::delivery::{Progress, Provider};
use baton_core::ids::{DebtId, JobId, NotificationId};
use baton_core::job::Actor;
use baton_core::notification::delivery::CalledBack;
use baton_core::notification::{Delivery, Ending, Event, Line, Notification, RunOver, Schedule, Stage, State};
use baton_core::roster::Roster;
use baton_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::http::shapes::agent_view::AgentNamed;
use crate::http::shapes::shown::{Shown, Span};

/// A notification in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationLine)]
pub struct NotificationLineView<'a> {
    /// Its id.
    #[schema(value_type = String)]
    id: Shown<NotificationId>,
    /// The client's own name for it.
    external_ref: Option<&'a str>,
    /// `scheduled`, `deferred`, `queued`, `sent`, `delivered`, `read`, `failed`, `suppressed`, `expired` or `canceled`.
    status: &'static str,
    /// What happened, in the client's own word.
    event_type: &'a str,
    /// The key that asked for it.
    source: &'a str,
    /// Whom it is for.
    recipient: AgentNamed,
    /// By which channels, best first; empty: in the person's own order.
    channels: Vec<&'static str>,
    /// What it is for.
    #[schema(value_type = String)]
    purpose: Shown<Purpose>,
    /// The key of its template.
    template: &'a str,
    /// `low`, `normal` or `high`.
    priority: &'static str,
    /// Which run it is in, counted from 1.
    run: u32,
    /// When that run is or was due.
    #[schema(value_type = String, format = DateTime)]
    due_at: Shown<Timestamp>,
    /// When it came in.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Timestamp>,
}

/// A notification.
#[derive(Serialize, ToSchema)]
#[schema(as = Notification)]
pub struct NotificationView<'a> {
    /// What a list shows of it.
    #[serde(flatten)]
    line: NotificationLineView<'a>,
    /// When it is sent; `null`: at once.
    schedule: Option<ScheduleView<'a>>,
    /// How long each message is worth something.
    #[schema(value_type = Option<String>)]
    lifetime: Option<Span>,
    /// Why it cannot wait.
    critical: Option<&'a str>,
    /// The language, where it is not the person's own.
    locale: Option<&'a str>,
    /// The job it is about.
    #[schema(value_type = Option<String>)]
    job: Option<Shown<JobId>>,
    /// What it waits for; `null`: nothing.
    waits: Option<WaitView>,
    /// How it ended; `null`: it is not over.
    ended: Option<EndedView<'a>>,
    /// The messages that were made of it, the latest last.
    deliveries: Vec<DeliveryView<'a>>,
    /// The runs of a series that are over.
    runs: Vec<RunView<'a>>,
    /// What happened, the latest last.
    history: Vec<LineView>,
    /// How many times it was stored.
    version: u64,
    /// `already_exists` where a request found it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'static str>,
}

/// When a notification is sent: one of these.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = NotificationSchedule)]
pub struct ScheduleView<'a> {
    /// At this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Shown<Timestamp>>,
    /// So long before a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<BeforeView>,
    /// By a rule of the calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    every: Option<EveryView<'a>>,
}

/// So long before a moment.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationBefore)]
pub struct BeforeView {
    /// The moment.
    #[schema(value_type = String, format = DateTime)]
    anchor: Shown<Timestamp>,
    /// How long before it.
    #[schema(value_type = Vec<String>)]
    leads: Vec<Span>,
}

/// By a rule of the calendar.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationEvery)]
pub struct EveryView<'a> {
    /// The rule.
    cron: &'a str,
    /// Whose clock it means.
    time_zone: &'a str,
    /// Not after this moment.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Shown<Timestamp>>,
}

/// What a notification waits for.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationWait)]
pub struct WaitView {
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    until: Shown<Timestamp>,
    /// For what: `schedule`, `quiet-hours` or `frequency-cap`.
    r#for: &'static str,
}

/// How a notification, or a run of it, ended.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationEnd)]
pub struct EndedView<'a> {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// `done`, `failed`, `suppressed`, `expired` or `canceled`.
    how: &'static str,
    /// The rule that suppressed it, or the class of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    /// What the provider said.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// A run that is over.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationRun)]
pub struct RunView<'a> {
    /// Which, counted from 1.
    no: u32,
    /// When it was due.
    #[schema(value_type = String, format = DateTime)]
    due_at: Shown<Timestamp>,
    /// How it ended.
    #[serde(flatten)]
    ended: EndedView<'a>,
}

/// One message on one channel.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationDelivery)]
pub struct DeliveryView<'a> {
    /// Of which run, counted from 1.
    run: u32,
    /// By which channel.
    channel: &'static str,
    /// Who carried it, once that is known.
    provider: Option<&'static str>,
    /// `queued`, `attempting`, `unsure`, `sent`, `delivered`, `read`, `failed` or `dropped`.
    status: &'static str,
    /// The provider's id of it.
    provider_message_id: Option<&'a str>,
    /// Of a failure: its class.
    class: Option<&'a str>,
    /// Of a failure: what the provider said, without addresses.
    reason: Option<&'a str>,
    /// Since when it waits.
    #[schema(value_type = String, format = DateTime)]
    queued_at: Shown<Timestamp>,
    /// When its provider took it.
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Shown<Timestamp>>,
    /// When it arrived.
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_at: Option<Shown<Timestamp>>,
    /// When the person saw it.
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Shown<Timestamp>>,
    /// What its provider told later, as it came.
    callbacks: Vec<CallbackView>,
}

/// What a provider told of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationCallback)]
pub struct CallbackView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// `sent`, `delivered`, `read` or `failed`.
    status: &'static str,
    /// Whether it changed anything: what comes late or again does not.
    news: bool,
}

/// A line of the history.
#[derive(Serialize, ToSchema)]
#[schema(as = NotificationEvent)]
pub struct LineView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// What became true.
    event: &'static str,
    /// What else belongs to it.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    facts: Map<String, Value>,
}

impl<'a> NotificationLineView<'a> {
    /// Shows a notification in a list.
    pub fn of(notification: &'a Notification, roster: &Roster) -> Self {
        let intent = &notification.intent;
        Self {
            id: Shown(notification.id),
            external_ref: intent.reference.as_deref(),
            status: notification.status(),
            event_type: &intent.event_type,
            source: &intent.source,
            recipient: AgentNamed::of(intent.recipient, roster),
            channels: intent.channels.iter().map(|channel| channel.as_str()).collect(),
            purpose: Shown(intent.purpose),
            template: &intent.template,
            priority: intent.priority.as_str(),
            run: notification.run,
            due_at: Shown(notification.due_at),
            created_at: Shown(notification.created_at),
        }
    }
}

impl<'a> NotificationView<'a> {
    /// Shows a notification.
    pub fn of(notification: &'a Notification, house: &House) -> Self {
        let tenant = house.tenants.view(notification.id.tenant);
        let intent = &notification.intent;
        let (waits, ended) = match &notification.stage {
            Stage::Waiting { until, why } => (Some(WaitView { until: Shown(*until), r#for: why.as_str() }), None),
            Stage::Sending => (None, None),
            Stage::Ended { ending, at } => (None, Some(EndedView::of(ending, *at))),
        };
        Self {
            line: NotificationLineView::of(notification, &tenant.roster),
            schedule: ScheduleView::of(&intent.schedule),
            lifetime: intent.lifetime.map(Span),
            critical: intent.critical.as_deref(),
            locale: intent.locale.as_deref(),
            job: intent.job.map(Shown),
            waits,
            ended,
            deliveries: notification.deliveries.iter().map(|d| DeliveryView::of(notification.id, d, house)).collect(),
            runs: notification.runs.iter().map(RunView::of).collect(),
            history: notification.history.iter().map(LineView::of).collect(),
            version: notification.version,
            message: None,
        }
    }
}

impl<'a> ScheduleView<'a> {
    fn of(schedule: &'a Schedule) -> Option<Self> {
        match schedule {
            Schedule::Now => None,
            Schedule::At(at) => Some(Self { at: Some(Shown(*at)), ..Self::default() }),
            Schedule::Before { anchor, leads } => {
                let leads = leads.iter().copied().map(Span).collect();
                Some(Self { before: Some(BeforeView { anchor: Shown(*anchor), leads }), ..Self::default() })
            }
            Schedule::Every { cron, zone, until } => {
                let every = EveryView { cron, time_zone: zone, until: until.map(Shown) };
                Some(Self { every: Some(every), ..Self::default() })
            }
        }
    }
}

impl<'a> EndedView<'a> {
    fn of(ending: &'a Ending, at: Timestamp) -> Self {
        let (how, code, reason) = match ending {
            Ending::Done => ("done", None, None),
            Ending::Failed { class, reason } => ("failed", Some(class.as_str()), Some(reason.as_str())),
            Ending::Suppressed { code } => ("suppressed", Some(code.as_str()), None),
            Ending::Expired => ("expired", None, None),
            Ending::Canceled => ("canceled", None, None),
        };
        Self { at: Shown(at), how, code, reason }
    }
}

impl<'a> RunView<'a> {
    fn of(run: &'a RunOver) -> Self {
        Self { no: run.no, due_at: Shown(run.due_at), ended: EndedView::of(&run.ending, run.at) }
    }
}

impl<'a> DeliveryView<'a> {
    fn of(id: NotificationId, delivery: &'a Delivery, house: &House) -> Self {
        let waits = delivery.state == State::Queued;
        let leaves = waits && house.outbox.is_leaving(delivery.channel, DebtId::Notification(id, delivery.no));
        Self {
            run: delivery.run,
            channel: delivery.channel.as_str(),
            provider: delivery.provider.map(Provider::as_str),
            status: if leaves { "attempting" } else { delivery.state.as_str() },
            provider_message_id: delivery.receipt.as_ref().map(|receipt| receipt.message.as_str()),
            class: delivery.class.as_deref(),
            reason: delivery.reason.as_deref(),
            queued_at: Shown(delivery.queued_at),
            sent_at: delivery.sent_at.map(Shown),
            delivered_at: delivery.delivered_at.map(Shown),
            read_at: delivery.read_at.map(Shown),
            callbacks: delivery.callbacks.iter().map(CallbackView::of).collect(),
        }
    }
}

impl CallbackView {
    fn of(callback: &CalledBack) -> Self {
        let status = match callback.progress {
            Progress::Sent => "sent",
            Progress::Delivered => "delivered",
            Progress::Read => "read",
            Progress::Failed => "failed",
        };
        Self { at: Shown(callback.at), status, news: callback.news }
    }
}

/// What whoever did something is called.
fn called(actor: &Actor) -> &str {
    match actor {
        Actor::Client(name) | Actor::Operator(name) => name,
        Actor::Agent(_) => "agent",
        Actor::Link => "link",
        Actor::Engine => "engine",
        Actor::Stranger => "stranger",
    }
}

impl LineView {
    fn of(line: &Line) -> Self {
        let facts = match &line.event {
            Event::Created { by } | Event::Replaced { by } => json!({ "by": called(by) }),
            Event::Waits { until, why } => json!({ "until": until.to_string(), "for": why.as_str() }),
            Event::Queued { channel } | Event::Sent { channel } | Event::Late { channel } => {
                json!({ "channel": channel.as_str() })
            }
            Event::ChannelSkipped { channel, code } => json!({ "channel": channel.as_str(), "code": code }),
            Event::Failed { channel, class, reason } => {
                json!({ "channel": channel.as_str(), "class": class, "reason": reason })
            }
            Event::CriticalBypass { reason } => json!({ "reason": reason }),
            Event::Canceled { by, reason } => match reason {
                Some(reason) => json!({ "by": called(by), "reason": reason }),
                None => json!({ "by": called(by) }),
            },
            Event::RunOver { no } => json!({ "no": no }),
            Event::FailedOver { from, to, class, reason } => {
                json!({ "from": from.as_str(), "to": to.as_str(), "class": class, "reason": reason })
            }
        };
        let facts = match facts {
            Value::Object(facts) => facts,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
        };
        Self { at: Shown(line.at), event: line.event.name(), facts }
    }
}
