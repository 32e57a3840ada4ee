//! What events are signed with: Standard Webhooks 1.0.0, `v1` by HMAC-SHA256 under a shared secret, `v1a` by Ed25519.
//!
//! The bytes are sealed at rest. While a secret is being changed, both sign.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use baton_actors::sinks::{Endpoint, Secret, Signature};
use baton_core::ids::EndpointId;
use baton_core::time::Timestamp;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::RngCore as _;
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

use crate::sealing::{Keyring, SealingError};

/// So many bytes are drawn.
const LENGTH: usize = 32;

/// A secret that was just drawn: shown once.
pub struct Drawn {
    /// As it is kept.
    pub kept: Secret,
    /// What whoever runs the endpoint must have: `whsec_…`, or the public `whpk_…`.
    pub shown: String,
}

/// Draws a secret.
pub fn draw(id: EndpointId, signature: Signature, keyring: &Keyring) -> Result<Drawn, SealingError> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    rand::rng().fill_bytes(bytes.as_mut());
    let kept = Secret { sealed: keyring.seal_secret(id, bytes.as_slice())?, until: None };
    let shown = match signature {
        Signature::Shared | Signature::Bearer => format!("whsec_{}", BASE64_STANDARD.encode(bytes.as_slice())),
        Signature::Public => public(&bytes),
    };
    Ok(Drawn { kept, shown })
}

fn public(seed: &[u8; LENGTH]) -> String {
    format!("whpk_{}", BASE64_STANDARD.encode(SigningKey::from_bytes(seed).verifying_key().as_bytes()))
}

/// The public keys of an endpoint, the latest last; none where its secret is shared.
pub fn public_keys(endpoint: &Endpoint, keyring: &Keyring, now: Timestamp) -> Vec<String> {
    match (endpoint.signature, Signing::of(endpoint, keyring, now)) {
        (Signature::Public, Some(signing)) => signing.secrets.iter().map(|seed| public(seed)).collect(),
        _ => Vec::new(),
    }
}

/// What an endpoint's events are signed with at a moment.
pub struct Signing {
    signature: Signature,
    secrets: Vec<Zeroizing<[u8; LENGTH]>>,
}

impl Signing {
    /// None where one of them does not open: what is signed by half would be refused by half.
    pub fn of(endpoint: &Endpoint, keyring: &Keyring, now: Timestamp) -> Option<Self> {
        let holds = endpoint.secrets.iter().filter(|secret| secret.until.is_none_or(|until| now < until));
        let open = |secret: &Secret| {
            let opened = keyring.open_secret(endpoint.id, &secret.sealed).ok()?;
            <[u8; LENGTH]>::try_from(opened.as_slice()).ok().map(Zeroizing::new)
        };
        let secrets = holds.map(open).collect::<Option<Vec<_>>>()?;
        (!secrets.is_empty()).then_some(Self { signature: endpoint.signature, secrets })
    }

    /// The value of `webhook-signature`: the latest first.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut signed = format!("{id}.{seconds}.").into_bytes();
        signed.extend_from_slice(body);
        let mut header = String::new();
        for secret in self.secrets.iter().rev() {
            let (version, bytes) = match self.signature {
                Signature::Shared => {
                    // A key of any length will do.
                    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_slice()) else { continue };
                    mac.update(&signed);
                    ("v1", mac.finalize().into_bytes().to_vec())
                }
                // A dashboard knows us by its key: nothing is signed.
                Signature::Bearer => continue,
                Signature::Public => ("v1a", SigningKey::from_bytes(secret).sign(&signed).to_bytes().to_vec()),
            };
            let space = if header.is_empty() { "" } else { " " };
            // Writing to a text does not fail.
            let _ = write!(header, "{space}{version},{}", BASE64_STANDARD.encode(bytes));
        }
        header
    }
}
