//! API keys: who may come in, whose world they see, and what they may do there.
//!
//! Only the SHA-256 of a key is kept: keys are drawn with 256 bits, so there is nothing to guess and no need for a slow hash.

use baton_actors::store::codec::Record;
use baton_actors::store::envelope::Kind;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use baton_core::ids::TenantId;
use baton_core::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// A key shorter than this is refused: it could be guessed.
pub const SHORTEST: usize = 32;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Scope {
    /// Read jobs, offers, agents, plans and reports.
    #[serde(rename = "jobs:read")]
    JobsRead,
    /// Create jobs, keep agents and plans, relay replies.
    #[serde(rename = "jobs:write")]
    JobsWrite,
    /// Approve, reject, and step into the course of a job.
    #[serde(rename = "operator")]
    Operator,
    /// Everything, including settings, keys and tenants.
    #[serde(rename = "admin")]
    Admin,
    /// Read `/metrics`.
    #[serde(rename = "metrics")]
    Metrics,
    /// Read notifications and the people they are for.
    #[serde(rename = "notifications:read")]
    NotificationsRead,
    /// Send notifications, and keep the people they are for.
    #[serde(rename = "notifications:write")]
    NotificationsWrite,
    /// Together with `operator`: have what is held about a person exported, private details too.
    #[serde(rename = "details")]
    Details,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 8] = [
        Self::JobsRead,
        Self::JobsWrite,
        Self::Operator,
        Self::Admin,
        Self::Metrics,
        Self::NotificationsRead,
        Self::NotificationsWrite,
        Self::Details,
    ];

    /// The word on the wire and in configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JobsRead => "jobs:read",
            Self::JobsWrite => "jobs:write",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Metrics => "metrics",
            Self::NotificationsRead => "notifications:read",
            Self::NotificationsWrite => "notifications:write",
            Self::Details => "details",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;
    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

/// Not the name of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a scope is one of jobs:read, jobs:write, operator, admin, metrics, notifications:read, notifications:write, \
     details"
)]
pub struct UnknownScope;

/// A key as it is kept: enough to recognise it, not to use it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyRecord {
    /// Derived from the hash, so that a key from the configuration has the same id after every start.
    pub id: Uuid,
    /// Whose world it opens.
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// When it was made; none: it stands in the configuration.
    pub created_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A key of fewer than 32 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an API key has at least {SHORTEST} visible characters: `baton keys create` or `openssl rand -hex 32` makes one"
)]
pub struct WeakKey;

impl ApiKeyRecord {
    /// The record of a key.
    pub fn of(
        key: &SecretString,
        tenant: TenantId,
        name: impl Into<String>,
        scopes: Vec<Scope>,
        created_at: Option<Timestamp>,
    ) -> Result<Self, WeakKey> {
        let key = key.expose_secret();
        if key.len() < SHORTEST || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(WeakKey);
        }
        let hash = hash(key);
        let mut id = [0; 16];
        id.copy_from_slice(&Sha256::digest(hash)[..16]);
        let id = uuid::Builder::from_custom_bytes(id).into_uuid();
        Ok(Self { id, tenant, name: name.into(), scopes, hash, created_at, revoked_at: None })
    }

    /// Whether the key may do this; `admin` may do everything.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|held| *held == scope || *held == Scope::Admin)
    }
}

impl Record for ApiKeyRecord {
    const KIND: Kind = Kind::ApiKey;
    const SCHEMA: u16 = 1;
}

/// Names the key, never its hash.
impl fmt::Debug for ApiKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "API key {} of {} ({})", self.id, self.tenant, self.name)
    }
}

/// Draws a key: `baton_` and 256 random bits.
pub fn generate() -> SecretString {
    let bits: [u8; 32] = rand::random();
    format!("baton_{}", BASE64_URL_SAFE_NO_PAD.encode(bits)).into()
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// The keys that open the door now. Reading takes no lock; a change replaces the whole view.
#[derive(Default)]
pub struct Keys {
    view: ArcSwap<View>,
}

/// By the beginning of the hash: what an attacker could learn from its timing is a part of a hash, of which nothing follows.
type View = HashMap<[u8; 8], Vec<Arc<ApiKeyRecord>>>;

impl Keys {
    /// The keys of the configuration and of the store.
    pub fn new(records: impl IntoIterator<Item = ApiKeyRecord>) -> Self {
        let keys = Self::default();
        keys.replace(records);
        keys
    }

    /// Puts these in the place of all that were known. Of two records of one key the later holds.
    pub fn replace(&self, records: impl IntoIterator<Item = ApiKeyRecord>) {
        let mut view = View::new();
        records.into_iter().for_each(|record| put(&mut view, record));
        self.view.store(Arc::new(view));
    }

    /// Lets a key in from now on, or, where the record says so, no longer.
    pub fn put(&self, record: ApiKeyRecord) {
        self.view.rcu(|view| {
            let mut view = View::clone(view);
            put(&mut view, record.clone());
            view
        });
    }

    /// The record of a presented key, unless it is unknown or revoked.
    pub fn find(&self, presented: &str) -> Option<Arc<ApiKeyRecord>> {
        let hash = hash(presented);
        let view = self.view.load();
        let found = view.get(&shelf(&hash))?.iter().find(|record| bool::from(record.hash.ct_eq(&hash)))?;
        found.revoked_at.is_none().then(|| found.clone())
    }

    /// The record of an id, revoked or not.
    pub fn get(&self, id: Uuid) -> Option<Arc<ApiKeyRecord>> {
        self.view.load().values().flatten().find(|record| record.id == id).cloned()
    }

    /// Every record of a tenant, or of all, in the order of their names.
    pub fn list(&self, tenant: Option<TenantId>) -> Vec<Arc<ApiKeyRecord>> {
        let view = self.view.load();
        let mut records: Vec<_> = view
            .values()
            .flatten()
            .filter(|record| tenant.is_none_or(|tenant| record.tenant == tenant))
            .cloned()
            .collect();
        records.sort_by(|a, b| (a.tenant, &a.name, a.id).cmp(&(b.tenant, &b.name, b.id)));
        records
    }
}

fn put(view: &mut View, record: ApiKeyRecord) {
    let shelf = view.entry(shelf(&record.hash)).or_default();
    shelf.retain(|known| known.hash != record.hash);
    shelf.push(Arc::new(record));
}

fn shelf(hash: &[u8; 32]) -> [u8; 8] {
    std::array::from_fn(|i| hash[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str, name: &str) -> ApiKeyRecord {
        ApiKeyRecord::of(&key.into(), TenantId::DEFAULT, name, vec![Scope::JobsRead], None).unwrap()
    }

    #[test]
    fn s1_every_key_of_the_list_opens_and_no_other() {
        let (one, two) = ("a".repeat(32), "b".repeat(40));
        let keys = Keys::new([record(&one, "one"), record(&two, "two")]);
        assert_eq!(keys.find(&one).unwrap().name, "one");
        assert_eq!(keys.find(&two).unwrap().name, "two");
        for wrong in ["", "a", &"a".repeat(31), &"a".repeat(33), &one.to_uppercase()] {
            assert_eq!(keys.find(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn s1_a_key_that_could_be_guessed_is_refused() {
        let of = |key: &str| ApiKeyRecord::of(&key.into(), TenantId::DEFAULT, "x", vec![], None).map(|_| ());
        assert_eq!(of(&"a".repeat(31)), Err(WeakKey));
        assert_eq!(of(&" ".repeat(40)), Err(WeakKey));
        assert_eq!(of(&"a".repeat(32)), Ok(()));
    }

    #[test]
    fn a_revoked_key_opens_nothing_and_is_still_listed() {
        let key = generate();
        let keys = Keys::new([]);
        let mut record = record(key.expose_secret(), "one");
        keys.put(record.clone());
        assert!(keys.find(key.expose_secret()).is_some());
        record.revoked_at = Some(Timestamp(1));
        keys.put(record);
        assert_eq!(keys.find(key.expose_secret()), None);
        assert_eq!(keys.list(Some(TenantId::DEFAULT)).len(), 1);
    }

    #[test]
    fn drawn_keys_differ_and_are_long_enough() {
        let (a, b) = (generate(), generate());
        assert_ne!(a.expose_secret(), b.expose_secret());
        assert_eq!(a.expose_secret().len(), 49);
        assert!(a.expose_secret().starts_with("baton_"));
    }

    #[test]
    fn admin_may_everything_and_others_only_their_own() {
        let of = |scopes: Vec<Scope>| ApiKeyRecord { scopes, ..record(&"a".repeat(32), "x") };
        assert!(Scope::ALL.into_iter().all(|scope| of(vec![Scope::Admin]).may(scope)));
        assert!(!of(vec![Scope::Operator]).may(Scope::JobsRead));
        assert!(of(vec![Scope::JobsRead, Scope::JobsWrite]).may(Scope::JobsWrite));
        assert_eq!("jobs:write".parse(), Ok(Scope::JobsWrite));
    }
}
