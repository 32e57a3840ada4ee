//! What was given for a field: read in the one pass over the body, and kept even where it is of the wrong type, so that the
//! [`form`](crate::http::form) can name every wrong field at once instead of the first one serde stumbles over.
//!
//! Types are strict: `"false"` is no truth value and `"3"` no number.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::http::strangers::Strangers;

/// The value of a field, if there is one and it has the right type.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub enum Given<T> {
    /// The field was left out.
    #[default]
    Absent,
    /// The field was `null`: the same as left out, except in a patch, where it clears.
    Null,
    /// A value of the right type.
    Is(T),
    /// A value of another type: which.
    Wrong(&'static str),
}

impl<T> Given<T> {
    /// The value, where it is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Null | Self::Wrong(_) => None,
        }
    }

    /// Whether the field was left out or `null`.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }
}

/// A type that a field can have. Every reading is a refusal unless the type says otherwise.
pub trait Wanted<'de>: Sized {
    /// What is wanted, as the sender reads it.
    const WANTED: &'static str;

    /// Reads `true` or `false`.
    fn from_bool(_: bool) -> Option<Self> {
        None
    }
    /// Reads a number that is not negative.
    fn from_u64(_: u64) -> Option<Self> {
        None
    }
    /// Reads a negative number.
    fn from_i64(_: i64) -> Option<Self> {
        None
    }
    /// Reads a number with a point.
    fn from_f64(_: f64) -> Option<Self> {
        None
    }
    /// Reads a text.
    fn from_text(_: &str) -> Option<Self> {
        None
    }
    /// Reads a list.
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    /// Reads an object.
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    /// Takes out the fields that were given and are not known; whoever reads the value refuses them.
    fn strangers(&mut self) -> Strangers {
        Strangers::default()
    }
}

impl<'de, T: Wanted<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

fn or_wrong<T>(value: Option<T>, found: &'static str) -> Given<T> {
    value.map_or(Given::Wrong(found), Given::Is)
}

impl<'de, T: Wanted<'de>> Visitor<'de> for Reader<T> {
    type Value = Given<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WANTED)
    }
    fn visit_unit<E>(self) -> Result<Given<T>, E> {
        Ok(Given::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Given<T>, E> {
        Ok(or_wrong(T::from_bool(value), "true or false"))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Given<T>, E> {
        Ok(or_wrong(T::from_u64(value), "a number"))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Given<T>, E> {
        Ok(or_wrong(T::from_i64(value), "a number"))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Given<T>, E> {
        Ok(or_wrong(T::from_f64(value), "a number"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Given<T>, E> {
        Ok(or_wrong(T::from_text(value), "text"))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Given<T>, A::Error> {
        Ok(or_wrong(T::from_list(list)?, "a list"))
    }
    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Given<T>, A::Error> {
        Ok(or_wrong(T::from_object(object)?, "an object"))
    }
}

impl Wanted<'_> for String {
    const WANTED: &'static str = "text";
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Wanted<'_> for bool {
    const WANTED: &'static str = "true or false";
    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

macro_rules! whole_numbers {
    ($($number:ty = $wanted:literal;)*) => {
        $(impl Wanted<'_> for $number {
            const WANTED: &'static str = $wanted;
            fn from_u64(value: u64) -> Option<Self> {
                value.try_into().ok()
            }
            fn from_i64(value: i64) -> Option<Self> {
                value.try_into().ok()
            }
        })*
    };
}

whole_numbers! {
    u16 = "a whole number from 0 to 65535";
    u32 = "a whole number from 0 to 4294967295";
    i32 = "a whole number from -2147483648 to 2147483647";
    i64 = "a whole number";
    u64 = "a whole number, 0 or more";
}

impl<'de, T: Wanted<'de>> Wanted<'de> for Vec<Given<T>> {
    const WANTED: &'static str = "a list";
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut values = Self::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Some(values))
    }
}

impl<'de, T: Wanted<'de>> Wanted<'de> for BTreeMap<String, Given<T>> {
    const WANTED: &'static str = "an object";
    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut entries = Self::new();
        while let Some((name, value)) = object.next_entry()? {
            entries.insert(name, value);
        }
        Ok(Some(entries))
    }
}

/// Makes a struct of [`Given`] fields a type that a field or a body can have: `object!(Shape { name, r#ref = "ref" })`.
/// Names that it does not know are kept in its field `strangers`, to be refused; one that comes twice is refused at once.
macro_rules! object {
    ($($shape:ty { $($field:ident $(= $name:literal)?),* $(,)? })*) => {
        $(impl<'de> $crate::http::given::Wanted<'de> for $shape {
            const WANTED: &'static str = "an object";
            fn from_object<A: serde::de::MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
                const KNOWN: &[&str] = &[$($crate::http::given::object!(@name $field $($name)?)),*];
                let mut shape = Self::default();
                while let Some($crate::http::given::Name(name)) = object.next_key()? {
                    $(if name == $crate::http::given::object!(@name $field $($name)?) {
                        if !matches!(shape.$field, $crate::http::given::Given::Absent) {
                            return Err(serde::de::Error::duplicate_field(stringify!($field)));
                        }
                        shape.$field = object.next_value()?;
                        continue;
                    })*
                    object.next_value::<serde::de::IgnoredAny>()?;
                    shape.strangers.add(&name, KNOWN);
                }
                Ok(Some(shape))
            }
            fn strangers(&mut self) -> $crate::http::strangers::Strangers {
                std::mem::take(&mut self.strangers)
            }
        })*
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
}
pub(crate) use object;

/// A field's name, borrowed from the body where it stands there without escapes.
#[derive(serde::Deserialize)]
pub struct Name<'a>(#[serde(borrow)] pub Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'de> Wanted<'de>>(json: &str) -> Given<T> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn types_are_strict_and_the_wrong_ones_are_named() {
        assert!(read::<bool>("true") == Given::Is(true));
        assert!(read::<bool>("\"false\"") == Given::Wrong("text"));
        assert!(read::<i32>("-7") == Given::Is(-7));
        assert!(read::<u32>("-7") == Given::Wrong("a number"));
        assert!(read::<u16>("65536") == Given::Wrong("a number"));
        assert!(read::<u32>("1.0") == Given::Wrong("a number"));
        assert!(read::<u32>("\"abc\"") == Given::Wrong("text"));
        assert!(read::<String>("7") == Given::Wrong("a number"));
        assert!(read::<String>("null") == Given::Null);
        assert!(read::<Vec<Given<u32>>>("{\"a\":[1,{}]}") == Given::Wrong("an object"));
        assert!(read::<Vec<Given<u32>>>("[1,\"x\"]") == Given::Is(vec![Given::Is(1), Given::Wrong("text")]));
    }
}
