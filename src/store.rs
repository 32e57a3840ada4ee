//! Where records lie on disk, and how they are carried to another.

pub mod backup;
pub mod restore;
mod sled;
mod watch;

pub use self::sled::{SledOptions, SledStore};
