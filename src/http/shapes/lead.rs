//! A finished lead, as it comes in: what a crew may see is taken out value by value, and the whole of it is sealed.
//!
//! A lead is written by people in a chat, so any field may hold anything. Nothing is refused for what it says: a value that is not of
//! the typed form counts as not specified, and stays in the sealed original.

use std::hash::{Hash, Hasher};

use baton_core::brief::{Brief, Item, Price};
use baton_core::crew_sheet::{Extra, Place, Stop, Thing, Volume, When};
use baton_core::gates::OwnGates;
use baton_core::job::Approval;
use iso_currency::Currency;
use serde::de::MapAccess;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::details::Details;
use crate::http::form::Form;
use crate::http::given::Wanted;
use crate::http::problem::FieldError;
use crate::http::shapes::brief::read_date;
use crate::http::shapes::job::JobRead;
use crate::http::shapes::payload::{BYTES_MAX, Payload};
use crate::http::strangers::Strangers;
use crate::phones;

mod localities;

use localities::Localities;

/// What a lead has besides `custom`, in which anything may stand.
const KNOWN: &[&str] = &[
    "data",
    "event",
    "lead_id",
    "status",
    "created_at",
    "finalized_at",
    "language",
    "provider",
    "chat_id",
    "sender_name",
    "phone",
    "addr_from",
    "addr_to",
    "floor_from",
    "floor_to",
    "elevator_from",
    "elevator_to",
    "time_window",
    "extras",
    "cargo_description",
    "details_free",
    "photos",
    "videos",
    "media",
    "custom",
];

const REFERENCE: usize = 64;
const ITEMS: usize = 100;
const EXTRAS: usize = 20;
const QUANTITY: u64 = 10_000;
const AMOUNT: u64 = 10_000_000;
const LINE: usize = 200;
const NOTES: usize = 4_000;

/// A finished lead, bare or under `data`.
#[derive(Default, ToSchema)]
#[schema(as = FinalizedLead, value_type = Object)]
pub struct LeadShape(Map<String, Value>);

/// By what it says: the order of its fields does not matter.
impl Hash for LeadShape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl<'de> Wanted<'de> for LeadShape {
    const WANTED: &'static str = "an object";
    fn from_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Payload::from_object(object)?.map(Payload::into_value).and_then(|value| match value {
            Value::Object(fields) => Some(Self(fields)),
            _ => None,
        }))
    }
    fn strangers(&mut self) -> Strangers {
        let mut strangers = Strangers::default();
        let inside = self.0.get("data").and_then(Value::as_object);
        for name in self.0.keys().chain(inside.into_iter().flat_map(Map::keys)) {
            if !KNOWN.contains(&name.as_str()) {
                strangers.add(name, KNOWN);
            }
        }
        strangers
    }
}

impl LeadShape {
    /// The job of the lead, or what keeps it from being one.
    pub fn into_core(self) -> Result<JobRead, Vec<FieldError>> {
        Form::body(self, |form, lead| lead.read(form))
    }

    fn text(&self) -> String {
        // Text keys and JSON values are always JSON.
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    fn read(self, form: &mut Form) -> Option<JobRead> {
        let original = self.text();
        if original.len() > BYTES_MAX {
            let message = format!("has {} bytes", original.len());
            form.blame(
                "",
                message,
                format!("give a lead of at most {BYTES_MAX} bytes, and links to media instead of media"),
            );
            return None;
        }
        let lead = match self.0.get("data") {
            Some(Value::Object(lead)) => lead,
            _ => &self.0,
        };
        let reference = lead.get("lead_id").or_else(|| self.0.get("lead_id")).and_then(Value::as_str);
        let Some(reference) = reference.filter(|reference| is_reference(reference)) else {
            let cure = "give the lead's own id: a UUID, or up to 64 letters, digits, hyphens, points and underscores with a letter and a digit among them";
            form.blame("lead_id", "is not the id of a lead", cure);
            return None;
        };
        Some(JobRead {
            external_ref: Some(reference.to_owned()),
            brief: brief(lead, &self.0),
            details: Some(details(lead, original.clone())),
            approval: Approval::None,
            plan: None,
            start_at: None,
            search_for: None,
            gates: OwnGates::default(),
            publish: None,
            is_lead: true,
        })
    }
}

/// Whether a lead has a place for a field of this name.
pub fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// It stands in the open, so it must not be a phone number or a handle.
fn is_reference(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_uuid = text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
    is_uuid || (text.len() <= REFERENCE && digits > 0 && digits < text.len() && text.bytes().all(plain))
}

/// What a crew may see: typed values alone.
fn brief(lead: &Map<String, Value>, all: &Map<String, Value>) -> Brief {
    let nothing = Map::new();
    let custom = lead.get("custom").and_then(Value::as_object).unwrap_or(&nothing);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let Localities { from, via, to } = Localities::of(custom, all);
    let extras = list(lead, "extras").iter().filter_map(|extra| Extra::read(extra.as_str()?));
    let mut services: Vec<String> = stops(lead, custom).iter().map(ToString::to_string).collect();
    for extra in extras.take(EXTRAS) {
        let word = extra.as_str().to_owned();
        if !services.contains(&word) {
            services.push(word);
        }
    }
    Brief {
        from,
        to,
        via,
        date: text(custom.get("move_date")).and_then(|date| read_date(&date).ok()),
        window: text(lead.get("time_window")).and_then(|window| When::read(&window)).map(When::word),
        volume: text(custom.get("volume_category"))
            .and_then(|volume| Volume::read(&volume))
            .map(|v| v.as_str().to_owned()),
        items: list(custom, "cargo_items").iter().filter_map(item).take(ITEMS).collect(),
        services,
        price: estimate(custom),
        ..Brief::default()
    }
}

fn list<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    fields.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn item(value: &Value) -> Option<Item> {
    let thing = Thing::read(value.get("key")?.as_str()?)?;
    let quantity =
        value.get("qty").map_or(Some(1), Value::as_u64).filter(|quantity| (1..=QUANTITY).contains(quantity))?;
    Some(Item { kind: thing.as_str().to_owned(), quantity: u32::try_from(quantity).ok()? })
}

/// Pickups first, each with what is known of it.
fn stops(lead: &Map<String, Value>, custom: &Map<String, Value>) -> Vec<Stop> {
    let stop = |place, floor: Option<&Value>, lift: Option<&Value>| {
        let (floor, told) = floor.map_or((None, None), floor_of);
        Stop { place, floor, lift: lift.and_then(Value::as_bool).or(told) }
    };
    let pickups = list(custom, "pickups");
    let mut stops: Vec<Stop> = if pickups.len() > 1 {
        let each = (1..).zip(pickups.iter().take(localities::PICKUPS));
        each.map(|(no, pickup)| stop(Place::Pickup(no), pickup.get("floor"), pickup.get("elevator"))).collect()
    } else {
        let floor = lead.get("floor_from").or_else(|| pickups.first()?.get("floor"));
        let lift = lead.get("elevator_from").or_else(|| pickups.first()?.get("elevator"));
        vec![stop(Place::Pickup(1), floor, lift)]
    };
    stops.push(stop(Place::Delivery, lead.get("floor_to"), lead.get("elevator_to")));
    // Of a single pickup and the delivery, what is not known need not be said.
    let several = stops.len() > 2;
    stops.retain(|stop| several || stop.floor.is_some() || stop.lift.is_some());
    stops
}

/// `3`, `"3"`, `"3, no elevator"`: a floor, and whether there is a lift. Anything else says nothing.
fn floor_of(value: &Value) -> (Option<i8>, Option<bool>) {
    let floor = |number: i64| i8::try_from(number).ok().filter(|floor| Stop::FLOORS.contains(floor));
    if let Some(number) = value.as_i64() {
        return (floor(number), None);
    }
    let text = value.as_str().unwrap_or_default().trim().to_lowercase();
    let (number, rest) = text.split_once([' ', ',']).unwrap_or((&text, ""));
    let lift = match rest.trim_matches([' ', ',', '(', ')']) {
        "" => None,
        "no elevator" | "no lift" => Some(false),
        "elevator" | "lift" => Some(true),
        _ => return (None, None),
    };
    let plain = number.len() <= 3 && number.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
    let Some(number) = plain.then(|| number.parse().ok()).flatten().and_then(floor) else { return (None, None) };
    (Some(number), lift)
}

/// Absent where it is suppressed, also where there are numbers.
fn estimate(custom: &Map<String, Value>) -> Option<Price> {
    let hidden = |name: &str| !matches!(custom.get(name), None | Some(Value::Null | Value::Bool(false)));
    if hidden("estimate_suppressed") || hidden("estimate_display_disabled") {
        return None;
    }
    let amount =
        |name: &str| custom.get(name)?.as_u64().filter(|amount| *amount <= AMOUNT).and_then(|a| u32::try_from(a).ok());
    let currency = match custom.get("currency") {
        None | Some(Value::Null) => "ILS",
        Some(code) => Currency::from_code(code.as_str()?)?.code(),
    };
    let (from, to) = match (amount("estimate_min"), amount("estimate_max")) {
        (Some(from), Some(to)) if from <= to => (from, to),
        (Some(only), None) | (None, Some(only)) => (only, only),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    Some(Price { from, to, currency: currency.to_owned() })
}

/// What only the winner learns, with the whole of the lead behind it.
fn details(lead: &Map<String, Value>, original: String) -> Details {
    let text = |name: &str, longest: usize| {
        let text = lead.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.chars().take(longest).collect::<String>())
    };
    let notes: Vec<String> =
        ["cargo_description", "details_free"].iter().filter_map(|name| text(name, NOTES / 2)).collect();
    Details {
        contact_name: text("sender_name", LINE),
        phone: text("phone", LINE).or_else(|| text("chat_id", LINE)).and_then(|text| phones::read(&text).ok()),
        from_address: text("addr_from", LINE),
        to_address: text("addr_to", LINE),
        notes: (!notes.is_empty()).then(|| notes.join("\n")),
        original: Some(original),
        ..Details::default()
    }
}
