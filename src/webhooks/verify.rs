//! Whether a callback is the provider's: one file a scheme, on the bytes as they came, without IO or clock.

pub mod meta;
pub mod sendgrid;
pub mod standard;
pub mod telegram;
#[cfg(test)]
mod tests;
pub mod twilio;

/// Why a callback is not believed. Says nothing that would help to forge one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotGenuine {
    /// It carries no signature.
    #[error("the call carries no signature")]
    Unsigned,
    /// It carries something that is none.
    #[error("the call's signature cannot be read")]
    Malformed,
    /// It is signed in a way we do not know, or have no key for.
    #[error("the call is signed in a way that is not set up here")]
    UnknownScheme,
    /// It was signed by somebody else, or changed since.
    #[error("the call's signature is not the provider's")]
    Wrong,
    /// It was signed too long ago, or will be.
    #[error("the call was signed at another time")]
    Stale,
}
