//! A mapping, applied to a payload.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::convert::convert;
use super::mapping::{Mapping, Rule};

/// One more than the elements a list may have: whoever reads the job says that there are too many.
const ELEMENTS: usize = 101;

/// What a mapping makes of a payload. No `Debug`: it is private as the payload is.
pub struct Mapped {
    /// The body of `POST /api/v1/jobs`. What no rule leads to is not in it.
    pub job: Value,
    /// What tells a repeated delivery.
    pub idempotency_key: Option<String>,
    /// What each rule found.
    pub found: Vec<Found>,
    /// What is wrong, by our field.
    pub faults: Vec<Fault>,
    /// The pointers that were used.
    pub used: BTreeSet<String>,
}

/// What a rule found.
pub struct Found {
    /// Our field: `brief.items[1].kind`.
    pub field: String,
    /// Where it was; none: nowhere.
    pub pointer: Option<String>,
    /// The kind of what was there.
    pub kind: Option<&'static str>,
    /// Whether the default was taken.
    pub default: bool,
}

/// What is wrong with a field.
pub struct Fault {
    /// Our field.
    pub field: String,
    /// What is wrong with it.
    pub message: &'static str,
    /// What would be right.
    pub cure: &'static str,
}

/// Applies a mapping. `zone`: of moments that are written without one.
pub fn apply(mapping: &Mapping, payload: &Value, zone: &TimeZone) -> Mapped {
    let mut job = Map::new();
    job.insert("brief".to_owned(), json!({}));
    let mut work = Work { zone, found: Vec::new(), faults: Vec::new(), used: BTreeSet::new() };
    for (name, rule) in &mapping.fields {
        if let Some(value) = work.rule(name, rule, payload, "") {
            put(&mut job, name, value);
        }
    }
    let key = mapping.idempotency_key.as_ref();
    let key = key.and_then(|rule| work.rule("idempotency_key", rule, payload, ""));
    let idempotency_key = key.and_then(|key| match key {
        Value::String(key) => Some(key),
        Value::Number(key) => Some(key.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            work.blame("idempotency_key", "is neither text nor a number", "let the pointer lead to one");
            None
        }
    });
    let Work { found, faults, used, .. } = work;
    Mapped { job: Value::Object(job), idempotency_key, found, faults, used }
}

impl Mapped {
    /// Where a field of ours, or else the one it stands in, was found.
    pub fn origin(&self, field: &str) -> Option<&str> {
        let is_in = |found: &&Found| {
            field.strip_prefix(found.field.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let closest = self.found.iter().filter(is_in).max_by_key(|found| found.field.len());
        closest.and_then(|found| found.pointer.as_deref())
    }
}

struct Work<'a> {
    zone: &'a TimeZone,
    found: Vec<Found>,
    faults: Vec<Fault>,
    used: BTreeSet<String>,
}

impl Work<'_> {
    /// The value of a field; none: there is none, or it is wrong.
    fn rule(&mut self, field: &str, rule: &Rule, from: &Value, at: &str) -> Option<Value> {
        let found = rule.pointer.iter().find_map(|pointer| {
            let value = from.pointer(pointer).filter(|value| is_something(value))?;
            Some((pointer, value))
        });
        let Some((pointer, value)) = found else {
            let default = rule.default.clone();
            self.found.push(Found { field: field.to_owned(), pointer: None, kind: None, default: default.is_some() });
            if default.is_none() && rule.required {
                self.blame(field, "is missing", "send it, or give the rule a default or a further pointer");
            }
            return default;
        };
        let pointer = format!("{at}{pointer}");
        let kind = Some(kind_of(value));
        self.found.push(Found { field: field.to_owned(), pointer: Some(pointer.clone()), kind, default: false });
        if !rule.each.is_empty() {
            return self.each(field, &rule.each, value, &pointer);
        }
        self.used.insert(pointer);
        match convert(rule, value, self.zone) {
            Ok(value) => Some(value),
            Err((message, cure)) => {
                self.blame(field, message, cure);
                None
            }
        }
    }

    fn each(&mut self, field: &str, rules: &BTreeMap<String, Rule>, value: &Value, at: &str) -> Option<Value> {
        let Some(elements) = value.as_array() else {
            self.blame(field, "is no list", "let the pointer lead to a list of objects");
            return None;
        };
        let mut read = Vec::new();
        for (n, element) in elements.iter().take(ELEMENTS).enumerate() {
            let mut fields = Map::new();
            for (name, rule) in rules {
                if let Some(value) = self.rule(&format!("{field}[{n}].{name}"), rule, element, &format!("{at}/{n}")) {
                    fields.insert(name.clone(), value);
                }
            }
            read.push(Value::Object(fields));
        }
        Some(Value::Array(read))
    }

    fn blame(&mut self, field: &str, message: &'static str, cure: &'static str) {
        self.faults.push(Fault { field: field.to_owned(), message, cure });
    }
}

/// An empty cell of a sheet and an empty field of a form say nothing.
fn is_something(value: &Value) -> bool {
    !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty())
}

/// The kind of a value, in one word.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Puts a value under a name with dots; a field of the client's own keeps the dots in its name.
fn put(job: &mut Map<String, Value>, name: &str, value: Value) {
    let parts: Vec<&str> = name.splitn(3, '.').collect();
    let mut here = job;
    if let [above @ .., last] = parts.as_slice() {
        for part in above {
            let next = here.entry((*part).to_owned()).or_insert_with(|| json!({}));
            let Some(next) = next.as_object_mut() else { return };
            here = next;
        }
        here.insert((*last).to_owned(), value);
    }
}
