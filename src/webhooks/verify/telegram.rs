//! Telegram: no signature, but a secret of ours that comes with each call.

use subtle::ConstantTimeEq;

use super::NotGenuine;

/// The header.
pub const SECRET: &str = "x-telegram-bot-api-secret-token";

/// Whether a call carries the secret.
pub fn verify(secret: &str, said: Option<&[u8]>) -> Result<(), NotGenuine> {
    let said = said.ok_or(NotGenuine::Unsigned)?;
    if bool::from(said.ct_eq(secret.as_bytes())) { Ok(()) } else { Err(NotGenuine::Wrong) }
}
