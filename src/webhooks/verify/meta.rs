//! Meta: `X-Hub-Signature-256`, HMAC-SHA256 over the raw body under the app's secret; and the handshake of a set-up.
//!
//! Meta escapes what is not ASCII, and slashes, in the bytes it signs: JSON that was read and written again never fits.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::NotGenuine;

/// The header.
pub const SIGNATURE: &str = "x-hub-signature-256";

/// Whether a body is Meta's.
pub fn verify(app_secret: &str, signature: Option<&str>, body: &[u8]) -> Result<(), NotGenuine> {
    let signature = signature.ok_or(NotGenuine::Unsigned)?;
    let signature = signature.strip_prefix("sha256=").ok_or(NotGenuine::Malformed)?;
    let signature = hex::decode(signature).map_err(|_| NotGenuine::Malformed)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).map_err(|_| NotGenuine::UnknownScheme)?;
    mac.update(body);
    mac.verify_slice(&signature).map_err(|_| NotGenuine::Wrong)
}

/// What a set-up is answered with: its challenge, if it is ours.
pub fn handshake<'a>(
    verify_token: &str,
    mode: Option<&str>,
    token: Option<&str>,
    challenge: Option<&'a str>,
) -> Result<&'a str, NotGenuine> {
    if mode != Some("subscribe") {
        return Err(NotGenuine::Malformed);
    }
    let token = token.ok_or(NotGenuine::Unsigned)?;
    if !bool::from(token.as_bytes().ct_eq(verify_token.as_bytes())) {
        return Err(NotGenuine::Wrong);
    }
    // It stands in our answer: a number, as Meta sends it, and nothing that a browser could take for a page.
    let plain = |text: &&str| (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    challenge.filter(plain).ok_or(NotGenuine::Malformed)
}
