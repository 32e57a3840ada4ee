//! Standard Webhooks 1.0.0, as Resend (by Svix) signs: `v1` by HMAC-SHA256 under a shared secret, `v1a` by Ed25519.
//!
//! The header lists signatures of several versions and keys; one that fits is enough, so that keys can be changed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::NotGenuine;

/// How far the time of a call may be from ours, in seconds, either way.
pub const TOLERANCE: u64 = 300;

/// What calls are signed with.
#[derive(Clone)]
pub enum Key {
    /// `whsec_…`: the bytes of a shared secret.
    Shared(Vec<u8>),
    /// `whpk_…`: a public key.
    Public(Box<VerifyingKey>),
}

/// Never shows the secret.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Shared(_) => "a shared secret",
            Self::Public(_) => "a public key",
        })
    }
}

/// What stands in the headers of a call.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The event, the same on every repeat.
    pub id: Option<&'a str>,
    /// When it was signed, in seconds since 1970.
    pub timestamp: Option<&'a str>,
    /// The signatures.
    pub signature: Option<&'a str>,
}

impl Key {
    /// Reads `whsec_…` or `whpk_…`.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(public) = text.strip_prefix("whpk_") {
            let bytes: [u8; 32] = STANDARD.decode(public).ok()?.try_into().ok()?;
            return VerifyingKey::from_bytes(&bytes).ok().map(|key| Self::Public(Box::new(key)));
        }
        let secret = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        (!secret.is_empty()).then_some(Self::Shared(secret))
    }

    /// Whether a body was signed with it, at about this second; the event's id.
    pub fn verify<'a>(&self, signed: Signed<'a>, body: &[u8], now: u64) -> Result<&'a str, NotGenuine> {
        let id = signed.id.filter(|id| !id.is_empty()).ok_or(NotGenuine::Unsigned)?;
        let timestamp = signed.timestamp.ok_or(NotGenuine::Unsigned)?;
        let signatures = signed.signature.ok_or(NotGenuine::Unsigned)?;
        let at: u64 = timestamp.parse().map_err(|_| NotGenuine::Malformed)?;
        let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        // A version that is not ours to check is skipped, not refused.
        let mut entries = signatures.split(' ').filter_map(|entry| entry.split_once(','));
        if !entries.any(|(version, signature)| self.fits(version, signature, &message)) {
            return Err(NotGenuine::Wrong);
        }
        if at.abs_diff(now) > TOLERANCE { Err(NotGenuine::Stale) } else { Ok(id) }
    }

    fn fits(&self, version: &str, signature: &str, message: &[u8]) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        match (self, version) {
            (Self::Shared(secret), "v1") => Hmac::<Sha256>::new_from_slice(secret).is_ok_and(|mut mac| {
                mac.update(message);
                mac.verify_slice(&signature).is_ok()
            }),
            (Self::Public(key), "v1a") => {
                Signature::from_slice(&signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            (Self::Shared(_) | Self::Public(_), _) => false,
        }
    }
}
