//! Callbacks read into news: one file a provider. What is not for us is left out, and answered all the same: a provider repeats
//! what is refused, and one odd callback must not hold up the others.

pub mod mail;
pub mod meta;
pub mod resend;
pub mod sendgrid;
pub mod telegram;
#[cfg(test)]
mod tests;
pub mod twilio;

/// The body is not what the provider sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not what the provider sends")]
pub struct Unreadable;
