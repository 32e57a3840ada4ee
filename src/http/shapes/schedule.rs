//! When a notification is to be sent, as it comes in.

use std::time::Duration;

use baton_core::notification::schedule::LEADS_MAX;
use baton_core::time::Timestamp;
use utoipa::ToSchema;

use crate::config::duration::parse_duration;
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::shapes::agent::time_zone;
use crate::http::shapes::job::moment;
use crate::http::strangers::Strangers;

const JOB: usize = 128;
const CRON: usize = 100;

/// When a notification is sent: one of `at`, `before` and `every`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Schedule)]
pub struct ScheduleShape {
    /// At this moment, in RFC 3339; one that has passed is now.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Given<String>,
    /// So long before something, as often as there are spans.
    #[schema(value_type = Option<BeforeShape>)]
    before: Given<BeforeShape>,
    /// Again and again.
    #[schema(value_type = Option<EveryShape>)]
    every: Given<EveryShape>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// So long before something: one of `job` and `anchor`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Before)]
pub struct BeforeShape {
    /// Before a job begins: its id, its code or its `external_ref`. Refused where the job does not say when that is.
    #[schema(value_type = Option<String>, max_length = 128, example = "VC8Y-3")]
    job: Given<String>,
    /// Before this moment, in RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    anchor: Given<String>,
    /// How long before it. Those that have passed already are left out.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 8, example = json!(["24h", "2h"]))]
    leads: Given<Vec<Given<String>>>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// By a rule of the calendar.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Every)]
pub struct EveryShape {
    /// Minute, hour, day of the month, month, day of the week.
    #[schema(value_type = String, max_length = 100, example = "0 8 * * 1-5")]
    cron: Given<String>,
    /// The IANA zone whose clock the rule means; the person's own, or the tenant's, where it is left out.
    #[schema(value_type = Option<String>, example = "Europe/London")]
    time_zone: Given<String>,
    /// Not after this moment, in RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    ScheduleShape { at, before, every }
    BeforeShape { job, anchor, leads }
    EveryShape { cron, time_zone, until }
}

/// What was read of it: what depends on a job or a person is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// At this moment.
    At(Timestamp),
    /// So long before a moment.
    BeforeMoment(Timestamp, Vec<Duration>),
    /// So long before a job begins.
    BeforeJob(String, Vec<Duration>),
    /// By a rule of the calendar.
    Every {
        /// The rule.
        cron: String,
        /// Whose clock it means.
        zone: Option<String>,
        /// Not after this moment.
        until: Option<Timestamp>,
    },
}

impl ScheduleShape {
    /// Reads it as a part of a body.
    pub fn read(self, form: &mut Form, now: Timestamp) -> Option<When> {
        let given = [self.at.is_missing(), self.before.is_missing(), self.every.is_missing()];
        if given.iter().filter(|missing| !**missing).count() != 1 {
            form.blame("", "does not say when", "give one of at, before and every");
        }
        let at = moment(form.field("at", self.at), now);
        let before = form.field("before", self.before).within(|form, before| before.read(form, now));
        let every = form.field("every", self.every).within(|form, every| every.read(form, now));
        at.map(When::At).or(before).or(every)
    }
}

impl BeforeShape {
    fn read(self, form: &mut Form, now: Timestamp) -> Option<When> {
        if self.job.is_missing() == self.anchor.is_missing() {
            form.blame("", "does not say before what", "give one of job and anchor");
        }
        let job = form.field("job", self.job).line(JOB);
        let anchor = moment(form.field("anchor", self.anchor), now);
        let lead = |form: &mut Form, text: String| form.field("", Given::Is(text)).parsed(|text| parse_duration(&text));
        let leads = form.field("leads", self.leads).required().refine(
            |field| field.each(LEADS_MAX, lead),
            |form, name, leads| {
                if leads.is_empty() {
                    form.blame(name, "is empty", "give one to eight spans, such as \"24h\"");
                }
                Some(leads)
            },
        );
        match (job, anchor) {
            (Some(job), _) => Some(When::BeforeJob(job, leads?)),
            (None, Some(anchor)) => Some(When::BeforeMoment(anchor, leads?)),
            (None, None) => None,
        }
    }
}

impl EveryShape {
    fn read(self, form: &mut Form, now: Timestamp) -> Option<When> {
        let cron = form.field("cron", self.cron).required().refine(
            |field| field.line(CRON),
            |form, name, cron| {
                // A sixth field would be seconds: nobody wants a message each second.
                if cron.split_whitespace().count() != 5 {
                    form.blame(name, "is not a cron expression of five fields", CRON_CURE);
                    return None;
                }
                Some(cron)
            },
        );
        let zone = time_zone(form.field("time_zone", self.time_zone));
        let until = moment(form.field("until", self.until), now);
        Some(When::Every { cron: cron?, zone, until })
    }
}

/// What a rule looks like.
pub const CRON_CURE: &str = "give minute, hour, day of the month, month and day of the week, such as \"0 8 * * 1-5\"";
