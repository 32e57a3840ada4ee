//! Stored debts must leave, also after a crash: one queue a channel, by lane, of references to what jobs owe.
//!
//! A reference is small and its wording is made when it is sent, so a hundred thousand of them cost little. What a channel
//! has pulled and not settled stays in hand here, outside its actor: if the actor falls, nothing is lost.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use baton_core::delivery::ChannelKind;
use baton_core::ids::{DebtId, EffectId, JobId};
use baton_core::job::{Job, Owed};
use baton_core::message::Lane;
use baton_core::time::Timestamp;
use metrics::gauge;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::buckets::Filling;
use crate::channel::Errand;
use crate::gauges;

/// So many attempts that fail one after the other, for no fault of a message, and the channel counts as failing.
const FAILING: usize = 3;

/// So many lanes.
const LANES: usize = 5;

/// Something to be sent.
#[derive(Clone, Debug)]
pub enum Item {
    /// A debt of a job or a notification; its wording is made from the record when it is sent.
    Debt {
        /// Which.
        debt: DebtId,
        /// How often it was attempted.
        attempts: u32,
        /// Whether an earlier attempt may have arrived.
        possible_repeat: bool,
    },
    /// An answer to somebody who wrote to us: worth nothing after a restart.
    Direct {
        /// What.
        errand: Box<Errand>,
        /// How often it was attempted.
        attempts: u32,
    },
}

/// What a step owes, ready for the outbox.
pub struct Errands(Vec<(ChannelKind, Lane, DebtId)>);

impl Errands {
    /// Of a stored job.
    pub fn of<'a>(job: &Job, owed: impl Iterator<Item = &'a Owed>) -> Self {
        let errand = |owed: &Owed| {
            let message = &owed.message;
            (message.channel, message.topic.lane(), EffectId { job: job.id, no: owed.no }.into())
        };
        Self(owed.map(errand).collect())
    }
}

/// All queues.
#[derive(Default)]
pub struct Outbox {
    queues: BTreeMap<ChannelKind, Queue>,
    /// After a restore nothing leaves until somebody releases it.
    held: AtomicBool,
    depth: AtomicUsize,
    /// Attempts that were under way when the process ended.
    interrupted: Mutex<HashSet<DebtId>>,
    /// Jobs whose quarantine the desk must be told of.
    parked: Mutex<Vec<JobId>>,
}

/// One channel's queue.
#[derive(Default)]
pub struct Queue {
    inner: Mutex<Lanes>,
    /// Rung when something comes in.
    pub wake: Notify,
    settled: Notify,
    sending: AtomicUsize,
    /// How many attempts in a row have failed for no fault of the message.
    failed: AtomicUsize,
    /// How full the account's bucket is: its channel tells after every message, and it fills by itself between them.
    filling: Mutex<Option<Filling>>,
}

#[derive(Default)]
struct Lanes {
    waiting: [VecDeque<Item>; LANES],
    in_hand: HashMap<u64, InHand>,
    /// Debts that were called off while they waited or were in hand, and must not leave.
    withdrawn: HashSet<DebtId>,
    tickets: u64,
}

/// What a channel has pulled and not settled.
struct InHand {
    lane: Lane,
    item: Item,
    /// Whether its attempt is under way: then it can no longer be called off.
    leaving: bool,
}

impl Item {
    fn debt(&self) -> Option<DebtId> {
        match self {
            Self::Debt { debt, .. } => Some(*debt),
            Self::Direct { .. } => None,
        }
    }
}

impl Outbox {
    /// An outbox for these channels.
    pub fn of(channels: impl IntoIterator<Item = ChannelKind>, held: bool, interrupted: HashSet<DebtId>) -> Self {
        let queues = channels.into_iter().map(|kind| (kind, Queue::default())).collect();
        Self {
            queues,
            held: AtomicBool::new(held),
            depth: AtomicUsize::new(0),
            interrupted: Mutex::new(interrupted),
            parked: Mutex::new(Vec::new()),
        }
    }

    /// Takes on the debts of a stored step.
    pub fn owe(&self, errands: Errands) {
        for (channel, lane, debt) in errands.0 {
            self.push(channel, lane, Item::Debt { debt, attempts: 0, possible_repeat: false });
        }
    }

    /// Takes on a debt that may have been on its way before: at a start, or after a fall.
    pub fn owe_again(&self, debt: DebtId, channel: ChannelKind, lane: Lane) {
        let possible_repeat = self.interrupted.lock().remove(&debt);
        self.push(channel, lane, Item::Debt { debt, attempts: 0, possible_repeat });
    }

    /// Takes on an answer. False: the channel is not configured.
    pub fn answer(&self, channel: ChannelKind, errand: Errand) -> bool {
        let known = self.queues.contains_key(&channel);
        self.push(channel, Lane::Answers, Item::Direct { errand: Box::new(errand), attempts: 0 });
        known
    }

    /// Takes on a debt of a step that was stored just now.
    pub fn owe_one(&self, debt: DebtId, channel: ChannelKind, lane: Lane) {
        self.push(channel, lane, Item::Debt { debt, attempts: 0, possible_repeat: false });
    }

    fn push(&self, channel: ChannelKind, lane: Lane, item: Item) {
        // A channel that is no longer configured keeps its debts in the records: they are listed, and leave when it is back.
        let Some(queue) = self.queues.get(&channel) else { return };
        queue.inner.lock().waiting[lane as usize].push_back(item);
        self.depth.fetch_add(1, Ordering::Relaxed);
        queue.wake.notify_one();
    }

    /// One channel's queue.
    pub fn queue(&self, channel: ChannelKind) -> Option<&Queue> {
        self.queues.get(&channel)
    }

    /// The next thing to send, with a ticket to settle it by.
    pub fn pull(&self, channel: ChannelKind) -> Option<(u64, Item)> {
        if self.is_held() {
            return None;
        }
        let mut inner = self.queues.get(&channel)?.inner.lock();
        let (lane, item) = loop {
            let (lane, item) =
                LANE_ORDER.into_iter().find_map(|lane| Some((lane, inner.waiting[lane as usize].pop_front()?)))?;
            if !item.debt().is_some_and(|debt| inner.withdrawn.remove(&debt)) {
                break (lane, item);
            }
            self.depth.fetch_sub(1, Ordering::Relaxed);
        };
        inner.tickets += 1;
        let ticket = inner.tickets;
        inner.in_hand.insert(ticket, InHand { lane, item: item.clone(), leaving: false });
        Some((ticket, item))
    }

    /// An attempt begins now, unless the debt was called off: then it is let go.
    pub fn leaves(&self, channel: ChannelKind, ticket: u64) -> bool {
        let Some(queue) = self.queues.get(&channel) else { return false };
        let mut inner = queue.inner.lock();
        let Some(debt) = inner.in_hand.get(&ticket).map(|in_hand| in_hand.item.debt()) else { return false };
        if debt.is_some_and(|debt| inner.withdrawn.remove(&debt)) {
            inner.in_hand.remove(&ticket);
            self.depth.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        if let Some(in_hand) = inner.in_hand.get_mut(&ticket) {
            in_hand.leaving = true;
        }
        true
    }

    /// The attempt has ended without the message leaving: until the next one begins, the debt can be called off.
    pub fn stays(&self, channel: ChannelKind, ticket: u64) {
        if let Some(queue) = self.queues.get(&channel)
            && let Some(in_hand) = queue.inner.lock().in_hand.get_mut(&ticket)
        {
            in_hand.leaving = false;
        }
    }

    /// Calls a debt off. False: its attempt is under way, or was made, and the news of it is on its way; nobody can stop it.
    pub fn withdraw(&self, channel: ChannelKind, debt: DebtId) -> bool {
        // A channel that is not there has nothing in its hands.
        let Some(queue) = self.queues.get(&channel) else { return true };
        let mut inner = queue.inner.lock();
        let is_it = |item: &Item| item.debt() == Some(debt);
        let in_hand = inner.in_hand.values().find(|in_hand| is_it(&in_hand.item)).map(|in_hand| in_hand.leaving);
        // What is neither in hand nor waiting has left meanwhile.
        let stays = match in_hand {
            Some(leaving) => !leaving,
            None => inner.waiting.iter().flatten().any(is_it),
        };
        if stays {
            inner.withdrawn.insert(debt);
        }
        stays
    }

    /// A debt that was called off is owed after all: the step that called it off was not stored.
    pub fn take_back(&self, channel: ChannelKind, debt: DebtId, lane: Lane) {
        if let Some(queue) = self.queues.get(&channel) {
            let again = !queue.inner.lock().withdrawn.remove(&debt);
            // Somebody has let it go meanwhile.
            if again {
                self.push(channel, lane, Item::Debt { debt, attempts: 0, possible_repeat: false });
            }
        }
    }

    /// Whether an attempt to send a debt is under way.
    pub fn is_leaving(&self, channel: ChannelKind, debt: DebtId) -> bool {
        let Some(queue) = self.queues.get(&channel) else { return false };
        let inner = queue.inner.lock();
        inner.in_hand.values().any(|in_hand| in_hand.leaving && in_hand.item.debt() == Some(debt))
    }

    /// It has left, or will not.
    pub fn settle(&self, channel: ChannelKind, ticket: u64) {
        if let Some(queue) = self.queues.get(&channel)
            && queue.inner.lock().in_hand.remove(&ticket).is_some()
        {
            self.depth.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The channel's actor has fallen: what it had in hand goes back to the front, as possibly sent.
    pub fn put_back(&self, channel: ChannelKind) {
        let Some(queue) = self.queues.get(&channel) else { return };
        let mut inner = queue.inner.lock();
        let mut in_hand: Vec<_> = std::mem::take(&mut inner.in_hand).into_iter().collect();
        in_hand.sort_by_key(|(ticket, _)| std::cmp::Reverse(*ticket));
        for (_, InHand { lane, mut item, .. }) in in_hand {
            if let Item::Debt { possible_repeat, .. } = &mut item {
                *possible_repeat = true;
            }
            inner.waiting[lane as usize].push_front(item);
        }
        queue.wake.notify_one();
    }

    /// How much waits or is on its way.
    pub fn depth(&self) -> usize {
        self.depth.load(Ordering::Relaxed)
    }

    /// Whether nothing leaves: the store was restored from a backup.
    pub fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }

    /// Nothing leaves from now on.
    pub fn hold(&self) {
        self.held.store(true, Ordering::Relaxed);
    }

    /// A channel has so many calls under way.
    pub fn sending(&self, channel: ChannelKind, count: usize) {
        if let Some(queue) = self.queues.get(&channel) {
            queue.sending.store(count, Ordering::Relaxed);
            queue.settled.notify_waiters();
        }
    }

    /// Waits until no call is under way any more.
    pub async fn hands_empty(&self) {
        for queue in self.queues.values() {
            loop {
                let settled = queue.settled.notified();
                if queue.sending.load(Ordering::Relaxed) == 0 {
                    break;
                }
                settled.await;
            }
        }
    }

    /// Lets everything leave.
    pub fn release(&self) {
        self.held.store(false, Ordering::Relaxed);
        for queue in self.queues.values() {
            queue.wake.notify_one();
        }
    }

    /// A job was parked: the desk is told.
    pub(crate) fn tell_desk_of_quarantine(&self, job: JobId) {
        self.parked.lock().push(job);
    }

    /// The parked jobs that the desk has not been told of.
    pub(crate) fn take_parked(&self) -> Vec<JobId> {
        std::mem::take(&mut *self.parked.lock())
    }

    /// An attempt has ended, with a provider that works or not.
    pub(crate) fn note_attempt(&self, channel: ChannelKind, well: bool) {
        let Some(queue) = self.queues.get(&channel) else { return };
        if well {
            queue.failed.store(0, Ordering::Relaxed);
        } else {
            queue.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The channels, each with whether its provider fails at present. Told by the attempts that are made anyway: nobody is asked.
    pub fn failing(&self) -> impl Iterator<Item = (ChannelKind, bool)> {
        self.queues.iter().map(|(kind, queue)| (*kind, queue.failed.load(Ordering::Relaxed) >= FAILING))
    }

    /// A channel tells how full its account's bucket is.
    pub(crate) fn note_filling(&self, channel: ChannelKind, filling: Option<Filling>) {
        if let Some(queue) = self.queues.get(&channel) {
            *queue.filling.lock() = filling;
        }
    }

    /// Sets the gauges.
    pub fn measure(&self, now: Timestamp) {
        for (channel, queue) in &self.queues {
            let inner = queue.inner.lock();
            let depth = inner.in_hand.len() + inner.waiting.iter().map(VecDeque::len).sum::<usize>();
            gauge!(gauges::OUTBOX_DEPTH, "channel" => channel.as_str()).set(depth as f64);
            let used = queue.filling.lock().map_or(0.0, |filling| filling.used(now));
            gauge!(gauges::BUDGET_USED, "channel" => channel.as_str()).set(used);
        }
    }
}

/// Answers to people before claims before offers before status before bulk.
const LANE_ORDER: [Lane; LANES] = [Lane::Answers, Lane::Claims, Lane::Offers, Lane::Status, Lane::Bulk];

#[cfg(test)]
mod tests {
    use baton_core::ids::{EffectNo, NotificationId, TenantId};

    use super::*;

    const SMS: ChannelKind = ChannelKind::Sms;

    #[test]
    fn f9_what_has_left_cannot_be_called_off_however_late_the_news_of_it_comes() {
        let debt =
            DebtId::Notification(NotificationId::of_reference(TenantId::DEFAULT, "a"), EffectNo { version: 1, n: 0 });
        let outbox = Outbox::of([SMS], false, HashSet::new());
        outbox.owe_one(debt, SMS, Lane::Status);
        assert!(outbox.withdraw(SMS, debt), "it waits");
        outbox.take_back(SMS, debt, Lane::Status);
        let (ticket, _) = outbox.pull(SMS).expect("it is owed after all");
        assert!(outbox.withdraw(SMS, debt), "no attempt was made");
        outbox.take_back(SMS, debt, Lane::Status);
        assert!(outbox.leaves(SMS, ticket));
        assert!(!outbox.withdraw(SMS, debt), "it is leaving");
        outbox.settle(SMS, ticket);
        assert!(!outbox.withdraw(SMS, debt), "it has left, and nobody was told yet");
    }
}
