//! The doors of Baton.

pub mod channels;
pub mod wording;
