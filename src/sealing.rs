//! Private details under an authenticated cipher, one key a job.
//!
//! Each job's details have a key of their own, drawn for them. It lies beside them, sealed with the tenant's key and the salt
//! of the job's partition ([`salts`]): a new sealing key needs only these small keys to be sealed anew, and a destroyed salt
//! takes all of them with it that nobody has taken over. The values of a notification live for weeks and are sealed with the
//! tenant's key.
//!
//! XChaCha20-Poly1305: its nonces are long enough to be drawn. The tenant and the job are authenticated with the text, so
//! that sealed details laid under another job do not open. A key is named by a fingerprint of itself: nobody numbers
//! keys, and what an older key sealed stays open as long as that key is in the ring.

mod key;
mod plain;
pub mod rotate;
pub mod salts;

use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use baton_core::consent::AddressKind;
use baton_core::details::{SealedDetails, SealedPayload};
use baton_core::ids::{EndpointId, JobId, NotificationId, RouteId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use parking_lot::RwLock;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use uuid::Uuid;

use crate::details::Details;
use key::{Key, NONCE_LEN, TAG_LEN};
use salts::Salts;

/// No details take more bytes than this, so that a sealed record is one the store takes.
pub const DETAILS_MAX: usize = 32 * 1024;

/// No route takes more bytes than this, for the same reason.
pub const ROUTE_MAX: usize = 48 * 1024;

/// Where a ring for trying out keeps its key, inside the data folder.
const DEV_KEY_FILE: &str = "dev-sealing-key";

/// The keys that details are sealed with and opened by.
pub struct Keyring {
    master: Option<SecretSlice<u8>>,
    own: BTreeMap<TenantId, SecretSlice<u8>>,
    /// Of before, master keys and tenants' own: they open, and seal no more.
    older: Vec<SecretSlice<u8>>,
    tenants: RwLock<HashMap<TenantId, Arc<TenantKeys>>>,
    salts: Salts,
}

/// The keys of one tenant: all open.
struct TenantKeys {
    /// What is sealed from now on, is with this one.
    seals: Option<Key>,
    older: Vec<Key>,
}

impl TenantKeys {
    fn fitting(&self, id: u32) -> impl Iterator<Item = &Key> {
        // Two keys of one fingerprint are as good as impossible, and harmless: all that fit are tried.
        self.seals.iter().chain(&self.older).filter(move |key| key.id == id)
    }
}

/// Why something was not sealed or opened. It never holds any of it.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// There is neither a key of the tenant's own nor a master key.
    #[error("there is no key to seal the details of tenant {0} with")]
    NoKey(TenantId),
    /// They were sealed with a key that is not in the ring.
    #[error("the details were sealed with key {0:08x}, which is not configured")]
    UnknownKey(u32),
    /// They are not what was sealed, or belong to another job.
    #[error("the sealed details are damaged or belong to another job")]
    NotAuthentic,
    /// They open, but were written by a newer program.
    #[error("the details open but cannot be read; was a newer program here?")]
    Unreadable,
    /// There is too much of them.
    #[error("details have at most {DETAILS_MAX} bytes")]
    TooLarge,
    /// A key is not 32 bytes.
    #[error("a sealing key has 32 bytes")]
    KeyLength,
    /// The salt that their key was sealed under is destroyed: they are erased.
    #[error("the details are erased")]
    Erased,
    /// The file of the salts.
    #[error("the salts of the sealing, in the data folder, cannot be used: {0}")]
    Salts(#[source] std::io::Error),
    /// There are none, and details were sealed under some.
    #[error(
        "the file {} is missing from the data folder, and without it private details cannot be read; bring it back, or restore a \
         backup, which holds it",
        salts::SALTS_FILE
    )]
    NoSalts,
    /// The key file of a ring for trying out.
    #[error("the key file of --dev, {DEV_KEY_FILE} in the data folder, cannot be used")]
    DevKey(#[source] std::io::Error),
}

impl Keyring {
    /// A ring in which tenants have keys of their own, or one derived from the master key.
    pub fn new(
        master: Option<SecretSlice<u8>>,
        own: BTreeMap<TenantId, SecretSlice<u8>>,
    ) -> Result<Self, SealingError> {
        if master.iter().chain(own.values()).any(|key| key.expose_secret().len() != 32) {
            return Err(SealingError::KeyLength);
        }
        Ok(Self { master, own, older: Vec::new(), tenants: RwLock::default(), salts: Salts::in_memory() })
    }

    /// With the salts of a store's folder.
    #[must_use]
    pub fn with_salts(self, salts: Salts) -> Self {
        Self { salts, ..self }
    }

    /// The salts.
    pub fn salts(&self) -> &Salts {
        &self.salts
    }

    /// A ring for trying out: its key is kept in the data folder, so that a restart opens what was sealed; without a
    /// folder it lives as long as the process.
    pub fn for_dev(folder: Option<&Path>) -> Result<Self, SealingError> {
        let key = match folder {
            Some(folder) => dev_key(&folder.join(DEV_KEY_FILE)).map_err(SealingError::DevKey)?,
            None => key::drawn(),
        };
        Self::new(Some(SecretSlice::from(key.to_vec())), BTreeMap::new())
    }

    /// Adds a key of before, the master key or a tenant's own: it opens what it sealed, and seals no more.
    pub fn with_older(mut self, key: SecretSlice<u8>) -> Result<Self, SealingError> {
        if key.expose_secret().len() != 32 {
            return Err(SealingError::KeyLength);
        }
        self.older.push(key);
        self.tenants.write().clear();
        Ok(self)
    }

    /// Seals the details of a job.
    pub fn seal(&self, job: JobId, details: &Details) -> Result<SealedDetails, SealingError> {
        let own = key::drawn();
        // One buffer from plain to sealed: the plain text is overwritten where it lies.
        let mut buffer = Vec::with_capacity(NONCE_LEN + plain::length(details) + TAG_LEN);
        buffer.resize(NONCE_LEN, 0);
        plain::write(details, &mut buffer);
        if buffer.len() > NONCE_LEN + DETAILS_MAX {
            let _wiped = Zeroizing::new(buffer);
            return Err(SealingError::TooLarge);
        }
        let cipher = Key::new(own.as_slice()).ok_or(SealingError::KeyLength)?;
        cipher.seal(&bound_to(job), &mut buffer).ok_or(SealingError::TooLarge)?;
        let (key, salt, wrapped) = self.wrap(job, own.as_slice())?;
        Ok(SealedDetails { key, salt, wrapped, sealed: buffer })
    }

    /// Opens the details of a job. They leave the house only through a release.
    pub fn open(&self, job: JobId, sealed: &SealedDetails) -> Result<Details, SealingError> {
        let plain = if sealed.wrapped.is_empty() {
            self.open_with_tenants(job.tenant, sealed.key, &bound_to(job), &sealed.sealed)?
        } else {
            let own = self.unwrap(job, sealed)?;
            let cipher = Key::new(own.as_slice()).ok_or(SealingError::NotAuthentic)?;
            cipher.open(&bound_to(job), &sealed.sealed).ok_or(SealingError::NotAuthentic)?
        };
        plain::read(&plain).ok_or(SealingError::Unreadable)
    }

    /// The same details under what seals now; none where they are.
    pub fn renewed(&self, job: JobId, sealed: &SealedDetails) -> Result<Option<SealedDetails>, SealingError> {
        if sealed.wrapped.is_empty() {
            return self.seal(job, &self.open(job, sealed)?).map(Some);
        }
        let keys = self.keys_of(job.tenant);
        let seals = keys.seals.as_ref().ok_or(SealingError::NoKey(job.tenant))?.id;
        let salt = self.salts.now(job.partition()).map_or(0, |salt| salt.no);
        if (sealed.key, sealed.salt) == (seals, salt) {
            return Ok(None);
        }
        let (key, salt, wrapped) = self.wrap(job, &self.unwrap(job, sealed)?)?;
        Ok(Some(SealedDetails { key, salt, wrapped, sealed: sealed.sealed.clone() }))
    }

    /// A job's own key, sealed.
    fn wrap(&self, job: JobId, own: &[u8]) -> Result<(u32, u32, Vec<u8>), SealingError> {
        let keys = self.keys_of(job.tenant);
        let key = keys.seals.as_ref().ok_or(SealingError::NoKey(job.tenant))?;
        let salt = self.salts.now(job.partition()).ok_or(SealingError::Erased)?;
        let mut buffer = Vec::with_capacity(NONCE_LEN + own.len() + TAG_LEN);
        buffer.resize(NONCE_LEN, 0);
        buffer.extend_from_slice(own);
        let salted = key.salted(&salt.bytes).ok_or(SealingError::KeyLength)?;
        salted.seal(&bound_to(job), &mut buffer).ok_or(SealingError::TooLarge)?;
        Ok((key.id, salt.no, buffer))
    }

    fn unwrap(&self, job: JobId, sealed: &SealedDetails) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let salt = self.salts.numbered(job.partition(), sealed.salt).ok_or(SealingError::Erased)?;
        let keys = self.keys_of(job.tenant);
        let mut fitting = keys.fitting(sealed.key).peekable();
        if fitting.peek().is_none() {
            return Err(SealingError::UnknownKey(sealed.key));
        }
        fitting
            .find_map(|key| key.salted(&salt.bytes)?.open(&bound_to(job), &sealed.wrapped))
            .ok_or(SealingError::NotAuthentic)
    }

    fn open_with_tenants(
        &self,
        tenant: TenantId,
        id: u32,
        bound: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let keys = self.keys_of(tenant);
        let mut fitting = keys.fitting(id).peekable();
        if fitting.peek().is_none() {
            return Err(SealingError::UnknownKey(id));
        }
        fitting.find_map(|key| key.open(bound, sealed)).ok_or(SealingError::NotAuthentic)
    }

    /// Seals the values of a notification.
    pub fn seal_payload(&self, id: NotificationId, payload: &[u8]) -> Result<SealedPayload, SealingError> {
        self.seal_with_tenants(id.tenant, &bound_to_notification(id), payload)
    }

    fn seal_with_tenants(&self, tenant: TenantId, bound: &[u8], payload: &[u8]) -> Result<SealedPayload, SealingError> {
        let keys = self.keys_of(tenant);
        let key = keys.seals.as_ref().ok_or(SealingError::NoKey(tenant))?;
        if payload.len() > DETAILS_MAX {
            return Err(SealingError::TooLarge);
        }
        let mut buffer = Vec::with_capacity(NONCE_LEN + payload.len() + TAG_LEN);
        buffer.resize(NONCE_LEN, 0);
        buffer.extend_from_slice(payload);
        key.seal(bound, &mut buffer).ok_or(SealingError::TooLarge)?;
        Ok(SealedPayload { key: key.id, sealed: buffer })
    }

    /// Seals what an endpoint's events are signed with.
    pub fn seal_secret(&self, id: EndpointId, secret: &[u8]) -> Result<SealedPayload, SealingError> {
        self.seal_with_tenants(id.tenant, &bound_to_endpoint(id), secret)
    }

    /// Opens what an endpoint's events are signed with.
    pub fn open_secret(&self, id: EndpointId, sealed: &SealedPayload) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        self.open_with_tenants(id.tenant, sealed.key, &bound_to_endpoint(id), &sealed.sealed)
    }

    /// The same secret under the key that seals now; none where it is.
    pub fn renewed_secret(
        &self,
        id: EndpointId,
        sealed: &SealedPayload,
    ) -> Result<Option<SealedPayload>, SealingError> {
        if self.keys_of(id.tenant).seals.as_ref().ok_or(SealingError::NoKey(id.tenant))?.id == sealed.key {
            return Ok(None);
        }
        self.seal_secret(id, &self.open_secret(id, sealed)?).map(Some)
    }

    /// Opens the values of a notification: to word it, and for whoever asked for it.
    pub fn open_payload(&self, id: NotificationId, sealed: &SealedPayload) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        self.open_with_tenants(id.tenant, sealed.key, &bound_to_notification(id), &sealed.sealed)
    }

    /// The same values under the key that seals now; none where they are.
    pub fn renewed_payload(
        &self,
        id: NotificationId,
        sealed: &SealedPayload,
    ) -> Result<Option<SealedPayload>, SealingError> {
        let keys = self.keys_of(id.tenant);
        if keys.seals.as_ref().ok_or(SealingError::NoKey(id.tenant))?.id == sealed.key {
            return Ok(None);
        }
        self.seal_payload(id, &self.open_payload(id, sealed)?).map(Some)
    }

    /// Seals what a route says.
    pub fn seal_route(&self, id: RouteId, route: &[u8]) -> Result<SealedPayload, SealingError> {
        let keys = self.keys_of(id.tenant);
        let key = keys.seals.as_ref().ok_or(SealingError::NoKey(id.tenant))?;
        if route.len() > ROUTE_MAX {
            return Err(SealingError::TooLarge);
        }
        let mut buffer = Vec::with_capacity(NONCE_LEN + route.len() + TAG_LEN);
        buffer.resize(NONCE_LEN, 0);
        buffer.extend_from_slice(route);
        key.seal(&bound_to_route(id), &mut buffer).ok_or(SealingError::TooLarge)?;
        Ok(SealedPayload { key: key.id, sealed: buffer })
    }

    /// Opens a route: for its driver, and for whoever stored it.
    pub fn open_route(&self, id: RouteId, sealed: &SealedPayload) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        self.open_with_tenants(id.tenant, sealed.key, &bound_to_route(id), &sealed.sealed)
    }

    /// The same route under the key that seals now; none where it is.
    pub fn renewed_route(&self, id: RouteId, sealed: &SealedPayload) -> Result<Option<SealedPayload>, SealingError> {
        let keys = self.keys_of(id.tenant);
        if keys.seals.as_ref().ok_or(SealingError::NoKey(id.tenant))?.id == sealed.key {
            return Ok(None);
        }
        self.seal_route(id, &self.open_route(id, sealed)?).map(Some)
    }

    /// Seals what somebody's dashboard is told, for whatever it is kept under.
    pub fn seal_handed(&self, tenant: TenantId, sealed_for: Uuid, said: &[u8]) -> Result<SealedPayload, SealingError> {
        self.seal_with_tenants(tenant, &bound_to_handed(tenant, sealed_for), said)
    }

    /// Opens it: to tell it, and for whoever asks for it with a key of the tenant.
    pub fn open_handed(
        &self,
        tenant: TenantId,
        sealed_for: Uuid,
        sealed: &SealedPayload,
    ) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        self.open_with_tenants(tenant, sealed.key, &bound_to_handed(tenant, sealed_for), &sealed.sealed)
    }

    /// The same under the key that seals now; none where it is.
    pub fn renewed_handed(
        &self,
        tenant: TenantId,
        sealed_for: Uuid,
        sealed: &SealedPayload,
    ) -> Result<Option<SealedPayload>, SealingError> {
        if self.keys_of(tenant).seals.as_ref().ok_or(SealingError::NoKey(tenant))?.id == sealed.key {
            return Ok(None);
        }
        self.seal_handed(tenant, sealed_for, &self.open_handed(tenant, sealed_for, sealed)?).map(Some)
    }

    /// What stands for a name and does not tell it, such as that of an order. It stays the same whichever keys seal.
    pub fn stands_for(&self, tenant: TenantId, what: &str, name: &str) -> Uuid {
        let print = self.printed(tenant, what, name);
        Uuid::from_bytes(std::array::from_fn(|at| print[at]))
    }

    /// What names an address without telling it. It stays the same whichever keys seal.
    pub fn print(&self, tenant: TenantId, kind: AddressKind, address: &str) -> [u8; 32] {
        self.printed(tenant, kind.as_str(), address)
    }

    fn printed(&self, tenant: TenantId, what: &str, name: &str) -> [u8; 32] {
        let mut print = [0; 32];
        // A key of any length will do.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.salts.print()) {
            mac.update(tenant.bytes());
            mac.update(what.as_bytes());
            mac.update(b" ");
            mac.update(name.as_bytes());
            print.copy_from_slice(&mac.finalize().into_bytes());
        }
        print
    }

    fn keys_of(&self, tenant: TenantId) -> Arc<TenantKeys> {
        if let Some(keys) = self.tenants.read().get(&tenant) {
            return keys.clone();
        }
        let own = self.own.get(&tenant).and_then(|key| Key::new(key.expose_secret()));
        let derived = self.master.as_ref().and_then(|master| Key::derived(master.expose_secret(), tenant));
        let both = |key: &SecretSlice<u8>| [Key::derived(key.expose_secret(), tenant), Key::new(key.expose_secret())];
        let mut keys = own.into_iter().chain(derived);
        // Nobody says of a key of before whose it was.
        let (seals, older) = (keys.next(), keys.chain(self.older.iter().flat_map(both).flatten()).collect());
        let keys = Arc::new(TenantKeys { seals, older });
        self.tenants.write().insert(tenant, keys.clone());
        keys
    }
}

/// What is authenticated beside the text: whose it is.
fn bound_to(job: JobId) -> [u8; 32] {
    let mut bound = [0; 32];
    bound[..16].copy_from_slice(job.tenant.bytes());
    bound[16..].copy_from_slice(job.local.as_bytes());
    bound
}

/// The same for a notification; another length, so that neither opens as the other.
fn bound_to_notification(id: NotificationId) -> [u8; 33] {
    let mut bound = [b'n'; 33];
    bound[1..17].copy_from_slice(id.tenant.bytes());
    bound[17..].copy_from_slice(id.local.as_bytes());
    bound
}

/// The same for a route; a length of its own again.
fn bound_to_route(id: RouteId) -> [u8; 34] {
    let mut bound = [b'r'; 34];
    bound[2..18].copy_from_slice(id.tenant.bytes());
    bound[18..].copy_from_slice(id.local.as_bytes());
    bound
}

/// The same for an endpoint.
fn bound_to_endpoint(id: EndpointId) -> [u8; 34] {
    let mut bound = [b'e'; 34];
    bound[2..18].copy_from_slice(id.tenant.bytes());
    bound[18..].copy_from_slice(id.local.as_bytes());
    bound
}

/// The same for what a dashboard is told.
fn bound_to_handed(tenant: TenantId, sealed_for: Uuid) -> [u8; 34] {
    let mut bound = [b'd'; 34];
    bound[2..18].copy_from_slice(tenant.bytes());
    bound[18..].copy_from_slice(sealed_for.as_bytes());
    bound
}

fn dev_key(path: &Path) -> std::io::Result<Zeroizing<[u8; 32]>> {
    let written = match std::fs::read(path) {
        Ok(written) => Zeroizing::new(written),
        Err(error) if error.kind() == ErrorKind::NotFound => return key::write_new(path),
        Err(error) => return Err(error),
    };
    let key = <[u8; 32]>::try_from(written.as_slice());
    key.map(Zeroizing::new).map_err(|_| std::io::Error::new(ErrorKind::InvalidData, "it does not hold 32 bytes"))
}

#[cfg(test)]
mod tests;
