//! A template and what it says, as they go out.

use std::collections::BTreeMap;

use baton_actors::records::{ProviderTemplate, Template};
use baton_core::delivery::ChannelKind;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::channels::sms::{is_gsm, segments};
use crate::http::shapes::shown::Shown;
use crate::wording::{Mistake, Preview, Worded};

/// A version of a template.
#[derive(Serialize, ToSchema)]
#[schema(as = Template)]
pub struct TemplateView<'a> {
    /// The logical key.
    key: &'a str,
    /// For which channel.
    channel: &'static str,
    /// In which language.
    locale: &'a str,
    /// Counted from 1.
    version: u32,
    /// `draft`, `active` or `disabled`.
    state: &'static str,
    /// Its texts.
    parts: BTreeMap<&'static str, &'a str>,
    /// What it is filled with.
    variables: Vec<VariableView<'a>>,
    /// The same message as providers keep it.
    providers: Vec<ProviderView<'a>>,
    /// Since when it is there.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Timestamp>,
    /// Who stored it.
    created_by: &'a str,
    /// When its state was changed last.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Shown<Timestamp>,
    /// By whom.
    changed_by: &'a str,
}

/// A value that a template is filled with.
#[derive(Serialize, ToSchema)]
pub struct VariableView<'a> {
    name: &'a str,
    required: bool,
    #[schema(value_type = Option<Object>)]
    sample: Option<serde_json::Value>,
}

/// A message as a provider keeps it.
#[derive(Serialize, ToSchema)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum ProviderView<'a> {
    /// Of WhatsApp's Cloud API.
    Meta {
        /// Its name there.
        name: &'a str,
        /// Its language there.
        language: &'a str,
        /// What its parameters are filled with.
        parameters: &'a [String],
    },
    /// Of Twilio.
    Twilio {
        /// Which content.
        content_sid: &'a str,
        /// What its variables are filled with.
        variables: &'a BTreeMap<String, String>,
    },
}

impl<'a> TemplateView<'a> {
    /// Shows a template.
    pub fn of(template: &'a Template) -> Self {
        let Template { id, state, parts, variables, providers, created_at, created_by, changed_at, changed_by } =
            template;
        let variables = variables.iter().map(|variable| VariableView {
            name: &variable.name,
            required: variable.required,
            sample: variable.sample.as_ref().and_then(|sample| serde_json::from_str(sample).ok()),
        });
        Self {
            key: &id.key,
            channel: id.channel.as_str(),
            locale: &id.locale,
            version: id.version,
            state: state.as_str(),
            parts: parts.iter().map(|(part, text)| (part.as_str(), text.as_str())).collect(),
            variables: variables.collect(),
            providers: providers.iter().map(ProviderView::of).collect(),
            created_at: Shown(*created_at),
            created_by,
            changed_at: Shown(*changed_at),
            changed_by,
        }
    }
}

impl<'a> ProviderView<'a> {
    fn of(provider: &'a ProviderTemplate) -> Self {
        match provider {
            ProviderTemplate::Meta { name, language, variables } => {
                Self::Meta { name, language, parameters: variables }
            }
            ProviderTemplate::Twilio { content_sid, variables } => Self::Twilio { content_sid, variables },
        }
    }
}

/// A template as it would arrive, or why it would not.
#[derive(Serialize, ToSchema)]
pub struct PreviewView {
    /// The texts, as the channel gets them; empty where something is wrong.
    parts: BTreeMap<&'static str, String>,
    /// What an SMS takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    sms: Option<SmsView>,
    /// What providers are given where they take no other text.
    providers: Vec<FilledView>,
    /// Everything that is wrong, at once.
    mistakes: Vec<MistakeView>,
}

/// What an SMS takes.
#[derive(Serialize, ToSchema)]
pub struct SmsView {
    /// `gsm7` or `ucs2`.
    encoding: &'static str,
    /// How many segments, each of which is billed.
    segments: u64,
    /// How many characters.
    characters: usize,
}

/// A message as a provider keeps it, filled.
#[derive(Serialize, ToSchema)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum FilledView {
    /// Of WhatsApp's Cloud API.
    Meta {
        /// Its name there.
        name: String,
        /// Its language there.
        language: String,
        /// Its parameters, in order.
        parameters: Vec<String>,
    },
    /// Of Twilio.
    Twilio {
        /// Which content.
        content_sid: String,
        /// Its variables.
        variables: BTreeMap<String, String>,
    },
}

/// Something that is wrong.
#[derive(Serialize, ToSchema)]
pub struct MistakeView {
    /// `missing` (a required value is not given), `unknown` (used or given, and not declared) or `invalid`.
    kind: &'static str,
    /// Where: `parts.html`, `providers[0].variables[1]`, `values`.
    place: String,
    /// In which line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Which variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    variable: Option<String>,
    /// What is wrong.
    message: String,
}

impl PreviewView {
    /// Shows a template as it would arrive on a channel.
    pub fn of(preview: Preview, channel: ChannelKind) -> Self {
        let Preview { worded, buttons, meta, twilio, mistakes } = preview;
        let (mut parts, mut sms) = (BTreeMap::new(), None);
        match worded {
            Some(Worded::Telegram(html)) => drop(parts.insert("html", html)),
            Some(Worded::Mail(mail)) => {
                parts.extend([("subject", mail.subject), ("text", mail.text), ("html", mail.html)]);
            }
            Some(Worded::Text(text)) => {
                if channel == ChannelKind::Sms {
                    let encoding = if is_gsm(&text) { "gsm7" } else { "ucs2" };
                    sms = Some(SmsView { encoding, segments: segments(&text), characters: text.chars().count() });
                }
                parts.insert("text", text);
            }
            None => {}
        }
        if !buttons.is_empty() {
            let lines: Vec<String> = buttons.iter().map(|button| format!("{} | {}", button.text, button.url)).collect();
            parts.insert("buttons", lines.join("\n"));
        }
        let meta = meta.map(|of| FilledView::Meta { name: of.name, language: of.language, parameters: of.parameters });
        let twilio = twilio.map(|of| FilledView::Twilio { content_sid: of.content_sid, variables: of.variables });
        let providers = meta.into_iter().chain(twilio).collect();
        Self { parts, sms, providers, mistakes: mistakes.into_iter().map(MistakeView::of).collect() }
    }
}

impl MistakeView {
    fn of(mistake: Mistake) -> Self {
        let Mistake { place, line, kind, variable, message } = mistake;
        Self { kind: kind.as_str(), place, line, variable, message }
    }
}
