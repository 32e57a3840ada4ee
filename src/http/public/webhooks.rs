//! Where providers call.

pub mod telegram;
