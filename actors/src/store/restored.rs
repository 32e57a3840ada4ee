//! A store filled from a backup starts in quarantine: it shows what it would send, and sends nothing until somebody has
//! looked and released it. What the backup owed may have been delivered long ago.

use baton_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::codec::{self, Record};
use super::envelope::Kind;
use super::keys::{Key, MetaRow};
use super::{StepWrites, Store, StoreError, Write};

/// Where a restored store comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// When the backup was taken.
    pub taken: Timestamp,
    /// When it was restored.
    pub at: Timestamp,
    /// False while rows are still missing.
    pub complete: bool,
}

impl Record for Restored {
    const KIND: Kind = Kind::Meta;
    const SCHEMA: u16 = 1;
}

/// Whether the store was restored and not released since; an error where a restore did not come to its end.
pub fn restored(store: &dyn Store) -> Result<Option<Restored>, StoreError> {
    let Some(record) = store.get(&key())? else { return Ok(None) };
    let (_, restored) = codec::open::<Restored>(&record)?;
    if restored.complete { Ok(Some(restored)) } else { Err(StoreError::HalfRestored) }
}

/// The row that says so.
pub fn mark(restored: &Restored) -> Result<Write, StoreError> {
    Ok(Write { key: key(), value: Some(codec::seal(restored, 1, 0)?) })
}

/// From now on the store sends.
pub fn release(store: &dyn Store) -> Result<(), StoreError> {
    let row = Write { key: key(), value: None };
    store.commit(&[StepWrites { check: None, writes: vec![row] }]).map(drop)
}

/// Where the row lies: a backup of a restored store leaves it out.
pub fn key() -> Vec<u8> {
    Key::Meta(MetaRow::Restored).bytes()
}

#[cfg(test)]
mod tests {
    use super::super::memory::MemoryStore;
    use super::*;

    #[test]
    fn a_restored_store_stays_so_until_it_is_released() {
        let store = MemoryStore::new();
        assert_eq!(restored(&store).unwrap(), None);
        let whole = Restored { taken: Timestamp(1), at: Timestamp(2), complete: true };
        let put = |row| store.commit(&[StepWrites { check: None, writes: vec![mark(&row).unwrap()] }]).unwrap();
        put(Restored { complete: false, ..whole });
        assert!(matches!(restored(&store), Err(StoreError::HalfRestored)));
        put(whole);
        assert_eq!(restored(&store).unwrap(), Some(whole));
        release(&store).unwrap();
        assert_eq!(restored(&store).unwrap(), None);
    }
}
