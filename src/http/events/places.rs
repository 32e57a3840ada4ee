//! Places for those who listen to events: a bound for all, and a share of it for each tenant, so that one with many streams leaves
//! others a place.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_core::ids::TenantId;
use parking_lot::Mutex;

/// The places that there are.
pub struct Places {
    most: usize,
    taken: Mutex<BTreeMap<TenantId, usize>>,
}

/// A place that somebody has; given back when it is dropped.
pub struct Place {
    of: Arc<Places>,
    tenant: TenantId,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// As many listen as can.
    All,
    /// The tenant has its share.
    Share(usize),
}

impl Places {
    /// So many.
    pub fn of(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// How many of them one tenant may have.
    fn share(&self) -> usize {
        self.most.div_ceil(2)
    }

    /// A place for somebody of a tenant.
    pub fn take(self: &Arc<Self>, tenant: TenantId) -> Result<Place, Full> {
        let mut taken = self.taken.lock();
        if taken.values().sum::<usize>() >= self.most {
            return Err(Full::All);
        }
        // No entry is empty, so there are never more of them than places.
        let own = taken.get(&tenant).copied().unwrap_or_default();
        if own >= self.share() {
            return Err(Full::Share(self.share()));
        }
        taken.insert(tenant, own + 1);
        drop(taken);
        Ok(Place { of: Arc::clone(self), tenant })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock();
        if let Some(own) = taken.get_mut(&self.tenant) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(slug: &str) -> TenantId {
        TenantId::new(slug).unwrap()
    }

    #[test]
    fn p9_a_tenant_with_many_streams_leaves_others_a_place() {
        let places = Places::of(4);
        let take = |slug| places.take(tenant(slug));
        let north = [take("north"), take("north")];
        assert_eq!(take("north").err(), Some(Full::Share(2)), "half of them");
        let south = [take("south"), take("south")];
        assert!(north.iter().chain(&south).all(Result::is_ok));
        assert_eq!(take("west").err(), Some(Full::All));
        drop(north);
        assert!(take("west").is_ok() && take("north").is_ok(), "a place that was left is free again");
        drop(south);
        assert!(places.taken.lock().is_empty());
    }

    #[test]
    fn where_there_is_one_place_whoever_comes_first_has_it() {
        let places = Places::of(1);
        let one = places.take(tenant("north"));
        assert!(one.is_ok() && places.take(tenant("south")).err() == Some(Full::All));
    }
}
