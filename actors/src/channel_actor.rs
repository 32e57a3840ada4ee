//! One account of one provider: it pulls what is owed when its budget allows, makes the attempts, and tells what became of
//! them. It never touches a job: it reads records and sends reports.
//!
//! One message at a time to a chat, in order. Where the provider does not tell repeats apart, a page of attempts is
//! journaled before the calls, so that after a crash those are known that may have arrived.

mod attempt;
mod journal;
mod outcome;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use baton_core::delivery::{Outcome, Provider};
use baton_core::ids::{DebtId, TenantId};
use baton_core::time::Timestamp;
use metrics::gauge;
use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::buckets::{Buckets, Wait};
use crate::channel::{Address, Channel, Errand};
use crate::committer::NotStored;
use crate::gauges;
use crate::house::House;
use crate::outbox::{Had, Item};
use crate::records::ChannelMemory;
use crate::resolve::{Resolved, is_owed, resolve};
use crate::store::codec;

/// So many messages are held for chats that must wait; beyond it nothing more is pulled.
const HELD_MAX: usize = 10_000;

/// So many of them may be of one tenant.
const HELD_OF_ONE: usize = 2_000;

/// So many messages may have arrived without anybody knowing; beyond it nothing new is begun. A provider that hangs is no
/// reason to make every message a possible repeat, and the journal holds them all.
const UNCERTAIN_MAX: usize = 1_000;

/// What a channel's actor is told.
pub enum ChannelMessage {
    /// Something was owed, a wait is over, or the clock has moved.
    Wake,
    /// The page of attempts is journaled, or not.
    Journaled(Result<(), NotStored>),
    /// A call with several messages has ended.
    EndedTogether {
        /// Which they are, with what each came to.
        outcomes: Vec<(u64, Outcome)>,
        /// How long it took.
        took: Duration,
    },
    /// An attempt has ended.
    Ended {
        /// Which.
        ticket: u64,
        /// What it came to.
        outcome: Outcome,
        /// How long it took.
        took: Duration,
    },
}

/// A channel account's actor.
pub struct ChannelActor {
    house: Arc<House>,
    channel: Arc<dyn Channel>,
}

/// Its state.
pub struct Account {
    buckets: Buckets,
    /// Nothing leaves before: the budget is used up, or the provider has said so.
    paused_until: Option<Timestamp>,
    /// The provider refuses us until then: what can go by another account goes there.
    refused_until: Option<Timestamp>,
    sender_pauses: u32,
    chats: HashMap<Address, Chat>,
    /// Chats and messages that wait for a moment.
    later: BTreeMap<(Timestamp, u64), Later>,
    numbers: u64,
    held: Held,
    /// Those whose turn it is, not yet journaled.
    page: Vec<Ready>,
    /// Those who leave as soon as the journal is stored: what came to the page meanwhile does not stand in it.
    covered: Vec<Ready>,
    journaling: bool,
    under_way: HashMap<u64, Ready>,
    /// Debts that may have arrived and are not settled.
    uncertain: HashSet<DebtId>,
    /// Debts that are settled, though perhaps not yet in the store: they stay in the journal until they are.
    settled: HashSet<DebtId>,
    /// How many pages of the journal lie in the store.
    pages: u64,
    in_flight: usize,
    /// So many of those that may go together go with one call.
    batch: usize,
    woken_for: Option<Timestamp>,
}

impl Account {
    /// How many places are taken: one for each call.
    fn taken(&self) -> usize {
        self.in_flight + self.calls(&self.page) + self.calls(&self.covered)
    }

    fn calls(&self, page: &[Ready]) -> usize {
        let together = together(page);
        page.len() - together + together.div_ceil(self.batch)
    }

    /// Whether a call of the page has room for another that goes with it.
    fn gathers(&self) -> bool {
        !together(&self.page).is_multiple_of(self.batch)
    }
}

/// How many of a page go with others.
fn together(page: &[Ready]) -> usize {
    page.iter().filter(|ready| ready.together).count()
}

/// Messages that wait here for their chat or their next attempt.
#[derive(Default)]
struct Held {
    count: usize,
    tenants: HashMap<TenantId, usize>,
}

impl Held {
    fn add(&mut self, tenant: TenantId) {
        self.count += 1;
        *self.tenants.entry(tenant).or_default() += 1;
    }

    fn remove(&mut self, tenant: TenantId) {
        self.count -= 1;
        if let Entry::Occupied(mut held) = self.tenants.entry(tenant) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }

    /// Whether more of a tenant may be taken in: messages of one to a chat that is slow leave room for the others.
    fn has_room_for(&self, tenant: &TenantId) -> bool {
        self.tenants.get(tenant).is_none_or(|held| *held < HELD_OF_ONE)
    }
}

#[derive(Default)]
struct Chat {
    waiting: VecDeque<Ready>,
    busy: bool,
    not_before: Option<Timestamp>,
}

enum Later {
    Chat(Address),
    Retry(Box<Ready>),
}

/// Resolved and worth sending.
struct Ready {
    ticket: u64,
    debt: Option<DebtId>,
    attempts: u32,
    errand: Errand,
    /// The account it was meant for and was passed on from unattempted: its job hears of that with the outcome.
    meant_for: Option<Provider>,
    /// How much of the account's budget it takes.
    weight: u32,
    /// Whether it may go with others in one call.
    together: bool,
    /// When the record was read: whoever waits longer for their turn is looked at again.
    as_of: Timestamp,
    /// Where it was to go before the provider said that the chat has moved.
    moved_from: Option<Address>,
    /// When it took its tokens, and how many of the account's.
    taken_at: Timestamp,
    taken: u32,
}

impl Ready {
    /// Where its recipient had it go when this was last looked at.
    fn was_to_go(&self) -> &Address {
        self.moved_from.as_ref().unwrap_or(&self.errand.to)
    }
}

impl ChannelActor {
    /// The actor of a channel account.
    pub fn new(house: Arc<House>, channel: Arc<dyn Channel>) -> Self {
        Self { house, channel }
    }

    fn provider(&self) -> Provider {
        self.channel.provider()
    }

    fn word(&self) -> &'static str {
        self.provider().as_str()
    }

    fn channel_word(&self) -> &'static str {
        self.channel.kind().as_str()
    }
}

impl Actor for ChannelActor {
    type Msg = ChannelMessage;
    type State = Account;
    type Arguments = ();

    async fn pre_start(&self, me: ActorRef<ChannelMessage>, (): ()) -> Result<Account, ActorProcessingErr> {
        self.take_over()?;
        let record = self.house.store.get(&self.account_key().bytes())?;
        // What it remembered cannot be read: it begins with full buckets, and the provider's own limits hold.
        let memory = record.and_then(|record| codec::open::<ChannelMemory>(&record).ok()).map(|(_, memory)| memory);
        let memory = memory.unwrap_or_default();
        // Those it was about to send when it last ended keep their mark until their debts are paid, over any number of falls.
        let (before, pages) = self.journaled(self.word())?;
        self.house.outbox.put_back(self.provider(), |lane| self.channel.idempotent() && !self.goes_together(lane));
        let buckets = Buckets::of(&self.channel.budget(), memory.buckets);
        self.house.outbox.note_reading(self.provider(), buckets.reading());
        me.cast(ChannelMessage::Wake)?;
        Ok(Account {
            buckets,
            paused_until: memory.paused_until,
            refused_until: None,
            sender_pauses: 0,
            chats: HashMap::new(),
            later: BTreeMap::new(),
            numbers: 0,
            held: Held::default(),
            page: Vec::new(),
            covered: Vec::new(),
            journaling: false,
            under_way: HashMap::new(),
            uncertain: HashSet::new(),
            settled: before,
            pages,
            in_flight: 0,
            batch: self.channel.batch().max(1),
            woken_for: None,
        })
    }

    async fn handle(
        &self,
        me: ActorRef<ChannelMessage>,
        message: ChannelMessage,
        account: &mut Account,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            ChannelMessage::Wake => account.woken_for = None,
            ChannelMessage::Journaled(Ok(())) => {
                account.journaling = false;
                let covered = std::mem::take(&mut account.covered);
                self.send_all(&me, account, covered);
            }
            ChannelMessage::Journaled(Err(error)) => return Err(error.into()),
            ChannelMessage::Ended { ticket, outcome, took } => {
                account.in_flight -= 1;
                self.ended(account, ticket, outcome, took);
            }
            ChannelMessage::EndedTogether { outcomes, took } => {
                account.in_flight -= 1;
                for (ticket, outcome) in outcomes {
                    self.ended(account, ticket, outcome, took);
                }
            }
        }
        self.fill(&me, account);
        self.arrange_wake(&me, account);
        self.house.outbox.sending(self.provider(), account.taken());
        Ok(())
    }
}

impl ChannelActor {
    /// Pulls and sends while budget, places and the journal allow.
    fn fill(&self, me: &ActorRef<ChannelMessage>, account: &mut Account) {
        let now = self.house.clock.now();
        self.note_pause(account, now);
        Self::take_up_later(account, now);
        let places = usize::from(self.channel.budget().in_flight.max(1));
        while !account.journaling
            && (account.taken() < places || account.gathers())
            && account.held.count < HELD_MAX
            && account.uncertain.len() < UNCERTAIN_MAX
        {
            if account.paused_until.is_some_and(|until| until > now) {
                break;
            }
            let held = &account.held;
            let may = |tenant: &TenantId| held.has_room_for(tenant);
            let Some((ticket, lane, item)) = self.house.outbox.pull(self.provider(), may) else { break };
            let (attempts, meant_for) = (item.attempts(), item.had().unattempted());
            match resolve(&self.house, self.channel.kind(), item, now) {
                Resolved::Send { errand, debt } => {
                    let weight = self.channel.weight(&errand);
                    self.house.outbox.note_weight(self.provider(), weight);
                    let errand = *errand;
                    let together = debt.is_some() && self.goes_together(lane);
                    let (as_of, taken_at) = (now, now);
                    let ready = Ready {
                        ticket,
                        debt,
                        attempts,
                        errand,
                        meant_for,
                        weight,
                        together,
                        as_of,
                        moved_from: None,
                        taken_at,
                        taken: 0,
                    };
                    Self::offer_place(account, ready, now);
                }
                Resolved::Settled => self.house.outbox.settle(self.provider(), ticket),
                Resolved::Not { debt, delivery } => self.settle(ticket, Some(debt), meant_for, delivery),
            }
            if !account.gathers() {
                self.send_page(me, account);
            }
        }
        self.send_page(me, account);
        gauge!(gauges::CHANNEL_PAUSED, "channel" => self.channel_word(), "provider" => self.word())
            .set(if account.paused_until.is_some_and(|until| until > now) { 1.0 } else { 0.0 });
    }

    /// Chats and retries whose moment has come.
    fn take_up_later(account: &mut Account, now: Timestamp) {
        if account.paused_until.is_some_and(|until| until > now) {
            return;
        }
        account.paused_until = None;
        while let Some(entry) = account.later.first_entry() {
            if entry.key().0 > now {
                break;
            }
            match entry.remove() {
                Later::Chat(address) => Self::next_of_chat(account, &address, now),
                Later::Retry(ready) => {
                    account.held.remove(ready.errand.tenant);
                    Self::offer_place(account, *ready, now);
                }
            }
            if account.paused_until.is_some() {
                break;
            }
        }
    }

    /// A place on the page, or in the chat's line.
    fn offer_place(account: &mut Account, ready: Ready, now: Timestamp) {
        let address = ready.errand.to.clone();
        let chat = account.chats.entry(address.clone()).or_default();
        if chat.busy || !chat.waiting.is_empty() {
            account.held.add(ready.errand.tenant);
            return chat.waiting.push_back(ready);
        }
        account.held.add(ready.errand.tenant);
        chat.waiting.push_front(ready);
        Self::next_of_chat(account, &address, now);
    }

    /// The first of a chat's line goes, if the budget has room.
    fn next_of_chat(account: &mut Account, address: &Address, now: Timestamp) {
        let gathers = account.gathers();
        let Some(chat) = account.chats.get_mut(address) else { return };
        if chat.busy {
            return;
        }
        if chat.waiting.is_empty() {
            account.chats.remove(address);
            return;
        }
        account.numbers += 1;
        let number = account.numbers;
        if let Some(until) = chat.not_before.filter(|until| *until > now) {
            account.later.insert((until, number), Later::Chat(address.clone()));
            return;
        }
        // The account's own wait is everybody's: whoever was told to wait does not come back before it is over.
        if let Some(until) = account.paused_until.filter(|until| *until > now) {
            account.later.insert((until, number), Later::Chat(address.clone()));
            return;
        }
        let rides = chat.waiting.front().is_some_and(|ready| ready.together) && gathers;
        // A call takes the tokens of the first of those who go with it.
        let weight = if rides { 0 } else { chat.waiting.front().map_or(1, |ready| ready.weight) };
        match account.buckets.take(&address.bucket(), address.is_group(), weight, now) {
            Ok(()) => {
                chat.busy = true;
                if let Some(mut ready) = chat.waiting.pop_front() {
                    account.held.remove(ready.errand.tenant);
                    (ready.taken_at, ready.taken) = (now, weight);
                    account.page.push(ready);
                }
            }
            Err(Wait { until, account: whole }) => {
                account.later.insert((until, number), Later::Chat(address.clone()));
                if whole {
                    account.paused_until = Some(until);
                }
            }
        }
    }

    /// Whoever waited for their turn may be worth nothing any more: a message whose offer is over is never sent.
    fn look_again(&self, account: &mut Account) {
        let now = self.house.clock.now();
        let mut fresh = Vec::with_capacity(account.page.len());
        // Whoever leaves the page makes room for the next of their chat, who is looked at as well.
        while let Some(mut ready) = account.page.pop() {
            let Some(debt) = ready.debt.filter(|_| ready.as_of < now) else {
                fresh.push(ready);
                continue;
            };
            let possible_repeat = ready.errand.possible_repeat;
            let item = Item::Debt { debt, attempts: ready.attempts, possible_repeat, had: Had::default() };
            match resolve(&self.house, self.channel.kind(), item, now) {
                // Whoever it is for is reached elsewhere by now: it waits its turn there. What edits a message stays with that.
                Resolved::Send { errand, .. } if errand.replaces.is_none() && ready.was_to_go() != &errand.to => {
                    Self::stays_here(account, &ready, now);
                    let ready = Ready { errand: *errand, as_of: now, moved_from: None, ..ready };
                    Self::offer_place(account, ready, now);
                    continue;
                }
                Resolved::Send { errand, .. } => {
                    ready.errand = Errand { to: ready.errand.to, ..*errand };
                    ready.as_of = now;
                    fresh.push(ready);
                    continue;
                }
                Resolved::Settled => self.house.outbox.settle(self.provider(), ready.ticket),
                Resolved::Not { debt, delivery } => {
                    self.settle(ready.ticket, Some(debt), ready.meant_for, delivery);
                }
            }
            Self::stays_here(account, &ready, now);
        }
        // Popped from the end, so the order is turned round; within a chat there is one at most.
        fresh.reverse();
        account.page = fresh;
    }

    /// It has its turn and does not leave: the next of its chat has its place and its tokens.
    fn stays_here(account: &mut Account, ready: &Ready, now: Timestamp) {
        let to = &ready.errand.to;
        // Those who go with it still need the tokens of their call.
        if !ready.together {
            account.buckets.unused(&to.bucket(), to.is_group(), ready.taken, ready.taken_at);
        }
        if let Some(chat) = account.chats.get_mut(to) {
            chat.busy = false;
        }
        Self::next_of_chat(account, to, now);
    }

    /// Journals the page where that is needed, and sends it.
    fn send_page(&self, me: &ActorRef<ChannelMessage>, account: &mut Account) {
        if account.journaling {
            return;
        }
        self.look_again(account);
        if account.page.is_empty() {
            return;
        }
        let mut page = std::mem::take(&mut account.page);
        if together(&page) == 1 {
            // It is alone after all.
            for ready in &mut page {
                ready.together = false;
            }
        }
        if page.iter().all(|ready| ready.debt.is_none() || self.tells_apart(ready)) {
            return self.send_all(me, account, page);
        }
        account.settled.retain(|debt| is_owed(&self.house, *debt));
        account.covered = page;
        let covered = account.covered.iter().filter(|ready| !self.tells_apart(ready));
        let leaving = covered.filter_map(|ready| ready.debt);
        let debts: HashSet<DebtId> =
            leaving.chain(account.uncertain.iter().copied()).chain(account.settled.iter().copied()).collect();
        account.journaling = true;
        self.journal(me, account, debts.into_iter().collect());
    }

    /// Wakes itself when the next wait is over.
    fn arrange_wake(&self, me: &ActorRef<ChannelMessage>, account: &mut Account) {
        let next = account.later.keys().next().map(|(at, _)| *at);
        let next = match (next, account.paused_until) {
            (Some(next), Some(paused)) => Some(next.max(paused)),
            (next, None) => next,
            (None, paused) => paused,
        };
        let Some(at) = next else { return };
        if account.woken_for.is_some_and(|woken| woken <= at) {
            return;
        }
        account.woken_for = Some(at);
        let (clock, me) = (Arc::clone(&self.house.clock), me.clone());
        tokio::spawn(async move {
            clock.sleep_until(at).await;
            let _ = me.cast(ChannelMessage::Wake);
        });
    }
}
