//! Private details under an authenticated cipher, one key a tenant.
//!
//! XChaCha20-Poly1305: its nonces are long enough to be drawn. The tenant and the job are authenticated with the text, so
//! that sealed details laid under another job do not open. A key is named by a fingerprint of itself: nobody numbers
//! keys, and what an older key sealed stays open as long as that key is in the ring.

mod key;
mod plain;

use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use baton_core::details::SealedDetails;
use baton_core::ids::{JobId, NotificationId, TenantId};
use parking_lot::RwLock;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretSlice};

use crate::details::Details;
use key::{Key, NONCE_LEN, TAG_LEN};

/// No details take more bytes than this, so that a sealed record is one the store takes.
pub const DETAILS_MAX: usize = 32 * 1024;

/// Where a ring for trying out keeps its key, inside the data folder.
const DEV_KEY_FILE: &str = "dev-sealing-key";

/// The keys that details are sealed with and opened by.
pub struct Keyring {
    /// The newest first: only it seals.
    masters: Vec<SecretSlice<u8>>,
    own: BTreeMap<TenantId, SecretSlice<u8>>,
    tenants: RwLock<HashMap<TenantId, Arc<TenantKeys>>>,
}

/// The first seals, all open.
struct TenantKeys(Vec<Key>);

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
        Ok(Self { masters: master.into_iter().collect(), own, tenants: RwLock::default() })
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

    /// Adds a master key of before: it opens what it sealed, and seals no more.
    pub fn with_older_master(mut self, master: SecretSlice<u8>) -> Result<Self, SealingError> {
        if master.expose_secret().len() != 32 {
            return Err(SealingError::KeyLength);
        }
        self.masters.push(master);
        self.tenants.write().clear();
        Ok(self)
    }

    /// Seals the details of a job.
    pub fn seal(&self, job: JobId, details: &Details) -> Result<SealedDetails, SealingError> {
        let keys = self.keys_of(job.tenant);
        let key = keys.0.first().ok_or(SealingError::NoKey(job.tenant))?;
        // One buffer from plain to sealed: the plain text is overwritten where it lies.
        let mut buffer = Vec::with_capacity(NONCE_LEN + plain::length(details) + TAG_LEN);
        buffer.resize(NONCE_LEN, 0);
        plain::write(details, &mut buffer);
        if buffer.len() > NONCE_LEN + DETAILS_MAX {
            let _wiped = Zeroizing::new(buffer);
            return Err(SealingError::TooLarge);
        }
        key.seal(&bound_to(job), &mut buffer).ok_or(SealingError::TooLarge)?;
        Ok(SealedDetails { key: key.id, sealed: buffer })
    }

    /// Opens the details of a job. They leave the house only through a release.
    pub fn open(&self, job: JobId, sealed: &SealedDetails) -> Result<Details, SealingError> {
        let keys = self.keys_of(job.tenant);
        // Two keys of one fingerprint are as good as impossible, and harmless: all that fit are tried.
        let mut fitting = keys.0.iter().filter(|key| key.id == sealed.key).peekable();
        if fitting.peek().is_none() {
            return Err(SealingError::UnknownKey(sealed.key));
        }
        let plain =
            fitting.find_map(|key| key.open(&bound_to(job), &sealed.sealed)).ok_or(SealingError::NotAuthentic)?;
        plain::read(&plain).ok_or(SealingError::Unreadable)
    }

    /// Seals the values of a notification.
    pub fn seal_payload(&self, id: NotificationId, payload: &[u8]) -> Result<SealedDetails, SealingError> {
        let keys = self.keys_of(id.tenant);
        let key = keys.0.first().ok_or(SealingError::NoKey(id.tenant))?;
        if payload.len() > DETAILS_MAX {
            return Err(SealingError::TooLarge);
        }
        let mut buffer = Vec::with_capacity(NONCE_LEN + payload.len() + TAG_LEN);
        buffer.resize(NONCE_LEN, 0);
        buffer.extend_from_slice(payload);
        key.seal(&bound_to_notification(id), &mut buffer).ok_or(SealingError::TooLarge)?;
        Ok(SealedDetails { key: key.id, sealed: buffer })
    }

    /// Opens the values of a notification: to word it, and for whoever asked for it.
    pub fn open_payload(&self, id: NotificationId, sealed: &SealedDetails) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let keys = self.keys_of(id.tenant);
        let mut fitting = keys.0.iter().filter(|key| key.id == sealed.key).peekable();
        if fitting.peek().is_none() {
            return Err(SealingError::UnknownKey(sealed.key));
        }
        let bound = bound_to_notification(id);
        fitting.find_map(|key| key.open(&bound, &sealed.sealed)).ok_or(SealingError::NotAuthentic)
    }

    fn keys_of(&self, tenant: TenantId) -> Arc<TenantKeys> {
        if let Some(keys) = self.tenants.read().get(&tenant) {
            return keys.clone();
        }
        let own = self.own.get(&tenant).map(|key| Key::new(key.expose_secret()));
        let derived = self.masters.iter().map(|master| Key::derived(master.expose_secret(), tenant));
        let keys = Arc::new(TenantKeys(own.into_iter().chain(derived).flatten().collect()));
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
