//! One account's queue, and how the account stands.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use baton_core::delivery::failover::Standing;
use baton_core::delivery::{ChannelKind, Provider};
use baton_core::ids::DebtId;
use baton_core::message::Lane;
use baton_core::time::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Item;
use super::lanes::Lanes;
use crate::buckets::Reading;

/// So many attempts that fail one after the other, for no fault of a message, and the account counts as failing.
pub(super) const FAILING: usize = 3;

/// One account's queue.
pub struct Queue {
    /// Whose account it is.
    pub provider: Provider,
    pub(super) inner: Mutex<Inner>,
    /// Rung when something comes in.
    pub wake: Notify,
    pub(super) settled: Notify,
    pub(super) sending: AtomicUsize,
    /// How many attempts in a row have failed for no fault of the message.
    pub(super) failed: AtomicUsize,
    /// New messages go elsewhere until then, after attempts have failed: then one finds out whether it works again.
    pub(super) avoided_until: AtomicI64,
    /// It has refused us, and is left alone until then; 0: it has not.
    pub(super) paused_until: AtomicI64,
    /// How full the account's buckets are.
    pub(super) reading: Mutex<Option<Reading>>,
    /// What messages weigh lately, in hundredths of what one takes of the budget.
    pub(super) weight: AtomicUsize,
}

/// What a queue holds.
#[derive(Default)]
pub(super) struct Inner {
    pub(super) waiting: Lanes,
    pub(super) in_hand: HashMap<u64, InHand>,
    pub(super) tickets: u64,
}

/// What a channel has pulled and not settled.
pub(super) struct InHand {
    pub(super) lane: Lane,
    pub(super) item: Item,
    /// Whether its attempt is under way: then it can no longer be called off.
    pub(super) leaving: bool,
}

impl Queue {
    pub(super) fn of(provider: Provider) -> Self {
        Self {
            provider,
            inner: Mutex::default(),
            wake: Notify::new(),
            settled: Notify::new(),
            sending: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            avoided_until: AtomicI64::new(0),
            paused_until: AtomicI64::new(0),
            reading: Mutex::new(None),
            weight: AtomicUsize::new(100),
        }
    }

    /// Whether a debt is here and no attempt to send it is under way; none: it is not here.
    pub(super) fn stays(&self, debt: DebtId) -> Option<bool> {
        let inner = self.inner.lock();
        let in_hand = inner.in_hand.values().find(|in_hand| in_hand.item.owed() == Some(debt));
        in_hand.map(|in_hand| !in_hand.leaving).or_else(|| inner.waiting.contain(debt).then_some(true))
    }

    /// The channel it carries.
    pub fn channel(&self) -> ChannelKind {
        self.provider.channel()
    }

    /// How it stands.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.paused_until.load(Ordering::Relaxed) > now.0 {
            Standing::Paused
        } else if self.is_failing() && self.avoided_until.load(Ordering::Relaxed) > now.0 {
            Standing::Failing
        } else {
            Standing::Well
        }
    }

    /// Whether its latest attempts have all failed. Told by the attempts that are made anyway: nobody is asked.
    pub fn is_failing(&self) -> bool {
        self.failed.load(Ordering::Relaxed) >= FAILING
    }

    /// Whether it is left alone.
    pub fn is_paused(&self, now: Timestamp) -> bool {
        self.standing(now) == Standing::Paused
    }
}
