//! The private part of a job, as the core knows it: sealed.

use serde::{Deserialize, Serialize};

/// Private details under an authenticated cipher. The core carries them and cannot open them; so does the store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedDetails {
    /// Which key of the tenant sealed them.
    pub key: u32,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
}
