//! The ways to people's phones: one file a provider, each an implementation of the engine's `Channel` port.

pub mod call;
#[cfg(test)]
mod conformance;
pub mod console;
pub mod email;
pub mod errors;
pub mod press;
pub mod registration;
pub mod sms;
pub mod telegram;
pub mod trace;
pub mod twilio;
pub mod whatsapp;
