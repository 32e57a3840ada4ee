//! One key and what it does.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use baton_core::ids::TenantId;
use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::RngCore;
use secrecy::zeroize::Zeroizing;
use sha2::{Digest, Sha256};

/// Stands before the sealed text.
pub(super) const NONCE_LEN: usize = 24;
/// Stands behind it.
pub(super) const TAG_LEN: usize = 16;

/// A key with the name it has in what it sealed.
pub(super) struct Key {
    pub(super) id: u32,
    cipher: XChaCha20Poly1305,
    bytes: Zeroizing<Vec<u8>>,
}

impl Key {
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let mut name = Sha256::new();
        name.update(b"baton sealing key id");
        name.update(bytes);
        let [a, b, c, d, ..] = name.finalize().0;
        let cipher = XChaCha20Poly1305::new_from_slice(bytes).ok()?;
        Some(Self { id: u32::from_be_bytes([a, b, c, d]), cipher, bytes: Zeroizing::new(bytes.to_vec()) })
    }

    /// The key of a tenant that has none of its own.
    pub(super) fn derived(master: &[u8], tenant: TenantId) -> Option<Self> {
        let mut mac = Hmac::<Sha256>::new_from_slice(master).ok()?;
        mac.update(b"baton details of ");
        mac.update(tenant.bytes());
        let bytes = Zeroizing::new(mac.finalize().into_bytes().0);
        Self::new(bytes.as_slice())
    }

    /// What the key of one job is sealed with: this key and the salt of its partition together.
    pub(super) fn salted(&self, salt: &[u8; 32]) -> Option<Self> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.bytes).ok()?;
        mac.update(b"baton data keys under ");
        mac.update(salt);
        let bytes = Zeroizing::new(mac.finalize().into_bytes().0);
        let cipher = XChaCha20Poly1305::new_from_slice(bytes.as_slice()).ok()?;
        Some(Self { id: self.id, cipher, bytes: Zeroizing::new(bytes.to_vec()) })
    }

    /// Seals what stands behind the room for the nonce; none where there is too much of it.
    pub(super) fn seal(&self, bound_to: &[u8], buffer: &mut Vec<u8>) -> Option<()> {
        let (nonce, text) = buffer.split_first_chunk_mut::<NONCE_LEN>()?;
        rand::rng().fill_bytes(nonce);
        let tag = self.cipher.encrypt_inout_detached(&XNonce::from(*nonce), bound_to, text.into()).ok()?;
        buffer.extend_from_slice(&tag);
        Some(())
    }

    /// The plain text; none where it is not what this key sealed for the same owner.
    pub(super) fn open(&self, bound_to: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let (text, tag) = rest.split_last_chunk::<TAG_LEN>()?;
        let mut plain = Zeroizing::new(text.to_vec());
        let (nonce, tag) = (XNonce::from(*nonce), Tag::from(*tag));
        self.cipher.decrypt_inout_detached(&nonce, bound_to, plain.as_mut_slice().into(), &tag).ok()?;
        Some(plain)
    }
}

pub(super) fn drawn() -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    rand::rng().fill_bytes(key.as_mut_slice());
    key
}

/// Draws a key and keeps it where only we can read it.
pub(super) fn write_new(path: &Path) -> std::io::Result<Zeroizing<[u8; 32]>> {
    let key = drawn();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.as_slice())?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(key)
}
