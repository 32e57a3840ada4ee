//! A person as whoever writes to them knows them: how they are reached, and what they agreed to. What is left out stays as it
//! was, and nothing is ever wiped.

use baton_core::agent::Agent;
use baton_core::consent::{Consent, Purpose, Status};
use baton_core::delivery::ChannelKind;
use baton_core::ids::AgentId;
use baton_core::phone::Phone;
use baton_core::time::Timestamp;
use utoipa::ToSchema;

use crate::http::form::{Field, Form};
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::agent::{channels, chat, email, locale, time_zone};
use crate::http::strangers::Strangers;
use crate::phones;

const REFERENCE: usize = 100;
const NAME: usize = 100;
const CONSENTS: usize = 20;
const SOURCE: usize = 60;
const WORDING: usize = 60;

/// A person who gets messages.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Person)]
pub struct PersonShape {
    /// The tenant's own name for them. Where it is left out, whoever has one of the addresses is meant; somebody new gets a
    /// reference that follows from the address.
    #[schema(value_type = Option<String>, max_length = 100, example = "customer-17")]
    r#ref: Given<String>,
    /// What people call them.
    #[schema(value_type = Option<String>, max_length = 100, example = "Test Person")]
    name: Given<String>,
    /// Where SMS and WhatsApp go, in international form.
    #[schema(value_type = Option<String>, example = "+447700900017")]
    phone: Given<String>,
    /// Where e-mail goes.
    #[schema(value_type = Option<String>, max_length = 254, example = "customer-17@example.com")]
    email: Given<String>,
    /// Their private Telegram chat.
    #[schema(value_type = Option<i64>)]
    telegram_chat_id: Given<i64>,
    /// The channels to use, best first; the tenant's order where nobody says.
    #[schema(value_type = Option<Vec<String>>, example = json!(["whatsapp", "sms"]))]
    channels: Given<Vec<Given<String>>>,
    /// The language of their messages.
    #[schema(value_type = Option<String>, example = "en")]
    locale: Given<String>,
    /// IANA zone: their quiet hours follow its clock.
    #[schema(value_type = Option<String>, example = "Europe/London")]
    time_zone: Given<String>,
    /// What they agreed to and what they refused. It never takes back a no.
    #[schema(value_type = Option<Vec<ConsentShape>>, max_items = 20)]
    consents: Given<Vec<Given<ConsentShape>>>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// What a person said about messages of a purpose on a channel.
#[derive(Default, Hash, ToSchema)]
#[schema(as = GivenConsent)]
pub struct ConsentShape {
    /// On which channel.
    #[schema(value_type = String, example = "sms")]
    channel: Given<String>,
    /// About what; `notifications` where it is left out, `all` for every purpose.
    #[schema(value_type = Option<String>, max_length = 32, example = "notifications")]
    purpose: Given<String>,
    /// `opted_in`, `opted_out` or `pending`.
    #[schema(value_type = String, example = "opted_in")]
    status: Given<String>,
    /// How it is known; the name of the API key where it is left out.
    #[schema(value_type = Option<String>, max_length = 60, example = "checkout")]
    source: Given<String>,
    /// The version of the words they said yes or no to.
    #[schema(value_type = Option<String>, max_length = 60)]
    wording: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    PersonShape { r#ref = "ref", name, phone, email, telegram_chat_id, channels, locale, time_zone, consents }
    ConsentShape { channel, purpose, status, source, wording }
}

/// What was read of it: what is none was not given.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonRead {
    /// The tenant's own name for them.
    pub reference: Option<String>,
    name: Option<String>,
    /// Where SMS and WhatsApp go.
    pub phone: Option<Phone>,
    /// Where e-mail goes.
    pub email: Option<String>,
    /// Their private Telegram chat.
    pub telegram: Option<i64>,
    channels: Option<Vec<ChannelKind>>,
    locale: Option<String>,
    /// Their zone.
    pub time_zone: Option<String>,
    consents: Vec<ConsentRead>,
}

#[derive(Clone, PartialEq, Eq)]
struct ConsentRead {
    channel: ChannelKind,
    purpose: Purpose,
    status: Status,
    source: Option<String>,
    wording: Option<String>,
}

impl PersonShape {
    /// The person, or everything that is wrong with them.
    pub fn into_core(self) -> Result<PersonRead, Vec<FieldError>> {
        Form::body(self, |form, shape| shape.read(form))
    }

    /// Reads them as a part of a body.
    pub fn read(self, form: &mut Form) -> Option<PersonRead> {
        Some(PersonRead {
            reference: form.field("ref", self.r#ref).line(REFERENCE),
            name: form.field("name", self.name).line(NAME),
            phone: form.field("phone", self.phone).parsed(|text| phones::read(&text)),
            email: email(form.field("email", self.email)),
            telegram: chat(form.field("telegram_chat_id", self.telegram_chat_id)),
            channels: channels(form.field("channels", self.channels)),
            locale: locale(form.field("locale", self.locale)),
            time_zone: time_zone(form.field("time_zone", self.time_zone)),
            consents: form
                .field("consents", self.consents)
                .each(CONSENTS, |form, said| said.read(form))
                .unwrap_or_default(),
        })
    }
}

impl ConsentShape {
    fn read(self, form: &mut Form) -> Option<ConsentRead> {
        let channel = form.field("channel", self.channel).required().parsed(|word| word.parse::<ChannelKind>());
        let purpose = purpose(form.field("purpose", self.purpose));
        let status = form.field("status", self.status).required().parsed(|word| word.parse::<Status>());
        let source = form.field("source", self.source).line(SOURCE);
        let wording = form.field("wording", self.wording).line(WORDING);
        Some(ConsentRead { channel: channel?, purpose: purpose?, status: status?, source, wording })
    }
}

/// What messages are about; `notifications` where nobody says.
pub fn purpose(field: Field<'_, String>) -> Option<Purpose> {
    if field.given().is_missing() {
        return Some(Purpose::NOTIFICATIONS);
    }
    field.parsed(|slug| slug.parse::<Purpose>())
}

impl PersonRead {
    /// Whether anything is said of them besides who they are.
    pub fn says_nothing(&self) -> bool {
        *self == Self { reference: self.reference.clone(), ..Self::default() }
    }

    /// The person as they are to be stored; none where nothing has changed. Somebody new takes no jobs.
    pub fn onto(
        &self,
        before: Option<&Agent>,
        id: AgentId,
        reference: &str,
        by: &str,
        now: Timestamp,
    ) -> Option<Agent> {
        let mut agent = before.cloned().unwrap_or_else(|| {
            // Who has no name of their own is called nothing: what follows from an address is none.
            let name = self.reference.clone().unwrap_or_default();
            Agent { takes_jobs: false, name, ..Agent::named(id, reference, now) }
        });
        set(&mut agent.name, self.name.as_ref());
        set_some(&mut agent.phone, self.phone.as_ref());
        set_some(&mut agent.email, self.email.as_ref());
        set_some(&mut agent.telegram, self.telegram.as_ref());
        set(&mut agent.channels, self.channels.as_ref());
        set_some(&mut agent.locale, self.locale.as_ref());
        set_some(&mut agent.time_zone, self.time_zone.as_ref());
        for said in &self.consents {
            said.onto(&mut agent, by, now);
        }
        if before == Some(&agent) {
            return None;
        }
        agent.updated_at = now;
        Some(agent)
    }
}

impl ConsentRead {
    fn onto(&self, agent: &mut Agent, by: &str, now: Timestamp) {
        let of_this = |known: &&Consent| known.channel == self.channel && known.purpose == self.purpose;
        let known = agent.consents.iter().find(of_this).map(|known| known.status);
        // Whoever tells of a person beside a message cannot know of a no that came meanwhile.
        if known.is_some_and(|known| known == self.status || known == Status::OptedOut) {
            return;
        }
        agent.says(Consent {
            channel: self.channel,
            purpose: self.purpose,
            status: self.status,
            source: self.source.clone().unwrap_or_else(|| by.to_owned()),
            at: now,
            wording: self.wording.clone(),
        });
    }
}

fn set<T: Clone>(value: &mut T, given: Option<&T>) {
    if let Some(given) = given {
        value.clone_from(given);
    }
}

fn set_some<T: Clone>(value: &mut Option<T>, given: Option<&T>) {
    if given.is_some() {
        *value = given.cloned();
    }
}

#[cfg(test)]
mod tests {
    use baton_core::ids::TenantId;

    use super::*;
    use crate::http::json;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn read(body: &str) -> Result<PersonRead, Vec<FieldError>> {
        json::parse::<PersonShape>(body.as_bytes()).unwrap().into_core()
    }

    fn onto(body: &str, before: Option<&Agent>) -> Option<Agent> {
        let id = AgentId::of_reference(TenantId::DEFAULT, "c1");
        read(body).ok().unwrap().onto(before, id, "c1", "shop", NOW)
    }

    #[test]
    fn f1_what_is_left_out_stays_and_null_wipes_nothing() {
        let body = r#"{"ref":"c1","name":"One","phone":"+447700900001","email":"c1@example.com","locale":"ru"}"#;
        let first = onto(body, None).unwrap();
        assert_eq!((first.takes_jobs, first.name.as_str(), first.locale.as_deref()), (false, "One", Some("ru")));
        assert!(onto(body, Some(&first)).is_none(), "the same again changes nothing");
        assert!(onto(r#"{"ref":"c1","name":null,"email":null}"#, Some(&first)).is_none());
        let second = onto(r#"{"ref":"c1","email":"other@example.com"}"#, Some(&first)).unwrap();
        assert_eq!(second.email.as_deref(), Some("other@example.com"));
        assert_eq!((second.phone, second.name.as_str(), second.locale), (first.phone, "One", first.locale));
    }

    #[test]
    fn d12_a_consent_given_along_never_takes_back_a_no() {
        let with = |status: &str| format!(r#"{{"ref":"c1","consents":[{{"channel":"sms","status":"{status}"}}]}}"#);
        let yes = onto(&with("opted_in"), None).unwrap();
        assert_eq!((yes.consents[0].status, yes.consents[0].source.as_str()), (Status::OptedIn, "shop"));
        assert_eq!(yes.consents[0].purpose, Purpose::NOTIFICATIONS);
        assert!(onto(&with("opted_in"), Some(&yes)).is_none());
        let no = onto(&with("opted_out"), Some(&yes)).unwrap();
        assert_eq!((no.consents.len(), no.consents[0].status), (1, Status::OptedOut));
        assert!(onto(&with("opted_in"), Some(&no)).is_none(), "a no stays");
    }

    #[test]
    fn everything_that_is_wrong_with_a_person_is_named() {
        let body = r#"{"phone":"x","email":"x","telegram_chat_id":0,"channels":["fax"],"locale":"english language",
            "time_zone":"Mars/Base","consents":[{"channel":"fax","status":"maybe","purpose":"A B"},{}],"fone":1}"#;
        let errors = read(body).err().unwrap();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let expected = [
            "fone",
            "phone",
            "email",
            "telegram_chat_id",
            "channels[0]",
            "locale",
            "time_zone",
            "consents[0].channel",
            "consents[0].purpose",
            "consents[0].status",
            "consents[1].channel",
            "consents[1].status",
        ];
        assert_eq!(fields, expected);
    }
}
