//! What a client told us in confidence (promise P8).
//!
//! There is no `Debug`, `Display` or `Serialize`, so details cannot be printed, logged or put into a message by accident.
//! They are sealed as soon as the door has read them ([`crate::sealing`]), and leave only through a release, and to whoever they are
//! about ([`crate::export`]).

use std::collections::BTreeMap;

use baton_core::phone::Phone;

/// The private part of a job.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Whom to ask for.
    pub contact_name: Option<String>,
    /// How to reach them.
    pub phone: Option<Phone>,
    /// Where it begins.
    pub from_address: Option<String>,
    /// Where it ends.
    pub to_address: Option<String>,
    /// Anything else in their words.
    pub notes: Option<String>,
    /// What else they gave a name.
    pub extra: Extra,
    /// The lead it was made of, as it came: JSON.
    pub original: Option<String>,
}

/// Fields of the client's own, by name: few and short.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extra(BTreeMap<String, String>);

/// Why a further field is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtraRefused {
    /// There are [`Extra::MOST`] already.
    #[error("details have at most {} fields of your own", Extra::MOST)]
    TooMany,
    /// The name is empty or over [`Extra::NAME_MAX`] bytes.
    #[error("a field of your own has a name of 1 to {} bytes", Extra::NAME_MAX)]
    Name,
    /// The value is over [`Extra::VALUE_MAX`] bytes.
    #[error("a field of your own has a value of at most {} bytes", Extra::VALUE_MAX)]
    Value,
}

impl Extra {
    /// There are no more fields than this.
    pub const MOST: usize = 20;
    /// No name is longer, in bytes.
    pub const NAME_MAX: usize = 64;
    /// Nor any value.
    pub const VALUE_MAX: usize = 1000;

    /// Adds a field, or replaces it.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), ExtraRefused> {
        if self.0.len() >= Self::MOST && !self.0.contains_key(name) {
            return Err(ExtraRefused::TooMany);
        }
        if name.is_empty() || name.len() > Self::NAME_MAX {
            return Err(ExtraRefused::Name);
        }
        if value.len() > Self::VALUE_MAX {
            return Err(ExtraRefused::Value);
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// The fields by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Display};

    use serde::Serialize;
    use static_assertions::assert_not_impl_any;

    use super::*;
    use crate::http::shapes::details::DetailsShape;

    // Promise P8: whoever makes them printable, or lets them be written out, does not compile.
    assert_not_impl_any!(Details: Debug, Display, Serialize);
    assert_not_impl_any!(Extra: Debug, Display, Serialize);
    assert_not_impl_any!(DetailsShape: Debug, Display, Serialize);
    assert_not_impl_any!(baton_core::details::SealedDetails: Debug, Display);
    assert_not_impl_any!(baton_core::details::SealedPayload: Debug, Display);

    #[test]
    fn fields_of_the_clients_own_are_bounded() {
        let mut extra = Extra::default();
        for n in 0..Extra::MOST {
            assert_eq!(extra.add(&format!("field {n}"), "x"), Ok(()));
        }
        assert_eq!(extra.add("field 3", "another"), Ok(()));
        assert_eq!(extra.add("one more", "x"), Err(ExtraRefused::TooMany));
        assert!(extra.iter().any(|field| field == ("field 3", "another")));

        let mut extra = Extra::default();
        assert_eq!(extra.add("", "x"), Err(ExtraRefused::Name));
        assert_eq!(extra.add(&"n".repeat(65), "x"), Err(ExtraRefused::Name));
        assert_eq!(extra.add("n", &"v".repeat(1001)), Err(ExtraRefused::Value));
    }
}
