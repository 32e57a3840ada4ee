//! A start: what is on disk becomes what is known. Broken records are put aside, counted and listed; the rest loads.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use baton_core::agent::Agent;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{DebtId, EffectId, TenantId};
use baton_core::message::Lane;
use baton_core::notification::Notification;
use baton_core::roster::Roster;
use baton_core::time::{Timestamp, Window};
use serde::{Deserialize, Serialize};

use crate::index::{Facts, Index, NotificationFacts};
use crate::lately::Lately;
use crate::records::{self, Attempting, Heartbeat, NamedPlan, Source, Template, TenantRecord};
use crate::store::codec::{self, Record};
use crate::store::envelope::{Kind, RecordError};
use crate::store::keys::{Key, MetaRow, PARTITIONS, Prefix, Space};
use crate::store::quarantine;
use crate::store::restored::restored;
use crate::store::{StepWrites, Store, StoreError, Write};
use crate::tenants::library::Library;
use crate::tenants::{TenantView, Tenants};

/// How often the store was opened.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Boots(u64);

impl Record for Boots {
    const KIND: Kind = Kind::Meta;
    const SCHEMA: u16 = 1;
}

/// So many outages are remembered.
const OUTAGES_KEPT: usize = 32;

/// What a start found.
pub struct Found {
    /// Who writes from now on.
    pub epoch: u64,
    /// When the node was away for long.
    pub outages: Vec<Window>,
    /// Live jobs.
    pub index: Arc<Index>,
    /// What is owed, to be sent again.
    pub owed: Vec<(DebtId, ChannelKind, Lane)>,
    /// Attempts that were under way.
    pub interrupted: HashSet<DebtId>,
    /// When people were written to lately.
    pub lately: Lately,
    /// Whether the store was restored and not yet released.
    pub restored: bool,
    /// Records that could not be read.
    pub broken: Vec<(Vec<u8>, String)>,
}

/// Why a start failed.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The disk.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// A record about the store itself.
    #[error("the store's own record cannot be written or read: {0}")]
    Own(String),
    /// A room could not be opened.
    #[error("the engine could not be started: {0}")]
    Rooms(String),
}

/// Reads everything. `grace`: away for longer is an outage. A restored copy stays away until it is released, however often it
/// is looked at before: what the original last said of itself stands until then. A process that does not work (`works`) is away as well.
pub fn read(
    store: &Arc<dyn Store>,
    tenants: &Tenants,
    now: Timestamp,
    grace: std::time::Duration,
    works: bool,
) -> Result<Found, BootError> {
    let restored = restored(&**store)?.is_some();
    let epoch = count_boot(&**store)?;
    let outages = match (restored, works) {
        (true, _) => Vec::new(),
        (false, true) => note_outage(&**store, now, grace, epoch)?,
        (false, false) => begin_away(&**store, now, epoch)?,
    };
    let mut broken = Vec::new();
    load_tenants(&**store, tenants, &mut broken)?;
    let (index, mut owed) = load_jobs(store, &mut broken)?;
    load_notifications(&**store, &index, &mut owed, &mut broken)?;
    let lately = Lately::read(&**store)?;
    let interrupted = load_interrupted(&**store)?;
    quarantine::set_aside(&**store, &broken, now, epoch)?;
    Ok(Found { epoch, outages, index, owed, interrupted, lately, restored, broken })
}

fn own<T>(result: Result<T, RecordError>) -> Result<T, BootError> {
    result.map_err(|error| if error.is_newer() { newer(&error).into() } else { BootError::Own(error.to_string()) })
}

/// A job that a newer program wrote cannot be passed over: nobody would ring its deadlines.
fn newer(error: &RecordError) -> StoreError {
    StoreError::Newer(error.to_string())
}

fn put(store: &dyn Store, key: Key, value: Vec<u8>) -> Result<(), BootError> {
    let writes = vec![Write { key: key.bytes(), value: Some(value) }];
    store.commit(&[StepWrites { check: None, writes }])?;
    Ok(())
}

fn count_boot(store: &dyn Store) -> Result<u64, BootError> {
    let key = Key::Meta(MetaRow::Boot);
    let before = match store.get(&key.bytes())? {
        Some(record) => own(codec::open::<Boots>(&record))?.1.0,
        None => 0,
    };
    let epoch = before + 1;
    put(store, key, own(codec::seal(&Boots(epoch), epoch, epoch))?)?;
    Ok(epoch)
}

/// The time since the last sign of life is an outage, if it was long.
fn note_outage(
    store: &dyn Store,
    now: Timestamp,
    grace: std::time::Duration,
    epoch: u64,
) -> Result<Vec<Window>, BootError> {
    let key = Key::Meta(MetaRow::Heartbeat);
    let before = match store.get(&key.bytes())? {
        Some(record) => own(codec::open::<Heartbeat>(&record))?.1,
        None => Heartbeat { at: now, outages: Vec::new() },
    };
    let mut outages = before.outages;
    if now.since(before.at) > grace {
        outages.push(Window { from: before.at, to: now });
        let surplus = outages.len().saturating_sub(OUTAGES_KEPT);
        outages.drain(..surplus);
    }
    let heartbeat = Heartbeat { at: now, outages: outages.clone() };
    put(store, key, own(codec::seal(&heartbeat, 1, epoch))?)?;
    Ok(outages)
}

/// Whoever only takes in says nothing of itself. On a new store it says when it began: from then on nobody works.
fn begin_away(store: &dyn Store, now: Timestamp, epoch: u64) -> Result<Vec<Window>, BootError> {
    let key = Key::Meta(MetaRow::Heartbeat);
    if let Some(record) = store.get(&key.bytes())? {
        return Ok(own(codec::open::<Heartbeat>(&record))?.1.outages);
    }
    put(store, key, own(codec::seal(&Heartbeat { at: now, outages: Vec::new() }, 1, epoch))?)?;
    Ok(Vec::new())
}

/// The row that says the node is alive.
pub fn heartbeat(now: Timestamp, outages: &[Window], epoch: u64) -> Option<StepWrites> {
    let heartbeat = Heartbeat { at: now, outages: outages.to_vec() };
    let value = codec::seal(&heartbeat, 1, epoch).ok()?;
    let key = Key::Meta(MetaRow::Heartbeat).bytes();
    Some(StepWrites { check: None, writes: vec![Write { key, value: Some(value) }] })
}

type Broken = Vec<(Vec<u8>, String)>;

fn each<T: Record>(
    store: &dyn Store,
    space: Space,
    broken: &mut Broken,
    mut take: impl FnMut(Key, T),
) -> Result<(), BootError> {
    let mut too_new = Ok(());
    store.scan(&Prefix::space(space), None, &mut |key, record| {
        match (Key::parse(key), codec::open::<T>(record)) {
            (Some(parsed), Ok((_, value))) => take(parsed, value),
            (None, _) => broken.push((key.to_vec(), "the key is not one of ours".to_owned())),
            (Some(_), Err(error)) if error.is_newer() => {
                too_new = Err(newer(&error));
                return ControlFlow::Break(());
            }
            (Some(_), Err(error)) => broken.push((key.to_vec(), error.to_string())),
        }
        ControlFlow::Continue(())
    })?;
    Ok(too_new?)
}

fn load_tenants(store: &dyn Store, tenants: &Tenants, broken: &mut Broken) -> Result<(), BootError> {
    let mut views: BTreeMap<TenantId, TenantView> = BTreeMap::new();
    each::<TenantRecord>(store, Space::Tenants, broken, |key, record| {
        if let Key::Tenant(tenant) = key {
            let view = views.entry(tenant).or_default();
            view.version = record.version;
            view.settings = record.settings;
        }
    })?;
    each::<NamedPlan>(store, Space::Plans, broken, |key, plan| {
        if let Key::Plan { tenant, name, .. } = key {
            // Versions lie in order: the newest is the last.
            views.entry(tenant).or_default().plans.insert(name, Arc::new(plan));
        }
    })?;
    each::<Source>(store, Space::Sources, broken, |key, source| {
        if let Key::Source { tenant, name } = key {
            views.entry(tenant).or_default().sources.insert(name, Arc::new(source));
        }
    })?;
    let mut templates: BTreeMap<TenantId, Vec<Template>> = BTreeMap::new();
    each::<Template>(store, Space::Templates, broken, |key, template| {
        if let Key::Template { tenant, .. } = key {
            templates.entry(tenant).or_default().push(template);
        }
    })?;
    for (tenant, templates) in templates {
        views.entry(tenant).or_default().templates = Arc::new(Library::of(templates));
    }
    let mut agents: BTreeMap<TenantId, Vec<Agent>> = BTreeMap::new();
    each::<Agent>(store, Space::Agents, broken, |key, agent| {
        if let Key::Agent(id) = key {
            agents.entry(id.tenant).or_default().push(agent);
        }
    })?;
    for (tenant, agents) in agents {
        let view = std::mem::take(views.entry(tenant).or_default());
        views.insert(tenant, view.with_roster(Roster::of(agents)));
    }
    for (tenant, view) in views {
        tenants.set(tenant, view);
    }
    Ok(())
}

type Owed = Vec<(DebtId, ChannelKind, Lane)>;

/// Scans the live jobs, one thread a core, a partition at a time.
fn load_jobs(store: &Arc<dyn Store>, broken: &mut Broken) -> Result<(Arc<Index>, Owed), BootError> {
    let index = Arc::new(Index::default());
    index.begin_reading();
    let next = std::sync::atomic::AtomicU8::new(0);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(usize::from(PARTITIONS));
    let results: Vec<Result<(Owed, Broken), StoreError>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(|| scan_partitions(&**store, &index, &next))).collect();
        let fell = || StoreError::Failed("reading the jobs fell".to_owned());
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(fell()))).collect()
    });
    let mut owed = Vec::new();
    for result in results {
        let (some_owed, some_broken) = result?;
        owed.extend(some_owed);
        broken.extend(some_broken);
    }
    index.end_reading();
    // The oldest debts leave first.
    owed.sort_by_key(|(debt, ..)| (debt.no().version, *debt));
    Ok((index, owed))
}

/// The notifications that are not over.
fn load_notifications(store: &dyn Store, index: &Index, owed: &mut Owed, broken: &mut Broken) -> Result<(), BootError> {
    each::<Notification>(store, Space::LiveNotifications, broken, |_, notification| {
        let id = notification.id;
        owed.extend(notification.owed.iter().map(|debt| (DebtId::Notification(id, debt.no), debt.channel, debt.lane)));
        index.notifications.apply_all(std::iter::once(&NotificationFacts::of(&notification)));
    })
}

fn scan_partitions(
    store: &dyn Store,
    index: &Index,
    next: &std::sync::atomic::AtomicU8,
) -> Result<(Owed, Broken), StoreError> {
    let (mut owed, mut broken) = (Vec::new(), Vec::new());
    loop {
        let partition = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if partition >= PARTITIONS {
            return Ok((owed, broken));
        }
        let mut page: Vec<Facts> = Vec::with_capacity(256);
        let mut too_new = Ok(());
        store.scan(&Prefix::partition(Space::LiveJobs, partition), None, &mut |key, record| {
            match records::open_job(record) {
                Ok(job) => {
                    page.push(Facts::of(&job));
                    owed.extend(job.owed.iter().map(|owed| {
                        let (debt, message) = (EffectId { job: job.id, no: owed.no }, &owed.message);
                        (debt.into(), message.channel, message.topic.lane())
                    }));
                }
                Err(error) if error.is_newer() => {
                    too_new = Err(newer(&error));
                    return ControlFlow::Break(());
                }
                Err(error) => broken.push((key.to_vec(), error.to_string())),
            }
            if page.len() == 256 {
                index.apply_all(page.iter());
                page.clear();
            }
            ControlFlow::Continue(())
        })?;
        too_new?;
        index.apply_all(page.iter());
    }
}

fn load_interrupted(store: &dyn Store) -> Result<HashSet<DebtId>, BootError> {
    let mut interrupted = HashSet::new();
    let mut broken = Vec::new();
    each::<Attempting>(store, Space::Attempts, &mut broken, |_, attempting| interrupted.extend(attempting.0))?;
    Ok(interrupted)
}
