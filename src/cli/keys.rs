//! `baton keys`: API keys in the store, before the first start or while the server is stopped: the store has one process at a
//! time. While it runs, its API does the same.

use std::ops::ControlFlow;

use baton_actors::clock::{Clock, SystemClock};
use baton_actors::store::keys::{Key, Prefix, Space};
use baton_actors::store::{StepWrites, Store, Verdict, Write, codec};
use baton_core::ids::TenantId;
use baton_core::time::Timestamp;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::backup::{open, open_or_make};
use super::exit::{Exit, Failure};
use super::output::{complain, print, print_json};
use super::settings::Settings;
use super::table::table;
use crate::config::Config;
use crate::keys::{ApiKeyRecord, Scope, generate};
use crate::store::SledStore;

/// API keys in the store.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Draws a key, stores its hash and prints it: this once only.
    Create(Create),
    /// Lists keys by name, tenant and scopes.
    List(List),
    /// Makes a key void.
    Revoke(Revoke),
}

/// Draws a key.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton keys create shop --tenant default --scope jobs:write --scope jobs:read\n\n\
    The store has one process at a time: before the first start, or while the server is stopped.\n\
    While it runs: POST /api/v1/keys, with a key of scope admin.")]
pub struct Create {
    /// What the key is called in lists and audits
    pub name: String,
    /// Whose world it opens
    #[arg(long, default_value = "default")]
    pub tenant: TenantId,
    /// What it may do: jobs:read, jobs:write, operator, admin, metrics, notifications:read, notifications:write or details; more than once for several
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    pub scopes: Vec<Scope>,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

/// Lists keys.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton keys list --data /var/lib/baton")]
pub struct List {
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

/// Makes a key void.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  baton keys revoke shop\n\n\
    While the server runs: DELETE /api/v1/keys/{id}, with a key of scope admin; it holds at once.")]
pub struct Revoke {
    /// The key's name
    pub name: String,
    /// Whose key it is
    #[arg(long, default_value = "default")]
    pub tenant: TenantId,
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl Keys {
    /// Runs it.
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(),
            Self::List(list) => list.run(),
            Self::Revoke(revoke) => revoke.run(),
        }
    }
}

impl Create {
    fn run(self) -> Result<(), Failure> {
        let folder = self.settings.store_path()?;
        if !folder.exists() {
            complain(&format!("there is no store in {} yet; it is made now", folder.display()));
        }
        let store = open_or_make(&folder, "use its API: POST /api/v1/keys, with a key of scope admin")?;
        let taken = stored(&store)?
            .iter()
            .any(|(key, _)| key.name == self.name && key.tenant == self.tenant && key.revoked_at.is_none());
        if taken {
            let what = format!(
                "tenant {} has a key called {} already; revoke it, or choose another name",
                self.tenant, self.name
            );
            return Err(Failure::new(Exit::Data, what));
        }
        let key = generate();
        let record = ApiKeyRecord::of(&key, self.tenant, self.name, self.scopes, Some(SystemClock.now()));
        let record = record.map_err(|error| Failure::new(Exit::Internal, error.to_string()))?;
        put(&store, &record, 1)?;
        if !is_known(&store, self.settings.read().ok().as_ref(), record.tenant)? {
            complain(&format!(
                "nothing is known of the tenant {}: is it written right? `baton keys revoke` takes the key back",
                record.tenant
            ));
        }
        complain("this is the only time the key is shown; it opens the door from the server's next start");
        print(key.expose_secret())
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let store = open(&self.settings, "use its API: GET /api/v1/keys, with a key of scope admin")?;
        let keys = stored(&store)?;
        let words = |key: &ApiKeyRecord| key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>();
        let scopes = |key: &ApiKeyRecord| words(key).join(" ");
        let moment = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        if self.json {
            let shown: Vec<_> = keys
                .iter()
                .map(|(key, _)| {
                    serde_json::json!({
                        "id": key.id, "name": key.name, "tenant": key.tenant, "scopes": words(key),
                        "created_at": key.created_at.map(|at| at.to_string()),
                        "revoked_at": key.revoked_at.map(|at| at.to_string()),
                    })
                })
                .collect();
            return print_json(&serde_json::Value::from(shown));
        }
        if keys.is_empty() {
            complain("no keys are stored; those of the configuration are in `baton config print`");
        }
        let row = |(key, _): &(ApiKeyRecord, u64)| {
            [key.name.clone(), key.tenant.to_string(), scopes(key), moment(key.created_at), moment(key.revoked_at)]
        };
        print(&table(["name", "tenant", "scopes", "created", "revoked"], keys.iter().map(row)))
    }
}

impl Revoke {
    fn run(self) -> Result<(), Failure> {
        let store = open(&self.settings, "use its API: DELETE /api/v1/keys/{id}, with a key of scope admin")?;
        let found = stored(&store)?
            .into_iter()
            .find(|(key, _)| key.name == self.name && key.tenant == self.tenant && key.revoked_at.is_none());
        let Some((mut key, version)) = found else {
            let what = format!(
                "tenant {} has no key called {} that could be revoked; see `baton keys list`",
                self.tenant, self.name
            );
            return Err(Failure::new(Exit::Data, what));
        };
        key.revoked_at = Some(SystemClock.now());
        put(&store, &key, version + 1)?;
        print(&format!("{} opens nothing any more", key.name))
    }
}

/// Whether a tenant was set up, here or over the API. Any name may become one, so this is worth a warning only.
fn is_known(store: &SledStore, config: Option<&Config>, tenant: TenantId) -> Result<bool, Failure> {
    let row = store.get(&Key::Tenant(tenant).bytes()).map_err(|error| Failure::new(Exit::Store, error.to_string()))?;
    // Of a configuration that is not whole yet nothing is known, and nobody is warned.
    let seeded = config.is_none_or(|config| config.tenants.iter().any(|seed| seed.tenant == tenant));
    Ok(tenant == TenantId::DEFAULT || row.is_some() || seeded)
}

/// The stored keys, with the versions of their records.
fn stored(store: &SledStore) -> Result<Vec<(ApiKeyRecord, u64)>, Failure> {
    let mut keys = Vec::new();
    let mut broken = None;
    let scan = store.scan(&Prefix::space(Space::ApiKeys), None, &mut |_, record| {
        match codec::open::<ApiKeyRecord>(record) {
            Ok((header, key)) => keys.push((key, header.version)),
            Err(error) => broken = Some(error),
        }
        ControlFlow::Continue(())
    });
    scan.map_err(|error| Failure::new(Exit::Store, error.to_string()))?;
    if let Some(error) = broken {
        complain(&format!("a key's record cannot be read and is left out: {error}"));
    }
    keys.sort_by(|(a, _), (b, _)| (a.tenant, &a.name, a.created_at).cmp(&(b.tenant, &b.name, b.created_at)));
    Ok(keys)
}

fn put(store: &SledStore, record: &ApiKeyRecord, version: u64) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Store, error.to_string());
    let value = codec::seal(record, version, 0).map_err(|error| failed(&error))?;
    let row = Write { key: Key::ApiKey(record.hash).bytes(), value: Some(value) };
    match store.commit(&[StepWrites { check: None, writes: vec![row] }]).map_err(|error| failed(&error))?.as_slice() {
        [Verdict::Stored] => Ok(()),
        _ => Err(failed(&"the key was not stored")),
    }
}
