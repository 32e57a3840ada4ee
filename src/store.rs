//! Where records lie on disk, and how they are carried to another.

mod sled;

pub use self::sled::{SledOptions, SledStore};
