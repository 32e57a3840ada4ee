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

    /// Forgets who was not written to for so long that no cap reaches back.
    pub fn forget(&self, before: Timestamp) {
        self.0.lock().retain(|_, lately| lately.last().is_some_and(|last| *last >= before));
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
