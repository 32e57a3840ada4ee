//! An endpoint for events, as it is asked for.

use baton_actors::sinks::Signature;
use baton_core::job::Event;
use reqwest::Url;
use utoipa::ToSchema;

use crate::http::form::{Field, Form};
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::event_view::is_kind;
use crate::http::strangers::Strangers;

const URL: usize = 2_000;
const DESCRIPTION: usize = 120;

/// An endpoint that is asked for.
#[derive(Default, ToSchema)]
#[schema(as = EndpointRequest)]
pub struct EndpointShape {
    /// Where events are posted.
    #[schema(value_type = String, max_length = 2000, example = "https://hooks.example.com/baton")]
    url: Given<String>,
    /// What people call it.
    #[schema(value_type = Option<String>, max_length = 120)]
    description: Given<String>,
    /// Only these types of events, such as `job.claimed`; all where it is left out or empty.
    #[schema(value_type = Option<Vec<String>>)]
    types: Given<Vec<Given<String>>>,
    /// `v1`: signed with a secret that both know (HMAC-SHA256). `v1a`: with a key of ours, whose public half you get (Ed25519).
    #[schema(value_type = Option<String>, example = "v1")]
    signature: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    EndpointShape { url, description, types, signature }
}

/// A change of an endpoint: what is left out stays.
#[derive(Default, ToSchema)]
#[schema(as = EndpointChange)]
pub struct EndpointPatch {
    /// Where events are posted from now on.
    #[schema(value_type = Option<String>, max_length = 2000)]
    url: Given<String>,
    /// What people call it; `null`: nothing.
    #[schema(value_type = Option<String>, max_length = 120)]
    description: Given<String>,
    /// Only these types of events; `null` or empty: all.
    #[schema(value_type = Option<Vec<String>>)]
    types: Given<Vec<Given<String>>>,
    /// Whether it is told anything.
    #[schema(value_type = Option<bool>)]
    enabled: Given<bool>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    EndpointPatch { url, description, types, enabled }
}

/// What was read of a new endpoint.
pub struct NewRead {
    /// Where events are posted.
    pub url: String,
    /// What people call it.
    pub description: String,
    /// Which types it wants; empty: all.
    pub types: Vec<String>,
    /// How events are signed.
    pub signature: Signature,
}

/// What was read of a change.
pub struct ChangeRead {
    /// Where events are posted.
    pub url: Option<String>,
    /// What people call it.
    pub description: Option<String>,
    /// Which types it wants; empty: all.
    pub types: Option<Vec<String>>,
    /// Whether it is told anything.
    pub enabled: Option<bool>,
}

impl EndpointShape {
    /// The endpoint that is asked for, or everything that is wrong.
    pub fn into_new(self, plain_http: bool) -> Result<NewRead, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let url = url(form.field("url", shape.url).required(), plain_http);
            let description = form.field("description", shape.description).line(DESCRIPTION);
            let types = types(form.field("types", shape.types));
            let words = [("v1", Signature::Shared), ("v1a", Signature::Public)];
            let signature = form.field("signature", shape.signature).one_of(&words);
            Some(NewRead {
                url: url?,
                description: description.unwrap_or_default(),
                types: types.unwrap_or_default(),
                signature: signature.unwrap_or(Signature::Shared),
            })
        })
    }
}

impl EndpointPatch {
    /// The change that is asked for, or everything that is wrong.
    pub fn into_change(self, plain_http: bool) -> Result<ChangeRead, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let (no_description, no_types) = (shape.description == Given::Null, matches!(shape.types, Given::Null));
            if matches!(shape.url, Given::Null) {
                form.blame("url", "is null", "give an address, or leave it out");
            }
            let description = form.field("description", shape.description).line(DESCRIPTION);
            let types = types(form.field("types", shape.types));
            Some(ChangeRead {
                url: url(form.field("url", shape.url), plain_http),
                description: description.or(no_description.then(String::new)),
                types: types.or(no_types.then(Vec::new)),
                enabled: form.field("enabled", shape.enabled).value(),
            })
        })
    }
}

fn url(field: Field<'_, String>, plain_http: bool) -> Option<String> {
    field.parsed(|text| {
        let text = text.trim();
        let cure = if plain_http {
            "give an address of http:// or https://"
        } else {
            "give an address of https:// (endpoints.plain_http allows http://)"
        };
        let url = Url::parse(text).map_err(|_| cure)?;
        let is_right = url.scheme() == "https" || (plain_http && url.scheme() == "http");
        match text.len() <= URL && is_right && url.has_host() {
            // Names and passwords in an address would be sent, and shown to whoever sees the address.
            true if !url.username().is_empty() || url.password().is_some() => {
                Err("leave out the name and the password")
            }
            true => Ok(url.to_string()),
            false => Err(cure),
        }
    })
}

fn types(field: Field<'_, Vec<Given<String>>>) -> Option<Vec<String>> {
    let mut types = field.each(Event::NAMES.len(), |form, text| {
        form.field("", Given::Is(text)).parsed(|text| {
            if is_kind(&text) { Ok(text) } else { Err("give a type of the event log, such as job.claimed") }
        })
    })?;
    types.sort_unstable();
    types.dedup();
    Some(types)
}
