//! A notification on its way in: from what was read to what the engine stores. One way for single ones and for batches.

use std::sync::Arc;

use baton_actors::error::Failure;
use baton_actors::notification_actor::Noted;
use baton_actors::tenants::TenantView;
use baton_core::agent::Agent;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, Code as JobCode, JobId, NotificationId, TenantId};
use baton_core::job::{Actor, Job};
use baton_core::notification::schedule::{Schedule, Unkeepable};
use baton_core::notification::{Answer, Intent, NewNotification, Refusal};
use baton_core::time::Timestamp;

use crate::http::door::Door;
use crate::http::people::{self, Person};
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::request_id::drawn_uuid;
use crate::http::shapes::notification::{Named, NotificationRead, NotificationShape};
use crate::http::shapes::payload::Payload;
use crate::http::shapes::schedule::{CRON_CURE, When};
use crate::wording::WordingError;

/// Who asks, and for whom.
#[derive(Clone)]
pub struct Asker {
    /// Whose world it is.
    pub tenant: TenantId,
    /// The key, as histories name it.
    pub by: Actor,
    /// The key's name.
    pub source: Arc<str>,
}

/// How a request names what it brings.
#[derive(Clone, Copy)]
pub enum Name<'a> {
    /// By the reference in it, or by the key it came with.
    Own(Option<&'a str>),
    /// By the reference in its path: it takes the place of what is there.
    Path(&'a str),
}

/// A notification that can be stored once its person is.
pub enum Ready {
    /// To be stored.
    New(Box<Unstored>),
    /// It was stored before.
    Known(Box<Noted>),
}

/// What is to be stored.
pub struct Unstored {
    new: NewNotification,
    /// What is said of its person.
    pub person: Option<Person>,
    replace: bool,
    has_reference: bool,
}

/// Takes one in.
pub async fn take_in(door: &Door, asker: &Asker, shape: NotificationShape, name: Name<'_>) -> Result<Noted, Problem> {
    let new = match ready(door, asker, shape, name)? {
        Ready::New(new) => new,
        Ready::Known(noted) => return Ok(*noted),
    };
    if let Some(person) = new.person.clone() {
        let verdicts = people::keep(door, asker.tenant, vec![person]).await?;
        verdicts.into_iter().try_for_each(|verdict| verdict.map_err(not_kept))?;
    }
    new.store(door, asker.by.clone()).await
}

/// Reads one, and looks whether it can be kept: everything that is wrong is told at once.
pub fn ready(door: &Door, asker: &Asker, shape: NotificationShape, name: Name<'_>) -> Result<Ready, Problem> {
    let tenant = asker.tenant;
    let fingerprint = door.fingerprints.of(&shape);
    let now = door.clock.now();
    let read = match name {
        Name::Own(_) => shape.into_core(now),
        Name::Path(reference) => shape.into_core_of(reference, now),
    };
    let read = read.map_err(Problem::of_fields)?;
    let id = match (&read.external_ref, name) {
        (Some(reference), _) => NotificationId::of_reference(tenant, reference),
        (None, Name::Own(Some(key))) => NotificationId::of_idempotency_key(tenant, key),
        (None, Name::Own(None) | Name::Path(_)) => NotificationId::drawn(tenant, drawn_uuid(now)),
    };
    let replace = matches!(name, Name::Path(_));
    let has_reference = read.external_ref.is_some();
    let look = Look { door, view: door.engine.tenants().view(tenant), tenant, now, wrong: Wrong::default() };
    match look.intent(read, id, asker) {
        Ok((intent, person)) => {
            let new = NewNotification { id, fingerprint, intent };
            Ok(Ready::New(Box::new(Unstored { new, person, replace, has_reference })))
        }
        // What was taken in before the world changed is not refused when it is sent once more.
        Err(problem) => match door.engine.notification(id)? {
            Some(known) if known.fingerprint == fingerprint => {
                Ok(Ready::Known(Box::new(Noted { answer: Answer::Already, notification: Arc::new(known) })))
            }
            Some(_) | None => Err(problem),
        },
    }
}

impl Unstored {
    /// Stores it.
    pub async fn store(self, door: &Door, by: Actor) -> Result<Noted, Problem> {
        let id = self.new.id;
        let stored = door.engine.notify(self.new, self.replace, by).await;
        stored.map_err(|failure| match failure {
            Failure::Notification(Refusal::ReferenceConflict, _) if !self.has_reference => {
                Problem::new(Code::IdempotencyKeyReused, "the key came with another body before")
            }
            Failure::Notification(Refusal::ReferenceConflict, _) => {
                Problem::from(Refusal::ReferenceConflict).with("notification", id.to_string())
            }
            other => other.into(),
        })
    }
}

/// Why a person was not stored; the address stands inside the contact.
pub fn not_kept(failure: baton_actors::tenants::roster::ChangeFailure) -> Problem {
    let mut problem = Problem::from(failure);
    for error in &mut problem.errors {
        error.field = format!("recipient.contact.{}", error.field);
    }
    problem
}

/// What is wrong as the world stands.
#[derive(Default)]
struct Wrong {
    errors: Vec<FieldError>,
    /// Something that is named and not there: alone, it is a 404.
    missing: Option<Code>,
}

impl Wrong {
    fn blame(&mut self, field: &str, message: &'static str, cure: impl Into<std::borrow::Cow<'static, str>>) {
        self.errors.push(FieldError { field: field.to_owned(), message: message.into(), cure: cure.into() });
    }

    fn problem(self) -> Problem {
        match (self.missing, self.errors.as_slice()) {
            (Some(code), [one]) => {
                let detail = format!("{} {}", one.field, one.message);
                Problem { errors: self.errors, ..Problem::new(code, detail) }
            }
            (Some(_) | None, _) => Problem::of_fields(self.errors),
        }
    }
}

/// A look at the world.
struct Look<'a> {
    door: &'a Door,
    view: Arc<TenantView>,
    tenant: TenantId,
    now: Timestamp,
    wrong: Wrong,
}

impl Look<'_> {
    fn intent(
        mut self,
        read: NotificationRead,
        id: NotificationId,
        asker: &Asker,
    ) -> Result<(Intent, Option<Person>), Problem> {
        let NotificationRead { recipient, when, job, payload, .. } = read;
        let (agent, person) = self.recipient(recipient, &asker.source);
        let job = job.and_then(|name| self.job(&name, "job"));
        let (schedule, about) = self.schedule(when, agent.as_deref(), job.as_ref());
        self.ways(agent.as_deref(), &read.channels);
        let bytes = payload.bytes();
        let said = Said { template: &read.template, channels: &read.channels, locale: read.locale.as_deref() };
        self.template(&said, agent.as_deref(), payload);
        let (Some(agent), Some(schedule), true) = (agent, schedule, self.wrong.errors.is_empty()) else {
            return Err(self.wrong.problem());
        };
        let sealed = self.door.keyring.seal_payload(id, &bytes).map_err(|error| Problem::internal(&error))?;
        let intent = Intent {
            reference: read.external_ref,
            source: asker.source.to_string(),
            event_type: read.event_type,
            recipient: agent.id,
            channels: read.channels,
            purpose: read.purpose,
            template: read.template,
            payload: sealed,
            locale: read.locale,
            priority: read.priority,
            critical: read.critical,
            lifetime: read.lifetime,
            schedule,
            job: about,
        };
        Ok((intent, person))
    }

    /// Whom it is for, as they will be stored.
    fn recipient(&mut self, named: Named, by: &Arc<str>) -> (Option<Arc<Agent>>, Option<Person>) {
        let known = |id: AgentId| self.view.roster.get(&id).cloned();
        let (agent, field) = match named {
            Named::Id(id) => (AgentId::parse(self.tenant, &id).ok().and_then(known), "recipient.id"),
            Named::Reference(reference) => (known(AgentId::of_reference(self.tenant, &reference)), "recipient.ref"),
            Named::Contact(read) => return self.contact(*read, Arc::clone(by)),
        };
        if agent.is_none() {
            self.wrong.missing = Some(Code::AgentNotFound);
            self.wrong.blame(field, "is nobody known", "store them with POST /api/v1/agents, or give a contact");
        }
        (agent, None)
    }

    fn contact(
        &mut self,
        read: crate::http::shapes::person::PersonRead,
        by: Arc<str>,
    ) -> (Option<Arc<Agent>>, Option<Person>) {
        let Some(person) = people::named(self.door, self.tenant, read, by) else {
            self.wrong.blame("recipient.contact", "has no address", "give a phone, an email or a telegram_chat_id");
            return (None, None);
        };
        let before = self.view.roster.get(&person.id).cloned();
        let after = person.onto(before.as_deref(), self.now);
        let changes = after.is_some();
        let Some(agent) = after.map(Arc::new).or(before) else { return (None, None) };
        if !people::has_address(&agent) {
            self.wrong.blame("recipient.contact", "has no address", "give a phone, an email or a telegram_chat_id");
        }
        (Some(agent), changes.then_some(person))
    }

    /// Each channel that is named must lead somewhere; where none is, one of their own must.
    fn ways(&mut self, agent: Option<&Agent>, channels: &[ChannelKind]) {
        let configured = self.door.engine.house().channels_of(&self.view.settings);
        let field = if channels.len() == 1 { "channel" } else { "channels" };
        for channel in channels {
            if !configured.contains(channel) {
                let cure = format!("configure {channel}, or name another channel");
                self.wrong.blame(field, "names a channel that is not configured", cure);
            } else if agent.is_some_and(|agent| !agent.has_address(*channel)) {
                let cure = format!("give {} for {channel}, or name another channel", address(*channel));
                self.wrong.blame(field, "names a channel for which the recipient has no address", cure);
            }
        }
        let nowhere = |agent: &Agent| !configured.iter().any(|channel| agent.has_address(*channel));
        if channels.is_empty() && agent.is_some_and(nowhere) {
            self.wrong.blame(
                "recipient",
                "has no address for any channel that is configured",
                "give an address for one of them: GET /api/v1/health lists them",
            );
        }
    }

    /// A job by its id, its code or its reference.
    fn job(&mut self, name: &str, field: &str) -> Option<Job> {
        let by_code = || match self.door.engine.jobs_by_code(self.tenant, name.parse::<JobCode>().ok()?).as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        let named = JobId::parse(self.tenant, name).ok().or_else(by_code);
        let id = named.unwrap_or_else(|| JobId::of_reference(self.tenant, name));
        let job = self.door.engine.job(id).ok().flatten();
        if job.is_none() {
            self.wrong.missing = Some(Code::JobNotFound);
            self.wrong.blame(field, "is no job known", "give the id, the code or the external_ref of a job");
        }
        job
    }

    fn schedule(
        &mut self,
        when: When,
        agent: Option<&Agent>,
        about: Option<&Job>,
    ) -> (Option<Schedule>, Option<JobId>) {
        let mut job = about.map(|job| job.id);
        let schedule = match when {
            When::Now => Schedule::Now,
            When::At(at) => Schedule::At(at),
            When::BeforeMoment(anchor, leads) => Schedule::Before { anchor, leads },
            When::BeforeJob(name, leads) => {
                let Some(before) = self.job(&name, "schedule.before.job") else { return (None, job) };
                let Some(begins) = before.occupies.map(|window| window.from) else {
                    let cure = "give the job a date and a time of the day, or give an anchor";
                    self.wrong.blame("schedule.before.job", "does not say when it begins", cure);
                    return (None, job);
                };
                job = job.or(Some(before.id));
                Schedule::Before { anchor: begins, leads }
            }
            When::Every { cron, zone, until } => {
                let own = agent.and_then(|agent| agent.time_zone.clone());
                let zone = zone.or(own).unwrap_or_else(|| self.view.settings.time_zone.clone());
                Schedule::Every { cron, zone, until }
            }
        };
        match schedule.first(self.now) {
            Ok(_) => (Some(schedule), job),
            Err(why) => {
                self.unkeepable(&schedule, why);
                (None, job)
            }
        }
    }

    fn unkeepable(&mut self, schedule: &Schedule, why: Unkeepable) {
        let part = match schedule {
            Schedule::Now | Schedule::At(_) => "schedule.at",
            Schedule::Before { .. } => "schedule.before",
            Schedule::Every { .. } => "schedule.every",
        };
        match why {
            Unkeepable::Cron => {
                self.wrong.blame("schedule.every.cron", "is not a cron expression of five fields", CRON_CURE);
            }
            Unkeepable::Zone => self.wrong.blame(
                "schedule.every.time_zone",
                "is not an IANA time zone",
                "give a zone such as Europe/London",
            ),
            Unkeepable::Past => {
                self.wrong.blame(part, "has no moment in the future", "give one that is still to come");
            }
            Unkeepable::TooFar => {
                self.wrong.blame(part, "is further away than can be promised", "give a moment within 400 days");
            }
        }
    }

    /// Its template must be in use for a channel it can go by, and get there what it needs.
    fn template(&mut self, read: &Said<'_>, agent: Option<&Agent>, payload: Payload) {
        let configured = &self.door.engine.house().channels;
        let own = |agent: &Agent| -> Vec<ChannelKind> {
            let order = if agent.channels.is_empty() { configured } else { &agent.channels };
            order.iter().copied().filter(|channel| agent.has_address(*channel)).collect()
        };
        let channels = match (read.channels, agent) {
            ([], Some(agent)) => own(agent),
            ([], None) => configured.clone(),
            (named, _) => named.to_vec(),
        };
        let channels: Vec<ChannelKind> = channels.into_iter().filter(|channel| configured.contains(channel)).collect();
        let their = agent.and_then(|agent| agent.locale.as_deref());
        let locale = read.locale.or(their).unwrap_or(&self.view.settings.locale);
        let payload = payload.into_value();
        let mut missing = None;
        for channel in &channels {
            match self.door.wording.accepts(self.tenant, read.template, *channel, locale, &payload) {
                Ok(()) => return,
                Err(lacks @ WordingError::MissingValues { .. }) => missing = Some(lacks),
                Err(why) => missing = missing.or(Some(why)),
            }
        }
        match missing {
            Some(WordingError::MissingValues { variables, .. }) => {
                self.wrong.blame("payload", "lacks what the template needs", format!("give {variables}"));
            }
            Some(WordingError::Inactive { state, .. }) => {
                let cure = format!("it is {state}: activate a version of it for a channel the message can go by");
                self.wrong.blame("template", "is not in use", cure);
            }
            Some(_) => {
                let words: Vec<&str> = channels.iter().map(|channel| channel.as_str()).collect();
                let cure = format!("store it with POST /api/v1/templates for one of {}", words.join(", "));
                self.wrong.blame("template", "is not known for any channel the message can go by", cure);
            }
            // Nobody can be reached: that is said elsewhere.
            None => {}
        }
    }
}

/// What a request says of its wording.
struct Said<'r> {
    template: &'r str,
    channels: &'r [ChannelKind],
    locale: Option<&'r str>,
}

/// What a channel needs, as a contact has it.
fn address(channel: ChannelKind) -> &'static str {
    match channel {
        ChannelKind::Telegram => "a telegram_chat_id",
        ChannelKind::Email => "an email",
        ChannelKind::Whatsapp | ChannelKind::Sms => "a phone",
        ChannelKind::Console => "nothing",
    }
}
