//! SendGrid's signed event webhook: ECDSA on P-256 over the time and the raw body, which ends with CR LF.
//!
//! SendGrid gathers events and repeats them for a day, so there is no limit of age; events are told apart by their ids.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;

use super::NotGenuine;

/// The header of the signature.
pub const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";

/// The header of the time.
pub const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";

/// The public key of an account.
#[derive(Clone, Debug)]
pub struct Key(VerifyingKey);

impl Key {
    /// Reads it as SendGrid shows it: a public key in DER, in base64.
    pub fn read(text: &str) -> Option<Self> {
        let der = STANDARD.decode(text.trim()).ok()?;
        VerifyingKey::from_public_key_der(&der).ok().map(Self)
    }

    /// Whether a body is SendGrid's.
    pub fn verify(&self, signature: Option<&str>, timestamp: Option<&str>, body: &[u8]) -> Result<(), NotGenuine> {
        let (signature, timestamp) = (signature.ok_or(NotGenuine::Unsigned)?, timestamp.ok_or(NotGenuine::Unsigned)?);
        let der = STANDARD.decode(signature).map_err(|_| NotGenuine::Malformed)?;
        let signature = Signature::from_der(&der).map_err(|_| NotGenuine::Malformed)?;
        let signed = [timestamp.as_bytes(), body].concat();
        self.0.verify(&signed, &signature).map_err(|_| NotGenuine::Wrong)
    }
}
