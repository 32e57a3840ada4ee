//! The ways to people's phones: one file a provider, each an implementation of the engine's `Channel` port.

pub mod console;
pub mod email;
pub mod telegram;
