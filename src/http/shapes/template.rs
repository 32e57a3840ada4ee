//! A template, as it comes in: which one, its texts, what it is filled with.

use std::collections::{BTreeMap, BTreeSet};

use baton_actors::records::{Part, ProviderTemplate, TemplateId, TemplateState, Variable};
use baton_actors::tenants::library::TemplateBody;
use baton_core::delivery::ChannelKind;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::form::{Field, Form};
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::agent::{locale, time_zone};
use crate::http::shapes::anything::Anything;
use crate::http::strangers::Strangers;
use crate::wording::{GIVEN, Mistake, MistakeKind, Place, Reader};

const TEXT: usize = 20_000;
const HTML: usize = 100_000;
const SUBJECT: usize = 500;
const BUTTONS: usize = 4_000;
const EXPRESSION: usize = 200;
const SAMPLE: usize = 4_000;

/// The words of the states.
pub const STATES: [(&str, TemplateState); 3] =
    [("draft", TemplateState::Draft), ("active", TemplateState::Active), ("disabled", TemplateState::Disabled)];

/// A template.
#[derive(Default, ToSchema)]
#[schema(as = NewTemplate)]
pub struct TemplateShape {
    /// The logical key, which notifications name: letters, digits, `_`, `-` and `.`.
    #[schema(value_type = String, max_length = 64, example = "pickup_tomorrow")]
    key: Given<String>,
    /// For which channel: `telegram`, `whatsapp`, `sms`, `email` or `console`.
    #[schema(value_type = String, example = "sms")]
    channel: Given<String>,
    /// In which language.
    #[schema(value_type = String, example = "en")]
    locale: Given<String>,
    /// Which version; the next where it is left out.
    #[schema(value_type = Option<u32>)]
    version: Given<u32>,
    /// `draft` where it is left out, or `active` at once.
    #[schema(value_type = Option<String>, example = "draft")]
    state: Given<String>,
    /// Its texts.
    #[schema(value_type = PartsShape)]
    parts: Given<PartsShape>,
    /// What it is filled with: at most 50.
    #[schema(value_type = Option<Vec<VariableShape>>)]
    variables: Given<Vec<Given<VariableShape>>>,
    /// The same message as providers keep it, for where they take no other text (WhatsApp outside of 24 hours).
    #[schema(value_type = Option<Vec<ProviderShape>>)]
    providers: Given<Vec<Given<ProviderShape>>>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// The texts of a template, in the template language of config/templates.
#[derive(Default, ToSchema)]
#[schema(as = TemplateParts)]
pub struct PartsShape {
    /// A mail's subject.
    #[schema(value_type = Option<String>, max_length = 500)]
    subject: Given<String>,
    /// Text without markup: for a mail, SMS, WhatsApp, the console.
    #[schema(value_type = Option<String>, max_length = 20000, example = "Hello {{ agent }}, we come {{ at|moment }}.")]
    text: Given<String>,
    /// HTML: of a mail (where it is left out, the text is laid out), or Telegram's.
    #[schema(value_type = Option<String>, max_length = 100_000)]
    html: Given<String>,
    /// For Telegram: buttons under the message that lead somewhere, one a line: what it says, ` | `, and its address.
    #[schema(value_type = Option<String>, max_length = 4000, example = "Track it | https://example.com/parcels/{{ no|urlencode }}")]
    buttons: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// A value that a template is filled with.
#[derive(Default, ToSchema)]
#[schema(as = TemplateVariable)]
pub struct VariableShape {
    /// Its name in the template and in the payload of a notification.
    #[schema(value_type = String, max_length = 64, example = "at")]
    name: Given<String>,
    /// Whether nothing is sent without it; `true` where it is left out.
    #[schema(value_type = Option<bool>)]
    required: Given<bool>,
    /// What it looks like, of any kind: for previews, and to try the template before it is stored.
    #[schema(value_type = Option<Object>, example = "2027-01-30T14:30:00Z")]
    sample: Given<Anything>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// A message as a provider keeps it. Each value is the name of a variable, or an expression such as `at|moment`.
#[derive(Default, ToSchema)]
#[schema(as = ProviderTemplate)]
pub struct ProviderShape {
    /// `meta` or `twilio`.
    #[schema(value_type = String, example = "meta")]
    provider: Given<String>,
    /// Of `meta`: the template's name there.
    #[schema(value_type = Option<String>, example = "pickup_tomorrow")]
    name: Given<String>,
    /// Of `meta`: its language there.
    #[schema(value_type = Option<String>, example = "en_GB")]
    language: Given<String>,
    /// Of `meta`: what the parameters of its body are filled with, in order.
    #[schema(value_type = Option<Vec<String>>)]
    parameters: Given<Vec<Given<String>>>,
    /// Of `twilio`: the content, `HX` and 32 digits.
    #[schema(value_type = Option<String>, example = "HX00000000000000000000000000000000")]
    content_sid: Given<String>,
    /// Of `twilio`: what its variables are filled with, by their names there.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    variables: Given<BTreeMap<String, Given<String>>>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// What to show, and for whom.
#[derive(Default, ToSchema)]
#[schema(as = TemplatePreview)]
pub struct PreviewShape {
    /// A template that is not stored.
    #[schema(value_type = TemplateShape)]
    template: Given<TemplateShape>,
    /// What it is filled with; samples stand in for what is left out, and `null` says that it is not there.
    #[schema(value_type = Option<Object>)]
    values: Given<BTreeMap<String, Given<Anything>>>,
    /// What the person is called.
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Given<String>,
    /// What they read; the language of the template where it is left out.
    #[schema(value_type = Option<String>)]
    locale: Given<String>,
    /// Where their clock hangs; `UTC` where it is left out.
    #[schema(value_type = Option<String>, example = "Europe/London")]
    time_zone: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// For whom a stored template is shown, and with what.
#[derive(Default, ToSchema)]
#[schema(as = StoredTemplatePreview)]
pub struct StoredPreviewShape {
    /// What it is filled with; samples stand in for what is left out, and `null` says that it is not there.
    #[schema(value_type = Option<Object>)]
    values: Given<BTreeMap<String, Given<Anything>>>,
    /// What the person is called.
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Given<String>,
    /// What they read; the language of the template where it is left out.
    #[schema(value_type = Option<String>)]
    locale: Given<String>,
    /// Where their clock hangs; `UTC` where it is left out.
    #[schema(value_type = Option<String>, example = "Europe/London")]
    time_zone: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    TemplateShape { key, channel, locale, version, state, parts, variables, providers }
    PartsShape { subject, text, html, buttons }
    VariableShape { name, required, sample }
    ProviderShape { provider, name, language, parameters, content_sid, variables }
    PreviewShape { template, values, name, locale, time_zone }
    StoredPreviewShape { values, name, locale, time_zone }
}

/// A template, read.
pub struct NewTemplate {
    /// Its key.
    pub key: String,
    /// For which channel.
    pub channel: ChannelKind,
    /// In which language.
    pub locale: String,
    /// Which version; none: the next.
    pub version: Option<u32>,
    /// Its beginning.
    pub state: TemplateState,
    /// Everything else.
    pub body: TemplateBody,
}

impl NewTemplate {
    /// Which template it is to be.
    pub fn place(&self) -> Place<'_> {
        Place { key: &self.key, channel: self.channel, locale: &self.locale }
    }
}

/// For whom a preview is, and with what, read.
pub struct Shown {
    /// What was given.
    pub values: Map<String, Value>,
    name: String,
    locale: Option<String>,
    time_zone: String,
}

impl Shown {
    /// For whom.
    pub fn reader(&self) -> Reader<'_> {
        Reader { name: &self.name, locale: self.locale.as_deref(), time_zone: &self.time_zone }
    }
}

/// The key of a template.
pub fn key(field: Field<'_, String>) -> Option<String> {
    field.parsed(|key| {
        let fine = (1..=64).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        if fine { Ok(key) } else { Err("give 1 to 64 letters, digits, _, - or .") }
    })
}

/// A channel, by its word.
pub fn channel(field: Field<'_, String>) -> Option<ChannelKind> {
    field.parsed(|word| word.parse::<ChannelKind>())
}

/// Which template a path names.
pub fn id(form: &mut Form, path: (String, String, String, String)) -> Option<TemplateId> {
    let key = key(form.field("key", Given::Is(path.0)));
    let channel = channel(form.field("channel", Given::Is(path.1)));
    let locale = locale(form.field("locale", Given::Is(path.2)));
    let version = form.field("version", Given::Is(path.3)).parsed(|text| match text.parse() {
        Ok(version @ 1..) => Ok(version),
        Ok(_) | Err(_) => Err("give a whole number from 1"),
    });
    Some(TemplateId { key: key?, channel: channel?, locale: locale?, version: version? })
}

impl TemplateShape {
    /// Reads a template. Whether its texts are right is another question.
    pub fn read(self, form: &mut Form) -> Option<NewTemplate> {
        let key = key(form.field("key", self.key).required());
        let channel = channel(form.field("channel", self.channel).required());
        let locale = locale(form.field("locale", self.locale).required());
        let version = form.field("version", self.version).between(1, u32::MAX - 1);
        let state = form.field("state", self.state).one_of(&STATES[..2]).unwrap_or(TemplateState::Draft);
        let parts = form.field("parts", self.parts).required().within(|form, parts| Some(parts.read(form)));
        let variables = form.field("variables", self.variables).refine(
            |field| field.each(50, |form, variable| variable.read(form)),
            |form, name, variables| {
                let mut names = BTreeSet::new();
                let twice = variables.iter().find(|variable| !names.insert(&variable.name));
                if let Some(twice) = twice {
                    form.blame(name, format!("has {} twice", twice.name), "declare each name once");
                    return None;
                }
                Some(variables)
            },
        );
        let providers = form.field("providers", self.providers).each(10, |form, provider| provider.read(form));
        let body = TemplateBody {
            parts: parts?,
            variables: variables.unwrap_or_default(),
            providers: providers.unwrap_or_default(),
        };
        Some(NewTemplate { key: key?, channel: channel?, locale: locale?, version, state, body })
    }
}

impl PartsShape {
    fn read(self, form: &mut Form) -> BTreeMap<Part, String> {
        let subject = form.field("subject", self.subject).line(SUBJECT);
        let text = form.field("text", self.text).prose(TEXT);
        let html = form.field("html", self.html).prose(HTML);
        let buttons = form.field("buttons", self.buttons).prose(BUTTONS);
        let parts = [(Part::Subject, subject), (Part::Text, text), (Part::Html, html), (Part::Buttons, buttons)];
        parts.into_iter().filter_map(|(part, text)| Some((part, text?))).collect()
    }
}

impl VariableShape {
    fn read(self, form: &mut Form) -> Option<Variable> {
        let name = form.field("name", self.name).required().parsed(|name| {
            let mut bytes = name.bytes();
            let begins = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
            let goes_on = bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !begins || !goes_on || name.len() > 64 {
                return Err("give a name of letters, digits and _, such as pickup_at".to_owned());
            }
            if GIVEN.contains(&name.as_str()) {
                return Err(format!("choose another name: {} are always there", GIVEN.join(", ")));
            }
            Ok(name)
        });
        let required = form.field("required", self.required).value().unwrap_or(true);
        let sample = form.field("sample", self.sample).parsed(|Anything(sample)| {
            let text = sample.to_string();
            if text.len() > SAMPLE { Err(format!("give a sample of at most {SAMPLE} bytes")) } else { Ok(text) }
        });
        Some(Variable { name: name?, required, sample })
    }
}

impl ProviderShape {
    fn read(self, form: &mut Form) -> Option<ProviderTemplate> {
        let is_meta = form.field("provider", self.provider).required().one_of(&[("meta", true), ("twilio", false)])?;
        if is_meta {
            let name = form.field("name", self.name).required().line(512);
            let language = form.field("language", self.language).required().line(20);
            let variables = form.field("parameters", self.parameters).lines(30, EXPRESSION).unwrap_or_default();
            not_here(form, "content_sid", &self.content_sid, "twilio");
            not_here(form, "variables", &self.variables, "twilio");
            return Some(ProviderTemplate::Meta { name: name?, language: language?, variables });
        }
        let content_sid = form.field("content_sid", self.content_sid).required().parsed(|sid| {
            let fine = sid.len() == 34 && sid.starts_with("HX") && sid.bytes().all(|b| b.is_ascii_alphanumeric());
            if fine { Ok(sid) } else { Err("give HX and 32 digits, as Twilio shows it") }
        });
        let variables =
            form.field("variables", self.variables).refine(crate::http::form::value, |form, name, given| {
                let mut variables = BTreeMap::new();
                for (key, expression) in given {
                    let key = form.field(name, Given::Is(key)).line(32);
                    let expression = form.field(name, expression).required().line(EXPRESSION);
                    variables.insert(key?, expression?);
                }
                Some(variables)
            });
        not_here(form, "name", &self.name, "meta");
        not_here(form, "language", &self.language, "meta");
        not_here(form, "parameters", &self.parameters, "meta");
        Some(ProviderTemplate::Twilio { content_sid: content_sid?, variables: variables.unwrap_or_default() })
    }
}

fn not_here<T>(form: &mut Form, name: &'static str, given: &Given<T>, of: &str) {
    if !given.is_missing() {
        form.blame(name, format!("belongs to {of}"), "leave it out");
    }
}

impl PreviewShape {
    /// Reads what is to be shown.
    pub fn read(self, form: &mut Form) -> Option<(NewTemplate, Shown)> {
        let Self { template, values, name, locale, time_zone, strangers } = self;
        let template = form.field("template", template).required().within(|form, template| template.read(form));
        let shown = StoredPreviewShape { values, name, locale, time_zone, strangers }.read(form);
        Some((template?, shown?))
    }
}

impl StoredPreviewShape {
    /// Reads for whom it is, and with what.
    pub fn read(self, form: &mut Form) -> Option<Shown> {
        let values = form.field("values", self.values).value().unwrap_or_default();
        let name = form.field("name", self.name).line(200).unwrap_or_default();
        let locale = locale(form.field("locale", self.locale));
        let time_zone = time_zone(form.field("time_zone", self.time_zone)).unwrap_or_else(|| "UTC".to_owned());
        let values = values.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
        Some(Shown { values, name, locale, time_zone })
    }
}

/// A mistake in a template, as a field of the body that brought it.
pub fn of_mistake(mistake: Mistake) -> FieldError {
    let cure = match mistake.kind {
        MistakeKind::Missing => "give a value",
        MistakeKind::Unknown => "declare it under variables, or correct its name",
        MistakeKind::Invalid => "correct the text of the template; config/templates/README.md has its language",
    };
    let message = match mistake.line {
        Some(line) => format!("line {line}: {}", mistake.message),
        None => mistake.message,
    };
    FieldError { field: mistake.place, message: message.into(), cure: cure.into() }
}
