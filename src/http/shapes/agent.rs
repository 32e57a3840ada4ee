//! An agent, as it comes in: whole in an upsert or a sync, in part in a patch. What is left out stays as it was.

use std::collections::BTreeSet;

use baton_core::agent::{Agent, Availability, QuietHours};
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, TenantId};
use baton_core::phone::Phone;
use baton_core::time::Timestamp;
use utoipa::ToSchema;

use crate::http::form::{Field, Form, value};
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::brief::read_time;
use crate::http::shapes::change::Change;
use crate::http::shapes::job::moment;
use crate::http::strangers::Strangers;
use crate::phones;

const REFERENCE: usize = 100;
const NAME: usize = 100;
const EMAIL: usize = 254;
const TAGS: usize = 50;
const TAG: usize = 60;
const CAPACITY_MAX: u32 = 10_000;

/// Agents of equal priority are asked by how long they have been idle.
const PRIORITY: i32 = 100;

/// A person or crew that can take a job.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Agent)]
pub struct AgentShape {
    /// The tenant's own name for them; the phone number where it is left out.
    #[schema(value_type = Option<String>, max_length = 100, example = "d1")]
    r#ref: Given<String>,
    /// What people call them; the reference where it is left out.
    #[schema(value_type = Option<String>, max_length = 100, example = "Driver One")]
    name: Given<String>,
    /// Their number, in international form: replies are recognised by it.
    #[schema(value_type = String, example = "+447700900001")]
    phone: Given<String>,
    /// Where e-mail goes.
    #[schema(value_type = Option<String>, max_length = 254, example = "d1@example.com")]
    email: Given<String>,
    /// Their private Telegram chat; set by itself when they register with the bot.
    #[schema(value_type = Option<i64>, example = 1001)]
    telegram_chat_id: Given<i64>,
    /// The channels to use, best first; the tenant's order where it is left out.
    #[schema(value_type = Option<Vec<String>>, example = json!(["telegram", "email"]))]
    channels: Given<Vec<Given<String>>>,
    /// Lower is asked earlier; 100 where it is left out.
    #[schema(value_type = Option<i32>, example = 1)]
    priority: Given<i32>,
    /// Whether they are asked at all; true where it is left out.
    #[schema(value_type = Option<bool>)]
    active: Given<bool>,
    /// Whether they are offered jobs; false for somebody who only gets notifications; true where it is left out.
    #[schema(value_type = Option<bool>)]
    takes_jobs: Given<bool>,
    /// What they can do (vehicle types, skills).
    #[schema(value_type = Option<Vec<String>>, max_items = 50, example = json!(["van"]))]
    tags: Given<Vec<Given<String>>>,
    /// How many claimed jobs they can have open; any number where it is left out.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10000, example = 1)]
    capacity: Given<u32>,
    /// Whether they can be asked now.
    #[schema(value_type = Option<AvailabilityShape>)]
    availability: Given<AvailabilityShape>,
    /// When they are not to be disturbed, in their own zone.
    #[schema(value_type = Option<QuietHoursShape>)]
    quiet_hours: Given<QuietHoursShape>,
    /// The language of their messages.
    #[schema(value_type = Option<String>, example = "en")]
    locale: Given<String>,
    /// IANA zone; the tenant's where it is left out.
    #[schema(value_type = Option<String>, example = "Europe/London")]
    time_zone: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// Whether an agent can be asked now.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Availability)]
pub struct AvailabilityShape {
    /// Whether they can.
    #[schema(value_type = bool)]
    available: Given<bool>,
    /// Where not: until this moment; until they say so where it is left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// A nightly rest; it may cross midnight.
#[derive(Default, Hash, ToSchema)]
#[schema(as = QuietHours)]
pub struct QuietHoursShape {
    /// It begins at this local time.
    #[schema(value_type = String, example = "22:00")]
    from: Given<String>,
    /// It ends at this local time.
    #[schema(value_type = String, example = "07:00")]
    to: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// A whole list of agents, taken all or not at all.
#[derive(Default, ToSchema)]
#[schema(as = AgentSync)]
pub struct SyncShape {
    /// The agents; those who are not in it stay as they are.
    #[schema(value_type = Vec<AgentShape>, max_items = 10000)]
    agents: Given<Vec<Given<AgentShape>>>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    AgentShape {
        r#ref = "ref", name, phone, email, telegram_chat_id, channels, priority, active, takes_jobs, tags, capacity,
        availability, quiet_hours, locale, time_zone
    }
    AvailabilityShape { available, until }
    QuietHoursShape { from, to }
    SyncShape { agents }
}

/// What was read: what becomes of each field.
#[derive(Default)]
pub struct AgentChange {
    /// The tenant's own name for them.
    pub reference: Option<String>,
    name: Option<String>,
    phone: Option<Phone>,
    email: Change<String>,
    telegram: Change<i64>,
    channels: Change<Vec<ChannelKind>>,
    priority: Change<i32>,
    active: Change<bool>,
    takes_jobs: Change<bool>,
    tags: Change<BTreeSet<String>>,
    capacity: Change<u32>,
    availability: Change<Availability>,
    quiet_hours: Change<QuietHours>,
    locale: Change<String>,
    time_zone: Change<String>,
}

impl SyncShape {
    /// The agents of a list by their ids, or everything that is wrong with it.
    pub fn into_core(self, tenant: TenantId, now: Timestamp) -> Result<Vec<(AgentId, AgentChange)>, Vec<FieldError>> {
        const MOST: usize = 10_000;
        let mut seen = BTreeSet::new();
        Form::body(self, |form, shape| {
            form.field("agents", shape.agents).required().each(MOST, |form, agent| {
                let mut change = agent.whole(form, now);
                if change.reference.is_none() {
                    change.reference = Some(change.phone.as_ref()?.as_str().to_owned());
                }
                let id = AgentId::of_reference(tenant, change.reference.as_deref().unwrap_or_default());
                if !seen.insert(id) {
                    form.blame("ref", "stands in the list before", "give each agent once");
                }
                Some((id, change))
            })
        })
    }
}

impl AgentShape {
    /// A whole agent under the reference of the path, or everything that is wrong with it.
    pub fn into_core(self, reference: &str, now: Timestamp) -> Result<AgentChange, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let mut change = shape.whole(form, now);
            change.reference = Some(must_be(form, change.reference, reference));
            Some(change)
        })
    }

    /// A part of an agent, or everything that is wrong with it.
    pub fn into_patch(self, reference: &str, now: Timestamp) -> Result<AgentChange, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            if matches!(shape.phone, Given::Null) {
                form.blame("phone", "cannot be taken away", "give another number, or leave the field out");
            }
            let mut change = shape.part(form, now);
            change.reference = Some(must_be(form, change.reference, reference));
            Some(change)
        })
    }

    /// An agent in full: replies are recognised by the phone, so there is none without.
    fn whole(self, form: &mut Form, now: Timestamp) -> AgentChange {
        if self.phone.is_missing() {
            form.blame("phone", "is missing", "give a number in international form, such as +447700900001");
        }
        self.part(form, now)
    }

    fn part(self, form: &mut Form, now: Timestamp) -> AgentChange {
        AgentChange {
            reference: form.field("ref", self.r#ref).line(REFERENCE),
            name: form.field("name", self.name).line(NAME),
            phone: form.field("phone", self.phone).parsed(|text| phones::read(&text)),
            email: Change::of(form.field("email", self.email), email),
            telegram: Change::of(form.field("telegram_chat_id", self.telegram_chat_id), chat),
            channels: Change::of(form.field("channels", self.channels), channels),
            priority: Change::of(form.field("priority", self.priority), value),
            active: Change::of(form.field("active", self.active), value),
            takes_jobs: Change::of(form.field("takes_jobs", self.takes_jobs), value),
            tags: Change::of(form.field("tags", self.tags), |field| {
                field.lines(TAGS, TAG).map(|tags| tags.into_iter().collect())
            }),
            capacity: Change::of(form.field("capacity", self.capacity), |field| field.between(1, CAPACITY_MAX)),
            availability: Change::of(form.field("availability", self.availability), |field| {
                field.within(|form, shape| shape.read(form, now))
            }),
            quiet_hours: Change::of(form.field("quiet_hours", self.quiet_hours), |field| {
                field.within(|form, shape| shape.read(form))
            }),
            locale: Change::of(form.field("locale", self.locale), locale),
            time_zone: Change::of(form.field("time_zone", self.time_zone), time_zone),
        }
    }
}

impl AvailabilityShape {
    /// The availability, or everything that is wrong with it.
    pub fn into_core(self, now: Timestamp) -> Result<Availability, Vec<FieldError>> {
        Form::body(self, |form, shape| shape.read(form, now))
    }

    fn read(self, form: &mut Form, now: Timestamp) -> Option<Availability> {
        let until = moment(form.field("until", self.until), now);
        let available = form.field("available", self.available).required().value()?;
        Some(if available { Availability::Available } else { Availability::Away { until } })
    }
}

impl QuietHoursShape {
    /// The rest, or nothing where something is wrong with it.
    pub fn read(self, form: &mut Form) -> Option<QuietHours> {
        let time = |text: String| read_time(&text).ok_or("give a time of the day, such as 22:00");
        let from = form.field("from", self.from).required().parsed(time);
        let to = form.field("to", self.to).required().parsed(time);
        Some(QuietHours { from: from?, to: to? })
    }
}

impl AgentChange {
    /// The agent as it is to be stored.
    pub fn onto(self, before: Option<&Agent>, id: AgentId, now: Timestamp) -> Agent {
        let mut agent =
            before.cloned().unwrap_or_else(|| blank(id, self.reference.as_deref().unwrap_or_default(), now));
        agent.version += 1;
        agent.updated_at = now;
        if let Some(name) = self.name {
            agent.name = name;
        }
        if let Some(phone) = self.phone {
            agent.phone = Some(phone);
        }
        self.email.onto(&mut agent.email);
        self.telegram.onto(&mut agent.telegram);
        self.channels.onto_or(&mut agent.channels, Vec::new());
        self.priority.onto_or(&mut agent.priority, PRIORITY);
        self.active.onto_or(&mut agent.active, true);
        self.takes_jobs.onto_or(&mut agent.takes_jobs, true);
        self.tags.onto_or(&mut agent.tags, BTreeSet::new());
        self.capacity.onto(&mut agent.capacity);
        self.availability.onto_or(&mut agent.availability, Availability::Available);
        self.quiet_hours.onto(&mut agent.quiet_hours);
        self.locale.onto(&mut agent.locale);
        self.time_zone.onto(&mut agent.time_zone);
        agent
    }
}

fn blank(id: AgentId, reference: &str, now: Timestamp) -> Agent {
    Agent { version: 0, priority: PRIORITY, ..Agent::named(id, reference, now) }
}

/// The reference of the path; another one in the body is a mistake.
fn must_be(form: &mut Form, said: Option<String>, reference: &str) -> String {
    if said.is_some_and(|said| said != reference) {
        form.blame("ref", "is not the reference of the path", "leave it out, or give the same");
    }
    reference.to_owned()
}

/// A mailbox.
pub fn email(field: Field<'_, String>) -> Option<String> {
    field.refine(
        |field| field.line(EMAIL),
        |form, name, text| {
            if text.parse::<lettre::Address>().is_err() {
                form.blame(name, "is not valid", "give a mailbox such as d1@example.com");
                return None;
            }
            Some(text)
        },
    )
}

/// A Telegram chat.
pub fn chat(field: Field<'_, i64>) -> Option<i64> {
    field.parsed(|chat| if chat == 0 { Err("give the chat's number, or leave it out") } else { Ok(chat) })
}

/// Channels, best first.
pub fn channels(field: Field<'_, Vec<Given<String>>>) -> Option<Vec<ChannelKind>> {
    let one =
        |form: &mut Form, word: String| form.field("", Given::Is(word)).parsed(|word| word.parse::<ChannelKind>());
    field.each(ChannelKind::ALL.len(), one)
}

/// A language such as `en` or `pt-BR`.
pub fn locale(field: Field<'_, String>) -> Option<String> {
    field.parsed(|text| {
        let part = |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let plain = text.len() <= 20 && text.split('-').all(part);
        if plain { Ok(text) } else { Err("give a language such as en or pt-BR") }
    })
}

/// A zone of the IANA database.
pub fn time_zone(field: Field<'_, String>) -> Option<String> {
    field.parsed(|text| match jiff::tz::TimeZone::get(&text) {
        Ok(_) => Ok(text),
        Err(_) => Err("give a zone of the IANA database, such as Europe/London"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::json;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn sync(body: &str) -> Result<Vec<Agent>, Vec<FieldError>> {
        let shape: SyncShape = json::parse(body.as_bytes()).unwrap();
        let agents = shape.into_core(TenantId::DEFAULT, NOW)?;
        Ok(agents.into_iter().map(|(id, change)| change.onto(None, id, NOW)).collect())
    }

    #[test]
    fn a3_the_body_of_the_contract_is_read() {
        let agents = sync(
            r#"{"agents":[{"ref":"d1","name":"Driver One","phone":"+447700900001","email":"d1@example.com",
                "telegram_chat_id":1001,"priority":1,"active":true,"tags":["van"],"capacity":1}]}"#,
        );
        let agent = &agents.unwrap()[0];
        assert_eq!(agent.id, AgentId::of_reference(TenantId::DEFAULT, "d1"));
        assert_eq!((agent.name.as_str(), agent.priority, agent.capacity), ("Driver One", 1, Some(1)));
        assert_eq!((agent.telegram, agent.tags.contains("van"), agent.version), (Some(1001), true, 1));
    }

    #[test]
    fn a4_a_row_without_a_phone_refuses_the_list_and_is_named() {
        let errors = sync(r#"{"agents":[{"ref":"d1","phone":"+447700900001"},{"ref":"d2"}]}"#).err().unwrap();
        assert_eq!(errors.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["agents[1].phone"]);
    }

    #[test]
    fn a5_wrong_types_and_values_are_all_named() {
        let body = r#"{"agents":[{"phone":"not-a-phone","priority":"abc","active":"false","email":"x","capacity":0,
            "channels":["telegram","fax"],"tags":[""],"quiet_hours":{"from":"25:00"},"availability":{"until":"x"},
            "locale":"english language","time_zone":"Mars/Base","telegram_chat_id":"1001"}]}"#;
        let errors = sync(body).err().unwrap();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.trim_start_matches("agents[0].")).collect();
        let expected = [
            "phone",
            "email",
            "telegram_chat_id",
            "channels[1]",
            "priority",
            "active",
            "tags[0]",
            "capacity",
            "availability.until",
            "availability.available",
            "quiet_hours.from",
            "quiet_hours.to",
            "locale",
            "time_zone",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn one_agent_twice_in_a_list_is_a_mistake() {
        let errors = sync(r#"{"agents":[{"ref":"d1","phone":"+447700900001"},{"ref":"d1","phone":"+447700900002"}]}"#);
        assert_eq!(errors.err().unwrap()[0].field, "agents[1].ref");
    }

    #[test]
    fn what_is_left_out_stays_and_null_clears() {
        let before =
            sync(r#"{"agents":[{"ref":"d1","name":"One","phone":"+447700900001","telegram_chat_id":7,"capacity":2}]}"#);
        let before = before.unwrap().remove(0);
        let patch: AgentShape = json::parse(br#"{"capacity":null,"priority":5}"#).unwrap();
        let after = patch.into_patch("d1", NOW).ok().unwrap().onto(Some(&before), before.id, NOW);
        assert_eq!((after.telegram, after.capacity, after.priority, after.version), (Some(7), None, 5, 2));
        assert_eq!(after.name, "One");
        let wrong: AgentShape = json::parse(br#"{"phone":null,"ref":"d2"}"#).unwrap();
        assert_eq!(wrong.into_patch("d1", NOW).err().unwrap().len(), 2);
    }
}
