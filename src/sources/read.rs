//! A mapping as it comes in: all of it, or everything that is wrong with it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::apply::kind_of;
use super::mapping::{Kind, Mapping, Rule};
use super::pointer;
use crate::http::problem::FieldError;

const RULES: usize = 80;
const POINTERS: usize = 8;
const POINTER: usize = 300;
const VALUES: usize = 200;
const FORMAT: usize = 40;

/// What can be mapped, besides `details.extra.` and a name.
const FIELDS: [&str; 29] = [
    "external_ref",
    "brief.from",
    "brief.to",
    "brief.via",
    "brief.date",
    "brief.window",
    "brief.vehicle",
    "brief.volume",
    "brief.items",
    "brief.services",
    "brief.price.from",
    "brief.price.to",
    "brief.price.currency",
    "brief.tags",
    "brief.duration_minutes",
    "details.contact_name",
    "details.phone",
    "details.from_address",
    "details.to_address",
    "details.notes",
    "approval",
    "plan",
    "start_at",
    "search_for",
    "gates.publish",
    "gates.confirm",
    "gates.invoice",
    "gates.payment",
    "gates.release",
];

const ITEM: [&str; 2] = ["kind", "quantity"];

impl Mapping {
    /// Reads a mapping. `at`: where it stands in the body.
    pub fn read(value: &Value, at: &str) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::default();
        let mapping = reader.mapping(value, at);
        if reader.errors.is_empty() { Ok(mapping) } else { Err(reader.errors) }
    }
}

#[derive(Default)]
struct Reader {
    errors: Vec<FieldError>,
}

impl Reader {
    fn blame(&mut self, field: &str, message: impl Into<String>, cure: impl Into<String>) {
        // A body is bounded, and so is what is said of it.
        if self.errors.len() < 100 {
            let (message, cure) = (message.into().into(), cure.into().into());
            self.errors.push(FieldError { field: field.to_owned(), message, cure });
        }
    }

    fn object<'a>(&mut self, value: &'a Value, at: &str) -> Option<&'a Map<String, Value>> {
        if value.as_object().is_none() {
            self.blame(at, format!("is a {}", kind_of(value)), "give an object");
        }
        value.as_object()
    }

    fn known(&mut self, object: &Map<String, Value>, at: &str, known: &[&str]) {
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            let cure = format!("take it out; the fields here are {}", known.join(", "));
            self.blame(&under(at, name), "is not known", cure);
        }
    }

    fn mapping(&mut self, value: &Value, at: &str) -> Mapping {
        let mut mapping = Mapping::default();
        let Some(object) = self.object(value, at) else { return mapping };
        self.known(object, at, &["fields", "idempotency_key"]);
        let at_fields = under(at, "fields");
        match object.get("fields") {
            None | Some(Value::Null) => self.blame(&at_fields, "is missing", "give a rule for each field of the job"),
            Some(fields) => mapping.fields = self.rules(fields, &at_fields, may_be_mapped),
        }
        if mapping.fields.keys().all(|name| !name.starts_with("brief.")) && self.errors.is_empty() {
            self.blame(&at_fields, "has no rule for the brief", "map what a crew may see, such as brief.from");
        }
        if let Some(rule) = object.get("idempotency_key").filter(|rule| !rule.is_null()) {
            mapping.idempotency_key = Some(self.rule(rule, &under(at, "idempotency_key"), "idempotency_key"));
        }
        mapping
    }

    fn rules(&mut self, value: &Value, at: &str, known: impl Fn(&str) -> bool) -> BTreeMap<String, Rule> {
        let mut rules = BTreeMap::new();
        let Some(object) = self.object(value, at) else { return rules };
        if object.len() > RULES {
            self.blame(at, format!("has {} rules", object.len()), format!("give at most {RULES}"));
            return rules;
        }
        for (name, rule) in object {
            let at = format!("{at}.{name}");
            if !known(name) {
                self.blame(&at, "is no field of a job", "use the names of POST /api/v1/jobs, such as brief.from");
                continue;
            }
            let rule = self.rule(rule, &at, name);
            rules.insert(name.clone(), rule);
        }
        rules
    }

    fn rule(&mut self, value: &Value, at: &str, target: &str) -> Rule {
        let mut rule = Rule::default();
        let Some(object) = self.object(value, at) else { return rule };
        self.known(object, at, &["pointer", "default", "type", "format", "values", "required", "each"]);
        rule.pointer = self.pointers(object.get("pointer"), &under(at, "pointer"));
        rule.default = object.get("default").filter(|value| !value.is_null()).cloned();
        if rule.pointer.is_empty() && rule.default.is_none() {
            self.blame(at, "has neither a pointer nor a default", "give one of them");
        }
        if let Some(word) = given(object, "type") {
            rule.kind = word.as_str().and_then(|word| Kind::ALL.iter().find(|(known, _)| *known == word)).map(|k| k.1);
            if rule.kind.is_none() {
                let known: Vec<&str> = Kind::ALL.iter().map(|(word, _)| *word).collect();
                self.blame(&under(at, "type"), "is not a type", format!("give one of {}", known.join(", ")));
            }
        }
        if let Some(format) = given(object, "format") {
            rule.format = format.as_str().filter(|text| (1..=FORMAT).contains(&text.len())).map(str::to_owned);
            if rule.format.is_none() {
                self.blame(&under(at, "format"), "is not a format", format!("give a text of 1 to {FORMAT} bytes"));
            }
        }
        if target == "brief.via" && rule.kind == Some(Kind::List) {
            // Localities come as such or not at all: nothing is derived by cutting up an address.
            let cure = "let the pointer lead to a list of localities, and leave the type out";
            self.blame(&under(at, "type"), "would cut up a text into localities", cure);
        }
        if let Some(values) = given(object, "values") {
            let at = under(at, "values");
            if let Some(words) = self.object(values, &at) {
                if words.len() > VALUES {
                    self.blame(&at, format!("has {} words", words.len()), format!("give at most {VALUES}"));
                }
                rule.values = words.iter().map(|(word, ours)| (word.clone(), ours.clone())).collect();
            }
        }
        if let Some(required) = given(object, "required") {
            rule.required = required.as_bool().unwrap_or_default();
            if !required.is_boolean() {
                self.blame(&under(at, "required"), format!("is a {}", kind_of(required)), "give true or false");
            }
        }
        if let Some(each) = given(object, "each") {
            let at = under(at, "each");
            if target == "brief.items" {
                rule.each = self.rules(each, &at, |name| ITEM.contains(&name));
            } else {
                self.blame(&at, "is for brief.items alone", "take it out");
            }
        }
        rule
    }

    fn pointers(&mut self, value: Option<&Value>, at: &str) -> Vec<String> {
        let given = match value {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(several)) => several.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        if given.len() > POINTERS {
            self.blame(at, format!("has {} pointers", given.len()), format!("give at most {POINTERS}"));
            return Vec::new();
        }
        let texts: Vec<Option<&str>> = given.iter().map(Value::as_str).collect();
        let is_right = |text: &str| text.len() <= POINTER && pointer::is_one(text);
        if texts.iter().any(|text| !text.is_some_and(is_right)) {
            self.blame(at, "is not a JSON pointer", "give one such as /order/pickup/town, or a list of them");
        }
        texts.into_iter().flatten().map(str::to_owned).collect()
    }
}

fn given<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

fn may_be_mapped(name: &str) -> bool {
    FIELDS.contains(&name) || name.strip_prefix("details.extra.").is_some_and(|own| !own.is_empty())
}

fn under(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}
