//! What a notification says: a template of the tenant, or of the files, filled with what came with the notification.
//!
//! Looked for in this order: what the tenant keeps and has active, in the person's locale, its language, the tenant's locale, its
//! language, and English; then the files, in the same order. A template that was disabled is not replaced by a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_actors::records::{Part, ProviderTemplate, Template, Variable};
use baton_actors::tenants::library::{Standing, TemplateBody};
use baton_core::delivery::{ChannelKind, Provider};
use baton_core::ids::TenantId;
use minijinja::{HtmlEscape, Value};
use serde_json::Value as Json;

use super::language::{Direction, language_of};
use super::{Mail, Wording, WordingError, gsm, one_line, with_footer};

/// What templates of notifications can always name; no variable can be called so.
pub(crate) const GIVEN: [&str; 8] =
    ["agent", "direction", "event_type", "locale", "possible_repeat", "preferences_url", "text", "time_zone"];

/// No parameter of a provider's template is longer.
const PARAMETER_MAX: usize = 1_000;

/// No text of a mail that a tenant words is longer.
const TEXT_MAX: usize = 64 * 1024;

/// A notification for one person on one channel.
#[derive(Clone, Copy)]
pub struct Matter<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// The logical key of its template.
    pub template: &'a str,
    /// For which channel.
    pub channel: ChannelKind,
    /// What the person reads.
    pub locale: &'a str,
    /// Where their clock hangs.
    pub time_zone: &'a str,
    /// What they are called; empty where nobody knows.
    pub name: &'a str,
    /// What happened, in the word of whoever sent it.
    pub event_type: &'a str,
    /// What came with it: an object.
    pub payload: &'a Json,
    /// Where the person says what they want to hear.
    pub preferences_url: Option<&'a str>,
    /// An earlier attempt may have arrived.
    pub possible_repeat: bool,
}

/// A message as its channel takes it.
#[derive(Clone, PartialEq, Eq)]
pub enum Worded {
    /// For Telegram, in its HTML.
    Telegram(String),
    /// For a mail.
    Mail(Mail),
    /// For SMS, WhatsApp and the console.
    Text(String),
}

/// A message as Meta keeps it, with what it is filled with.
#[derive(Clone, PartialEq, Eq)]
pub struct MetaMessage {
    /// Its name there.
    pub name: String,
    /// Its language there.
    pub language: String,
    /// One line each, in order.
    pub parameters: Vec<String>,
}

/// A message as Twilio keeps it, with what it is filled with.
#[derive(Clone, PartialEq, Eq)]
pub struct TwilioMessage {
    /// `HX…`
    pub content_sid: String,
    /// One line each, by their names there.
    pub variables: BTreeMap<String, String>,
}

/// Where the wording of a notification stands.
enum Source {
    Kept(Arc<Template>),
    Files(String),
}

/// A template that is being filled: what it is, its texts, and what it wants to know.
pub(super) struct Filling<'a> {
    pub(super) key: &'a str,
    pub(super) channel: ChannelKind,
    pub(super) locale: &'a str,
    pub(super) body: Body<'a>,
}

/// The parts of a template, kept or on its way to be.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) parts: &'a BTreeMap<Part, String>,
    pub(super) variables: &'a [Variable],
    pub(super) providers: &'a [ProviderTemplate],
}

impl<'a> Body<'a> {
    pub(super) fn of(body: &'a TemplateBody) -> Self {
        Self { parts: &body.parts, variables: &body.variables, providers: &body.providers }
    }
}

impl<'a> Filling<'a> {
    pub(super) fn of(template: &'a Template) -> Self {
        let body = Body { parts: &template.parts, variables: &template.variables, providers: &template.providers };
        Self { key: &template.id.key, channel: template.id.channel, locale: &template.id.locale, body }
    }

    /// What a part is called in errors and as a template: as a file of it would be.
    pub(super) fn file(&self, part: Part) -> String {
        format!("{}/{}.{}.{}", self.locale, self.key, family(self.channel), part.as_str())
    }
}

/// How files call a channel.
pub(super) fn family(channel: ChannelKind) -> &'static str {
    match channel {
        ChannelKind::Console => "plain",
        ChannelKind::Telegram | ChannelKind::Email | ChannelKind::Whatsapp | ChannelKind::Sms => channel.as_str(),
    }
}

impl Wording {
    /// Whether a notification with this template could be sent to somebody who reads this locale; why not.
    pub fn has_template(
        &self,
        tenant: TenantId,
        key: &str,
        channel: ChannelKind,
        locale: &str,
    ) -> Result<(), WordingError> {
        self.source(tenant, key, channel, locale).map(|_| ())
    }

    /// The same, for a notification with these values: whether everything that its template needs is there as well.
    pub fn accepts(
        &self,
        tenant: TenantId,
        key: &str,
        channel: ChannelKind,
        locale: &str,
        payload: &Json,
    ) -> Result<(), WordingError> {
        let Source::Kept(template) = self.source(tenant, key, channel, locale)? else { return Ok(()) };
        lacks_nothing(payload, &Filling::of(&template))
    }

    /// Whether a template says as what its WhatsApp provider keeps it; of any provider, where nobody knows which.
    pub fn has_form(&self, tenant: TenantId, key: &str, locale: &str, provider: Option<Provider>) -> bool {
        let Ok(Source::Kept(template)) = self.source(tenant, key, ChannelKind::Whatsapp, locale) else { return false };
        template.providers.iter().any(|form| {
            let whose = match form {
                ProviderTemplate::Meta { .. } => Provider::Meta,
                ProviderTemplate::Twilio { .. } => Provider::TwilioWhatsapp,
            };
            provider.is_none_or(|provider| provider == whose)
        })
    }

    /// Words a notification for its channel.
    pub fn notification(&self, matter: &Matter<'_>) -> Result<Worded, WordingError> {
        match self.source(matter.tenant, matter.template, matter.channel, matter.locale)? {
            Source::Kept(template) => {
                let filling = Filling::of(&template);
                let values = values(matter, &filling)?;
                self.fill_kept(&filling, &values)
            }
            Source::Files(locale) => self.fill_files(matter, &locale),
        }
    }

    /// The message as Meta keeps it, where the template says which.
    pub fn meta_message(&self, matter: &Matter<'_>) -> Result<Option<MetaMessage>, WordingError> {
        let Some((template, values)) = self.kept(matter)? else { return Ok(None) };
        self.meta_of(&Filling::of(&template), &values)
    }

    /// The message as Twilio keeps it, where the template says which.
    pub fn twilio_message(&self, matter: &Matter<'_>) -> Result<Option<TwilioMessage>, WordingError> {
        let Some((template, values)) = self.kept(matter)? else { return Ok(None) };
        self.twilio_of(&Filling::of(&template), &values)
    }

    pub(super) fn kept(&self, matter: &Matter<'_>) -> Result<Option<(Arc<Template>, Value)>, WordingError> {
        match self.source(matter.tenant, matter.template, matter.channel, matter.locale)? {
            Source::Kept(template) => {
                let values = values(matter, &Filling::of(&template))?;
                Ok(Some((template, values)))
            }
            Source::Files(_) => Ok(None),
        }
    }

    fn source(&self, tenant: TenantId, key: &str, channel: ChannelKind, locale: &str) -> Result<Source, WordingError> {
        let view = self.tenants.view(tenant);
        let (language, of_tenant) = (language_of(locale), language_of(&view.settings.locale));
        let locales = [locale, &language, &view.settings.locale, &of_tenant, "en"];
        let inactive = |state| WordingError::Inactive { key: key.to_owned(), channel, state };
        let standing = view.templates.standing(key, channel, locales);
        match standing {
            Standing::Active(template) => return Ok(Source::Kept(template)),
            Standing::Disabled => return Err(inactive("disabled")),
            Standing::Draft | Standing::Unknown => {}
        }
        match self.locale_of_files(key, channel, locales) {
            Some(locale) => Ok(Source::Files(locale.to_owned())),
            None if standing == Standing::Draft => Err(inactive("a draft")),
            None => Err(WordingError::NoTemplate { key: key.to_owned(), channel, locale: locale.to_owned() }),
        }
    }

    /// The first of these locales whose files word a key for a channel. Ours for jobs and answers are no templates of
    /// notifications.
    fn locale_of_files(&self, key: &str, channel: ChannelKind, locales: [&str; 5]) -> Option<&str> {
        if super::builtin::is_of_jobs(key) {
            return None;
        }
        let there = |part: &str, locale: &str| self.templates.get_template(&format!("{locale}/{key}.{part}")).is_ok();
        let worded = |locale: &str| match channel {
            ChannelKind::Telegram => there("telegram.html", locale) || there("plain.text", locale),
            ChannelKind::Email => there("email.text", locale) || there("plain.text", locale),
            ChannelKind::Whatsapp => there("whatsapp.text", locale) || there("plain.text", locale),
            ChannelKind::Sms => there("sms.text", locale) || there("plain.text", locale),
            ChannelKind::Console => there("plain.text", locale),
        };
        locales
            .into_iter()
            .filter_map(|wanted| self.locales.iter().find(|known| known.eq_ignore_ascii_case(wanted)))
            .map(String::as_str)
            .find(|locale| worded(locale))
    }

    fn fill_files(&self, matter: &Matter<'_>, locale: &str) -> Result<Worded, WordingError> {
        let key = matter.template;
        let values = value(&mut all_values(matter, locale), None);
        let fill = |part: &str, values: &Value| self.fill_file(&format!("{locale}/{key}.{part}"), values);
        let plain = |values: &Value| {
            fill("plain.text", values)?.ok_or_else(|| WordingError::missing(&format!("{locale}/{key}"), "plain.text"))
        };
        Ok(match matter.channel {
            ChannelKind::Console => Worded::Text(plain(&values)?),
            ChannelKind::Sms => {
                Worded::Text(gsm::plain_signs(fill("sms.text", &values)?.map_or_else(|| plain(&values), Ok)?))
            }
            ChannelKind::Whatsapp => Worded::Text(fill("whatsapp.text", &values)?.map_or_else(|| plain(&values), Ok)?),
            ChannelKind::Telegram => Worded::Telegram(match fill("telegram.html", &values)? {
                Some(html) => html,
                None => HtmlEscape(&plain(&values)?).to_string(),
            }),
            ChannelKind::Email => {
                let subject = fill("email.subject", &values)?
                    .ok_or_else(|| WordingError::missing(&format!("{locale}/{key}"), "email.subject"))?;
                let text = fill("email.text", &values)?.map_or_else(|| plain(&values), Ok)?;
                let values = value(&mut all_values(matter, locale), Some(&text));
                let html = match fill("email.html", &values)? {
                    Some(html) => html,
                    None => self.laid_out(locale, &values)?,
                };
                let footer = self.fill_file(&format!("{locale}/footer.email.text"), &values)?.unwrap_or_default();
                Worded::Mail(Mail {
                    subject: one_line(&subject),
                    text: with_footer(text, &footer),
                    html,
                    picture: None,
                })
            }
        })
    }

    /// Fills the texts of a template that a tenant keeps.
    pub(super) fn fill_kept(&self, filling: &Filling<'_>, values: &Value) -> Result<Worded, WordingError> {
        let fill = |part: Part| -> Result<Option<String>, WordingError> {
            filling
                .body
                .parts
                .get(&part)
                .map(|source| self.fill_source(&filling.file(part), source, values))
                .transpose()
        };
        let must = |part: Part| fill(part)?.ok_or_else(|| WordingError::Missing { file: filling.file(part) });
        Ok(match filling.channel {
            ChannelKind::Telegram => Worded::Telegram(must(Part::Html)?),
            ChannelKind::Sms => Worded::Text(gsm::plain_signs(must(Part::Text)?)),
            ChannelKind::Whatsapp | ChannelKind::Console => Worded::Text(must(Part::Text)?),
            ChannelKind::Email => {
                let (subject, text) = (one_line(&must(Part::Subject)?), must(Part::Text)?);
                // It is a value of the HTML, where a filter may copy it again and again.
                if text.len() > TEXT_MAX {
                    return Err(WordingError::TooLong { file: filling.file(Part::Text) });
                }
                let with_text = minijinja::context! { text => text.clone(), ..values.clone() };
                let html = match filling.body.parts.get(&Part::Html) {
                    Some(source) => self.fill_source(&filling.file(Part::Html), source, &with_text)?,
                    None => self.laid_out(self.locale(filling.locale), &with_text)?,
                };
                Worded::Mail(Mail { subject, text, html, picture: None })
            }
        })
    }

    /// A text on the general page of mails.
    fn laid_out(&self, locale: &str, values: &Value) -> Result<String, WordingError> {
        self.fill_file(&format!("{locale}/message.email.html"), values)?
            .ok_or_else(|| WordingError::missing("message", "email.html"))
    }

    pub(super) fn meta_of(&self, filling: &Filling<'_>, values: &Value) -> Result<Option<MetaMessage>, WordingError> {
        for provider in filling.body.providers {
            if let ProviderTemplate::Meta { name, language, variables } = provider {
                let parameters = variables.iter().map(|expression| self.parameter(filling, expression, values));
                let parameters = parameters.collect::<Result<_, _>>()?;
                return Ok(Some(MetaMessage { name: name.clone(), language: language.clone(), parameters }));
            }
        }
        Ok(None)
    }

    pub(super) fn twilio_of(
        &self,
        filling: &Filling<'_>,
        values: &Value,
    ) -> Result<Option<TwilioMessage>, WordingError> {
        for provider in filling.body.providers {
            if let ProviderTemplate::Twilio { content_sid, variables } = provider {
                let filled = variables
                    .iter()
                    .map(|(name, expression)| Ok((name.clone(), self.parameter(filling, expression, values)?)));
                let variables = filled.collect::<Result<_, WordingError>>()?;
                return Ok(Some(TwilioMessage { content_sid: content_sid.clone(), variables }));
            }
        }
        Ok(None)
    }

    /// One line without runs of spaces, as providers demand; they refuse an empty one, so a dash stands for nothing.
    pub(super) fn parameter(
        &self,
        filling: &Filling<'_>,
        expression: &str,
        values: &Value,
    ) -> Result<String, WordingError> {
        let file = format!("{}/{}.{}.parameter", filling.locale, filling.key, family(filling.channel));
        let filled = self.fill_source(&file, &format!("{{{{ {expression} }}}}"), values)?;
        let line: String = one_line(&filled).chars().take(PARAMETER_MAX).collect();
        Ok(if line.is_empty() { "-".to_owned() } else { line })
    }
}

/// The values of a template that a tenant keeps. What it does not declare is not there; what is required must be.
fn values(matter: &Matter<'_>, filling: &Filling<'_>) -> Result<Value, WordingError> {
    lacks_nothing(matter.payload, filling)?;
    Ok(declared_values(matter, filling))
}

/// Whether everything that a template requires is given.
fn lacks_nothing(payload: &Json, filling: &Filling<'_>) -> Result<(), WordingError> {
    let missing: Vec<_> = missing(payload, filling.body.variables).map(str::to_owned).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let id = format!("{}/{}.{}", filling.locale, filling.key, family(filling.channel));
    Err(WordingError::MissingValues { template: id, variables: missing.join(", ") })
}

/// The values of a template that a tenant keeps, without asking whether all that is required is there.
pub(super) fn declared_values(matter: &Matter<'_>, filling: &Filling<'_>) -> Value {
    let mut all = all_values(matter, filling.locale);
    let given = |name: &str| matter.payload.get(name).map_or_else(|| Value::from(""), shown);
    let declared = filling.body.variables.iter().map(|variable| (variable.name.clone(), given(&variable.name)));
    let mut values: BTreeMap<String, Value> = declared.collect();
    values.extend(GIVEN.iter().filter_map(|name| all.remove_entry(*name)));
    value(&mut values, None)
}

/// Which required values are not given.
pub(super) fn missing<'a>(payload: &'a Json, variables: &'a [Variable]) -> impl Iterator<Item = &'a str> {
    let given = |name: &str| payload.get(name).is_some_and(|value| !value.is_null());
    variables.iter().filter(move |variable| variable.required && !given(&variable.name)).map(|v| v.name.as_str())
}

fn all_values(matter: &Matter<'_>, worded_in: &str) -> BTreeMap<String, Value> {
    // `en-GB` is more than the `en` that a template is worded in; another language is none of its business.
    let same = language_of(matter.locale) == language_of(worded_in);
    let locale = if same { matter.locale } else { worded_in };
    let mut values: BTreeMap<String, Value> =
        matter.payload.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), shown(value))).collect();
    values.extend([
        ("agent".to_owned(), Value::from(one_line(matter.name))),
        ("direction".to_owned(), Value::from(Direction::of(worded_in).as_str())),
        ("event_type".to_owned(), Value::from(one_line(matter.event_type))),
        ("locale".to_owned(), Value::from(locale)),
        ("possible_repeat".to_owned(), Value::from(matter.possible_repeat)),
        ("preferences_url".to_owned(), Value::from(matter.preferences_url.unwrap_or_default())),
        ("text".to_owned(), Value::from("")),
        ("time_zone".to_owned(), Value::from(matter.time_zone)),
    ]);
    values
}

fn value(values: &mut BTreeMap<String, Value>, text: Option<&str>) -> Value {
    if let Some(text) = text {
        values.insert("text".to_owned(), Value::from(text));
    }
    Value::from(std::mem::take(values))
}

/// A value of a payload as a template sees it: texts on one line, nothing where there is `null`, whole numbers without a
/// point.
pub(super) fn shown(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(""),
        Json::Bool(truth) => Value::from(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), _, _) => Value::from(whole),
            (None, Some(whole), _) => Value::from(whole),
            (None, None, Some(real)) if real.fract() == 0.0 && real.abs() < 9e15 => Value::from(real as i64),
            (None, None, Some(real)) => Value::from(real),
            (None, None, None) => Value::from(""),
        },
        Json::String(text) => Value::from(one_line(text)),
        Json::Array(values) => values.iter().filter(|value| !value.is_null()).map(shown).collect(),
        Json::Object(fields) => {
            Value::from(fields.iter().map(|(name, value)| (one_line(name), shown(value))).collect::<BTreeMap<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests;
