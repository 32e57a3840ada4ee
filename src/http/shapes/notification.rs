//! A notification, as it comes in.

use std::time::Duration;

use baton_core::consent::Purpose;
use baton_core::delivery::ChannelKind;
use baton_core::notification::Priority;
use baton_core::time::Timestamp;
use utoipa::ToSchema;

use crate::http::form::{Field, Form};
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::agent::{channels, locale};
use crate::http::shapes::job::moment;
use crate::http::shapes::payload::Payload;
use crate::http::shapes::person::{PersonRead, PersonShape, purpose};
use crate::http::shapes::plan::duration;
use crate::http::shapes::schedule::{ScheduleShape, When};
use crate::http::strangers::Strangers;

const REFERENCE: usize = 128;
const EVENT_TYPE: usize = 100;
const TEMPLATE: usize = 64;
const NAMED: usize = 100;
const REASON: usize = 500;

/// A lifetime is no longer than a moment can be promised.
const LIFETIME_MAX: Duration = Duration::from_hours(400 * 24);

/// Something a person is to be told.
#[derive(Default, Hash, ToSchema)]
#[schema(as = NewNotification)]
pub struct NotificationShape {
    /// The client's own name for it: the same reference is the same notification.
    #[schema(value_type = Option<String>, max_length = 128, example = "invoice-4711:due")]
    external_ref: Given<String>,
    /// What happened, in the client's own word.
    #[schema(value_type = String, max_length = 100, example = "invoice.due")]
    event_type: Given<String>,
    /// Whom it is for.
    #[schema(value_type = RecipientShape)]
    recipient: Given<RecipientShape>,
    /// By this channel alone.
    #[schema(value_type = Option<String>, example = "sms")]
    channel: Given<String>,
    /// By these channels, best first: the next one where one fails or does not arrive in time. The person's own order where
    /// neither is given.
    #[schema(value_type = Option<Vec<String>>, example = json!(["whatsapp", "sms"]))]
    channels: Given<Vec<Given<String>>>,
    /// What it is for: consent is given per purpose. `notifications` where it is left out.
    #[schema(value_type = Option<String>, max_length = 32, example = "notifications")]
    purpose: Given<String>,
    /// The key of its template.
    #[schema(value_type = String, max_length = 64, example = "invoice_due")]
    template: Given<String>,
    /// What its template is filled with: sealed at rest. At most 16 KiB.
    #[schema(value_type = Option<Object>, example = json!({"number": "4711", "due": "2027-01-30"}))]
    payload: Given<Payload>,
    /// The short form of `schedule.at`.
    #[schema(value_type = Option<String>, format = DateTime)]
    scheduled_at: Given<String>,
    /// When it is sent; at once where it is left out.
    #[schema(value_type = Option<ScheduleShape>)]
    schedule: Given<ScheduleShape>,
    /// `low`, `normal` or `high`; `normal` where it is left out.
    #[schema(value_type = Option<String>, example = "normal")]
    priority: Given<String>,
    /// Each message is worth nothing so long after it was due, and is not sent then.
    #[schema(value_type = Option<String>, example = "6h")]
    lifetime: Given<String>,
    /// It goes out in quiet hours and beyond frequency caps. A no of the person holds all the same.
    #[schema(value_type = Option<CriticalShape>)]
    critical: Given<CriticalShape>,
    /// The language, where it is not the person's own.
    #[schema(value_type = Option<String>, example = "en")]
    locale: Given<String>,
    /// The job it is about: its id, its code or its `external_ref`. Once that is over, nothing more is sent.
    #[schema(value_type = Option<String>, max_length = 128, example = "VC8Y-3")]
    job: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// Whom a notification is for: one of `id`, `ref` and `contact`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Recipient)]
pub struct RecipientShape {
    /// A person who is known, by their id.
    #[schema(value_type = Option<String>)]
    id: Given<String>,
    /// A person who is known, by the tenant's own name for them.
    #[schema(value_type = Option<String>, max_length = 100, example = "customer-17")]
    r#ref: Given<String>,
    /// A person as they are known to the client: kept, or completed by what is given.
    #[schema(value_type = Option<PersonShape>)]
    contact: Given<PersonShape>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// Why it cannot wait.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Critical)]
pub struct CriticalShape {
    /// Why; it stands in the history.
    #[schema(value_type = String, max_length = 500, example = "the pickup is in an hour")]
    reason: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    NotificationShape {
        external_ref, event_type, recipient, channel, channels, purpose, template, payload, scheduled_at, schedule, priority,
        lifetime, critical, locale, job
    }
    RecipientShape { id, r#ref = "ref", contact }
    CriticalShape { reason }
}

/// What was read of it.
pub struct NotificationRead {
    /// The client's own name for it.
    pub external_ref: Option<String>,
    /// What happened.
    pub event_type: String,
    /// Whom it is for.
    pub recipient: Named,
    /// By which channels, best first; empty: in the person's own order.
    pub channels: Vec<ChannelKind>,
    /// What it is for.
    pub purpose: Purpose,
    /// The key of its template.
    pub template: String,
    /// What its template is filled with.
    pub payload: Payload,
    /// When.
    pub when: When,
    /// How urgent it is.
    pub priority: Priority,
    /// How long each message is worth something.
    pub lifetime: Option<Duration>,
    /// Why it cannot wait.
    pub critical: Option<String>,
    /// The language.
    pub locale: Option<String>,
    /// The job it is about, as the client names it.
    pub job: Option<String>,
}

/// Whom a notification is for.
pub enum Named {
    /// A person who is known, by their id.
    Id(String),
    /// A person who is known, by their reference.
    Reference(String),
    /// A person as the client knows them.
    Contact(Box<PersonRead>),
}

impl NotificationShape {
    /// The notification, or everything that is wrong with it.
    pub fn into_core(self, now: Timestamp) -> Result<NotificationRead, Vec<FieldError>> {
        Form::body(self, |form, shape| shape.read(form, now))
    }

    /// The same, in the path of whose request its reference stands.
    pub fn into_core_of(self, reference: &str, now: Timestamp) -> Result<NotificationRead, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let path = form.field("ref", Given::Is(reference.to_owned())).line(REFERENCE);
            // It is looked up as it stands in the path.
            if reference.trim() != reference {
                form.blame("ref", "begins or ends with a space", "take the space out of the path");
            }
            let read = shape.read(form, now);
            if read.as_ref().is_some_and(|read| read.external_ref.as_ref().is_some_and(|said| said != reference)) {
                form.blame("external_ref", "is not the reference of the path", "leave it out, or give the same");
            }
            Some(NotificationRead { external_ref: Some(path?), ..read? })
        })
    }

    fn read(self, form: &mut Form, now: Timestamp) -> Option<NotificationRead> {
        let priorities = Priority::ALL.map(|priority| (priority.as_str(), priority));
        let external_ref = form.field("external_ref", self.external_ref).line(REFERENCE);
        let event_type = form.field("event_type", self.event_type).required().line(EVENT_TYPE);
        let recipient = form.field("recipient", self.recipient).required().within(|form, who| who.read(form));
        if !self.channel.is_missing() && !self.channels.is_missing() {
            form.blame("channel", "stands beside channels", "give one of them");
        }
        let channel = form.field("channel", self.channel).parsed(|word| word.parse::<ChannelKind>());
        let channels = distinct(form.field("channels", self.channels));
        let purpose = purpose(form.field("purpose", self.purpose)).filter(|purpose| {
            let every = *purpose == Purpose::EVERY;
            if every {
                form.blame("purpose", "is every purpose", "give the one this message has");
            }
            !every
        });
        let template = form.field("template", self.template).required().line(TEMPLATE);
        let payload = Payload::read(form.field("payload", self.payload)).unwrap_or_default();
        if !self.scheduled_at.is_missing() && !self.schedule.is_missing() {
            form.blame("scheduled_at", "stands beside schedule", "give one of them");
        }
        let at = moment(form.field("scheduled_at", self.scheduled_at), now);
        let schedule = form.field("schedule", self.schedule).within(|form, schedule| schedule.read(form, now));
        let priority = form.field("priority", self.priority).one_of(&priorities).unwrap_or_default();
        let lifetime = duration(form.field("lifetime", self.lifetime), Duration::from_millis(10), LIFETIME_MAX);
        let critical = form
            .field("critical", self.critical)
            .within(|form, critical| form.field("reason", critical.reason).required().line(REASON));
        let locale = locale(form.field("locale", self.locale));
        let job = form.field("job", self.job).line(REFERENCE);
        Some(NotificationRead {
            external_ref,
            event_type: event_type?,
            recipient: recipient?,
            channels: channel.map(|channel| vec![channel]).or(channels).unwrap_or_default(),
            purpose: purpose?,
            template: template?,
            payload,
            when: at.map(When::At).or(schedule).unwrap_or(When::Now),
            priority,
            lifetime,
            critical,
            locale,
            job,
        })
    }
}

impl RecipientShape {
    fn read(self, form: &mut Form) -> Option<Named> {
        let given = [self.id.is_missing(), self.r#ref.is_missing(), self.contact.is_missing()];
        if given.iter().filter(|missing| !**missing).count() != 1 {
            form.blame("", "does not say who", "give one of id, ref and contact");
        }
        let id = form.field("id", self.id).line(NAMED);
        let reference = form.field("ref", self.r#ref).line(NAMED);
        let contact = form.field("contact", self.contact).within(|form, person| person.read(form));
        let contact = contact.map(|person| Named::Contact(Box::new(person)));
        id.map(Named::Id).or(reference.map(Named::Reference)).or(contact)
    }
}

/// Channels, none of them twice.
fn distinct(field: Field<'_, Vec<Given<String>>>) -> Option<Vec<ChannelKind>> {
    field.refine(channels, |form, name, channels| {
        let twice = channels.iter().enumerate().any(|(at, channel)| channels[..at].contains(channel));
        if twice {
            form.blame(name, "names a channel twice", "name each channel once");
        }
        Some(channels)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::json;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn read(body: &str) -> Result<NotificationRead, Vec<FieldError>> {
        json::parse::<NotificationShape>(body.as_bytes()).unwrap().into_core(NOW)
    }

    fn wrong(body: &str) -> Vec<String> {
        read(body).err().expect("mistakes").into_iter().map(|error| error.field).collect()
    }

    fn with(more: &str) -> String {
        format!(r#"{{"event_type":"invoice.due","recipient":{{"ref":"c1"}},"template":"invoice_due"{more}}}"#)
    }

    #[test]
    fn f5_the_least_that_is_needed_and_everything_that_can_be_said() {
        let least = read(&with("")).ok().unwrap();
        assert!(matches!(least.recipient, Named::Reference(reference) if reference == "c1"));
        assert_eq!((least.when, least.priority, least.purpose), (When::Now, Priority::Normal, Purpose::NOTIFICATIONS));
        let all = read(&with(
            r#","external_ref":"i-1","channels":["whatsapp","sms"],"purpose":"billing","payload":{"number":"4711"},
            "schedule":{"before":{"anchor":"2027-06-01T08:00:00Z","leads":["24h","2h"]}},"priority":"high","lifetime":"6h",
            "critical":{"reason":"because"},"locale":"ru","job":"VC8Y-3""#,
        ));
        let all = all.ok().unwrap();
        assert_eq!(all.channels, [ChannelKind::Whatsapp, ChannelKind::Sms]);
        assert!(matches!(all.when, When::BeforeMoment(_, leads) if leads.len() == 2));
        assert_eq!((all.critical.as_deref(), all.job.as_deref()), (Some("because"), Some("VC8Y-3")));
    }

    #[test]
    fn f5_every_mistake_is_named_at_once() {
        assert_eq!(wrong("{}"), ["event_type", "recipient", "template"]);
        let body = with(
            r#","external_ref":"","channel":"fax","channels":["sms","sms"],"purpose":"all","payload":[1],"scheduled_at":"soon",
            "schedule":{"every":{"cron":"* * * * * *","time_zone":"Mars/Base"}},"priority":"urgent","lifetime":"1ms",
            "critical":{},"locale":"x","job":"","zebra":1"#,
        );
        let expected = [
            "zebra",
            "external_ref",
            "channel",
            "channel",
            "channels",
            "purpose",
            "payload",
            "scheduled_at",
            "scheduled_at",
            "schedule.every.cron",
            "schedule.every.time_zone",
            "priority",
            "lifetime",
            "critical.reason",
            "locale",
            "job",
        ];
        assert_eq!(wrong(&body), expected);
        let both = r#"{"event_type":"e","template":"t","recipient":{"id":"x","ref":"y"}}"#;
        assert_eq!(wrong(both), ["recipient"]);
    }

    #[test]
    fn x4_a_schedule_says_one_thing_and_nothing_that_is_too_far() {
        for (schedule, field) in [
            (r"{}", "schedule"),
            (r#"{"at":"2027-06-01T08:00:00Z","every":{"cron":"0 8 * * *"}}"#, "schedule"),
            (r#"{"at":"2099-01-01T00:00:00Z"}"#, "schedule.at"),
            (r#"{"before":{"leads":["2h"]}}"#, "schedule.before"),
            (r#"{"before":{"anchor":"2027-06-01T08:00:00Z"}}"#, "schedule.before.leads"),
            (r#"{"before":{"anchor":"2027-06-01T08:00:00Z","leads":[]}}"#, "schedule.before.leads"),
            (r#"{"before":{"anchor":"2027-06-01T08:00:00Z","leads":["two"]}}"#, "schedule.before.leads[0]"),
            (r#"{"every":{"cron":"whenever"}}"#, "schedule.every.cron"),
        ] {
            assert_eq!(wrong(&with(&format!(r#","schedule":{schedule}"#))), [field], "{schedule}");
        }
    }
}
