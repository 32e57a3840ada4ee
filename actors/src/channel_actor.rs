//! One account of one provider: it pulls what is owed when its budget allows, makes the attempts, and tells what became of
//! them. It never touches a job: it reads records and sends reports.
//!
//! One message at a time to a chat, in order. Where the provider does not tell repeats apart, a page of attempts is
//! journaled before the calls, so that after a crash those are known that may have arrived.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use baton_core::agent::tells_of_a_person;
use baton_core::delivery::failover::{self, Why};
use baton_core::delivery::{Delivery, DropReason, Outcome, Provider, Scope};
use baton_core::ids::{AgentId, DebtId, TenantId};
use baton_core::message::Lane;
use baton_core::time::Timestamp;
use metrics::{counter, gauge, histogram};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use rand::Rng;

use crate::buckets::{Buckets, Wait};
use crate::channel::{Address, Channel, Errand};
use crate::clock::Stopwatch;
use crate::committer::{NotStored, Pending};
use crate::falls::Place;
use crate::gauges;
use crate::house::House;
use crate::outbox::{Had, Item};
use crate::reach;
use crate::records::{Attempting, ChannelMemory};
use crate::resolve::{Resolved, is_owed, resolve};
use crate::store::codec;
use crate::store::keys::{Key, Prefix, Space};
use crate::store::{StepWrites, StoreError, Write};

/// So many messages are held for chats that must wait; beyond it nothing more is pulled.
const HELD_MAX: usize = 10_000;

/// So many of them may be of one tenant.
const HELD_OF_ONE: usize = 2_000;

/// A provider that says "wait" for longer than this is as good as away; a shorter wait is waited out.
const WAITED_OUT: Duration = Duration::from_secs(10);

/// So many messages may have arrived without anybody knowing; beyond it nothing new is begun. A provider that hangs is no
/// reason to make every message a possible repeat, and the journal holds them all.
const UNCERTAIN_MAX: usize = 1_000;

/// So many attempts stand on a page of the journal: it stays well below the largest value of the store.
const JOURNAL_PAGE: usize = 1_000;

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
    /// When it took its tokens, and how many of the account's.
    taken_at: Timestamp,
    taken: u32,
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

    fn account_key(&self) -> Key {
        Key::Channel { tenant: TenantId::DEFAULT, account: self.word().to_owned(), page: 0 }
    }

    fn attempts_key(&self, page: u64) -> Key {
        Key::Attempts { tenant: TenantId::DEFAULT, account: self.word().to_owned(), seq: page }
    }

    /// What the journal of an account holds, and on how many pages.
    fn journaled(&self, account: &str) -> Result<(HashSet<DebtId>, u64), StoreError> {
        let (mut before, mut pages) = (HashSet::new(), 0);
        let prefix = Prefix::account(Space::Attempts, TenantId::DEFAULT, account);
        self.house.store.scan(&prefix, None, &mut |key, record| {
            if let Some(Key::Attempts { seq, .. }) = Key::parse(key) {
                pages = pages.max(seq + 1);
            }
            before.extend(codec::open::<Attempting>(record).into_iter().flat_map(|(_, attempting)| attempting.0));
            ControlFlow::Continue(())
        })?;
        Ok((before, pages))
    }

    /// When a channel had one account, its rows stood under the channel's name: the first account of it takes them over, so that
    /// an attempt that was interrupted then stays marked.
    fn take_over(&self) -> Result<(), ActorProcessingErr> {
        let old = self.channel_word();
        if old == self.word() || !self.house.outbox.is_first(self.provider()) {
            return Ok(());
        }
        let memory = Key::Channel { tenant: TenantId::DEFAULT, account: old.to_owned(), page: 0 };
        let remembered = self.house.store.get(&memory.bytes())?;
        let (attempts, pages) = self.journaled(old)?;
        if remembered.is_none() && pages == 0 {
            return Ok(());
        }
        let (mut own, mut own_pages) = self.journaled(self.word())?;
        own.extend(attempts);
        own.retain(|debt| is_owed(&self.house, *debt));
        let own: Vec<DebtId> = own.into_iter().collect();
        let mut writes = vec![Write { key: memory.bytes(), value: None }];
        if remembered.is_some() && self.house.store.get(&self.account_key().bytes())?.is_none() {
            writes.push(Write { key: self.account_key().bytes(), value: remembered });
        }
        writes.extend((0..pages).map(|seq| {
            let key = Key::Attempts { tenant: TenantId::DEFAULT, account: old.to_owned(), seq };
            Write { key: key.bytes(), value: None }
        }));
        let mut filled = 0;
        for chunk in own.chunks(JOURNAL_PAGE) {
            let page = codec::seal(&Attempting(chunk.to_vec()), 1, self.house.epoch)?;
            writes.push(Write { key: self.attempts_key(filled).bytes(), value: Some(page) });
            filled += 1;
        }
        own_pages = own_pages.max(filled);
        writes.extend((filled..own_pages).map(|page| Write { key: self.attempts_key(page).bytes(), value: None }));
        self.house.store.commit(&[StepWrites { check: None, writes }])?;
        Ok(())
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

    fn journal(&self, me: &ActorRef<ChannelMessage>, account: &mut Account, debts: Vec<DebtId>) {
        let now = self.house.clock.now();
        let memory =
            ChannelMemory { paused_until: account.paused_until, buckets: account.buckets.remember(now), offset: None };
        let row = |page, value| Write { key: self.attempts_key(page).bytes(), value };
        let sealed = codec::seal(&memory, 1, self.house.epoch).and_then(|memory| {
            let pages = debts.chunks(JOURNAL_PAGE);
            let pages: Result<Vec<Vec<u8>>, _> =
                pages.map(|page| codec::seal(&Attempting(page.to_vec()), 1, self.house.epoch)).collect();
            Ok((pages?, memory))
        });
        let me = me.clone();
        match sealed {
            Ok((pages, memory)) => {
                let filled = pages.len() as u64;
                let mut writes = vec![Write { key: self.account_key().bytes(), value: Some(memory) }];
                writes.extend((0..).zip(pages).map(|(page, attempting)| row(page, Some(attempting))));
                writes.extend((filled..account.pages).map(|page| row(page, None)));
                account.pages = filled;
                let done = Box::new(move |result| drop(me.cast(ChannelMessage::Journaled(result))));
                self.house.committer.store(Pending { writes: StepWrites { check: None, writes }, facts: None, done });
            }
            // Neither can be too large; if one ever is, the actor falls and what it had in hand is put back.
            Err(_) => drop(me.cast(ChannelMessage::Journaled(Err(NotStored::TooLarge)))),
        }
    }

    /// Whether what is in a lane may go with others in one call.
    fn goes_together(&self, lane: Lane) -> bool {
        lane == Lane::Bulk && self.channel.batch() > 1
    }

    /// Whether a repeat of a message is told apart by the provider.
    fn tells_apart(&self, ready: &Ready) -> bool {
        self.channel.idempotent() && !ready.together
    }

    /// Makes the attempts of a page.
    fn send_all(&self, me: &ActorRef<ChannelMessage>, account: &mut Account, page: Vec<Ready>) {
        let (mut together, alone): (Vec<Ready>, Vec<Ready>) = page.into_iter().partition(|ready| ready.together);
        for ready in alone {
            self.send(me, account, ready);
        }
        while !together.is_empty() {
            let rest = together.split_off(together.len().min(account.batch));
            self.send_together(me, account, std::mem::replace(&mut together, rest));
        }
    }

    /// Makes one attempt for several.
    fn send_together(&self, me: &ActorRef<ChannelMessage>, account: &mut Account, group: Vec<Ready>) {
        let (mut tickets, mut errands) = (Vec::with_capacity(group.len()), Vec::with_capacity(group.len()));
        for ready in group {
            if let Some((ticket, errand)) = self.leaves(account, ready) {
                tickets.push(ticket);
                errands.push(errand);
            }
        }
        if tickets.is_empty() {
            return;
        }
        account.in_flight += 1;
        let (channel, me, took) = (Arc::clone(&self.channel), me.clone(), Stopwatch::start());
        tokio::spawn(async move {
            let count = tickets.len();
            let mut outcomes = match tokio::spawn(async move { channel.send_together(errands).await }).await {
                Ok(outcomes) => outcomes,
                Err(error) => vec![Outcome::Unknown(format!("the attempt fell: {error}")); count],
            };
            outcomes.resize_with(count, || Outcome::Unknown("nobody told what became of it".to_owned()));
            let outcomes = tickets.into_iter().zip(outcomes).collect();
            // A fallen actor's outcomes find nobody; what was under way is put back by its successor.
            let _ = me.cast(ChannelMessage::EndedTogether { outcomes, took: took.elapsed() });
        });
    }

    /// An attempt begins, unless the message was called off.
    fn leaves(&self, account: &mut Account, ready: Ready) -> Option<(u64, Errand)> {
        if !self.house.outbox.leaves(self.provider(), ready.ticket) {
            Self::stays_here(account, &ready, self.house.clock.now());
            return None;
        }
        self.house.may_fall(Place::Channel(self.channel.kind()));
        let (ticket, errand) = (ready.ticket, ready.errand.clone());
        if !self.tells_apart(&ready) {
            account.uncertain.extend(ready.debt);
        }
        account.under_way.insert(ticket, ready);
        Some((ticket, errand))
    }

    /// Makes the attempt. A channel that answers at once is not worth a task.
    fn send(&self, me: &ActorRef<ChannelMessage>, account: &mut Account, ready: Ready) {
        let Some((ticket, errand)) = self.leaves(account, ready) else { return };
        account.in_flight += 1;
        let channel = Arc::clone(&self.channel);
        let took = Stopwatch::start();
        let mut attempt = Box::pin(async move { channel.send(errand).await });
        let polled = attempt.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let me = me.clone();
        match polled {
            // A fallen actor's outcomes find nobody; what was under way is put back by its successor.
            Poll::Ready(outcome) => drop(me.cast(ChannelMessage::Ended { ticket, outcome, took: took.elapsed() })),
            Poll::Pending => {
                tokio::spawn(async move {
                    let outcome = match tokio::spawn(attempt).await {
                        Ok(outcome) => outcome,
                        Err(error) => Outcome::Unknown(format!("the attempt fell: {error}")),
                    };
                    let _ = me.cast(ChannelMessage::Ended { ticket, outcome, took: took.elapsed() });
                });
            }
        }
    }

    /// What an attempt came to decides what happens to the message, its chat and the account.
    fn ended(&self, account: &mut Account, ticket: u64, outcome: Outcome, took: Duration) {
        let Some(mut ready) = account.under_way.remove(&ticket) else { return };
        self.house.outbox.stays(self.provider(), ticket);
        let now = self.house.clock.now();
        let address = ready.errand.to.clone();
        let (bucket, is_group) = (address.bucket(), address.is_group());
        account.buckets.answered(&bucket, is_group, ready.taken, ready.taken_at, now, took);
        counter!(gauges::SENDS, "channel" => self.channel_word(), "provider" => self.word(), "class" => outcome.class()).increment(1);
        histogram!(gauges::SEND_SECONDS, "channel" => self.channel_word(), "provider" => self.word())
            .record(took.as_secs_f64());
        let avoided_until = now + self.house.limits.retry.sender_pause;
        self.house.outbox.note_attempt(self.provider(), is_well(&outcome), avoided_until);
        if let Some(chat) = account.chats.get_mut(&address) {
            chat.busy = false;
        }
        if let Some(debt) = ready.debt {
            match &outcome {
                // It arrived, or may have: until that is stored, an end of the process must not hide it.
                Outcome::Accepted(_) | Outcome::Noop => {
                    if account.uncertain.remove(&debt) {
                        account.settled.insert(debt);
                    }
                }
                Outcome::Unknown(_) => {}
                Outcome::RetryAfter(..)
                | Outcome::Retry(_)
                | Outcome::Sender(_)
                | Outcome::Moved(_)
                | Outcome::Recipient(_)
                | Outcome::Window(_)
                | Outcome::Content(_) => {
                    if !ready.errand.possible_repeat {
                        account.uncertain.remove(&debt);
                    }
                }
            }
        }
        match outcome {
            Outcome::Accepted(receipt) => {
                account.sender_pauses = 0;
                self.note_taken(ready.errand.agent);
                self.settle(ticket, ready.debt, ready.meant_for, Delivery::Sent(receipt));
            }
            Outcome::Noop => {
                let receipt = ready.errand.replaces.clone();
                let receipt = receipt.unwrap_or_else(|| baton_core::delivery::Receipt {
                    channel: self.channel.kind(),
                    message: String::new(),
                });
                self.settle(ticket, ready.debt, ready.meant_for, Delivery::Sent(receipt));
            }
            Outcome::RetryAfter(wait, scope) => {
                let until = now + wait;
                match scope {
                    Scope::Chat => {
                        let chat = account.chats.entry(address.clone()).or_default();
                        chat.not_before = Some(until);
                    }
                    Scope::Account => {
                        account.paused_until = account.paused_until.max(Some(until));
                        if wait >= WAITED_OUT {
                            account.refused_until = account.refused_until.max(Some(until));
                        }
                    }
                }
                // Its turn in the chat's line stays the first.
                account.held.add(ready.errand.tenant);
                let chat = account.chats.entry(address.clone()).or_default();
                chat.waiting.push_front(ready);
            }
            Outcome::Retry(reason) => self.again(account, ready, "retry", reason, now),
            Outcome::Unknown(reason) => {
                // Offers, answers and status are sent again, marked as a possible repeat; nothing else is owed yet.
                ready.errand.possible_repeat = true;
                counter!(gauges::SENDS_REPEATED, "channel" => self.channel_word(), "provider" => self.word())
                    .increment(1);
                self.again(account, ready, "unknown", reason, now);
            }
            Outcome::Sender(reason) => {
                account.sender_pauses += 1;
                let pause = self.house.limits.retry.sender_pause * 2_u32.pow((account.sender_pauses - 1).min(4));
                account.paused_until = Some(now + pause);
                account.refused_until = account.paused_until;
                self.house.outbox.note_pause(self.provider(), account.refused_until);
                tracing::error!(provider = self.word(), reason, "the {} account is refused; it pauses", self.word());
                self.again(account, ready, "sender", reason, now);
            }
            Outcome::Moved(to) => match to.parse() {
                Ok(chat) if ready.attempts == 0 => {
                    ready.attempts += 1;
                    let thread = match ready.errand.to {
                        Address::Telegram { thread, .. } => thread,
                        Address::Console | Address::Email(_) | Address::Phone(_) => None,
                    };
                    ready.errand.to = Address::Telegram { chat, thread };
                    Self::offer_place(account, ready, now);
                }
                Ok(_) | Err(_) => self.fail(account, &ready, "moved", to),
            },
            Outcome::Recipient(reason) => self.fail(account, &ready, "recipient", reason),
            Outcome::Window(reason) => self.fail(account, &ready, "window", reason),
            Outcome::Content(reason) => self.fail(account, &ready, "content", reason),
        }
        Self::next_of_chat(account, &address, now);
    }

    /// Another attempt after a wait that grows, or none any more.
    fn again(&self, account: &mut Account, mut ready: Ready, class: &'static str, reason: String, now: Timestamp) {
        let retry = self.house.limits.retry;
        ready.attempts += 1;
        let used_up = ready.attempts >= retry.attempts;
        if let Some(why) = failover::leaves(class, used_up, MAY_BE_REPEATED)
            && self.hand_over(account, &ready, why, (class, &reason))
        {
            return;
        }
        if used_up {
            return self.fail(account, &ready, class, reason);
        }
        let exponent = i32::try_from(ready.attempts - 1).unwrap_or(i32::MAX);
        let grown = retry.first.mul_f64(retry.factor.powi(exponent).min(1e6)).min(retry.max);
        // Up to a tenth more, so that what failed together does not come back together; never less, so that gaps grow.
        let wait = grown.mul_f64(1.0 + rand::rng().random::<f64>() * retry.jitter);
        let until = (now + wait).max(account.paused_until.unwrap_or(now));
        if ready.errand.lifetime.is_some_and(|lifetime| until >= lifetime) && class != "sender" {
            return self.fail(account, &ready, class, reason);
        }
        account.numbers += 1;
        account.held.add(ready.errand.tenant);
        account.later.insert((until, account.numbers), Later::Retry(Box::new(ready)));
    }

    /// Gives a message to another account of the channel, and tells its job. False: there is none that would take it.
    fn hand_over(&self, account: &mut Account, ready: &Ready, why: Why, (class, reason): (&str, &str)) -> bool {
        let may_have_arrived = ready.errand.possible_repeat;
        let Some(to) = self.house.outbox.hand_over(self.provider(), ready.ticket, why, may_have_arrived) else {
            return false;
        };
        // It may have arrived by this account: an end of the process must not hide that from the next.
        if let Some(debt) = ready.debt.filter(|debt| account.uncertain.remove(debt)) {
            account.settled.insert(debt);
        }
        self.count_handed_over(to, class, 1);
        if let (Some(debt), Some(directory)) = (ready.debt, self.house.directory()) {
            let (class, reason) = (class.to_owned(), reason.to_owned());
            let delivery = Delivery::Rerouted { from: self.provider(), to, class, reason };
            directory.report_delivery(debt, delivery, Some(self.provider()));
        }
        true
    }

    /// While the provider refuses us, everything that can go by another account goes there.
    fn note_pause(&self, account: &mut Account, now: Timestamp) {
        account.refused_until = account.refused_until.filter(|until| *until > now);
        self.house.outbox.note_pause(self.provider(), account.refused_until);
        if account.refused_until.is_none() {
            return;
        }
        let passed_on = self.house.outbox.pass_on(self.provider());
        if passed_on > 0 {
            tracing::warn!(provider = self.word(), passed_on, "messages of a paused account go by another");
            counter!(gauges::FAILOVERS, "channel" => self.channel_word(), "from" => self.word(), "class" => "paused")
                .increment(passed_on as u64);
        }
        self.pass_on_held(account);
    }

    /// The same for what waits here for its chat or its next attempt.
    fn pass_on_held(&self, account: &mut Account) {
        let gone = |account: &mut Account, ready: &Ready| {
            let goes = self.hand_over(account, ready, Why::Paused, ("paused", "the account is left alone"));
            if goes {
                account.held.remove(ready.errand.tenant);
            }
            goes
        };
        for (address, mut waiting) in account
            .chats
            .iter_mut()
            .map(|(to, chat)| (to.clone(), std::mem::take(&mut chat.waiting)))
            .collect::<Vec<_>>()
        {
            waiting.retain(|ready| !gone(account, ready));
            if let Some(chat) = account.chats.get_mut(&address) {
                chat.waiting = waiting;
            }
        }
        for (at, later) in std::mem::take(&mut account.later) {
            match later {
                Later::Retry(ready) if gone(account, &ready) => {}
                later @ (Later::Retry(_) | Later::Chat(_)) => drop(account.later.insert(at, later)),
            }
        }
    }

    fn count_handed_over(&self, to: Provider, class: &str, count: u64) {
        tracing::info!(from = self.word(), to = to.as_str(), class, "a message goes by another account");
        let class = failover_class(class);
        counter!(gauges::FAILOVERS, "channel" => self.channel_word(), "from" => self.word(), "class" => class)
            .increment(count);
    }

    fn fail(&self, account: &mut Account, ready: &Ready, class: &str, reason: String) {
        if let Some(debt) = ready.debt.filter(|debt| account.uncertain.remove(debt)) {
            account.settled.insert(debt);
        }
        counter!(gauges::SENDS_FAILED, "channel" => self.channel_word(), "provider" => self.word()).increment(1);
        if ready.debt.is_none() {
            // No job hears of it.
            tracing::warn!(provider = self.word(), class, reason, "an answer to somebody who wrote was not delivered");
        }
        let delivery = Delivery::Failed { class: class.to_owned(), reason: reason.clone() };
        let Some(agent) = ready.errand.agent.filter(|_| tells_of_a_person(class)) else {
            return self.settle(ready.ticket, ready.debt, ready.meant_for, delivery);
        };
        self.house.outbox.settle(self.provider(), ready.ticket);
        let (house, provider, class) = (Arc::clone(&self.house), self.provider(), class.to_owned());
        let (debt, meant_for) = (ready.debt, ready.meant_for);
        tokio::spawn(async move {
            reach::undelivered(&house, agent, provider.channel(), class, reason).await;
            report(&house, provider, debt, meant_for, delivery);
        });
    }

    /// What a provider took may be all that is ever known of it: then the address is well.
    fn note_taken(&self, agent: Option<AgentId>) {
        let Some(agent) = agent.filter(|_| !self.provider().tells_of_arrival()) else { return };
        let channel = self.channel.kind();
        if reach::is_weak(&self.house, agent, channel) {
            let house = Arc::clone(&self.house);
            tokio::spawn(async move { reach::arrived(&house, agent, channel).await });
        }
    }

    fn settle(&self, ticket: u64, debt: Option<DebtId>, meant_for: Option<Provider>, delivery: Delivery) {
        if let Delivery::Dropped(reason) = &delivery {
            let word = match reason {
                DropReason::OfferOver => "offer_over",
                DropReason::Late => "late",
                DropReason::RecipientGone => "recipient_gone",
                DropReason::Unwanted => "unwanted",
                DropReason::NoConsent => "no_consent",
            };
            counter!(gauges::SENDS_DROPPED, "channel" => self.channel_word(), "provider" => self.word(), "reason" => word).increment(1);
        }
        self.house.outbox.settle(self.provider(), ticket);
        report(&self.house, self.provider(), debt, meant_for, delivery);
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

/// Tells the debtor of a message what became of it.
fn report(house: &House, provider: Provider, debt: Option<DebtId>, meant_for: Option<Provider>, delivery: Delivery) {
    let (Some(debt), Some(directory)) = (debt, house.directory()) else { return };
    if let Some(from) = meant_for {
        let (class, reason) = ("paused".to_owned(), "the account was left alone".to_owned());
        let rerouted = Delivery::Rerouted { from, to: provider, class, reason };
        directory.report_delivery(debt, rerouted, Some(provider));
    }
    directory.report_delivery(debt, delivery, Some(provider));
}

/// Whether the provider answered as one that works, be it with a no to this one message.
fn is_well(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Accepted(_)
        | Outcome::Noop
        | Outcome::RetryAfter(..)
        | Outcome::Moved(_)
        | Outcome::Recipient(_)
        | Outcome::Window(_)
        | Outcome::Content(_) => true,
        Outcome::Retry(_) | Outcome::Unknown(_) | Outcome::Sender(_) => false,
    }
}

/// Everything that is owed at present may be sent again, marked as a possible repeat: offers, answers, status, notifications.
const MAY_BE_REPEATED: bool = true;

/// The word for a metric: of a fixed list.
fn failover_class(class: &str) -> &'static str {
    match class {
        "sender" => "sender",
        "retry" => "retry",
        "unknown" => "unknown",
        _ => "paused",
    }
}
