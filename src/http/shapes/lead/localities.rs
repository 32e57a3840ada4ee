//! The localities of a lead. They come as such or not at all; what else the lead says only ever takes one away.

use std::collections::BTreeSet;

use baton_core::crew_sheet::Locality;
use serde_json::{Map, Value};

/// A lead has no more pickups than this.
pub(super) const PICKUPS: usize = 3;

/// Where it goes from, by which further pickups, and where to.
pub(super) struct Localities {
    pub(super) from: Option<String>,
    pub(super) via: Vec<String>,
    pub(super) to: Option<String>,
}

impl Localities {
    pub(super) fn of(custom: &Map<String, Value>, lead: &Map<String, Value>) -> Self {
        let private = Private::of(lead);
        let text = |value: Option<&Value>| {
            let place = Locality::read(value?.as_str()?)?;
            (!private.holds(place.as_str())).then(|| place.as_str().to_owned())
        };
        let routed = custom.get("route_classification");
        let point = |name: &str, field: &str| custom.get("geo_points").and_then(|points| points.get(name)?.get(field));
        let pickup = |no: usize| custom.get("pickups").and_then(|pickups| pickups.get(no)?.get("locality"));
        let place = |routed: Option<&Value>, pickup: Option<&Value>, name: &str| {
            text(routed)
                .or_else(|| text(pickup))
                .or_else(|| text(point(name, "locality")))
                .or_else(|| text(point(name, "name")))
        };
        let end = |name: &str| routed.and_then(|routed| routed.get(name));
        let pickups = custom.get("pickups").and_then(Value::as_array).map_or(1, Vec::len).clamp(1, PICKUPS);
        let via = (1..pickups).filter_map(|no| place(None, pickup(no), if no == 1 { "from_2" } else { "from_3" }));
        Self {
            from: place(end("from_locality"), pickup(0), "from"),
            via: via.collect(),
            to: place(end("to_locality"), None, "to"),
        }
    }
}

/// What the lead says that no locality may be: the client's name, and streets.
struct Private {
    names: BTreeSet<String>,
    texts: Vec<String>,
}

impl Private {
    fn of(lead: &Map<String, Value>) -> Self {
        let mut private = Self { names: BTreeSet::new(), texts: Vec::new() };
        lead.iter().for_each(|(name, value)| private.note(name, value));
        private
    }

    fn note(&mut self, name: &str, value: &Value) {
        match value {
            Value::String(text) => {
                let text = text.to_lowercase();
                if matches!(name, "sender_name" | "contact_name" | "customer_name" | "client_name") {
                    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 1);
                    self.names.extend(words.map(str::to_owned));
                }
                self.texts.push(text);
            }
            Value::Array(values) => values.iter().for_each(|value| self.note(name, value)),
            Value::Object(fields) => fields.iter().for_each(|(name, value)| self.note(name, value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Whether the client is called so, or a street of an address in it.
    fn holds(&self, place: &str) -> bool {
        let place = place.to_lowercase();
        place.split([' ', '-', '\'']).any(|word| self.names.contains(word))
            || self
                .texts
                .iter()
                .any(|text| text.match_indices(&place).any(|(at, _)| in_a_street(text, at, place.len())))
    }
}

/// Whether what stands there is called a street, or has the number of a house.
fn in_a_street(text: &str, at: usize, long: usize) -> bool {
    let before = text[..at].strip_suffix(' ').and_then(|rest| rest.split(' ').next_back());
    let behind = text[at + long..].strip_prefix(' ').and_then(|rest| rest.split(' ').next());
    Locality::is_street_between(before.unwrap_or_default(), behind.unwrap_or_default())
}
