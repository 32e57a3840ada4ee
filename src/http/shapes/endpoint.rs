//! An endpoint for events, as it is asked for.

use baton_actors::sinks::Signature;
use baton_core::job::Event;
use reqwest::Url;
use secrecy::SecretString;
use utoipa::ToSchema;

use crate::http::form::{Field, Form};
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::event_view::is_kind;
use crate::http::strangers::Strangers;

const URL: usize = 2_000;
const DESCRIPTION: usize = 120;

/// A key that has less is none, and one that has more is a mistake.
const KEY: std::ops::RangeInclusive<usize> = 16..=512;

/// The types of a dashboard that is told of no jobs.
const NO_JOBS: &str = "none";

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
    /// `webhook`, or `dashboard`: told in the wire form of dashboards (docs/DASHBOARD.md), with `key` as the bearer key.
    #[schema(value_type = Option<String>, example = "webhook")]
    kind: Given<String>,
    /// Of a dashboard: the key that it has given out for us.
    #[schema(value_type = Option<String>, min_length = 16, max_length = 512)]
    key: Given<String>,
    /// Of a dashboard: whether it is told of jobs too, and not only of what is handed in; `true` where it is left out.
    #[schema(value_type = Option<bool>)]
    jobs: Given<bool>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    EndpointShape { url, description, types, signature, kind, key, jobs }
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
    /// Of a dashboard: its key from now on.
    #[schema(value_type = Option<String>, min_length = 16, max_length = 512)]
    key: Given<String>,
    /// Of a dashboard: whether it is told of jobs.
    #[schema(value_type = Option<bool>)]
    jobs: Given<bool>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    EndpointPatch { url, description, types, enabled, key, jobs }
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
    /// The key of a dashboard.
    pub key: Option<SecretString>,
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
    /// The key of a dashboard.
    pub key: Option<SecretString>,
    /// Whether a dashboard is told of jobs.
    pub jobs: Option<bool>,
}

impl ChangeRead {
    /// What is wrong with it for a kind of endpoint.
    pub fn misfits(&self, is_dashboard: bool) -> Vec<FieldError> {
        let of_webhooks = [("types", self.types.is_some())];
        let of_dashboards = [("key", self.key.is_some()), ("jobs", self.jobs.is_some())];
        let (wrong, message): (&[(&str, bool)], _) = if is_dashboard {
            (&of_webhooks, "goes with webhooks alone")
        } else {
            (&of_dashboards, "goes with dashboards alone")
        };
        let given = wrong.iter().filter(|(_, is_given)| *is_given);
        given
            .map(|(field, _)| FieldError {
                field: (*field).to_owned(),
                message: message.into(),
                cure: "leave it out".into(),
            })
            .collect()
    }
}

/// What stands for whether a dashboard is told of jobs.
pub fn types_of_jobs(told: bool) -> Vec<String> {
    if told { Vec::new() } else { vec![NO_JOBS.to_owned()] }
}

impl EndpointShape {
    /// The endpoint that is asked for, or everything that is wrong.
    pub fn into_new(self, plain_http: bool) -> Result<NewRead, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let url = url(form.field("url", shape.url).required(), plain_http);
            let description = form.field("description", shape.description).line(DESCRIPTION);
            let types = types(form.field("types", shape.types));
            let words = [("v1", Signature::Shared), ("v1a", Signature::Public)];
            let is_signed = !shape.signature.is_missing();
            let signature = form.field("signature", shape.signature).one_of(&words);
            let is_dashboard = form.field("kind", shape.kind).one_of(&[("webhook", false), ("dashboard", true)]);
            let is_dashboard = is_dashboard.unwrap_or(false);
            let (has_key, has_jobs) = (!shape.key.is_missing(), !shape.jobs.is_missing());
            let field = form.field("key", shape.key);
            let key = key(if is_dashboard { field.required() } else { field });
            let jobs = form.field("jobs", shape.jobs).value().unwrap_or(true);
            let misfits: &[(&'static str, bool)] = if is_dashboard {
                &[("types", types.is_some()), ("signature", is_signed)]
            } else {
                &[("key", has_key), ("jobs", has_jobs)]
            };
            for (name, _) in misfits.iter().filter(|(_, is_given)| *is_given) {
                let kind = if is_dashboard { "webhooks" } else { "dashboards" };
                form.blame(name, format!("goes with {kind} alone"), "leave it out");
            }
            let description = description.unwrap_or_default();
            Some(if is_dashboard {
                NewRead { url: url?, description, types: types_of_jobs(jobs), signature: Signature::Bearer, key }
            } else {
                let (types, signature) = (types.unwrap_or_default(), signature.unwrap_or(Signature::Shared));
                NewRead { url: url?, description, types, signature, key: None }
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
                key: key(form.field("key", shape.key)),
                jobs: form.field("jobs", shape.jobs).value(),
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

fn key(field: Field<'_, String>) -> Option<SecretString> {
    field.parsed(|text| {
        let is_right = KEY.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_right {
            Ok(SecretString::from(text))
        } else {
            Err("give the key that the dashboard has shown, 16 to 512 characters")
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
