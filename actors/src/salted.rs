//! Which salts details may still be sealed under when they come in.
//!
//! Details are sealed at the door and stored some time later. Before a salt is destroyed nothing may be on its way that was
//! sealed under it: from a moment on such details are turned away, and whoever brought them tries again.

use parking_lot::{RwLock, RwLockReadGuard};

use crate::store::keys::PARTITIONS;

/// The oldest salt of each partition that is taken.
pub struct Salted(RwLock<Vec<u32>>);

impl Default for Salted {
    fn default() -> Self {
        Self(RwLock::new(vec![0; usize::from(PARTITIONS)]))
    }
}

impl Salted {
    /// Nothing under an older salt is handed to the committer from now on.
    pub fn none_before(&self, partition: u8, salt: u32) {
        if let Some(oldest) = self.0.write().get_mut(usize::from(partition)) {
            *oldest = salt.max(*oldest);
        }
    }

    /// While this is held, what it says stays so.
    pub(crate) fn hold(&self) -> Held<'_> {
        Held(self.0.read())
    }
}

/// The salts that are taken, held still.
pub(crate) struct Held<'a>(RwLockReadGuard<'a, Vec<u32>>);

impl Held<'_> {
    /// Whether details under this salt may come in; those of before have none, and nothing of theirs is destroyed with one.
    pub(crate) fn takes(&self, partition: u8, salt: u32) -> bool {
        salt == 0 || self.0.get(usize::from(partition)).is_none_or(|oldest| *oldest <= salt)
    }
}
