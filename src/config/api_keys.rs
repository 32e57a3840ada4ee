//! `[api_keys]`: the API keys that hold from the start.

use baton_core::ids::TenantId;
use secrecy::{ExposeSecret, SecretString};

use super::fault::Fault;
use super::layers::Sources;
use super::reader::Reader;
use crate::keys::{SHORTEST as KEY_MIN, Scope, UnknownScope};

/// The variable that holds the key of `--dev`.
pub const DEV_KEY: &str = "BATON_DEV_KEY";

/// An API key.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// What it is called in lists and audits.
    pub name: String,
    /// What callers send.
    pub key: SecretString,
    /// Whose world it opens.
    pub tenant: TenantId,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

pub(super) fn read(reader: &mut Reader<'_>, sources: &Sources, warnings: &mut Vec<Fault>) -> Vec<ApiKey> {
    let mut keys: Vec<ApiKey> = reader.names("api_keys").iter().filter_map(|name| read_one(reader, name)).collect();
    let dev_key = sources.environment.get(DEV_KEY).filter(|key| !key.trim().is_empty());
    match dev_key {
        Some(key) if sources.flags.dev => {
            let key = key.trim().to_owned();
            if key.chars().count() < KEY_MIN {
                reader.fault(Fault {
                    key: DEV_KEY.to_owned(),
                    origin: Some("environment".to_owned()),
                    what: format!("a key has at least {KEY_MIN} characters"),
                    cure: "make one with `openssl rand -hex 32`".to_owned(),
                });
            }
            keys.push(ApiKey {
                name: "dev".to_owned(),
                key: key.into(),
                tenant: TenantId::DEFAULT,
                scopes: Scope::ALL.to_vec(),
            });
        }
        Some(_) => warnings.push(Fault {
            key: DEV_KEY.to_owned(),
            origin: Some("environment".to_owned()),
            what: "it opens nothing without --dev".to_owned(),
            cure: "make a key with `baton keys create`, or set one under [api_keys]".to_owned(),
        }),
        None => {}
    }
    keys
}

fn read_one(reader: &mut Reader<'_>, name: &str) -> Option<ApiKey> {
    let mut section = reader.section(&format!("api_keys.{name}"));
    let (inline, file) = (section.optional("key"), section.optional("key_file"));
    let tenant = section.optional("tenant");
    let scopes = section.get_or::<Vec<String>>("scopes", Vec::new);

    let missing = inline.is_empty() && file.is_empty();
    section.expect("key", !missing, || {
        (format!("the key {name} has no text"), format!("set key (at least {KEY_MIN} characters) or key_file"))
    });
    let key = section.secret_from("key", inline, "key_file", &file);
    let long = key.as_ref().is_none_or(|key| key.expose_secret().chars().count() >= KEY_MIN);
    section.expect(if file.is_empty() { "key" } else { "key_file" }, long, || {
        (format!("a key has at least {KEY_MIN} characters"), "make one with `openssl rand -hex 32`".to_owned())
    });
    let tenant = if tenant.is_empty() { Ok(TenantId::DEFAULT) } else { TenantId::new(&tenant) };
    section.expect("tenant", tenant.is_ok(), || {
        ("this is no tenant's name".to_owned(), "a tenant is named by 1 to 16 of a-z, 0-9 and -".to_owned())
    });
    let read: Vec<Scope> = scopes.iter().filter_map(|scope| scope.parse().ok()).collect();
    section.expect("scopes", !scopes.is_empty() && read.len() == scopes.len(), || {
        ("they say not what the key may do".to_owned(), format!("{UnknownScope}; name at least one"))
    });
    Some(ApiKey { name: name.to_owned(), key: key?, tenant: tenant.ok()?, scopes: read })
}
