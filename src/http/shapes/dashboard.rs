//! An event for a dashboard, as a bot says it: its name, and what it says, read by the shape of that name.

use std::fmt;

use baton_core::consent::AddressKind;
use baton_core::dashboard::{Status, Wire};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::http::form::{Field, Form};
use crate::http::given::{Given, Wanted, object};
use crate::http::problem::FieldError;
use crate::http::shapes::anything::Anything;
use crate::http::strangers::Strangers;

/// No event says more, in bytes of JSON.
pub const SAID_MAX: usize = 16 * 1024;

const LINE: usize = 200;
const PROSE: usize = 2_000;
const ITEMS: usize = 200;

/// No amount of money or of things is larger.
const AMOUNT_MAX: f64 = 1e12;

const CHANNELS: [(&str, ()); 4] = [("telegram", ()), ("whatsapp", ()), ("instagram", ()), ("teletype", ())];
const TRUST: [(&str, ()); 3] = [("new", ()), ("verified", ()), ("suspicious", ())];
const PAYMENT: [(&str, ()); 2] = [("cash", ()), ("card", ())];

/// What an escalation says where the bot gives no reason.
const REASON: &str = "Customer requested human support";

/// What the end of one says where nothing is said.
const SUMMARY: &str = "Resolved by operator";

/// An event for the dashboard.
#[derive(Default, ToSchema)]
#[schema(as = DashboardEvent)]
pub struct EventShape {
    /// `customer.seen`, `order.created`, `order.status`, `escalation.created` or `escalation.resolved`.
    #[schema(value_type = String, example = "customer.seen")]
    event: Given<String>,
    /// What it says: an object with the fields of this event (docs/DASHBOARD.md).
    #[schema(value_type = Object)]
    data: Given<Anything>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    EventShape { event, data }
}

/// What a bot says.
pub struct Said {
    /// Which event.
    pub wire: Wire,
    /// How its customer is reached.
    pub customer: Option<Reached>,
    /// The name of its order.
    pub order: Option<String>,
    /// Whether the status of the order is a word that is not known.
    pub is_unmapped: bool,
    /// What it says, in the words of the wire.
    pub data: Map<String, Value>,
}

/// How a customer is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct Reached {
    /// By what.
    pub by: AddressKind,
    /// The chat, or the digits of the number.
    pub address: String,
}

impl Said {
    /// The customer as the wire names them.
    pub fn identifier(&self) -> Option<Value> {
        let reached = self.customer.as_ref()?;
        Some(match reached.by {
            AddressKind::Telegram => {
                let chat = reached.address.parse::<i64>().map_or_else(|_| json!(reached.address), |chat| json!(chat));
                json!({ "telegram_chat_id": chat })
            }
            AddressKind::Phone | AddressKind::Email => json!({ "whatsapp_phone": format!("+{}", reached.address) }),
        })
    }
}

/// Something that is known by a number or a text: both are taken.
#[derive(Clone, PartialEq, Eq)]
pub struct Name(String);

impl Wanted<'_> for Name {
    const WANTED: &'static str = "text or a whole number";
    fn from_u64(value: u64) -> Option<Self> {
        Some(Self(value.to_string()))
    }
    fn from_i64(value: i64) -> Option<Self> {
        Some(Self(value.to_string()))
    }
    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.trim().to_owned()))
    }
}

/// How much of something.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub struct Amount(pub f64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Wanted<'_> for Amount {
    const WANTED: &'static str = "a number, 0 or more";
    fn from_u64(value: u64) -> Option<Self> {
        Self::from_f64(value as f64)
    }
    fn from_f64(value: f64) -> Option<Self> {
        (0.0..=AMOUNT_MAX).contains(&value).then_some(Self(value))
    }
}

#[derive(Default)]
struct SeenShape {
    display_name: Given<String>,
    phone: Given<String>,
    primary_channel: Given<String>,
    telegram_chat_id: Given<Name>,
    whatsapp_phone: Given<Name>,
    telegram_topic_id: Given<Name>,
    telegram_group_id: Given<Name>,
    syrve_customer_id: Given<Name>,
    preferred_language: Given<String>,
    trust_level: Given<String>,
    strangers: Strangers,
}

#[derive(Default)]
struct IdentifierShape {
    telegram_chat_id: Given<Name>,
    whatsapp_phone: Given<Name>,
    strangers: Strangers,
}

#[derive(Default)]
struct OrderShape {
    customer_identifier: Given<IdentifierShape>,
    syrve_order_id: Given<Name>,
    external_number: Given<Name>,
    items: Given<Vec<Given<ItemShape>>>,
    total: Given<Amount>,
    delivery_address: Given<String>,
    payment_method: Given<String>,
    restaurant: Given<String>,
    channel: Given<String>,
    strangers: Strangers,
}

#[derive(Default)]
struct ItemShape {
    name: Given<String>,
    amount: Given<Amount>,
    price: Given<Amount>,
    strangers: Strangers,
}

#[derive(Default)]
struct StatusShape {
    syrve_order_id: Given<Name>,
    status: Given<String>,
    strangers: Strangers,
}

#[derive(Default)]
struct EscalationShape {
    customer_identifier: Given<IdentifierShape>,
    reason: Given<String>,
    metadata: Given<Anything>,
    strangers: Strangers,
}

#[derive(Default)]
struct ResolvedShape {
    customer_identifier: Given<IdentifierShape>,
    resolution_summary: Given<String>,
    metadata: Given<Anything>,
    strangers: Strangers,
}

object! {
    SeenShape {
        display_name, phone, primary_channel, telegram_chat_id, whatsapp_phone, telegram_topic_id, telegram_group_id,
        syrve_customer_id, preferred_language, trust_level,
    }
    IdentifierShape { telegram_chat_id, whatsapp_phone }
    OrderShape {
        customer_identifier, syrve_order_id, external_number, items, total, delivery_address, payment_method, restaurant, channel,
    }
    ItemShape { name, amount, price }
    StatusShape { syrve_order_id, status }
    EscalationShape { customer_identifier, reason, metadata }
    ResolvedShape { customer_identifier, resolution_summary, metadata }
}

impl EventShape {
    /// What is said, or everything that is wrong with it.
    pub fn read(self) -> Result<Said, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let event = form.field("event", shape.event).required();
            let wire = event.one_of(&Wire::ALL.map(|wire| (wire.as_str(), wire)));
            let data = form.field("data", shape.data).required().value();
            said(form, wire?, data?.0)
        })
    }
}

/// Takes out of what an event says whatever its shape does not know.
pub fn known_only(wire: Wire, data: &mut Value) {
    const CUSTOMER: &[&str] = &["telegram_chat_id", "whatsapp_phone"];
    const ITEM: &[&str] = &["name", "amount", "price"];
    let known: &[&str] = match wire {
        Wire::CustomerSeen => &[
            "display_name",
            "phone",
            "primary_channel",
            "telegram_chat_id",
            "whatsapp_phone",
            "telegram_topic_id",
            "telegram_group_id",
            "syrve_customer_id",
            "preferred_language",
            "trust_level",
        ],
        Wire::OrderCreated => &[
            "customer_identifier",
            "syrve_order_id",
            "external_number",
            "items",
            "total",
            "delivery_address",
            "payment_method",
            "restaurant",
            "channel",
        ],
        Wire::OrderStatus => &["syrve_order_id", "status"],
        Wire::EscalationCreated => &["customer_identifier", "reason", "metadata"],
        Wire::EscalationResolved => &["customer_identifier", "resolution_summary", "metadata"],
    };
    let keep = |value: &mut Value, known: &[&str]| {
        if let Value::Object(fields) = value {
            fields.retain(|name, _| known.contains(&name.as_str()));
        }
    };
    keep(data, known);
    if let Some(customer) = data.get_mut("customer_identifier") {
        keep(customer, CUSTOMER);
    }
    for item in data.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
        keep(item, ITEM);
    }
}

/// What an event says, read by the shape of its name.
pub fn said(form: &mut Form, wire: Wire, data: Value) -> Option<Said> {
    let length = data.to_string().len();
    if length > SAID_MAX {
        form.blame("data", format!("has {length} bytes"), format!("give at most {SAID_MAX}"));
        return None;
    }
    let (customer, order, status) = match wire {
        Wire::CustomerSeen => form.field("data", given::<SeenShape>(&data)).within(|form, shape| {
            let customer = reached(form, shape.telegram_chat_id, shape.whatsapp_phone);
            form.field("display_name", shape.display_name).line(LINE);
            form.field("phone", shape.phone).line(LINE);
            form.field("primary_channel", shape.primary_channel).one_of(&CHANNELS);
            form.field("trust_level", shape.trust_level).one_of(&TRUST);
            form.field("preferred_language", shape.preferred_language).line(LINE);
            name(form.field("telegram_topic_id", shape.telegram_topic_id));
            name(form.field("telegram_group_id", shape.telegram_group_id));
            name(form.field("syrve_customer_id", shape.syrve_customer_id));
            Some((Some(customer?), None, None))
        }),
        Wire::OrderCreated => form.field("data", given::<OrderShape>(&data)).within(|form, shape| {
            let customer = identified(form, shape.customer_identifier);
            let order = name(form.field("syrve_order_id", shape.syrve_order_id).required());
            name(form.field("external_number", shape.external_number));
            form.field("items", shape.items).each(ITEMS, |form, item| {
                form.field("name", item.name).required().line(LINE);
                form.field("amount", item.amount).value();
                form.field("price", item.price).value();
                Some(())
            });
            form.field("total", shape.total).value();
            form.field("delivery_address", shape.delivery_address).prose(PROSE);
            form.field("payment_method", shape.payment_method).one_of(&PAYMENT);
            form.field("restaurant", shape.restaurant).line(LINE);
            form.field("channel", shape.channel).one_of(&CHANNELS);
            Some((Some(customer?), Some(order?), None))
        }),
        Wire::OrderStatus => form.field("data", given::<StatusShape>(&data)).within(|form, shape| {
            let order = name(form.field("syrve_order_id", shape.syrve_order_id).required());
            let status = form.field("status", shape.status).required().line(LINE);
            Some((None, Some(order?), Some(status?)))
        }),
        Wire::EscalationCreated => form.field("data", given::<EscalationShape>(&data)).within(|form, shape| {
            form.field("reason", shape.reason).prose(PROSE);
            metadata(form.field("metadata", shape.metadata));
            Some((Some(identified(form, shape.customer_identifier)?), None, None))
        }),
        Wire::EscalationResolved => form.field("data", given::<ResolvedShape>(&data)).within(|form, shape| {
            form.field("resolution_summary", shape.resolution_summary).prose(PROSE);
            metadata(form.field("metadata", shape.metadata));
            Some((Some(identified(form, shape.customer_identifier)?), None, None))
        }),
    }?;
    let Value::Object(mut data) = data else { return None };
    let mut is_unmapped = false;
    if let Some(word) = status {
        // A word that nobody knows goes on as it is.
        let known = Status::meant_by(&word);
        is_unmapped = known.is_none();
        data.insert("status".to_owned(), known.map_or(word, |known| known.as_str().to_owned()).into());
    }
    let default = match wire {
        Wire::EscalationCreated => Some(("reason", REASON)),
        Wire::EscalationResolved => Some(("resolution_summary", SUMMARY)),
        Wire::CustomerSeen | Wire::OrderCreated | Wire::OrderStatus => None,
    };
    if let Some((field, said)) = default.filter(|(field, _)| data.get(*field).is_none_or(Value::is_null)) {
        data.insert(field.to_owned(), said.into());
    }
    Some(Said { wire, customer, order, is_unmapped, data })
}

/// What was given, as a shape reads it.
fn given<T: for<'de> Wanted<'de>>(value: &Value) -> Given<T> {
    // It has just been read: nothing in it stands twice.
    serde_json::from_str(&value.to_string()).unwrap_or(Given::Wrong("an object"))
}

fn name(field: Field<'_, Name>) -> Option<String> {
    field.parsed(|Name(name)| {
        let is_right = (1..=LINE).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if is_right { Ok(name) } else { Err("give 1 to 200 characters without control characters") }
    })
}

fn metadata(field: Field<'_, Anything>) {
    field.parsed(|Anything(value)| if value.is_object() { Ok(()) } else { Err("give an object") });
}

fn identified(form: &mut Form, given: Given<IdentifierShape>) -> Option<Reached> {
    let read = |form: &mut Form, shape: IdentifierShape| reached(form, shape.telegram_chat_id, shape.whatsapp_phone);
    form.field("customer_identifier", given).required().within(read)
}

/// How a customer is reached: by the chat, where both are given.
fn reached(form: &mut Form, chat: Given<Name>, phone: Given<Name>) -> Option<Reached> {
    let none = chat.is_missing() && phone.is_missing();
    let chat = form.field("telegram_chat_id", chat).parsed(|Name(chat)| match chat.parse::<i64>() {
        Ok(chat) if chat != 0 => Ok(Reached { by: AddressKind::Telegram, address: chat.to_string() }),
        Ok(_) | Err(_) => Err("give the number of a Telegram chat"),
    });
    let phone = form.field("whatsapp_phone", phone).parsed(|Name(phone)| {
        let digits: String = phone.chars().filter(|c| !matches!(c, '+' | ' ' | '-' | '(' | ')')).collect();
        let is_right = (6..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_right {
            Ok(Reached { by: AddressKind::Phone, address: digits })
        } else {
            Err("give a phone number with its country's code")
        }
    });
    if none {
        form.blame("", "names no customer", "give telegram_chat_id or whatsapp_phone");
    }
    chat.or(phone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(event: &str, data: Value) -> Result<Said, Vec<String>> {
        let shape = serde_json::from_value::<Given<EventShape>>(json!({ "event": event, "data": data })).unwrap();
        let Given::Is(shape) = shape else { panic!("an object") };
        shape.read().map_err(|errors| errors.into_iter().map(|error| error.field).collect())
    }

    #[test]
    fn h1_what_is_right_goes_on_as_it_came() {
        let customer = json!({ "telegram_chat_id": 1001 });
        let seen = json!({
            "display_name": "Test Person", "phone": "+447700900001", "primary_channel": "telegram", "telegram_chat_id": "1001",
            "telegram_topic_id": 7, "telegram_group_id": -1001, "syrve_customer_id": null, "preferred_language": "en",
            "trust_level": "new",
        });
        let said = read("customer.seen", seen.clone()).ok().unwrap();
        assert!(said.data == *seen.as_object().unwrap() && said.identifier() == Some(customer.clone()));
        let order = json!({
            "customer_identifier": { "whatsapp_phone": "+44 7700 900001" }, "syrve_order_id": "o-1", "external_number": 17,
            "items": [{ "name": "Soup", "amount": 2, "price": 4.5 }], "total": 9, "delivery_address": "1 Example Street",
            "payment_method": "cash", "restaurant": "North", "channel": "whatsapp",
        });
        let said = read("order.created", order.clone()).ok().unwrap();
        assert!(said.data == *order.as_object().unwrap() && said.order.as_deref() == Some("o-1"));
        assert!(said.identifier() == Some(json!({ "whatsapp_phone": "+447700900001" })));
        let escalated = read("escalation.created", json!({ "customer_identifier": customer })).ok().unwrap();
        assert_eq!(escalated.data["reason"], REASON);
        let resolved = json!({ "customer_identifier": customer, "metadata": { "operator_name": "olga" } });
        assert_eq!(read("escalation.resolved", resolved).ok().unwrap().data["resolution_summary"], SUMMARY);
    }

    #[test]
    fn h5_a_status_is_told_in_the_words_of_the_wire_and_an_unknown_one_as_it_is() {
        let status = |word: &str| {
            let said = read("order.status", json!({ "syrve_order_id": 7, "status": word })).ok().unwrap();
            (said.data["status"].as_str().unwrap().to_owned(), said.is_unmapped)
        };
        assert_eq!(status("OnWay"), ("delivering".to_owned(), false));
        assert_eq!(status("Unconfirmed"), ("Unconfirmed".to_owned(), true));
    }

    #[test]
    fn a8_everything_that_is_wrong_is_told_at_once() {
        let order = json!({
            "customer_identifier": {}, "items": [{ "amount": -1 }], "total": "9", "payment_method": "gold", "zebra": 1,
        });
        let mut wrong = read("order.created", order).err().unwrap();
        wrong.sort();
        let expected = [
            "data.customer_identifier",
            "data.items[0].amount",
            "data.items[0].name",
            "data.payment_method",
            "data.syrve_order_id",
            "data.total",
            "data.zebra",
        ];
        assert_eq!(wrong, expected);
        assert_eq!(read("customer.seen", json!({ "telegram_chat_id": "x" })).err().unwrap(), ["data.telegram_chat_id"]);
        assert_eq!(read("customer.lost", json!([])).err().unwrap(), ["event"]);
        assert_eq!(read("customer.seen", json!([])).err().unwrap(), ["data"]);
        let long = json!({ "telegram_chat_id": 1, "display_name": "x".repeat(SAID_MAX) });
        assert_eq!(read("customer.seen", long).err().unwrap(), ["data"]);
    }
}
