//! When people were written to lately, over all channels: what frequency caps count. Kept only where a tenant has caps.
//!
//! Decisions about capped notifications are made under one lock, so that two at the same moment do not both count the same past;
//! what was counted is stored with the step that wrote.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::ControlFlow;

use baton_core::ids::AgentId;
use baton_core::tenant::Settings;
use baton_core::time::Timestamp;
use parking_lot::{Mutex, MutexGuard};

use crate::records::Lately as Record;
use crate::store::codec;
use crate::store::keys::{Key, Prefix, Space};
use crate::store::{Store, StoreError};

/// No cap counts further than this.
const KEPT: usize = 64;

/// Everybody's latest messages.
#[derive(Default)]
pub struct Lately(Mutex<HashMap<AgentId, Vec<Timestamp>>>);

/// Held while decisions are made.
pub struct Counting<'a>(MutexGuard<'a, HashMap<AgentId, Vec<Timestamp>>>);

impl Lately {
    /// As it is stored.
    pub fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let mut all = HashMap::new();
        store.scan(&Prefix::space(Space::Lately), None, &mut |key, record| {
            // What cannot be read counts nobody: a message more is sent, none is lost.
            if let (Some(Key::Lately(agent)), Ok((_, lately))) = (Key::parse(key), codec::open::<Record>(record)) {
                all.insert(agent, lately.0);
            }
            ControlFlow::Continue(())
        })?;
        Ok(Self(Mutex::new(all)))
    }

    /// Begins a decision; none where the tenant has no caps, and nobody needs to be counted.
    pub fn count(&self, settings: &Settings) -> Option<Counting<'_>> {
        (!settings.messages.caps.is_empty()).then(|| Counting(self.0.lock()))
    }

    /// Forgets whoever was not written to since a moment, at most so many at once. Their rows are removed while nobody is counted, so
    /// that no row is removed that is written at this moment. Says how many.
    pub fn forget(&self, before: Timestamp, at_most: usize, remove: impl FnOnce(&[AgentId])) -> usize {
        let mut all = self.0.lock();
        let is_old = |lately: &[Timestamp]| lately.last().is_none_or(|last| *last < before);
        let old: Vec<AgentId> =
            all.iter().filter(|(_, lately)| is_old(lately)).map(|(agent, _)| *agent).take(at_most).collect();
        for agent in &old {
            all.remove(agent);
        }
        if !old.is_empty() {
            remove(&old);
        }
        old.len()
    }

    /// How many people are remembered.
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Counting<'_> {
    /// When a person was written to lately, oldest first.
    pub fn of(&self, agent: &AgentId) -> &[Timestamp] {
        self.0.get(agent).map_or(&[], Vec::as_slice)
    }

    /// They are written to now. Gives back what is to be stored.
    pub fn wrote(&mut self, agent: AgentId, at: Timestamp) -> Record {
        let lately = match self.0.entry(agent) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Vec::new()),
        };
        if lately.len() >= KEPT {
            lately.remove(0);
        }
        lately.push(at);
        Record(lately.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use baton_core::ids::TenantId;
    use baton_core::tenant::Cap;

    use super::*;

    #[test]
    fn whoever_no_cap_reaches_is_forgotten_with_their_row() {
        let lately = Lately::default();
        let mut settings = Settings::default();
        settings.messages.caps.push(Cap { count: 1, per: Duration::from_secs(60) });
        let who = |name: &str| AgentId::of_reference(TenantId::DEFAULT, name);
        for (name, at) in [("ana", 1), ("bo", 5), ("ana", 9), ("cy", 2)] {
            lately.count(&settings).expect("there are caps").wrote(who(name), Timestamp(at));
        }
        let mut rows = Vec::new();
        // A page at a time, and whoever was written to since is kept with all that is known.
        while lately.forget(Timestamp(9), 1, |old| rows.extend_from_slice(old)) > 0 {}
        rows.sort();
        let mut gone = vec![who("bo"), who("cy")];
        gone.sort();
        assert_eq!((rows, lately.len()), (gone, 1));
        let counting = lately.count(&settings).expect("there are caps");
        assert_eq!(counting.of(&who("ana")), [Timestamp(1), Timestamp(9)]);
        assert!(counting.of(&who("bo")).is_empty());
    }
}
