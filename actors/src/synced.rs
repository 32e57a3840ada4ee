//! What bots tell us where Baton is the dashboard: customers, their orders, and all that was said, in order.
//!
//! Whoever has the turn is the one writer of a tenant's. What was told before is told apart: an order counts once.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use baton_core::dashboard::{Status, Wire};
use baton_core::details::SealedPayload;
use baton_core::ids::TenantId;
use baton_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::Failure;
use crate::sinks::{read, row};
use crate::store::codec::{self, Record};
use crate::store::envelope::Kind;
use crate::store::keys::{Key, Prefix, Space};
use crate::store::{StepWrites, Write};

/// Something that is sealed, and what for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// It is sealed for this.
    pub sealed_for: Uuid,
    /// What it says.
    pub payload: SealedPayload,
}

/// A customer that a bot told us of.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Since when.
    pub at: Timestamp,
    /// When we last heard of them.
    pub seen_at: Timestamp,
    /// How many orders they have.
    pub orders: u32,
    /// What those come to, in hundredths.
    pub total: i64,
    /// Whether they wait for a person.
    pub escalated: bool,
    /// The print of the last escalation or end of one, and its number: a repeat is told by it.
    pub last: Option<(Uuid, u64)>,
    /// Who they are.
    pub who: Sealed,
}

impl Record for Customer {
    const KIND: Kind = Kind::SyncCustomer;
    const SCHEMA: u16 = 1;
}

/// An order of theirs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Since when.
    pub at: Timestamp,
    /// Whose.
    pub customer: Uuid,
    /// How far it is.
    pub status: Status,
    /// The last word for its status that is not known.
    pub unmapped: Option<String>,
    /// What it comes to, in hundredths.
    pub total: i64,
    /// What it says.
    pub what: Sealed,
}

impl Record for Order {
    const KIND: Kind = Kind::SyncOrder;
    const SCHEMA: u16 = 1;
}

/// What a bot told us.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// Which event.
    pub wire: Wire,
    /// Of which customer.
    pub customer: Option<Uuid>,
    /// Of which order.
    pub order: Option<Uuid>,
    /// What it says.
    pub said: Sealed,
}

impl Record for Told {
    const KIND: Kind = Kind::SyncEvent;
    const SCHEMA: u16 = 1;
}

/// Puts what is known of a customer together with what is said now; none where what is known does not open.
pub type PutTogether = Box<dyn FnOnce(Option<&Sealed>) -> Option<Sealed> + Send>;

/// What a bot tells us.
pub enum Tells {
    /// A customer has written. What is known of them is put together with what was known.
    Seen {
        /// Who.
        customer: Uuid,
        /// Puts both together.
        who: PutTogether,
    },
    /// An order came in.
    Ordered {
        /// Whose.
        customer: Uuid,
        /// Which.
        order: Uuid,
        /// What it comes to, in hundredths.
        total: i64,
    },
    /// An order has another status.
    Stands {
        /// Which.
        order: Uuid,
        /// How far it is; or a word that is not known.
        status: Result<Status, String>,
    },
    /// A person is needed, or no longer.
    Escalated {
        /// Whose conversation.
        customer: Uuid,
        /// Whether one is needed.
        needed: bool,
        /// What tells a repeat of it.
        print: Uuid,
    },
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It is kept, under this number of all that was told.
    Kept(u64),
    /// It was told before, under this number where that is known.
    Repeated(Option<u64>),
    /// The order is further, or over: it stays as it is. It is kept that this was told.
    Passed(u64),
    /// Nobody has told us of the customer.
    NoCustomer,
    /// Nobody has told us of the order.
    NoOrder,
}

/// The turn of each tenant: the last number that was given, once anybody asked.
#[derive(Default)]
pub struct Synced(Mutex<BTreeMap<TenantId, u64>>);

impl Engine {
    /// Keeps what a bot tells us: it is on disk when this returns.
    pub async fn sync(&self, tenant: TenantId, wire: Wire, tells: Tells, said: Sealed) -> Result<Came, Failure> {
        let _permit = self.admit()?;
        let (house, at) = (self.house(), self.now());
        let mut turns = house.synced.0.lock().await;
        let last = match turns.get(&tenant) {
            Some(last) => *last,
            None => self.last_told(tenant)?,
        };
        let no = last + 1;
        let (mut writes, customer, order, came) = match self.decided(tenant, tells, &said, (no, at))? {
            Decided::Writes(writes, customer, order, came) => (writes, customer, order, came),
            Decided::Nothing(came) => return Ok(came),
        };
        let told = Told { at, wire, customer, order, said };
        writes.push(row(house, Key::SyncEvent { tenant, no }, &told, 1)?);
        house.committer.store_rows(StepWrites { check: None, writes }).await?;
        turns.insert(tenant, no);
        Ok(came)
    }

    fn decided(
        &self,
        tenant: TenantId,
        tells: Tells,
        said: &Sealed,
        (no, at): (u64, Timestamp),
    ) -> Result<Decided, Failure> {
        let house = self.house();
        let place = |customer| Key::SyncCustomer { tenant, customer };
        let known = |customer| Ok::<_, Failure>(read::<Customer>(house, &place(customer))?.map(|(_, known)| known));
        Ok(match tells {
            Tells::Seen { customer, who } => {
                let before = known(customer)?;
                let Some(who) = who(before.as_ref().map(|known| &known.who)) else {
                    return Err(Failure::Unreadable("what is known of the customer does not open".to_owned()));
                };
                let new = |who| Customer { at, seen_at: at, orders: 0, total: 0, escalated: false, last: None, who };
                let after = match before {
                    Some(before) => Customer { seen_at: at, who, ..before },
                    None => new(who),
                };
                Decided::Writes(vec![row(house, place(customer), &after, 1)?], Some(customer), None, Came::Kept(no))
            }
            Tells::Ordered { customer, order, total } => {
                let Some(before) = known(customer)? else { return Ok(Decided::Nothing(Came::NoCustomer)) };
                let key = Key::SyncOrder { tenant, order };
                // It counts once, however often it is told.
                if read::<Order>(house, &key)?.is_some() {
                    return Ok(Decided::Nothing(Came::Repeated(None)));
                }
                let what = said.clone();
                let made = Order { at, customer, status: Status::Created, unmapped: None, total, what };
                let (orders, sum) = (before.orders.saturating_add(1), before.total.saturating_add(total));
                let after = Customer { orders, total: sum, seen_at: at, ..before };
                let writes = vec![row(house, key, &made, 1)?, row(house, place(customer), &after, 1)?];
                Decided::Writes(writes, Some(customer), Some(order), Came::Kept(no))
            }
            Tells::Stands { order, status } => {
                let key = Key::SyncOrder { tenant, order };
                let Some((_, before)) = read::<Order>(house, &key)? else {
                    return Ok(Decided::Nothing(Came::NoOrder));
                };
                let (customer, was) = (before.customer, before.status);
                let (after, came) = match status {
                    Ok(status) if was.leads_to(status) => (Order { status, unmapped: None, ..before }, Came::Kept(no)),
                    Ok(status) if status == was => return Ok(Decided::Nothing(Came::Repeated(None))),
                    Ok(_) => (before, Came::Passed(no)),
                    Err(word) if before.unmapped.as_ref() == Some(&word) => {
                        return Ok(Decided::Nothing(Came::Repeated(None)));
                    }
                    Err(word) => (Order { unmapped: Some(word), ..before }, Came::Passed(no)),
                };
                Decided::Writes(vec![row(house, key, &after, 1)?], Some(customer), Some(order), came)
            }
            Tells::Escalated { customer, needed, print } => {
                let Some(before) = known(customer)? else { return Ok(Decided::Nothing(Came::NoCustomer)) };
                if let Some((_, no)) = before.last.filter(|(last, _)| *last == print) {
                    return Ok(Decided::Nothing(Came::Repeated(Some(no))));
                }
                let after = Customer { escalated: needed, last: Some((print, no)), ..before };
                Decided::Writes(vec![row(house, place(customer), &after, 1)?], Some(customer), None, Came::Kept(no))
            }
        })
    }

    fn last_told(&self, tenant: TenantId) -> Result<u64, Failure> {
        let last = self.house().store.last(&Prefix::tenant(Space::SyncEvents, tenant));
        let last = last.map_err(|error| Failure::unreadable(&error))?;
        Ok(match last.as_deref().and_then(Key::parse) {
            Some(Key::SyncEvent { no, .. }) => no,
            _ => 0,
        })
    }

    /// What was told after a number, the oldest first: at most so much.
    pub fn told(&self, tenant: TenantId, after: u64, most: usize) -> Result<Vec<(u64, Told)>, Failure> {
        let from = Key::SyncEvent { tenant, no: after }.bytes();
        let found = self.synced::<Told>(Space::SyncEvents, tenant, Some(&from), most)?;
        let numbered = found.into_iter().filter_map(|(key, told)| match key {
            Key::SyncEvent { no, .. } if no > after => Some((no, told)),
            _ => None,
        });
        Ok(numbered.collect())
    }

    /// Customers that bots told us of, in a stable order: at most so many after a key.
    pub fn customers(
        &self,
        tenant: TenantId,
        after: Option<&[u8]>,
        most: usize,
    ) -> Result<Vec<(Uuid, Customer)>, Failure> {
        let found = self.synced::<Customer>(Space::SyncCustomers, tenant, after, most)?;
        let named = found.into_iter().filter_map(|(key, customer)| match key {
            Key::SyncCustomer { customer: print, .. } => Some((print, customer)),
            _ => None,
        });
        Ok(named.collect())
    }

    /// Their orders, in a stable order: at most so many after a key.
    pub fn orders(&self, tenant: TenantId, after: Option<&[u8]>, most: usize) -> Result<Vec<(Uuid, Order)>, Failure> {
        let found = self.synced::<Order>(Space::SyncOrders, tenant, after, most)?;
        let named = found.into_iter().filter_map(|(key, order)| match key {
            Key::SyncOrder { order: print, .. } => Some((print, order)),
            _ => None,
        });
        Ok(named.collect())
    }

    /// Forgets a customer with all that was told of them; false where nobody has told us of them.
    pub async fn forget_customer(&self, tenant: TenantId, customer: Uuid) -> Result<bool, Failure> {
        let _permit = self.admit()?;
        let house = self.house();
        let _turn = house.synced.0.lock().await;
        let place = Key::SyncCustomer { tenant, customer };
        if read::<Customer>(house, &place)?.is_none() {
            return Ok(false);
        }
        let mut keys = Vec::new();
        let unreadable = |error| Failure::unreadable(&error);
        let orders = Prefix::tenant(Space::SyncOrders, tenant);
        let scan = house.store.scan(&orders, None, &mut |key, record| {
            if codec::open::<Order>(record).is_ok_and(|(_, order)| order.customer == customer) {
                keys.push(key.to_vec());
            }
            ControlFlow::Continue(())
        });
        scan.map_err(unreadable)?;
        // The last one stays as the place from which the numbers go on; it says nothing any more.
        let last = self.last_told(tenant)?;
        let scan = house.store.scan(&Prefix::tenant(Space::SyncEvents, tenant), None, &mut |key, record| {
            if codec::open::<Told>(record).is_ok_and(|(_, told)| told.customer == Some(customer)) {
                keys.push(key.to_vec());
            }
            ControlFlow::Continue(())
        });
        scan.map_err(unreadable)?;
        // Whoever they are goes last: what was interrupted is asked for again.
        let last = Key::SyncEvent { tenant, no: last }.bytes();
        for keys in keys.chunks(ROWS_MAX) {
            let gone = keys.iter().map(|key| {
                let value = if *key == last { emptied(house, key) } else { None };
                Write { key: key.clone(), value }
            });
            let writes = StepWrites { check: None, writes: gone.collect() };
            house.committer.store_rows(writes).await?;
        }
        let gone = StepWrites { check: None, writes: vec![Write { key: place.bytes(), value: None }] };
        house.committer.store_rows(gone).await?;
        Ok(true)
    }

    fn synced<T: Record>(
        &self,
        space: Space,
        tenant: TenantId,
        after: Option<&[u8]>,
        most: usize,
    ) -> Result<Vec<(Key, T)>, Failure> {
        let mut found = Vec::new();
        let scan = self.house().store.scan(&Prefix::tenant(space, tenant), after, &mut |key, record| {
            // One that cannot be read is told of at the start.
            if let (Some(key), Ok((_, value))) = (Key::parse(key), codec::open::<T>(record)) {
                found.push((key, value));
            }
            if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        scan.map_err(|error| Failure::unreadable(&error))?;
        Ok(found)
    }
}

/// So many rows are removed in one step.
const ROWS_MAX: usize = 200;

/// The row of an event without what it says.
fn emptied(house: &crate::house::House, key: &[u8]) -> Option<Vec<u8>> {
    let record = house.store.get(key).ok().flatten()?;
    let (_, told) = codec::open::<Told>(&record).ok()?;
    let said = Sealed { sealed_for: Uuid::nil(), payload: SealedPayload { key: 0, sealed: Vec::new() } };
    codec::seal(&Told { customer: None, order: None, said, ..told }, 1, house.epoch).ok()
}

/// What is written for something that was told: nothing, where it was told before or cannot be.
enum Decided {
    Writes(Vec<Write>, Option<Uuid>, Option<Uuid>, Came),
    Nothing(Came),
}
