//! What waits for a dashboard: rows on disk, in order, each until it has arrived.
//!
//! Bots hand events in, and the log of jobs is read into it, by whoever has the turn; so one number follows the other. What is not
//! yet on disk is told nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use baton_core::dashboard::backlog::{Backlog, Room};
use baton_core::dashboard::{Heard, Status, Wire, tells};
use baton_core::details::SealedPayload;
use baton_core::follower::Follower;
use baton_core::ids::EndpointId;
use baton_core::time::Timestamp;
use metrics::counter;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex as Turns;
use uuid::Uuid;

use super::{Carrier, Dashboards, Endpoint, read, row};
use crate::error::Failure;
use crate::event_log::Logged;
use crate::gauges;
use crate::house::House;
use crate::store::codec::{self, Record};
use crate::store::envelope::Kind;
use crate::store::keys::{Key, Prefix};
use crate::store::{StepWrites, StoreError, VersionCheck, Write};

/// So many events of the log are read into a queue in one step.
const READ_MAX: usize = 64;

/// A cursor that has moved so far over what nobody is told is stored.
const MOVED_MAX: u64 = 5_000;

/// An event for a dashboard.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// Which.
    pub wire: Wire,
    /// Of whom or of what it tells: what is of one subject arrives in order.
    pub subject: Uuid,
    /// The order it tells of.
    pub order: Option<Uuid>,
    /// When it came in.
    pub at: Timestamp,
    /// Its payload is sealed for this.
    pub sealed_for: Uuid,
    /// What it says, sealed.
    pub payload: SealedPayload,
}

impl Record for Handed {
    const KIND: Kind = Kind::DashboardEvent;
    const SCHEMA: u16 = 1;
}

/// An event that waits.
#[derive(Clone, PartialEq, Eq)]
pub struct Queued {
    /// Its number in the queue.
    pub no: u64,
    /// The event.
    pub handed: Handed,
}

/// Whom an order is for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// What stands for them.
    pub subject: Uuid,
    /// It is sealed for this.
    pub sealed_for: Uuid,
    /// How a dashboard knows them, sealed.
    pub sealed: SealedPayload,
}

/// What a dashboard has heard of an order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Since when.
    pub at: Timestamp,
    /// Whom it is for, where a bot has said so.
    pub customer: Option<Customer>,
    /// Whether a person is called for.
    pub escalated: bool,
    /// How far its job has come.
    pub status: Option<Status>,
}

impl Record for Order {
    const KIND: Kind = Kind::DashboardOrder;
    const SCHEMA: u16 = 1;
}

/// How far the log of jobs is read into a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// The number of the last event that was read.
    pub cursor: u64,
}

impl Record for Reader {
    const KIND: Kind = Kind::DashboardReader;
    const SCHEMA: u16 = 1;
}

/// What becomes of an event that is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It waits, under this number.
    Queued(u64),
    /// The same was told a moment ago, or waits to be.
    NotNeeded,
    /// The order is known.
    Known,
    /// Too many wait.
    Full,
}

impl Taken {
    fn word(self) -> &'static str {
        match self {
            Self::Queued(_) => "queued",
            Self::NotNeeded => "debounced",
            Self::Known => "known",
            Self::Full => "full",
        }
    }
}

/// What waits for one dashboard.
pub struct Queue {
    id: EndpointId,
    turn: Turns<Turn>,
    backlog: Mutex<Backlog>,
    /// The last number on disk.
    stored: AtomicU64,
}

/// What whoever adds to a queue must have.
struct Turn {
    /// The last number that was given.
    last: u64,
    /// How far the log is read, which version of that is on disk, and where it stands there.
    reader: Option<(Reader, u64, u64)>,
}

impl Queue {
    /// As the store holds it.
    pub(crate) fn load(house: &House, id: EndpointId, rules: &Dashboards) -> Result<Self, StoreError> {
        let failed = |failure: Failure| StoreError::Failed(failure.to_string());
        let follower = read::<Follower>(house, &Key::Follower(id)).map_err(failed)?.map(|(_, follower)| follower);
        let follower = follower.unwrap_or_default();
        let lines: BTreeSet<u64> = follower.lines.iter().flat_map(|line| line.waiting.iter().copied()).collect();
        let mut backlog = Backlog::new(rules.most, rules.window);
        // What has arrived is gone, and its number with it: they go on from the furthest that anybody remembers.
        let mut last = follower.cursor;
        house.store.scan(&Prefix::dashboard_events(id), None, &mut |key, record| {
            if let Some(Key::DashboardEvent { no, .. }) = Key::parse(key) {
                last = last.max(no);
                // One that cannot be read is told of at the start; one that was given up is kept, and waits no more.
                if let Ok((_, handed)) = codec::open::<Handed>(record)
                    && (no > follower.cursor || lines.contains(&no))
                {
                    backlog.waits(no, handed.wire, handed.subject);
                }
            }
            ControlFlow::Continue(())
        })?;
        let reader = read::<Reader>(house, &Key::DashboardReader(id)).map_err(failed)?;
        let reader = reader.map(|(version, reader)| (reader, version, reader.cursor));
        Ok(Self { id, turn: Turns::new(Turn { last, reader }), backlog: Mutex::new(backlog), stored: last.into() })
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.backlog.lock().len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether an event waits.
    pub fn holds(&self, no: u64) -> bool {
        self.backlog.lock().holds(no)
    }

    /// The number of the last event.
    pub fn newest(&self) -> u64 {
        self.stored.load(Ordering::Acquire)
    }

    /// At most so many events that wait, after a number.
    pub(crate) fn after(&self, house: &House, after: u64, most: usize) -> Result<Vec<Queued>, StoreError> {
        let (newest, mut found) = (self.newest(), Vec::new());
        if newest <= after || most == 0 {
            return Ok(found);
        }
        let from = Key::DashboardEvent { endpoint: self.id, no: after }.bytes();
        house.store.scan(&Prefix::dashboard_events(self.id), Some(&from), &mut |key, record| {
            match (Key::parse(key), codec::open::<Handed>(record)) {
                (Some(Key::DashboardEvent { no, .. }), Ok((_, handed))) if no > after && no <= newest => {
                    found.push(Queued { no, handed });
                }
                (_, Ok(_)) => {}
                // It is told of at the start, and nobody is kept from what follows.
                (_, Err(error)) => {
                    tracing::error!(%error, "an event for a dashboard cannot be read and is passed over");
                }
            }
            if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(found)
    }

    /// The row of an event that has arrived.
    pub(crate) fn gone(endpoint: EndpointId, no: u64) -> Write {
        Write { key: Key::DashboardEvent { endpoint, no }.bytes(), value: None }
    }

    /// Events wait no more; whether they have arrived.
    pub(crate) fn left(&self, events: &[(u64, bool)], now: Timestamp) {
        let mut backlog = self.backlog.lock();
        for (no, arrived) in events {
            backlog.left(*no, *arrived, now);
        }
    }

    /// Takes an event in that a bot hands in. `customer`: whom its order is for.
    pub(crate) async fn hand_in(
        &self,
        house: &House,
        handed: Handed,
        customer: Option<Customer>,
    ) -> Result<Taken, Failure> {
        let wire = handed.wire;
        let taken = self.take_in(house, handed, customer).await?;
        counter!(gauges::DASHBOARD_EVENTS, "event" => wire.as_str(), "result" => taken.word()).increment(1);
        if let Taken::Queued(_) = taken {
            house.sinks.call(self.id);
        }
        Ok(taken)
    }

    async fn take_in(&self, house: &House, mut handed: Handed, customer: Option<Customer>) -> Result<Taken, Failure> {
        let mut turn = self.turn.lock().await;
        match self.backlog.lock().room(handed.wire, handed.subject, handed.at) {
            Room::There => {}
            Room::NotNeeded => return Ok(Taken::NotNeeded),
            Room::Full => return Ok(Taken::Full),
        }
        let mut writes = Vec::new();
        if let Some(order) = handed.order {
            let key = Key::DashboardOrder { endpoint: self.id, order };
            match (handed.wire, read::<Order>(house, &key)?) {
                (Wire::OrderCreated, Some(_)) => return Ok(Taken::Known),
                (Wire::OrderCreated, None) => {
                    let order = Order { at: handed.at, customer, escalated: false, status: None };
                    writes.push(row(house, key, &order, 1)?);
                }
                // What becomes of an order comes behind its customer's order.
                (_, known) => handed.subject = subject_of(known.as_ref(), handed.subject),
            }
        }
        let no = turn.last + 1;
        writes.push(row(house, Key::DashboardEvent { endpoint: self.id, no }, &handed, 1)?);
        house.committer.store_rows(StepWrites { check: None, writes }).await?;
        turn.last = no;
        self.backlog.lock().waits(no, handed.wire, handed.subject);
        self.stored.store(no, Ordering::Release);
        Ok(Taken::Queued(no))
    }

    /// Reads the log of jobs into the queue, as far as there is room. Whether there was none.
    pub(crate) async fn read_jobs(
        &self,
        house: &House,
        dashboard: &Endpoint,
        carrier: &dyn Carrier,
    ) -> Result<(), Failure> {
        let mut turn = self.turn.lock().await;
        loop {
            let Some((mut reader, version, stored)) = turn.reader else { return Ok(()) };
            let found = house.index.events.after(&*house.store, self.id.tenant, reader.cursor, READ_MAX);
            let found = found.map_err(|error| Failure::unreadable(&error))?.events;
            if found.is_empty() {
                return Ok(());
            }
            let (mut orders, mut queued, mut full) = (BTreeMap::new(), Vec::new(), false);
            for logged in found {
                let (event, order) = self.in_its_words(house, dashboard, carrier, &logged, &orders)?;
                if self.len() + queued.len() + event.len() > self.most() {
                    full = true;
                    break;
                }
                reader.cursor = logged.no;
                queued.extend(event);
                orders.extend(order);
            }
            if queued.is_empty() && (full || reader.cursor - stored < MOVED_MAX) {
                turn.reader = Some((reader, version, stored));
                if full {
                    return Ok(());
                }
                continue;
            }
            let key = Key::DashboardReader(self.id);
            let check = Some(VersionCheck { key: key.bytes(), version });
            let mut writes = vec![row(house, key, &reader, version + 1)?];
            for (order, known) in &orders {
                writes.push(row(house, Key::DashboardOrder { endpoint: self.id, order: *order }, known, 1)?);
            }
            let first = turn.last + 1;
            for (no, handed) in (first..).zip(&queued) {
                writes.push(row(house, Key::DashboardEvent { endpoint: self.id, no }, handed, 1)?);
            }
            house.committer.store_rows(StepWrites { check, writes }).await?;
            turn.last += queued.len() as u64;
            turn.reader = Some((reader, version + 1, reader.cursor));
            for (no, handed) in (first..).zip(&queued) {
                self.backlog.lock().waits(no, handed.wire, handed.subject);
            }
            self.stored.store(turn.last, Ordering::Release);
            house.sinks.call(self.id);
            if full {
                return Ok(());
            }
        }
    }

    fn most(&self) -> usize {
        self.backlog.lock().most()
    }

    /// What a dashboard is told of what became true of a job, and what it will have heard of it then. `orders`: what it will have heard
    /// of others.
    fn in_its_words(
        &self,
        house: &House,
        dashboard: &Endpoint,
        carrier: &dyn Carrier,
        logged: &Logged,
        orders: &BTreeMap<Uuid, Order>,
    ) -> Result<(Vec<Handed>, Option<(Uuid, Order)>), Failure> {
        if !dashboard.types.is_empty() {
            return Ok((Vec::new(), None));
        }
        let name = logged.external_ref.clone().unwrap_or_else(|| logged.job.to_string());
        let print = carrier.order(self.id.tenant, &name);
        let known = match orders.get(&print) {
            Some(known) => Some(known.clone()),
            None => {
                read::<Order>(house, &Key::DashboardOrder { endpoint: self.id, order: print })?.map(|(_, order)| order)
            }
        };
        let before = known.as_ref().map_or_else(Heard::default, |known| Heard {
            created: true,
            escalated: known.escalated,
            status: known.status,
        });
        let mut heard = before;
        let told = tells(&logged.entry.event, &mut heard);
        let customer = known.as_ref().and_then(|known| known.customer.as_ref());
        let mut handed = Vec::new();
        for tells in told {
            let Some(mut event) = carrier.words(dashboard, logged, tells, customer) else {
                tracing::error!(job.id = %logged.job, "an event for a dashboard could not be sealed and is passed over");
                continue;
            };
            (event.order, event.subject) = (Some(print), customer.map_or(print, |customer| customer.subject));
            handed.push(event);
        }
        let order = (heard != before).then(|| {
            let at = known.as_ref().map_or(logged.entry.at, |known| known.at);
            let customer = known.and_then(|known| known.customer);
            (print, Order { at, customer, escalated: heard.escalated, status: heard.status })
        });
        Ok((handed, order))
    }
}

/// Whose line what becomes of an order stands in.
fn subject_of(known: Option<&(u64, Order)>, otherwise: Uuid) -> Uuid {
    let customer = known.and_then(|(_, order)| order.customer.as_ref());
    customer.map_or(otherwise, |customer| customer.subject)
}
