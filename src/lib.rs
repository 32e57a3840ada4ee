//! The doors of Baton.

pub mod channels;
pub mod config;
pub mod wording;
