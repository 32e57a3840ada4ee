//! Stored debts must leave, also after a crash: one queue an account, of references to what jobs and notifications owe.
//!
//! A reference is small and its wording is made when it is sent, so a hundred thousand of them cost little. What an account has
//! pulled and not settled stays in hand here, outside its actor: if the actor falls, nothing is lost. Which account of a channel
//! carries a message is decided here by the tenant's route, when it comes in and again when an account lets it down.

mod item;
mod lanes;
mod queue;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use baton_core::delivery::failover::{self, Standing, Why};
use baton_core::delivery::{ChannelKind, Provider};
use baton_core::ids::{DebtId, JobId, TenantId};
use baton_core::message::Lane;
use baton_core::time::Timestamp;
use metrics::gauge;
use parking_lot::Mutex;

pub use self::item::{Errands, Had, Item};
use self::queue::InHand;
pub use self::queue::Queue;
use crate::buckets::Reading;
use crate::channel::Errand;
use crate::clock::Clock;
use crate::gauges;
use crate::tenants::Tenants;

/// All queues.
pub struct Outbox {
    accounts: BTreeMap<Provider, Queue>,
    /// The accounts of every channel, in the order of the configuration.
    by_channel: BTreeMap<ChannelKind, Vec<Provider>>,
    tenants: Tenants,
    clock: Arc<dyn Clock>,
    /// After a restore nothing leaves until somebody releases it.
    held: AtomicBool,
    depth: AtomicUsize,
    /// Attempts that were under way when the process ended.
    interrupted: Mutex<HashSet<DebtId>>,
    /// Debts that were called off while they waited or were in hand, and must not leave. Always locked before a queue.
    withdrawn: Mutex<HashSet<DebtId>>,
    /// Jobs whose quarantine the desk must be told of.
    parked: Mutex<Vec<JobId>>,
}

/// What an outbox needs to know.
pub struct Start {
    /// The accounts, in the order to try those of one channel.
    pub accounts: Vec<Provider>,
    /// Whose routes decide.
    pub tenants: Tenants,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether nothing leaves at first.
    pub held: bool,
    /// Attempts that were under way when the process ended.
    pub interrupted: HashSet<DebtId>,
}

impl Outbox {
    /// An outbox for these accounts.
    pub fn of(start: Start) -> Self {
        let Start { accounts, tenants, clock, held, interrupted } = start;
        let mut by_channel: BTreeMap<ChannelKind, Vec<Provider>> = BTreeMap::new();
        for provider in &accounts {
            by_channel.entry(provider.channel()).or_default().push(*provider);
        }
        Self {
            accounts: accounts.into_iter().map(|provider| (provider, Queue::of(provider))).collect(),
            by_channel,
            tenants,
            clock,
            held: AtomicBool::new(held),
            depth: AtomicUsize::new(0),
            interrupted: Mutex::new(interrupted),
            withdrawn: Mutex::default(),
            parked: Mutex::new(Vec::new()),
        }
    }

    /// Takes on the debts of a stored step.
    pub fn owe(&self, errands: Errands) {
        for (channel, lane, debt) in errands.0 {
            self.push(channel, lane, Item::debt(debt));
        }
    }

    /// Takes on a debt that may have been on its way before: at a start, or after a fall.
    pub fn owe_again(&self, debt: DebtId, channel: ChannelKind, lane: Lane) {
        let possible_repeat = self.interrupted.lock().remove(&debt);
        self.push(channel, lane, Item::Debt { debt, attempts: 0, possible_repeat, had: Had::default() });
    }

    /// Takes on an answer. False: the channel is not configured.
    pub fn answer(&self, channel: ChannelKind, errand: Errand) -> bool {
        let known = self.by_channel.contains_key(&channel);
        let item = Item::Direct { errand: Box::new(errand), attempts: 0, had: Had::default() };
        self.push(channel, Lane::Answers, item);
        known
    }

    /// Takes on a debt of a step that was stored just now.
    pub fn owe_one(&self, debt: DebtId, channel: ChannelKind, lane: Lane) {
        self.push(channel, lane, Item::debt(debt));
    }

    fn push(&self, channel: ChannelKind, lane: Lane, mut item: Item) {
        // A channel that is no longer configured keeps its debts in the records: they are listed, and leave when it is back.
        let Some(accounts) = self.by_channel.get(&channel) else { return };
        let provider = match accounts.as_slice() {
            [only] => *only,
            several => {
                let route = self.route(item.tenant(), channel, several);
                let Some(provider) = failover::first(&route, |provider| self.standing(provider)) else { return };
                if let Some(meant) = route.first().filter(|meant| **meant != provider) {
                    item.passed_by(*meant);
                }
                provider
            }
        };
        self.put(provider, lane, item);
        self.depth.fetch_add(1, Ordering::Relaxed);
    }

    fn put(&self, provider: Provider, lane: Lane, item: Item) {
        let Some(queue) = self.accounts.get(&provider) else { return };
        queue.inner.lock().waiting.push_back(lane, item);
        queue.wake.notify_one();
    }

    /// The accounts that carry a tenant's messages on a channel, in order.
    fn route(&self, tenant: TenantId, channel: ChannelKind, accounts: &[Provider]) -> Vec<Provider> {
        let view = self.tenants.view(tenant);
        failover::route(view.settings.routes.get(&channel).map_or(&[][..], Vec::as_slice), accounts)
    }

    fn standing(&self, provider: Provider) -> Standing {
        self.accounts.get(&provider).map_or(Standing::Paused, |queue| queue.standing(self.clock.now()))
    }

    /// One account's queue.
    pub fn queue(&self, provider: Provider) -> Option<&Queue> {
        self.accounts.get(&provider)
    }

    /// All accounts, in the order of their names.
    pub fn accounts(&self) -> impl Iterator<Item = &Queue> {
        self.accounts.values()
    }

    /// Whether it is the first account of its channel: it takes over what was noted when a channel had one account.
    pub(crate) fn is_first(&self, provider: Provider) -> bool {
        self.by_channel.get(&provider.channel()).and_then(|accounts| accounts.first()) == Some(&provider)
    }

    /// The next thing to send of a tenant that may have a turn, with a ticket to settle it by.
    pub fn pull(&self, provider: Provider, may: impl Fn(&TenantId) -> bool) -> Option<(u64, Lane, Item)> {
        if self.is_held() {
            return None;
        }
        let mut withdrawn = self.withdrawn.lock();
        let mut inner = self.accounts.get(&provider)?.inner.lock();
        let (lane, item) = loop {
            let (lane, item) = inner.waiting.pop(&may)?;
            if withdrawn.is_empty() || !item.owed().is_some_and(|debt| withdrawn.remove(&debt)) {
                break (lane, item);
            }
            self.depth.fetch_sub(1, Ordering::Relaxed);
        };
        inner.tickets += 1;
        let ticket = inner.tickets;
        inner.in_hand.insert(ticket, InHand { lane, item: item.clone(), leaving: false });
        Some((ticket, lane, item))
    }

    /// An attempt begins now, unless the debt was called off: then it is let go.
    pub fn leaves(&self, provider: Provider, ticket: u64) -> bool {
        let Some(queue) = self.accounts.get(&provider) else { return false };
        let mut withdrawn = self.withdrawn.lock();
        let mut inner = queue.inner.lock();
        let Some(debt) = inner.in_hand.get(&ticket).map(|in_hand| in_hand.item.owed()) else { return false };
        if debt.is_some_and(|debt| withdrawn.remove(&debt)) {
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
    pub fn stays(&self, provider: Provider, ticket: u64) {
        if let Some(queue) = self.accounts.get(&provider)
            && let Some(in_hand) = queue.inner.lock().in_hand.get_mut(&ticket)
        {
            in_hand.leaving = false;
        }
    }

    /// Calls a debt off. False: its attempt is under way, or was made, and the news of it is on its way; nobody can stop it.
    pub fn withdraw(&self, channel: ChannelKind, debt: DebtId) -> bool {
        // A channel that is not there has nothing in its hands.
        if !self.by_channel.contains_key(&channel) {
            return true;
        }
        let mut withdrawn = self.withdrawn.lock();
        let accounts = self.by_channel.get(&channel).into_iter().flatten();
        // What is neither in hand nor waiting anywhere has left meanwhile.
        let stays = accounts.filter_map(|provider| self.accounts.get(provider)).find_map(|queue| queue.stays(debt));
        if stays == Some(true) {
            withdrawn.insert(debt);
        }
        stays == Some(true)
    }

    /// A debt that was called off is owed after all: the step that called it off was not stored.
    pub fn take_back(&self, channel: ChannelKind, debt: DebtId, lane: Lane) {
        let again = self.by_channel.contains_key(&channel) && !self.withdrawn.lock().remove(&debt);
        // Somebody has let it go meanwhile.
        if again {
            self.push(channel, lane, Item::debt(debt));
        }
    }

    /// Whether an attempt to send a debt is under way.
    pub fn is_leaving(&self, channel: ChannelKind, debt: DebtId) -> bool {
        self.is_in_attempt(channel, debt)
    }

    fn is_in_attempt(&self, channel: ChannelKind, debt: DebtId) -> bool {
        let accounts = self.by_channel.get(&channel).into_iter().flatten();
        accounts.filter_map(|provider| self.accounts.get(provider)).any(|queue| {
            let inner = queue.inner.lock();
            inner.in_hand.values().any(|in_hand| in_hand.leaving && in_hand.item.owed() == Some(debt))
        })
    }

    /// It has left, or will not.
    pub fn settle(&self, provider: Provider, ticket: u64) {
        if let Some(queue) = self.accounts.get(&provider)
            && queue.inner.lock().in_hand.remove(&ticket).is_some()
        {
            self.depth.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The account that takes over what one has in its hand; none: nobody, and it stays. `why` as the core says.
    pub fn hand_over(&self, from: Provider, ticket: u64, why: Why, may_have_arrived: bool) -> Option<Provider> {
        let queue = self.accounts.get(&from)?;
        let accounts = self.by_channel.get(&from.channel()).filter(|accounts| accounts.len() > 1)?;
        let mut inner = queue.inner.lock();
        let item = &inner.in_hand.get(&ticket)?.item;
        let route = self.route(item.tenant(), from.channel(), accounts);
        let had = item.had();
        let had_it = |provider: Provider| provider == from || had.contains(provider);
        let to = failover::next(&route, had_it, |provider| self.standing(provider), why)?;
        let InHand { lane, mut item, .. } = inner.in_hand.remove(&ticket)?;
        drop(inner);
        item.mark(from);
        item.begins_anew(may_have_arrived);
        self.put(to, lane, item);
        Some(to)
    }

    /// The account is left alone: what waits for it and can go by another goes there.
    pub fn pass_on(&self, from: Provider) -> usize {
        let Some(queue) = self.accounts.get(&from) else { return 0 };
        let Some(accounts) = self.by_channel.get(&from.channel()).filter(|accounts| accounts.len() > 1) else {
            return 0;
        };
        // Nobody is better off: nothing is looked at, however much waits.
        if accounts.iter().all(|other| *other == from || self.standing(*other) != Standing::Well) {
            return 0;
        }
        let mut routes: BTreeMap<TenantId, Vec<Provider>> = BTreeMap::new();
        let goes = |item: &Item| {
            let tenant = item.tenant();
            let route = routes.entry(tenant).or_insert_with(|| self.route(tenant, from.channel(), accounts));
            let had = item.had();
            let had_it = |provider: Provider| provider == from || had.contains(provider);
            failover::next(route, had_it, |provider| self.standing(provider), Why::Paused)
        };
        let out = queue.inner.lock().waiting.take_out(goes);
        let count = out.len();
        for (lane, mut item, to) in out {
            item.mark(from);
            item.passed_by(from);
            self.put(to, lane, item);
        }
        count
    }

    /// The account's actor has fallen: what it had in hand goes back to the front, as possibly sent where the provider does not tell
    /// repeats apart.
    pub fn put_back(&self, provider: Provider, told_apart: impl Fn(Lane) -> bool) {
        let Some(queue) = self.accounts.get(&provider) else { return };
        let mut inner = queue.inner.lock();
        let mut in_hand: Vec<_> = std::mem::take(&mut inner.in_hand).into_iter().collect();
        in_hand.sort_by_key(|(ticket, _)| std::cmp::Reverse(*ticket));
        for (_, InHand { lane, mut item, .. }) in in_hand {
            if let Item::Debt { possible_repeat, .. } = &mut item {
                *possible_repeat |= !told_apart(lane);
            }
            inner.waiting.push_front(lane, item);
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

    /// An account has so many calls under way.
    pub fn sending(&self, provider: Provider, count: usize) {
        if let Some(queue) = self.accounts.get(&provider) {
            queue.sending.store(count, Ordering::Relaxed);
            queue.settled.notify_waiters();
        }
    }

    /// Waits until no call is under way any more.
    pub async fn hands_empty(&self) {
        for queue in self.accounts.values() {
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
        for queue in self.accounts.values() {
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

    /// An attempt has ended, with a provider that works or not. One that does not is avoided for a while.
    pub(crate) fn note_attempt(&self, provider: Provider, well: bool, avoided_until: Timestamp) {
        let Some(queue) = self.accounts.get(&provider) else { return };
        if well {
            queue.failed.store(0, Ordering::Relaxed);
        } else if queue.failed.fetch_add(1, Ordering::Relaxed) + 1 >= queue::FAILING {
            queue.avoided_until.store(avoided_until.0, Ordering::Relaxed);
        }
    }

    /// An account is left alone until then, or no longer. Those of its channel that are still left alone may pass on to it.
    pub(crate) fn note_pause(&self, provider: Provider, until: Option<Timestamp>) {
        let Some(queue) = self.accounts.get(&provider) else { return };
        let until = until.map_or(0, |until| until.0);
        if queue.paused_until.swap(until, Ordering::Relaxed) > 0 && until == 0 {
            let others = self.by_channel.get(&provider.channel()).into_iter().flatten();
            for other in others.filter_map(|other| self.accounts.get(other)) {
                other.wake.notify_one();
            }
        }
    }

    /// The channels, each with whether all its accounts fail at present.
    pub fn failing(&self) -> impl Iterator<Item = (ChannelKind, bool)> {
        self.by_channel.iter().map(|(channel, accounts)| {
            let mut queues = accounts.iter().filter_map(|provider| self.accounts.get(provider));
            (*channel, queues.all(Queue::is_failing))
        })
    }

    /// An account shows how full its buckets are.
    pub(crate) fn note_reading(&self, provider: Provider, reading: Reading) {
        if let Some(queue) = self.accounts.get(&provider) {
            *queue.reading.lock() = Some(reading);
        }
    }

    /// A message took so much of an account's budget.
    pub(crate) fn note_weight(&self, provider: Provider, weight: u32) {
        if let Some(queue) = self.accounts.get(&provider) {
            let before = queue.weight.load(Ordering::Relaxed);
            queue.weight.store((before * 7 + weight as usize * 100) / 8, Ordering::Relaxed);
        }
    }

    /// How many offers can leave within a span on a channel, or to one group of it by the name of its bucket, by the account that
    /// would carry them and behind what waits there and goes first. None: no limit is known.
    pub fn room(
        &self,
        channel: ChannelKind,
        wanted: &[Provider],
        group: Option<&str>,
        within: Duration,
    ) -> Option<u32> {
        let route = failover::route(wanted, self.by_channel.get(&channel)?);
        let now = self.clock.now();
        let provider = failover::first(&route, |provider| self.standing(provider))?;
        let queue = self.accounts.get(&provider)?;
        let reading = queue.reading.lock().clone()?;
        // Nothing leaves while it is left alone.
        let begins = now.max(Timestamp(queue.paused_until.load(Ordering::Relaxed)));
        let within = within.checked_sub(begins.since(now)).unwrap_or_default();
        let room = if let Some(group) = group {
            reading.room_in_group(group, begins, within)?
        } else {
            let inner = queue.inner.lock();
            let ahead = inner.waiting.ahead_of(Lane::Offers) + inner.in_hand.len();
            let weight = queue.weight.load(Ordering::Relaxed).max(100) as u64;
            (reading.room(begins, within)? * 100 / weight).saturating_sub(ahead as u64)
        };
        Some(u32::try_from(room).unwrap_or(u32::MAX))
    }

    /// Sets the gauges.
    pub fn measure(&self, now: Timestamp) {
        for (provider, queue) in &self.accounts {
            let inner = queue.inner.lock();
            let depth = inner.in_hand.len() + inner.waiting.len();
            drop(inner);
            let (channel, provider) = (provider.channel().as_str(), provider.as_str());
            gauge!(gauges::OUTBOX_DEPTH, "channel" => channel, "provider" => provider).set(depth as f64);
            let used = queue.reading.lock().as_ref().and_then(|reading| reading.used(now)).unwrap_or(0.0);
            gauge!(gauges::BUDGET_USED, "channel" => channel, "provider" => provider).set(used);
        }
    }
}

#[cfg(test)]
mod tests {
    use baton_core::ids::{EffectNo, NotificationId};

    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn f9_what_has_left_cannot_be_called_off_however_late_the_news_of_it_comes() {
        let (sms, twilio) = (ChannelKind::Sms, Provider::TwilioSms);
        let debt =
            DebtId::Notification(NotificationId::of_reference(TenantId::DEFAULT, "a"), EffectNo { version: 1, n: 0 });
        let outbox = Outbox::of(Start {
            accounts: vec![twilio],
            tenants: Tenants::default(),
            clock: Arc::new(SystemClock),
            held: false,
            interrupted: HashSet::new(),
        });
        outbox.owe_one(debt, sms, Lane::Status);
        assert!(outbox.withdraw(sms, debt), "it waits");
        outbox.take_back(sms, debt, Lane::Status);
        let (ticket, ..) = outbox.pull(twilio, |_| true).expect("it is owed after all");
        assert!(outbox.withdraw(sms, debt), "no attempt was made");
        outbox.take_back(sms, debt, Lane::Status);
        assert!(outbox.leaves(twilio, ticket));
        assert!(!outbox.withdraw(sms, debt), "it is leaving");
        outbox.settle(twilio, ticket);
        assert!(!outbox.withdraw(sms, debt), "it has left, and nobody was told yet");
    }
}
