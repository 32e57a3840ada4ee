//! What is held about a client: the private details of the jobs that are theirs, found by what they are called by.

use std::borrow::Cow;

use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_actors::store::codec;
use baton_actors::store::keys::{Key, Space};
use baton_core::details::SealedDetails;
use baton_core::ids::{JobId, TenantId};
use baton_core::job::{By, Job, Report};
use baton_core::phone::Phone;
use serde_json::Value;

use super::rows;
use crate::details::Details;
use crate::phones::Written;
use crate::sealing::{Keyring, SealingError};

/// So many details are opened in one go: about 15 µs each.
const LOOKED_AT: usize = 2_000;

/// Who is meant. No Debug: it is private.
#[derive(Clone)]
pub enum Who {
    /// Whoever has this number, and how people write it.
    Phone(Phone, Written),
    /// Whoever has this mailbox.
    Email(String),
}

/// The jobs of a part that are theirs.
pub struct Found {
    /// Which, and in which of the fields they are named.
    pub jobs: Vec<(JobId, Vec<&'static str>)>,
    /// So many details were opened.
    pub looked_at: usize,
    /// Details that do not open: their key is not configured, or they are damaged.
    pub locked: usize,
    /// Where to go on.
    pub next: Option<Vec<u8>>,
}

/// A job that is theirs, with all its details.
pub struct Theirs {
    /// The job.
    pub job: Job,
    /// Its details.
    pub details: Details,
    /// In which of the fields they are named.
    pub named_in: Vec<&'static str>,
}

/// Looks through the next part of a tenant's details. None: the cursor is none of ours.
pub fn find(
    engine: &Engine,
    keyring: &Keyring,
    tenant: TenantId,
    who: &Who,
    after: Option<&[u8]>,
) -> Result<Option<Found>, Failure> {
    let Some(part) = rows(&*engine.house().store, tenant, &[Space::Details], after, LOOKED_AT)? else {
        return Ok(None);
    };
    let mut found = Found { jobs: Vec::new(), looked_at: part.rows.len(), locked: 0, next: part.next };
    for (key, record) in part.rows {
        let Some(job) = Key::parse(&key).as_ref().and_then(Key::job) else { continue };
        let details = codec::open::<SealedDetails>(&record).ok().map(|(_, sealed)| keyring.open(job, &sealed));
        match details {
            Some(Ok(details)) => {
                let named_in = who.named_in(&details);
                if !named_in.is_empty() {
                    found.jobs.push((job, named_in));
                }
            }
            // They went while we looked.
            Some(Err(SealingError::Erased)) => {}
            Some(Err(_)) | None => found.locked += 1,
        }
    }
    Ok(Some(found))
}

/// Gives a job's details out: first it stands in the job's timeline who has them. None: they were erased meanwhile.
pub async fn give(
    engine: &Engine,
    keyring: &Keyring,
    (id, named_in): (JobId, Vec<&'static str>),
    by: By,
) -> Result<Option<Theirs>, Failure> {
    engine.hear(id, Report::Exported { by }).await?;
    let job = engine.job(id)?.filter(|job| job.has_details);
    let (Some(job), Some(sealed)) = (job, engine.details(id)?) else { return Ok(None) };
    Ok(keyring.open(id, &sealed).ok().map(|details| Theirs { job, details, named_in }))
}

impl Who {
    /// Whoever has this number.
    pub fn of_phone(phone: Phone) -> Self {
        let written = Written::of(&phone);
        Self::Phone(phone, written)
    }

    /// The fields of details in which they are named: as the contact, or somewhere in a text.
    fn named_in(&self, details: &Details) -> Vec<&'static str> {
        let Details { contact_name, phone, from_address, to_address, notes, extra, original } = details;
        let is_contact = matches!((self, phone), (Self::Phone(meant, _), Some(phone)) if meant == phone);
        let texts = [
            ("contact_name", contact_name),
            ("from_address", from_address),
            ("to_address", to_address),
            ("notes", notes),
        ];
        let in_texts = texts.into_iter().filter(|(_, text)| text.as_deref().is_some_and(|text| self.is_in(text)));
        let in_extra = extra.iter().any(|(name, value)| self.is_in(name) || self.is_in(value));
        let in_original = original.as_deref().is_some_and(|original| self.is_in_json(original));
        let mut named_in: Vec<&'static str> = if is_contact { vec!["phone"] } else { Vec::new() };
        named_in.extend(in_texts.map(|(field, _)| field));
        named_in.extend(in_extra.then_some("extra"));
        named_in.extend(in_original.then_some("original"));
        named_in
    }

    fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Phone(_, written) => written.is_in(text),
            Self::Email(email) => is_mailbox_in(email, text),
        }
    }

    /// Within JSON, where a text may be written with escapes.
    fn is_in_json(&self, text: &str) -> bool {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.is_in_value(&value),
            Err(_) => self.is_in(text),
        }
    }

    fn is_in_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is_in(text),
            Value::Number(number) => self.is_in(&number.to_string()),
            Value::Array(items) => items.iter().any(|item| self.is_in_value(item)),
            Value::Object(fields) => fields.iter().any(|(name, value)| self.is_in(name) || self.is_in_value(value)),
            Value::Null | Value::Bool(_) => false,
        }
    }
}

/// Whether a mailbox stands in a text, alone: not as the end or the beginning of another one.
fn is_mailbox_in(email: &str, text: &str) -> bool {
    let email: Cow<'_, str> = email.to_lowercase().into();
    let text = text.to_lowercase();
    let of_a_mailbox = |c: char| c.is_alphanumeric() || "._%+-'".contains(c);
    text.match_indices(&*email).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + found.len()..].chars();
        let ends = match after.next() {
            None => true,
            Some('.') => !after.next().is_some_and(char::is_alphanumeric),
            Some(c) => !(c.is_alphanumeric() || c == '-'),
        };
        !before.is_some_and(of_a_mailbox) && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_found_alone_however_it_is_written() {
        for (text, is_there) in [
            ("write to Ann@Example.com.", true),
            ("<ann@example.com>, please", true),
            ("joann@example.com", false),
            ("ann@example.com.au", false),
            ("ann@example.community", false),
            ("x.ann@example.com", false),
            ("", false),
        ] {
            assert_eq!(is_mailbox_in("ann@example.com", text), is_there, "{text}");
        }
    }

    #[test]
    fn a_client_is_found_in_every_field_and_in_no_other_ones() {
        let who = Who::of_phone(Phone::new("+447700900123").unwrap());
        let theirs = Details { phone: Some(Phone::new("+447700900123").unwrap()), ..Details::default() };
        assert_eq!(who.named_in(&theirs), ["phone"]);
        let text = Details {
            notes: Some("call 07700 900123 after six".to_owned()),
            original: Some(r#"{"chat":{"text":"\u002b44 7700 900123"},"phone":447700900123}"#.to_owned()),
            ..Details::default()
        };
        assert_eq!(who.named_in(&text), ["notes", "original"]);
        let another = Details {
            phone: Some(Phone::new("+447700900124").unwrap()),
            notes: Some("ref 4477009001234 and 1447700900123".to_owned()),
            ..Details::default()
        };
        assert!(who.named_in(&another).is_empty());
    }
}
