//! Details as bytes, which exist only between the sealing and what it seals.

use baton_core::phone::Phone;
use bincode::Options;
use serde::{Deserialize, Serialize};

use crate::details::Details;

/// Of the encoding, in its first byte. What it means never changes; another layout is another number.
const LAYOUT: u8 = 1;

/// The same, with the lead it was made of behind it.
const WITH_ORIGINAL: u8 = 2;

/// The fields in the order of the encoding.
#[derive(Serialize, Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    contact_name: Option<&'a str>,
    phone: Option<&'a str>,
    from_address: Option<&'a str>,
    to_address: Option<&'a str>,
    notes: Option<&'a str>,
    extra: Vec<(&'a str, &'a str)>,
}

/// The fields, and the lead they were made of.
#[derive(Serialize, Deserialize)]
struct OfLead<'a> {
    #[serde(borrow)]
    fields: Fields<'a>,
    original: &'a str,
}

impl<'a> Fields<'a> {
    fn of(details: &'a Details) -> Self {
        Self {
            contact_name: details.contact_name.as_deref(),
            phone: details.phone.as_ref().map(Phone::as_str),
            from_address: details.from_address.as_deref(),
            to_address: details.to_address.as_deref(),
            notes: details.notes.as_deref(),
            extra: details.extra.iter().collect(),
        }
    }

    fn details(self) -> Option<Details> {
        let mut details = Details {
            contact_name: self.contact_name.map(str::to_owned),
            phone: self.phone.map(Phone::new).transpose().ok()?,
            from_address: self.from_address.map(str::to_owned),
            to_address: self.to_address.map(str::to_owned),
            notes: self.notes.map(str::to_owned),
            ..Details::default()
        };
        for (name, value) in self.extra {
            details.extra.add(name, value).ok()?;
        }
        Some(details)
    }
}

/// Enough room for the encoding, so that it is not left behind in a buffer that grew.
pub(super) fn length(details: &Details) -> usize {
    let fields = Fields::of(details);
    let original = details.original.as_deref();
    let texts = [fields.contact_name, fields.phone, fields.from_address, fields.to_address, fields.notes, original];
    let extra = fields.extra.iter().flat_map(|(name, value)| [*name, *value]);
    // A text has an option's byte and up to nine of length.
    let texts: usize = texts.into_iter().flatten().chain(extra).map(|text| 10 + text.len()).sum();
    16 + texts
}

/// Appends the encoding.
pub(super) fn write(details: &Details, to: &mut Vec<u8>) {
    let fields = Fields::of(details);
    // Texts written to memory: there is nothing that could fail.
    let _ = match details.original.as_deref() {
        None => {
            to.push(LAYOUT);
            bincode::DefaultOptions::new().serialize_into(to, &fields)
        }
        Some(original) => {
            to.push(WITH_ORIGINAL);
            bincode::DefaultOptions::new().serialize_into(to, &OfLead { fields, original })
        }
    };
}

/// The details of an encoding; none where it is not ours.
pub(super) fn read(plain: &[u8]) -> Option<Details> {
    let (layout, fields) = plain.split_first()?;
    let encoding = bincode::DefaultOptions::new().with_limit(fields.len() as u64);
    match *layout {
        LAYOUT => encoding.deserialize::<Fields<'_>>(fields).ok()?.details(),
        WITH_ORIGINAL => {
            let OfLead { fields, original } = encoding.deserialize(fields).ok()?;
            Some(Details { original: Some(original.to_owned()), ..fields.details()? })
        }
        _ => None,
    }
}
