//! The values a template is filled with: an object of the client's own, bounded in size and depth.

use std::hash::{Hash, Hasher};

use serde::de::{Error, MapAccess};
use serde_json::{Map, Value};

use crate::http::form::Field;
use crate::http::given::Wanted;

/// A payload takes no more bytes than this.
pub const BYTES_MAX: usize = 16 * 1024;

/// Lists and objects lie in one another no deeper than this.
const DEPTH_MAX: usize = 8;

/// An object as it came in. Neither shown nor printed.
#[derive(Clone, Default, PartialEq)]
pub struct Payload(Map<String, Value>);

impl Payload {
    /// The payload of a field, or none where it is too much.
    pub fn read(field: Field<'_, Self>) -> Option<Self> {
        field.parsed(|payload| {
            if payload.0.values().any(|value| is_deeper(value, DEPTH_MAX - 1)) {
                return Err(format!("give lists and objects in one another no more than {DEPTH_MAX} deep"));
            }
            match payload.bytes().len() {
                ..=BYTES_MAX => Ok(payload),
                many => Err(format!("shorten it: it has {many} bytes, and at most {BYTES_MAX} are taken")),
            }
        })
    }

    /// As it is sealed.
    pub fn bytes(&self) -> Vec<u8> {
        // Text keys and JSON values are always JSON.
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    /// As a template is filled with it.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(values) => levels == 0 || values.iter().any(|value| is_deeper(value, levels - 1)),
        Value::Object(fields) => levels == 0 || fields.values().any(|value| is_deeper(value, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// By what it says: the order of its fields does not matter.
impl Hash for Payload {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

impl<'de> Wanted<'de> for Payload {
    const WANTED: &'static str = "an object";
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut fields = Map::new();
        while let Some((name, value)) = object.next_entry::<String, Value>()? {
            if fields.insert(name, value).is_some() {
                return Err(A::Error::custom("a field is given twice"));
            }
        }
        Ok(Some(Self(fields)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::form::Form;
    use crate::http::given::Given;

    fn read(text: &str) -> Result<Payload, String> {
        let given: Given<Payload> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Form::read(|form| Payload::read(form.field("payload", given)))
            .map_err(|errors| format!("{}: {}", errors[0].message, errors[0].cure))
    }

    #[test]
    fn a_payload_is_kept_as_it_came_whatever_the_order_of_its_fields() {
        let payload = read(r#"{"b":[1,-2,1.5,null,true],"a":{"c":"x"}}"#).ok().unwrap();
        assert_eq!(payload.bytes(), br#"{"a":{"c":"x"},"b":[1,-2,1.5,null,true]}"#);
        assert!(payload == read(r#"{"a":{"c":"x"},"b":[1,-2,1.5,null,true]}"#).ok().unwrap());
    }

    #[test]
    fn a_payload_is_bounded() {
        let nested = |depth: usize| format!(r#"{{"a":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(DEPTH_MAX - 1)).is_ok());
        assert!(read(&nested(DEPTH_MAX)).err().unwrap().contains("deep"));
        let long = |bytes: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes));
        assert!(read(&long(BYTES_MAX - 8)).is_ok());
        assert!(read(&long(BYTES_MAX)).err().unwrap().contains("shorten"));
        assert!(read("[]").err().unwrap().contains("a list"));
        assert!(read(r#"{"a":1,"a":2}"#).err().unwrap().contains("twice"));
    }
}
