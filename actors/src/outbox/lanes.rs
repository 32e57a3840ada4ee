//! Who goes next: lanes by urgency, and in every lane the tenants take turns. A tenant with a hundred thousand messages keeps
//! another's single one waiting for one turn.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use baton_core::ids::{DebtId, TenantId};
use baton_core::message::Lane;

use super::Item;

/// So many lanes.
pub(super) const LANES: usize = 5;

/// Answers to people before claims before offers before status before bulk.
const ORDER: [Lane; LANES] = [Lane::Answers, Lane::Claims, Lane::Offers, Lane::Status, Lane::Bulk];

/// Everything that waits for one account.
#[derive(Default)]
pub(super) struct Lanes([Turns; LANES]);

/// One lane.
#[derive(Default)]
struct Turns {
    /// The tenants with something waiting, in the order of their turns.
    line: VecDeque<TenantId>,
    waiting: HashMap<TenantId, VecDeque<Item>>,
    count: usize,
}

impl Lanes {
    pub(super) fn push_back(&mut self, lane: Lane, item: Item) {
        let turns = &mut self.0[lane as usize];
        turns.of(item.tenant()).push_back(item);
        turns.count += 1;
    }

    /// It is the next of its tenant again.
    pub(super) fn push_front(&mut self, lane: Lane, item: Item) {
        let turns = &mut self.0[lane as usize];
        turns.of(item.tenant()).push_front(item);
        turns.count += 1;
    }

    /// The next, of a tenant that may have a turn.
    pub(super) fn pop(&mut self, may: impl Fn(&TenantId) -> bool) -> Option<(Lane, Item)> {
        ORDER.into_iter().find_map(|lane| Some((lane, self.0[lane as usize].pop(&may)?)))
    }

    /// Whether a debt waits.
    pub(super) fn contain(&self, debt: DebtId) -> bool {
        self.0.iter().flat_map(|turns| turns.waiting.values().flatten()).any(|item| item.owed() == Some(debt))
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|turns| turns.count).sum()
    }

    /// How many wait that go before or with a lane.
    pub(super) fn ahead_of(&self, last: Lane) -> usize {
        self.0[..=last as usize].iter().map(|turns| turns.count).sum()
    }

    /// Takes out what is to go elsewhere; the others keep their places.
    pub(super) fn take_out<T>(&mut self, mut goes: impl FnMut(&Item) -> Option<T>) -> Vec<(Lane, Item, T)> {
        let mut out = Vec::new();
        for (lane, turns) in ORDER.into_iter().zip(&mut self.0) {
            for waiting in turns.waiting.values_mut() {
                for _ in 0..waiting.len() {
                    let Some(item) = waiting.pop_front() else { break };
                    match goes(&item) {
                        Some(to) => out.push((lane, item, to)),
                        None => waiting.push_back(item),
                    }
                }
            }
            turns.waiting.retain(|_, waiting| !waiting.is_empty());
            turns.line.retain(|tenant| turns.waiting.contains_key(tenant));
            turns.count = turns.waiting.values().map(VecDeque::len).sum();
        }
        out
    }
}

impl Turns {
    fn of(&mut self, tenant: TenantId) -> &mut VecDeque<Item> {
        match self.waiting.entry(tenant) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                self.line.push_back(tenant);
                new.insert(VecDeque::new())
            }
        }
    }

    fn pop(&mut self, may: impl Fn(&TenantId) -> bool) -> Option<Item> {
        // Mostly the first may; whoever may not keeps their place behind those who may.
        for _ in 0..self.line.len() {
            let tenant = self.line.pop_front()?;
            if !may(&tenant) {
                self.line.push_back(tenant);
                continue;
            }
            let Entry::Occupied(mut waiting) = self.waiting.entry(tenant) else { continue };
            let item = waiting.get_mut().pop_front();
            if waiting.get().is_empty() {
                waiting.remove();
            } else {
                self.line.push_back(tenant);
            }
            if item.is_some() {
                self.count -= 1;
                return item;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use baton_core::ids::{EffectId, EffectNo, JobId};
    use proptest::prelude::*;

    use super::*;

    fn tenant(n: u8) -> TenantId {
        TenantId::new(&format!("tenant-{n}")).expect("a slug")
    }

    fn item(of: u8, no: u64) -> Item {
        let job = JobId::of_reference(tenant(of), "job");
        Item::debt(EffectId { job, no: EffectNo { version: no, n: 0 } }.into())
    }

    fn no(item: &Item) -> u64 {
        item.owed().expect("a debt").no().version
    }

    #[test]
    fn one_message_waits_for_one_turn_of_a_hundred_thousand() {
        let mut lanes = Lanes::default();
        for n in 0..100_000 {
            lanes.push_back(Lane::Offers, item(1, n));
        }
        lanes.push_back(Lane::Offers, item(2, 0));
        lanes.push_back(Lane::Bulk, item(3, 0));
        lanes.push_back(Lane::Answers, item(4, 0));
        let next: Vec<_> =
            (0..4).filter_map(|_| lanes.pop(|_| true)).map(|(lane, item)| (lane, item.tenant())).collect();
        let offers = |n| (Lane::Offers, tenant(n));
        assert_eq!(next, [(Lane::Answers, tenant(4)), offers(1), offers(2), offers(1)]);
        assert_eq!((lanes.len(), lanes.ahead_of(Lane::Offers)), (99_999, 99_998));
    }

    #[test]
    fn g8_what_waits_is_small() {
        // A reference and what is known of its attempts; the wording is made when it is sent.
        assert!(size_of::<Item>() <= 112, "{}", size_of::<Item>());
    }

    #[test]
    fn whoever_may_not_go_keeps_nobody_waiting() {
        let mut lanes = Lanes::default();
        for of in [1, 2] {
            lanes.push_back(Lane::Status, item(of, 0));
        }
        let only = |n: u8| move |one: &TenantId| *one == tenant(n);
        assert_eq!(lanes.pop(only(2)).map(|(_, item)| item.tenant()), Some(tenant(2)));
        assert!(lanes.pop(only(2)).is_none());
        assert_eq!(lanes.pop(|_| true).map(|(_, item)| item.tenant()), Some(tenant(1)));
    }

    proptest! {
        /// Within a tenant nobody overtakes; between tenants nobody has two turns while another waits for one.
        #[test]
        fn g8_tenants_take_turns_and_keep_their_order(pushes in prop::collection::vec((1_u8..6, any::<bool>()), 1..300)) {
            let (mut lanes, mut next, mut pushed) = (Lanes::default(), HashMap::new(), HashMap::new());
            let mut waited: HashMap<TenantId, HashMap<TenantId, u32>> = HashMap::new();
            let mut left = 0;
            let mut pop = |lanes: &mut Lanes| -> Result<(), TestCaseError> {
                let waiting: Vec<TenantId> = lanes.0[Lane::Bulk as usize].line.iter().copied().collect();
                let Some((_, item)) = lanes.pop(|_| true) else { return Ok(()) };
                let who = item.tenant();
                let expected: &mut u64 = next.entry(who).or_default();
                prop_assert_eq!(no(&item), *expected);
                *expected += 1;
                for other in waiting.into_iter().filter(|other| *other != who) {
                    let turns = waited.entry(other).or_default().entry(who).or_default();
                    *turns += 1;
                    prop_assert!(*turns <= 1, "{} waits for a second turn of {}", other, who);
                }
                waited.remove(&who);
                Ok(())
            };
            for (of, also_pop) in pushes {
                let n: &mut u64 = pushed.entry(of).or_default();
                lanes.push_back(Lane::Bulk, item(of, *n));
                *n += 1;
                left += 1;
                if also_pop {
                    pop(&mut lanes)?;
                    left -= 1;
                }
            }
            for _ in 0..left {
                pop(&mut lanes)?;
            }
            prop_assert_eq!(lanes.len(), 0);
        }
    }
}
