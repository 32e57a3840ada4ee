//! The rooms of Baton: thin actor shells around the core, and the two ports they work through.

pub mod channel;
pub mod clock;
pub mod gauges;
pub mod store;
