//! What is sealed, sealed anew: under another sealing key, or under another salt so that the one before can be destroyed.
//!
//! Harmless to interrupt and to repeat: what is sealed as it should be is left alone, a row is replaced only as it was read, and
//! a salt goes only when nothing needs it any more.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use baton_actors::records::Route;
use baton_actors::sinks::Endpoint;
use baton_actors::sinks::queue::{Handed, Order};
use baton_actors::store::codec::{self, Record};
use baton_actors::store::envelope;
use baton_actors::store::keys::{Key as RowKey, PARTITIONS, Prefix, Space};
use baton_actors::store::{StepWrites, Store, StoreError, VersionCheck, Write};
use baton_actors::synced;
use baton_core::details::{SealedDetails, SealedPayload};
use baton_core::ids::TenantId;
use baton_core::notification::Notification;
use secrecy::{ExposeSecret, SecretSlice};
use uuid::Uuid;

use super::key::Key;
use super::{Keyring, SealingError};

/// So many rows are gone over at a time.
pub const PAGE: usize = 128;

/// Where rows lie that are sealed.
pub const SEALED: [Space; 4] = [Space::Details, Space::LiveNotifications, Space::EndedNotifications, Space::Routes];

/// A page of a partition, gone over.
#[derive(Default)]
pub struct Page {
    /// The rows that are to be replaced, each as it was read.
    pub steps: Vec<StepWrites>,
    /// How many rows it has.
    pub rows: u64,
    /// How many of them cannot be opened because their key is not configured.
    pub locked: u64,
    /// How many of them cannot be read here, but perhaps by another program: of a newer layout, or damaged outside of what is sealed.
    pub unreadable: u64,
    /// How many of them nothing opens: damaged ones, and such as were erased.
    pub broken: u64,
    /// The locked and the unreadable ones.
    pub stuck: Vec<RowKey>,
    /// Where to go on; none: it was the last.
    pub next: Option<Vec<u8>>,
}

/// What a rotation came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// What was sealed anew.
    pub renewed: u64,
    /// What was as it should be.
    pub fresh: u64,
    /// What cannot be opened because its key is not configured.
    pub locked: u64,
    /// What cannot be read here, but perhaps by another program.
    pub unreadable: u64,
    /// What nothing opens.
    pub broken: u64,
}

/// Why a rotation did not come to its end. It can be repeated.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The salts.
    #[error(transparent)]
    Sealing(#[from] SealingError),
}

/// Goes over the next rows of a partition.
pub fn page(
    store: &dyn Store,
    keyring: &Keyring,
    (space, partition): (Space, u8),
    after: Option<&[u8]>,
) -> Result<Page, StoreError> {
    let mut page = Page::default();
    store.scan(&Prefix::partition(space, partition), after, &mut |key, record| {
        page.rows += 1;
        match renewed(keyring, key, record) {
            Ok(Some(step)) => page.steps.push(step),
            Ok(None) => {}
            Err(SealingError::Erased | SealingError::NotAuthentic) => page.broken += 1,
            // Only what certainly opens with nothing may lose its salt.
            Err(error) => {
                let no_key = matches!(error, SealingError::UnknownKey(_) | SealingError::NoKey(_));
                *(if no_key { &mut page.locked } else { &mut page.unreadable }) += 1;
                page.stuck.extend(RowKey::parse(key));
            }
        }
        page.next = Some(key.to_vec());
        if page.rows < PAGE as u64 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    if page.rows < PAGE as u64 {
        page.next = None;
    }
    Ok(page)
}

fn renewed(keyring: &Keyring, key: &[u8], record: &[u8]) -> Result<Option<StepWrites>, SealingError> {
    match RowKey::parse(key) {
        Some(RowKey::Details(job)) => {
            let (header, sealed) = codec::open::<SealedDetails>(record).map_err(|_| SealingError::Unreadable)?;
            let Some(sealed) = keyring.renewed(job, &sealed)? else { return Ok(None) };
            let version = header.version + 1;
            let value = codec::seal(&sealed, version, header.epoch).map_err(|_| SealingError::TooLarge)?;
            Ok(Some(replaced(key, header.version, value)))
        }
        Some(RowKey::LiveNotification(id) | RowKey::EndedNotification(id)) => {
            let (header, mut notification) =
                codec::open::<Notification>(record).map_err(|_| SealingError::Unreadable)?;
            let Some(payload) = keyring.renewed_payload(id, &notification.intent.payload)? else { return Ok(None) };
            notification.intent.payload = payload;
            // What it says is the same: it keeps its version, which its one writer counts.
            let value = codec::seal(&notification, header.version, header.epoch).map_err(|_| SealingError::TooLarge)?;
            Ok(Some(replaced(key, header.version, value)))
        }
        Some(RowKey::Route(id)) => {
            let (header, mut route) = codec::open::<Route>(record).map_err(|_| SealingError::Unreadable)?;
            let Some(sealed) = keyring.renewed_route(id, &route.sealed)? else { return Ok(None) };
            route.sealed = sealed;
            let version = header.version + 1;
            let value = codec::seal(&route, version, header.epoch).map_err(|_| SealingError::TooLarge)?;
            Ok(Some(replaced(key, header.version, value)))
        }
        _ => Ok(None),
    }
}

fn replaced(key: &[u8], version: u64, value: Vec<u8>) -> StepWrites {
    let check = Some(VersionCheck { key: key.to_vec(), version });
    StepWrites { check, writes: vec![Write { key: key.to_vec(), value: Some(value) }] }
}

/// Seals everything anew that is sealed with a key of before. Nobody else may be using the store. `progress` is told how many rows
/// are done.
pub fn rotate(store: &dyn Store, keyring: &Keyring, progress: &mut dyn FnMut(u64)) -> Result<Rotated, RotateError> {
    let mut rotated = Rotated::default();
    for partition in 0..PARTITIONS {
        // The keys of before may have leaked: with another salt they open nothing that lies about, either.
        let stale = page_with_work(store, keyring, partition)?;
        if stale && !keyring.salts().is_turning(partition) {
            keyring.salts().turn(partition).map_err(SealingError::Salts)?;
        }
        let mut stuck = 0;
        for space in SEALED {
            let missing = go_over(store, keyring, (space, partition), &mut rotated, progress)?;
            stuck += if space == Space::Details { missing } else { 0 };
        }
        finish_partition(keyring, partition, stuck)?;
    }
    rotate_secrets(store, keyring, &mut rotated)?;
    for space in OF_DASHBOARDS {
        rotate_handed(store, keyring, space, &mut rotated)?;
    }
    Ok(rotated)
}

/// Where rows lie of what dashboards are told, and of what bots tell us.
const OF_DASHBOARDS: [Space; 5] =
    [Space::DashboardEvents, Space::DashboardOrders, Space::SyncCustomers, Space::SyncOrders, Space::SyncEvents];

/// What is sealed in a row of those: for what, and how.
fn handed_in(key: Option<&RowKey>, record: &[u8]) -> Result<Option<(Uuid, SealedPayload)>, SealingError> {
    let unreadable = |_| SealingError::Unreadable;
    let of = |sealed: synced::Sealed| Some((sealed.sealed_for, sealed.payload));
    Ok(match key {
        Some(RowKey::DashboardEvent { .. }) => {
            let (_, handed) = codec::open::<Handed>(record).map_err(unreadable)?;
            Some((handed.sealed_for, handed.payload))
        }
        Some(RowKey::DashboardOrder { .. }) => {
            let (_, order) = codec::open::<Order>(record).map_err(unreadable)?;
            order.customer.map(|customer| (customer.sealed_for, customer.sealed))
        }
        Some(RowKey::SyncCustomer { .. }) => of(codec::open::<synced::Customer>(record).map_err(unreadable)?.1.who),
        Some(RowKey::SyncOrder { .. }) => of(codec::open::<synced::Order>(record).map_err(unreadable)?.1.what),
        Some(RowKey::SyncEvent { .. }) => of(codec::open::<synced::Told>(record).map_err(unreadable)?.1.said),
        _ => None,
    }
    // What is erased is empty.
    .filter(|(_, payload)| !payload.sealed.is_empty()))
}

/// The same row with that sealed anew; none where it need not be.
fn renewed_handed(keyring: &Keyring, key: &[u8], record: &[u8]) -> Result<Option<StepWrites>, SealingError> {
    let row = RowKey::parse(key);
    let Some(tenant) = row.as_ref().and_then(RowKey::tenant) else { return Ok(None) };
    let Some((sealed_for, payload)) = handed_in(row.as_ref(), record)? else { return Ok(None) };
    let Some(renewed) = keyring.renewed_handed(tenant, sealed_for, &payload)? else { return Ok(None) };
    let header = envelope::open(record).map_err(|_| SealingError::Unreadable)?.header;
    let sealed = |payload| synced::Sealed { sealed_for, payload };
    let again = match row {
        Some(RowKey::DashboardEvent { .. }) => with::<Handed>(record, |handed| handed.payload = renewed),
        Some(RowKey::DashboardOrder { .. }) => with::<Order>(record, |order| {
            if let Some(customer) = &mut order.customer {
                customer.sealed = renewed;
            }
        }),
        Some(RowKey::SyncCustomer { .. }) => {
            with::<synced::Customer>(record, |customer| customer.who = sealed(renewed))
        }
        Some(RowKey::SyncOrder { .. }) => with::<synced::Order>(record, |order| order.what = sealed(renewed)),
        Some(RowKey::SyncEvent { .. }) => with::<synced::Told>(record, |told| told.said = sealed(renewed)),
        _ => return Ok(None),
    }?;
    Ok(Some(replaced(key, header.version, again)))
}

/// A record, changed. It says the same: it keeps its version.
fn with<T: Record>(record: &[u8], change: impl FnOnce(&mut T)) -> Result<Vec<u8>, SealingError> {
    let (header, mut value) = codec::open::<T>(record).map_err(|_| SealingError::Unreadable)?;
    change(&mut value);
    codec::seal(&value, header.version, header.epoch).map_err(|_| SealingError::TooLarge)
}

/// Seals anew what dashboards are told, and what bots told us.
fn rotate_handed(store: &dyn Store, keyring: &Keyring, space: Space, rotated: &mut Rotated) -> Result<(), RotateError> {
    let mut after = None::<Vec<u8>>;
    loop {
        let (mut steps, mut rows, mut last) = (Vec::new(), 0, None);
        store.scan(&Prefix::space(space), after.as_deref(), &mut |key, record| {
            (rows, last) = (rows + 1, Some(key.to_vec()));
            match renewed_handed(keyring, key, record) {
                Ok(Some(step)) => steps.push(step),
                Ok(None) => rotated.fresh += 1,
                Err(SealingError::UnknownKey(_) | SealingError::NoKey(_)) => rotated.locked += 1,
                Err(_) => rotated.broken += 1,
            }
            if rows < PAGE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        rotated.renewed += steps.len() as u64;
        if !steps.is_empty() {
            store.commit(&steps)?;
        }
        if rows < PAGE {
            return Ok(());
        }
        after = last;
    }
}

/// Seals the secrets of endpoints anew.
fn rotate_secrets(store: &dyn Store, keyring: &Keyring, rotated: &mut Rotated) -> Result<(), RotateError> {
    let mut steps = Vec::new();
    store.scan(&Prefix::space(Space::Endpoints), None, &mut |key, record| {
        match renewed_endpoint(keyring, key, record) {
            Ok(Some(step)) => steps.push(step),
            Ok(None) => rotated.fresh += 1,
            Err(SealingError::UnknownKey(_) | SealingError::NoKey(_)) => rotated.locked += 1,
            Err(_) => rotated.broken += 1,
        }
        ControlFlow::Continue(())
    })?;
    for steps in steps.chunks(PAGE) {
        store.commit(steps)?;
        rotated.renewed += steps.len() as u64;
    }
    Ok(())
}

fn renewed_endpoint(keyring: &Keyring, key: &[u8], record: &[u8]) -> Result<Option<StepWrites>, SealingError> {
    let (header, mut endpoint) = codec::open::<Endpoint>(record).map_err(|_| SealingError::Unreadable)?;
    let mut is_stale = false;
    for secret in &mut endpoint.secrets {
        if let Some(sealed) = keyring.renewed_secret(endpoint.id, &secret.sealed)? {
            (secret.sealed, is_stale) = (sealed, true);
        }
    }
    // What it signs with is the same: it keeps its version.
    let value = codec::seal(&endpoint, header.version, header.epoch).map_err(|_| SealingError::TooLarge)?;
    Ok(is_stale.then(|| replaced(key, header.version, value)))
}

/// Ends what was going on when the process ended. Nobody else may be using the store.
pub fn finish(store: &dyn Store, keyring: &Keyring) -> Result<(), RotateError> {
    for partition in 0..PARTITIONS {
        if keyring.salts().is_turning(partition) {
            let place = (Space::Details, partition);
            let mut gone_over = Rotated::default();
            let stuck = go_over(store, keyring, place, &mut gone_over, &mut |_| {})?;
            if gone_over.broken > 0 {
                tracing::warn!(partition, broken = gone_over.broken, "details that open with nothing are left behind");
            }
            finish_partition(keyring, partition, stuck)?;
        }
    }
    Ok(())
}

fn page_with_work(store: &dyn Store, keyring: &Keyring, partition: u8) -> Result<bool, StoreError> {
    let mut after = None;
    loop {
        let page = page(store, keyring, (Space::Details, partition), after.as_deref())?;
        match (page.steps.is_empty(), page.next) {
            (false, _) => return Ok(true),
            (true, None) => return Ok(false),
            (true, next) => after = next,
        }
    }
}

fn go_over(
    store: &dyn Store,
    keyring: &Keyring,
    place: (Space, u8),
    rotated: &mut Rotated,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, RotateError> {
    let (mut after, mut stuck) = (None, 0);
    loop {
        let page = page(store, keyring, place, after.as_deref())?;
        let renewed = page.steps.len() as u64;
        if !page.steps.is_empty() {
            store.commit(&page.steps)?;
        }
        rotated.renewed += renewed;
        stuck += page.locked + page.unreadable;
        rotated.locked += page.locked;
        rotated.unreadable += page.unreadable;
        rotated.broken += page.broken;
        rotated.fresh += page.rows - renewed - page.locked - page.unreadable - page.broken;
        progress(rotated.renewed + rotated.locked + rotated.unreadable + rotated.broken + rotated.fresh);
        match page.next {
            None => return Ok(stuck),
            next => after = next,
        }
    }
}

/// Destroys the salt of before, unless something needs it whose key is not configured, or that cannot be read here.
fn finish_partition(keyring: &Keyring, partition: u8, stuck: u64) -> Result<(), RotateError> {
    if stuck > 0 && keyring.salts().is_turning(partition) {
        tracing::warn!(
            partition,
            stuck,
            "a salt is kept: details need it whose sealing key is not configured, or which cannot be read"
        );
        return Ok(());
    }
    keyring.salts().destroy_before(partition).map_err(SealingError::Salts)?;
    Ok(())
}

/// Whether details lie in the store that cannot be opened without salts.
pub fn needs_salts(store: &dyn Store) -> Result<bool, StoreError> {
    let mut needed = false;
    store.scan(&Prefix::space(Space::Details), None, &mut |_, record| {
        needed = codec::open::<SealedDetails>(record).is_ok_and(|(_, sealed)| !sealed.wrapped.is_empty());
        if needed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(needed)
}

/// How many rows are sealed with which key, by tenant.
pub type InUse = BTreeMap<(TenantId, u32), u64>;

/// Counts what is sealed.
pub fn in_use(store: &dyn Store) -> Result<InUse, StoreError> {
    let mut used = InUse::new();
    for space in SEALED {
        store.scan(&Prefix::space(space), None, &mut |key, record| {
            let key = RowKey::parse(key);
            let tenant = key.as_ref().and_then(RowKey::tenant);
            let sealed = match space {
                Space::Details => codec::open::<SealedDetails>(record).ok().map(|(_, sealed)| sealed.key),
                Space::Routes => codec::open::<Route>(record).ok().map(|(_, route)| route.sealed.key),
                _ => codec::open::<Notification>(record).ok().map(|(_, notification)| notification.intent.payload.key),
            };
            if let (Some(tenant), Some(sealed)) = (tenant, sealed) {
                *used.entry((tenant, sealed)).or_default() += 1;
            }
            ControlFlow::Continue(())
        })?;
    }
    for space in OF_DASHBOARDS {
        store.scan(&Prefix::space(space), None, &mut |key, record| {
            let key = RowKey::parse(key);
            let tenant = key.as_ref().and_then(RowKey::tenant);
            if let (Some(tenant), Ok(Some((_, payload)))) = (tenant, handed_in(key.as_ref(), record)) {
                *used.entry((tenant, payload.key)).or_default() += 1;
            }
            ControlFlow::Continue(())
        })?;
    }
    store.scan(&Prefix::space(Space::Endpoints), None, &mut |_, record| {
        if let Ok((_, endpoint)) = codec::open::<Endpoint>(record) {
            for secret in &endpoint.secrets {
                *used.entry((endpoint.id.tenant, secret.sealed.key)).or_default() += 1;
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(used)
}

/// How many rows a configured key opens, its own or those of tenants' keys that are derived from it.
pub fn opens(used: &InUse, key: &SecretSlice<u8>) -> u64 {
    let key = key.expose_secret();
    let own = Key::new(key).map(|key| key.id);
    let fits = |(tenant, id): &(TenantId, u32)| {
        own == Some(*id) || Key::derived(key, *tenant).is_some_and(|derived| derived.id == *id)
    };
    used.iter().filter(|(place, _)| fits(place)).map(|(_, count)| count).sum()
}

/// The name of a configured key: the fingerprint of what it is.
pub fn name(key: &SecretSlice<u8>) -> String {
    Key::new(key.expose_secret()).map(|key| format!("{:08x}", key.id)).unwrap_or_default()
}
