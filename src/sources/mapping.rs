//! A mapping: for each field of a job, where it is found in a payload.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Which part of a payload becomes which field of a job.
///
/// No `Debug`: a default or a value may be private as a payload is.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SourceMapping)]
pub struct Mapping {
    /// By the names of `POST /api/v1/jobs`, with dots: `brief.from`, `details.phone`, `details.extra.colour`, `external_ref`.
    pub fields: BTreeMap<String, Rule>,
    /// What a repeated delivery has in common with the first one; of no use where `external_ref` is mapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<Rule>,
}

/// How one field is found.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SourceRule)]
pub struct Rule {
    /// JSON pointers (RFC 6901), tried in order: the first that leads to something is taken. One may stand without a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pointer: Vec<String>,
    /// Taken where no pointer leads to anything: a value of ours, which is not converted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub default: Option<Value>,
    /// What the sender's value is read as; none: as it is.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Of a day: `day-first`, `month-first` or a pattern such as `%d %b %Y`; of a time or a moment: such a pattern; of a moment also
    /// `unix`; of a list: what stands between its entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The sender's words, and ours for them; a word that is not among them is wrong.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Object>)]
    pub values: BTreeMap<String, Value>,
    /// Whether a payload without it is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Of a list of objects (`brief.items`): where the fields of each are, from the element on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(no_recursion)]
    pub each: BTreeMap<String, Rule>,
}

/// What a sender's value is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SourceType)]
pub enum Kind {
    /// Text; a number or a truth value becomes the text of it.
    String,
    /// A whole number, also one that is written as text.
    Integer,
    /// A sum in whole units, with or without a sign of its currency and commas between thousands.
    Money,
    /// A day.
    Date,
    /// A time of the day.
    Time,
    /// A moment.
    Datetime,
    /// A phone number in international form.
    Phone,
    /// A list of texts, also one that is written as one text.
    List,
}

impl Kind {
    /// Every one, with its word.
    pub const ALL: [(&'static str, Self); 8] = [
        ("string", Self::String),
        ("integer", Self::Integer),
        ("money", Self::Money),
        ("date", Self::Date),
        ("time", Self::Time),
        ("datetime", Self::Datetime),
        ("phone", Self::Phone),
        ("list", Self::List),
    ];
}
