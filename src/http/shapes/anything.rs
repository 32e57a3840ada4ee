//! A value of any kind, for what is the client's own: samples, payloads.

use std::collections::BTreeMap;

use serde::de::{MapAccess, SeqAccess};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::given::{Given, Wanted};

/// Any JSON but `null`, which is the same as nothing.
#[derive(Clone, Debug, PartialEq, ToSchema)]
#[schema(value_type = Object)]
pub struct Anything(pub Value);

impl<'de> Wanted<'de> for Anything {
    const WANTED: &'static str = "a value";
    fn from_bool(value: bool) -> Option<Self> {
        Some(Self(value.into()))
    }
    fn from_u64(value: u64) -> Option<Self> {
        Some(Self(value.into()))
    }
    fn from_i64(value: i64) -> Option<Self> {
        Some(Self(value.into()))
    }
    fn from_f64(value: f64) -> Option<Self> {
        Some(Self(value.into()))
    }
    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.into()))
    }
    fn from_list<A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        let values = Vec::<Given<Self>>::from_list(list)?.unwrap_or_default();
        Ok(Some(Self(values.into_iter().map(Value::from).collect())))
    }
    fn from_object<A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        let fields = BTreeMap::<String, Given<Self>>::from_object(object)?.unwrap_or_default();
        Ok(Some(Self(fields.into_iter().map(|(name, value)| (name, Value::from(value))).collect())))
    }
}

impl From<Given<Anything>> for Value {
    fn from(given: Given<Anything>) -> Self {
        match given {
            Given::Is(Anything(value)) => value,
            Given::Absent | Given::Null | Given::Wrong(_) => Self::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_comes_in_as_it_was() {
        let text = r#"{"a":[1,-2,1.5,"x",null,true,{"b":{}}]}"#;
        let given: Given<Anything> = serde_json::from_str(text).unwrap();
        assert_eq!(Value::from(given), serde_json::from_str::<Value>(text).unwrap());
    }
}
