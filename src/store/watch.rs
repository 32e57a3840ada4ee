//! Which keys are written while somebody watches: how a backup keeps up with a store that goes on.

use std::collections::HashSet;

use parking_lot::Mutex;

/// The keys written since they were last asked for; none while nobody watches.
#[derive(Debug, Default)]
pub(super) struct Watched(Mutex<Option<HashSet<Vec<u8>>>>);

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch<'a>(&'a Watched);

impl Watched {
    /// Begins to watch; none where somebody does already.
    pub(super) fn begin(&self) -> Option<Watch<'_>> {
        let mut keys = self.0.lock();
        if keys.is_some() {
            return None;
        }
        *keys = Some(HashSet::new());
        Some(Watch(self))
    }

    /// Told before the keys are written.
    pub(super) fn note<'k>(&self, written: impl Iterator<Item = &'k [u8]>) {
        if let Some(keys) = self.0.lock().as_mut() {
            keys.extend(written.map(<[u8]>::to_vec));
        }
    }
}

impl Watch<'_> {
    /// The keys written since the last call, and forgets them.
    pub fn changed(&self) -> HashSet<Vec<u8>> {
        self.0.0.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        *self.0.0.lock() = None;
    }
}
