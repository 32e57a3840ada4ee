//! `Idempotency-Key`: the same key with the same body is the same request; with another body it is a mistake of the caller.

use std::hash::{Hash, Hasher};

use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;
use baton_core::ids::TenantId;
use sha2::{Digest, Sha256};

use crate::http::problem::{FieldError, Problem};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key a request brings: 1 to 128 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl IdempotencyKey {
    /// The key as records keep it: enough to recognise it.
    pub fn hashed(&self, tenant: TenantId) -> Option<[u8; 16]> {
        let key = self.0.as_ref()?;
        Some(half(Sha256::new().chain_update(tenant.bytes()).chain_update(key)))
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(said) = parts.headers.get(IDEMPOTENCY_KEY) else { return Ok(Self(None)) };
        let sane = (1..=128).contains(&said.len()) && said.as_bytes().iter().all(u8::is_ascii_graphic);
        said.to_str().ok().filter(|_| sane).map(|key| Self(Some(key.to_owned()))).ok_or_else(|| {
            Problem::of_fields(vec![FieldError {
                field: "Idempotency-Key".to_owned(),
                message: "is not a key".into(),
                cure: "send 1 to 128 visible ASCII characters without spaces, such as a UUID".into(),
            }])
        })
    }
}

/// Tells bodies apart without keeping them. Salted: a body holds phone numbers, of which there are few enough to try all.
#[derive(Clone)]
pub struct Fingerprints {
    salt: [u8; 32],
}

impl Fingerprints {
    /// With a secret of ours; another secret makes other fingerprints.
    pub fn new(secret: &[u8]) -> Self {
        Self { salt: Sha256::new().chain_update(b"baton fingerprint 1\0").chain_update(secret).finalize().into() }
    }

    /// The fingerprint of what a body says: spaces and the order of its fields do not matter.
    pub fn of(&self, body: &impl Hash) -> [u8; 16] {
        let mut sink = Sink(Sha256::new().chain_update(self.salt));
        body.hash(&mut sink);
        half(sink.0)
    }
}

fn half(hash: Sha256) -> [u8; 16] {
    let full = hash.finalize();
    std::array::from_fn(|i| full[i])
}

/// Feeds what `Hash` says of a value into SHA-256.
struct Sink(Sha256);

impl Hasher for Sink {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    // The whole hash is taken instead; nobody asks a sink for 64 bits.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_told_apart_by_what_they_say_and_by_our_secret() {
        let prints = Fingerprints::new(b"secret");
        assert_eq!(prints.of(&("a", 1)), prints.of(&("a", 1)));
        assert_ne!(prints.of(&("a", 1)), prints.of(&("a", 2)));
        assert_ne!(prints.of(&("ab", "c")), prints.of(&("a", "bc")));
        assert_ne!(prints.of(&"a"), Fingerprints::new(b"other").of(&"a"));
    }

    #[test]
    fn a_key_of_another_tenant_is_another_key() {
        let key = IdempotencyKey(Some("k".into()));
        let other = TenantId::new("other").unwrap();
        assert_ne!(key.hashed(TenantId::DEFAULT), key.hashed(other));
        assert_eq!(IdempotencyKey(None).hashed(other), None);
    }
}
