//! Private things, as the core knows them: sealed.

use serde::{Deserialize, Serialize};

/// The private details of a job under an authenticated cipher, with a key of their own that is itself sealed. The core carries
/// them and cannot open them; so does the store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedDetails {
    /// Which key of the tenant their own key is sealed with.
    pub key: u32,
    /// Which salt of their partition went into that; 0 where they have no key of their own.
    pub salt: u32,
    /// Their own key: nonce and ciphertext. Empty in details of before: those are sealed with the tenant's key.
    pub wrapped: Vec<u8>,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
}

/// The values of a notification under an authenticated cipher.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPayload {
    /// Which key of the tenant sealed them.
    pub key: u32,
    /// Nonce and ciphertext.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}
