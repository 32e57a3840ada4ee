//! Templates of messages as tenants keep them: a logical key, for a channel, in a language, in a version.

use std::collections::BTreeMap;

use baton_core::delivery::ChannelKind;
use baton_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::codec::Record;
use crate::store::envelope::Kind;

/// Which template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TemplateId {
    /// The logical key: what a notification names.
    pub key: String,
    /// For which channel it is worded.
    pub channel: ChannelKind,
    /// In which language.
    pub locale: String,
    /// Counted from 1.
    pub version: u32,
}

/// A version of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Which.
    pub id: TemplateId,
    /// Whether it is used.
    pub state: TemplateState,
    /// Its texts.
    pub parts: BTreeMap<Part, String>,
    /// What it is filled with.
    pub variables: Vec<Variable>,
    /// The same message as providers keep it themselves, for where they take no other text.
    pub providers: Vec<ProviderTemplate>,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// Who stored it.
    pub created_by: String,
    /// When its state was changed last.
    pub changed_at: Timestamp,
    /// By whom.
    pub changed_by: String,
}

/// Whether a template is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TemplateState {
    /// Being worked on: never sent.
    Draft,
    /// The one that is sent; at most one version of a template is.
    Active,
    /// Taken out of use.
    Disabled,
}

impl TemplateState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Active, Self::Disabled];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// One text of a template. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    /// A mail's subject.
    Subject,
    /// Text without markup.
    Text,
    /// HTML: of a mail, or Telegram's.
    Html,
    /// Buttons under a message in Telegram: one a line, what it says and where it leads.
    Buttons,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 4] = [Self::Subject, Self::Text, Self::Html, Self::Buttons];

    /// The word on the wire, and the last part of the names of files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Text => "text",
            Self::Html => "html",
            Self::Buttons => "buttons",
        }
    }
}

/// A value that a template is filled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name in the template and in the payload.
    pub name: String,
    /// Whether nothing is sent without it.
    pub required: bool,
    /// What it looks like, as JSON; for previews.
    pub sample: Option<String>,
}

/// A message as a provider keeps it: approved there, filled by us. Each value is an expression of the template language, most
/// often the bare name of a variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProviderTemplate {
    /// A message template of WhatsApp's Cloud API.
    Meta {
        /// Its name there.
        name: String,
        /// Its language there, such as `en_GB`.
        language: String,
        /// What `{{1}}`, `{{2}}`, … of its body are filled with.
        variables: Vec<String>,
    },
    /// A content of Twilio.
    Twilio {
        /// `HX…`
        content_sid: String,
        /// What its variables are filled with, by their numbers or names there.
        variables: BTreeMap<String, String>,
    },
}

impl Record for Template {
    const KIND: Kind = Kind::Template;
    const SCHEMA: u16 = 1;
}
