//! `[sealing]`: the keys that private details are sealed with.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use baton_core::ids::TenantId;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::reader::Reader;

/// The keys that private details are sealed with. Each is 32 bytes.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// What the keys of tenants without one of their own are derived from; none only with `--dev`.
    pub master: Option<SecretSlice<u8>>,
    /// Tenants' own keys.
    pub own: BTreeMap<TenantId, SecretSlice<u8>>,
    /// Keys of before, by names of the operator's own: they open what they sealed, and seal no more.
    pub older: BTreeMap<String, SecretSlice<u8>>,
}

impl Sealing {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mut section = reader.section("sealing");
        let wrong = || {
            let cure = "write 32 bytes in base64 or hexadecimal, such as from `openssl rand -base64 32`".to_owned();
            ("this is no key".to_owned(), cure)
        };
        let given = section.secret("key");
        let master = given.as_ref().and_then(bytes);
        section.expect("key", given.is_none() || master.is_some(), wrong);

        let mut own = BTreeMap::new();
        let names = reader.names("sealing.keys").into_iter().chain(reader.names("sealing.key_files"));
        for name in names.collect::<Vec<_>>() {
            let mut section = reader.section("sealing");
            let (key, file_key) = (format!("keys.{name}"), format!("key_files.{name}"));
            let inline = section.optional(&key);
            let file = section.optional(&file_key);
            let set = if inline.is_empty() { &file_key } else { &key };
            let Ok(tenant) = TenantId::new(&name) else {
                let what = format!("\"{name}\" is no tenant's name");
                section.fault(set, what, "a tenant is named by 1 to 16 of a-z, 0-9 and -".to_owned());
                continue;
            };
            let Some(given) = section.secret_from(&key, inline, &file_key, &file) else { continue };
            let read = bytes(&given);
            section.expect(set, read.is_some(), wrong);
            own.extend(read.map(|key| (tenant, key)));
        }
        let mut older = BTreeMap::new();
        let names = reader.names("sealing.older").into_iter().chain(reader.names("sealing.older_files"));
        for name in names.collect::<BTreeSet<_>>() {
            let mut section = reader.section("sealing");
            let (key, file_key) = (format!("older.{name}"), format!("older_files.{name}"));
            let (inline, file) = (section.optional(&key), section.optional(&file_key));
            let set = if inline.is_empty() { &file_key } else { &key };
            let Some(given) = section.secret_from(&key, inline, &file_key, &file) else { continue };
            let read = bytes(&given);
            section.expect(set, read.is_some(), wrong);
            older.extend(read.map(|key| (name, key)));
        }
        Self { master, own, older }
    }
}

/// The 32 bytes that a text stands for.
fn bytes(text: &SecretString) -> Option<SecretSlice<u8>> {
    let text = text.expose_secret();
    let decoded = Zeroizing::new(hexadecimal(text).or_else(|| STANDARD.decode(text).ok())?);
    (decoded.len() == 32).then(|| SecretSlice::from(decoded.to_vec()))
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..32).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()).collect()
}
