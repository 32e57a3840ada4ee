//! What is wrong with a template before anybody gets it: every mistake at once, with its place and line.

use std::collections::BTreeSet;

use baton_actors::records::{Part, ProviderTemplate, Template, Variable};
use baton_actors::tenants::library::TemplateBody;
use baton_core::delivery::ChannelKind;
use baton_core::ids::TenantId;
use serde_json::{Map, Value as Json};

use super::notification::{Body, Filling, GIVEN, declared_values, missing};
use super::{LinkButton, Matter, MetaMessage, TwilioMessage, Worded, Wording, WordingError, kept};
use crate::simulator::telegram::visible_text;

/// So many unknown names are told of a text: more are no help to anybody.
const TOLD: usize = 50;

/// Something that is wrong with a template, or with what it is to be filled with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where: `parts.html`, `providers[0].variables[1]`, `values`.
    pub place: String,
    /// In which line, from 1.
    pub line: Option<usize>,
    /// What kind of mistake.
    pub kind: MistakeKind,
    /// Which variable.
    pub variable: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// What kind of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MistakeKind {
    /// A required value was not given.
    Missing,
    /// A name that is used or given, and not declared.
    Unknown,
    /// Everything else.
    Invalid,
}

impl MistakeKind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unknown => "unknown",
            Self::Invalid => "invalid",
        }
    }
}

/// A template as it would arrive.
#[derive(Default)]
pub struct Preview {
    /// The message; none where something is wrong.
    pub worded: Option<Worded>,
    /// The buttons below it that lead somewhere.
    pub buttons: Vec<LinkButton>,
    /// The message as Meta keeps it.
    pub meta: Option<MetaMessage>,
    /// The message as Twilio keeps it.
    pub twilio: Option<TwilioMessage>,
    /// Everything that is wrong.
    pub mistakes: Vec<Mistake>,
}

/// For whom a preview is.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// What they are called.
    pub name: &'a str,
    /// What they read; none: the language of the template.
    pub locale: Option<&'a str>,
    /// Where their clock hangs.
    pub time_zone: &'a str,
}

/// Which template a body is for.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Its key.
    pub key: &'a str,
    /// For which channel.
    pub channel: ChannelKind,
    /// In which language.
    pub locale: &'a str,
}

impl Wording {
    /// Everything that is wrong with a template that is to be kept: it is filled with its samples, once with all of them and once
    /// with the required ones alone.
    pub fn check(&self, place: Place<'_>, body: &TemplateBody) -> Vec<Mistake> {
        let filling = filling(place, body);
        let mut mistakes = self.static_mistakes(&filling);
        if mistakes.is_empty() {
            let reader = Reader { name: "", locale: None, time_zone: "UTC" };
            for all in [true, false] {
                let wanted = body.variables.iter().filter(|variable| all || variable.required);
                let payload = Json::Object(wanted.map(|v| (v.name.clone(), sample(v))).collect());
                mistakes.extend(self.filled(&filling, reader, &payload).mistakes);
            }
        }
        mistakes.sort();
        mistakes.dedup();
        mistakes
    }

    /// A template that is kept, as it would arrive.
    pub fn preview(&self, template: &Template, reader: Reader<'_>, given: &Map<String, Json>) -> Preview {
        self.preview_of(&Filling::of(template), reader, given)
    }

    /// A template that is not kept, as it would arrive.
    pub fn preview_body(
        &self,
        place: Place<'_>,
        body: &TemplateBody,
        reader: Reader<'_>,
        given: &Map<String, Json>,
    ) -> Preview {
        self.preview_of(&filling(place, body), reader, given)
    }

    fn preview_of(&self, filling: &Filling<'_>, reader: Reader<'_>, given: &Map<String, Json>) -> Preview {
        let mut mistakes = self.static_mistakes(filling);
        let variables = filling.body.variables;
        let strange = given.keys().filter(|name| variables.iter().all(|variable| variable.name != **name));
        mistakes.extend(strange.map(|name| Mistake {
            place: "values".to_owned(),
            line: None,
            kind: MistakeKind::Unknown,
            variable: Some(name.clone()),
            message: "is given and not declared".to_owned(),
        }));
        // What is not given is shown by its sample; `null` says that it is not there.
        let mut payload: Map<String, Json> = given.clone();
        for variable in variables.iter().filter(|variable| variable.sample.is_some()) {
            payload.entry(variable.name.clone()).or_insert_with(|| sample(variable));
        }
        let payload = Json::Object(payload);
        mistakes.extend(missing(&payload, variables).map(|name| Mistake {
            place: "values".to_owned(),
            line: None,
            kind: MistakeKind::Missing,
            variable: Some(name.to_owned()),
            message: "is required and not given".to_owned(),
        }));
        let mut preview = if mistakes.is_empty() { self.filled(filling, reader, &payload) } else { Preview::default() };
        preview.mistakes.extend(mistakes);
        preview.mistakes.sort();
        preview
    }

    fn filled(&self, filling: &Filling<'_>, reader: Reader<'_>, payload: &Json) -> Preview {
        let matter = Matter {
            tenant: TenantId::DEFAULT,
            template: filling.key,
            channel: filling.channel,
            locale: reader.locale.unwrap_or(filling.locale),
            time_zone: reader.time_zone,
            name: reader.name,
            event_type: "preview",
            payload,
            preferences_url: Some("https://example.com/public/preferences/preview"),
            possible_repeat: false,
        };
        let values = declared_values(&matter, filling);
        let mut preview = Preview::default();
        for (part, source) in filling.body.parts {
            // Each by itself, so that every mistake is told at once.
            if *part == Part::Buttons {
                let wrong = self.buttons_of(filling, &values).err();
                preview.mistakes.extend(wrong.map(|error| of_error(part_place(*part), &error)));
            } else if let Err(error) = self.fill_source(&filling.file(*part), source, &values) {
                preview.mistakes.push(of_error(part_place(*part), &error));
            }
        }
        for (at, provider) in filling.body.providers.iter().enumerate() {
            for (place, expression) in expressions(at, provider) {
                if let Err(error) = self.parameter(filling, expression, &values) {
                    preview.mistakes.push(of_error(place, &error));
                }
            }
        }
        if !preview.mistakes.is_empty() {
            return preview;
        }
        let buttons = self.buttons_of(filling, &values).unwrap_or_default();
        match (self.fill_kept(filling, &values), self.meta_of(filling, &values), self.twilio_of(filling, &values)) {
            (Ok(worded), Ok(meta), Ok(twilio)) => {
                if let Worded::Telegram(html) = &worded
                    && let Err(refused) = visible_text(html)
                {
                    let message = format!("Telegram would not take it: {refused}");
                    preview.mistakes.push(invalid(part_place(Part::Html), None, message));
                    return preview;
                }
                Preview { worded: Some(worded), buttons, meta, twilio, mistakes: Vec::new() }
            }
            (worded, meta, twilio) => {
                let errors = [worded.err(), meta.err(), twilio.err()];
                preview.mistakes.extend(errors.into_iter().flatten().map(|error| of_error("parts".to_owned(), &error)));
                preview
            }
        }
    }

    /// What can be seen without filling: parts that a channel needs or does not know, syntax, names that are not declared.
    fn static_mistakes(&self, filling: &Filling<'_>) -> Vec<Mistake> {
        let Filling { channel, body, .. } = filling;
        let mut mistakes = Vec::new();
        let (needed, possible) = parts_of(*channel);
        for part in needed.iter().filter(|part| !body.parts.contains_key(part)) {
            mistakes.push(invalid(part_place(*part), None, format!("a template for {channel} needs this part")));
        }
        for part in body.parts.keys().filter(|part| !possible.contains(part)) {
            mistakes.push(invalid(part_place(*part), None, format!("a template for {channel} has no such part")));
        }
        for (part, source) in body.parts {
            self.names(&mut mistakes, part_place(*part), &filling.file(*part), source, body);
        }
        for (at, provider) in body.providers.iter().enumerate() {
            for (place, expression) in expressions(at, provider) {
                self.names(&mut mistakes, place, "expression", &format!("{{{{ {expression} }}}}"), body);
            }
        }
        mistakes
    }

    fn names(&self, mistakes: &mut Vec<Mistake>, place: String, file: &str, source: &str, body: &Body<'_>) {
        if let Err(refused) = kept::check(source) {
            return mistakes.push(invalid(place, Some(refused.line), refused.reason));
        }
        let compiled = match self.templates.template_from_named_str(file, source) {
            Ok(compiled) => compiled,
            Err(error) => return mistakes.push(of_error(place, &WordingError::of(file, &error))),
        };
        let globals: BTreeSet<&str> = self.templates.globals().map(|(name, _)| name).collect();
        let declared = |name: &str| {
            GIVEN.contains(&name)
                || ["loop", "self", "super", "caller"].contains(&name)
                || globals.contains(name)
                || body.variables.iter().any(|variable| variable.name == name)
        };
        let unknown: BTreeSet<String> = compiled.undeclared_variables(false).into_iter().collect();
        for name in unknown.into_iter().filter(|name| !declared(name)).take(TOLD) {
            mistakes.push(Mistake {
                place: place.clone(),
                line: line_of(source, &name),
                kind: MistakeKind::Unknown,
                message: format!("{name} is used and not declared"),
                variable: Some(name),
            });
        }
    }
}

fn filling<'a>(place: Place<'a>, body: &'a TemplateBody) -> Filling<'a> {
    Filling { key: place.key, channel: place.channel, locale: place.locale, body: Body::of(body) }
}

/// Which parts a channel needs, and which it can have.
fn parts_of(channel: ChannelKind) -> (&'static [Part], &'static [Part]) {
    match channel {
        ChannelKind::Email => (&[Part::Subject, Part::Text], &[Part::Subject, Part::Text, Part::Html]),
        ChannelKind::Telegram => (&[Part::Html], &[Part::Html, Part::Buttons]),
        ChannelKind::Whatsapp | ChannelKind::Sms | ChannelKind::Console => (&[Part::Text], &[Part::Text]),
    }
}

fn part_place(part: Part) -> String {
    format!("parts.{}", part.as_str())
}

/// The expressions of a provider's template, each with its place.
fn expressions(at: usize, provider: &ProviderTemplate) -> Vec<(String, &str)> {
    match provider {
        ProviderTemplate::Meta { variables, .. } => variables
            .iter()
            .enumerate()
            .map(|(no, expression)| (format!("providers[{at}].variables[{no}]"), expression.as_str()))
            .collect(),
        ProviderTemplate::Twilio { variables, .. } => variables
            .iter()
            .map(|(name, expression)| (format!("providers[{at}].variables.{name}"), expression.as_str()))
            .collect(),
    }
}

/// The sample of a variable; its name where it has none.
fn sample(variable: &Variable) -> Json {
    let sample = variable.sample.as_ref().and_then(|sample| serde_json::from_str(sample).ok());
    sample.unwrap_or_else(|| Json::String(variable.name.clone()))
}

fn invalid(place: String, line: Option<usize>, message: String) -> Mistake {
    Mistake { place, line, kind: MistakeKind::Invalid, variable: None, message }
}

fn of_error(place: String, error: &WordingError) -> Mistake {
    match error {
        WordingError::UnknownVariable { line, variable, .. } => Mistake {
            place,
            line: Some(*line).filter(|line| *line > 0),
            kind: MistakeKind::Unknown,
            variable: Some(variable.clone()),
            message: format!("{variable} is not defined"),
        },
        WordingError::Invalid { line, reason, .. } => {
            invalid(place, Some(*line).filter(|line| *line > 0), reason.clone())
        }
        other => invalid(place, None, other.to_string()),
    }
}

/// The line where a name first stands inside a tag.
fn line_of(source: &str, name: &str) -> Option<usize> {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.');
    source
        .match_indices(name)
        .find(|(at, _)| {
            let (before, after) = (&source[..*at], &source[at + name.len()..]);
            let opened = before.rfind("{{").max(before.rfind("{%"));
            let closed = before.rfind("}}").max(before.rfind("%}"));
            let ends = !after.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
            opened.is_some() && opened > closed && ends && !is_part(before.chars().next_back())
        })
        .map(|(at, _)| source[..at].matches('\n').count() + 1)
}

#[cfg(test)]
mod tests;
