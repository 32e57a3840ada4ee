//! A source, and what became of a payload that was tried, as they go out.

use baton_actors::records::Source;
use baton_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::problem::{FieldError, Problem};
use crate::http::shapes::brief_view::BriefView;
use crate::http::shapes::shown::Shown;
use crate::http::sources::mapped;
use crate::http::sources::r#try::detail_fields;
use crate::sources::apply::{Found, Mapped};
use crate::sources::mapping::Mapping;
use crate::sources::pointer;

/// A source.
#[derive(Serialize, ToSchema)]
pub struct SourceView<'a> {
    /// Its name.
    name: &'a str,
    /// How many times it was stored.
    version: u64,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// Who stored it.
    by: &'a str,
    /// Since when it has its address for senders that can set no header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    address_since: Option<Shown<Timestamp>>,
    /// How its payloads become jobs.
    mapping: Mapping,
}

impl<'a> SourceView<'a> {
    /// Shows a source.
    pub fn of(source: &'a Source) -> Result<Self, Problem> {
        let mapping = mapped::mapping(source)?;
        let Source { name, version, at, by, mapping: _, address_since } = source;
        Ok(Self { name, version: *version, at: Shown(*at), by, address_since: address_since.map(Shown), mapping })
    }
}

/// What would become of a payload.
#[derive(Serialize, ToSchema)]
pub struct TriedView<'a> {
    /// Whether a job would come of it.
    would_be_a_job: bool,
    /// The client's own name for the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ref: Option<&'a str>,
    /// What tells a repeated delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<&'a str>,
    /// What a crew would see.
    #[serde(skip_serializing_if = "Option::is_none")]
    brief: Option<BriefView<'a>>,
    /// Which details would be sealed: their names alone.
    details: Vec<String>,
    /// What each rule found.
    found: Vec<FoundView<'a>>,
    /// The parts of the payload that no rule leads to, at most 200: they reach nobody, and are sealed with the rest.
    unused: Vec<String>,
    /// Everything that is wrong.
    problems: &'a [FieldError],
}

/// What a rule found.
#[derive(Serialize, ToSchema)]
pub struct FoundView<'a> {
    /// The field of the job.
    field: &'a str,
    /// Where it was; none: nowhere.
    pointer: Option<&'a str>,
    /// The kind of what was there.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// Whether the rule's default was taken.
    default: bool,
}

impl<'a> TriedView<'a> {
    /// Shows what was tried.
    pub fn of(mapped: &'a Mapped, read: &'a mapped::Read, payload: &Value) -> Self {
        let job = read.as_ref().ok().map(|(job, _)| job);
        Self {
            would_be_a_job: job.is_some(),
            external_ref: job.and_then(|job| job.external_ref.as_deref()),
            idempotency_key: mapped.idempotency_key.as_deref(),
            brief: job.map(|job| BriefView::of(&job.brief)),
            details: detail_fields(&mapped.job),
            found: mapped.found.iter().map(FoundView::of).collect(),
            unused: pointer::unused(payload, &mapped.used),
            problems: read.as_ref().err().map_or(&[], Vec::as_slice),
        }
    }
}

impl<'a> FoundView<'a> {
    fn of(found: &'a Found) -> Self {
        let Found { field, pointer, kind, default } = found;
        Self { field, pointer: pointer.as_deref(), kind: *kind, default: *default }
    }
}
