//! Places outside that are told what happens: endpoints, how far each has come with the log, and what became of each event there.
//!
//! Each has an actor of its own ([`actor`]), so that one that is slow or away keeps nobody else waiting. What is kept of them here is
//! what everybody asks for; their one writer is whoever has the turn.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use baton_core::dashboard::Tells;
use baton_core::details::SealedPayload;
use baton_core::follower::{Fault, Follower, Replay};
use baton_core::ids::{EndpointId, TenantId};
use baton_core::time::Timestamp;
use metrics::gauge;
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify, oneshot};
use uuid::Uuid;

use crate::clock::BoxFuture;
use crate::error::Failure;
use crate::event_log::{EventLog, Logged};
use crate::gauges;
use crate::house::House;
use crate::post::Post;
use crate::store::codec::{self, Record};
use crate::store::envelope::Kind;
use crate::store::keys::{Key, Prefix, Space};
use crate::store::{StepWrites, StoreError, VersionCheck, Write};

pub mod actor;
pub mod queue;

use actor::SinkMessage;
use queue::{Customer, Handed, Queue, Queued, Reader};

/// A place outside that is told what happens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Which.
    pub id: EndpointId,
    /// How often it was changed, from 1.
    pub version: u64,
    /// Since when.
    pub created_at: Timestamp,
    /// Where. It may hold a secret of theirs: it is shown to the tenant's administrators alone, and in no log.
    pub url: String,
    /// What people call it.
    pub description: String,
    /// The types of events it wants; empty: all.
    pub types: Vec<String>,
    /// How what is told there is signed.
    pub signature: Signature,
    /// What it is signed with, the latest last. Those with an end sign until then.
    pub secrets: Vec<Secret>,
    /// Why nothing is sent there.
    pub off: Option<Off>,
}

/// How what is told is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signature {
    /// With a secret that both know (`v1`).
    Shared,
    /// With a key of ours, of which the other side knows the public half (`v1a`).
    Public,
    /// Not signed: it is a dashboard, which is told in its own wire form and knows us by its key.
    Bearer,
}

impl Endpoint {
    /// Whether it is a dashboard: it has a queue of its own, and the log of events is read for it.
    pub fn is_dashboard(&self) -> bool {
        self.signature == Signature::Bearer
    }
}

/// What something is signed with, or, of a dashboard, the key that it knows us by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its bytes, sealed.
    pub sealed: SealedPayload,
    /// It signs no longer than this.
    pub until: Option<Timestamp>,
}

/// That nothing is sent to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Off {
    /// Why.
    pub why: Why,
    /// Since when.
    pub at: Timestamp,
}

/// Why nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// Somebody has said so.
    Asked,
    /// It has answered that it is gone for good.
    Gone,
    /// Nothing arrived there for as long as an event is tried.
    Failing,
}

impl Record for Endpoint {
    const KIND: Kind = Kind::Endpoint;
    const SCHEMA: u16 = 1;
}

impl Record for Follower {
    const KIND: Kind = Kind::Follower;
    const SCHEMA: u16 = 1;
}

/// What became of an event at an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The type of the event.
    pub event: String,
    /// Of what it tells.
    pub subject: Uuid,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// The last attempts, the latest last.
    pub tries: Vec<Try>,
    /// When it is tried again.
    pub next_at: Option<Timestamp>,
}

/// How an event stands at an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryState {
    /// It has arrived.
    Delivered,
    /// It is tried again, or waits behind one that is.
    Waiting,
    /// It is tried no more.
    Failed,
    /// The log does not keep it any more.
    Lost,
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took: u32,
    /// What came of it.
    pub came: Came,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Came {
    /// It was taken, with this status.
    Taken(u16),
    /// It was answered with a status that says no.
    Status(u16),
    /// Nobody answered in time.
    TimedOut,
    /// Nobody could be reached.
    Unreachable,
    /// The address is one that is never called.
    Forbidden,
    /// It could not be made: the secret does not open, or the address is none.
    Impossible,
}

impl Record for Delivery {
    const KIND: Kind = Kind::Delivery;
    const SCHEMA: u16 = 1;
}

/// So many attempts are kept of each event.
const TRIES_KEPT: usize = 10;

/// What an attempt brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What came of it.
    pub came: Came,
    /// How long it took.
    pub took: Duration,
    /// The endpoint asks for so much rest.
    pub retry_after: Option<Duration>,
    /// It is there, and will never take this: it is not tried again.
    pub is_final: bool,
}

impl Outcome {
    /// What is wrong; none where it has arrived.
    pub fn fault(&self) -> Option<Fault> {
        match self.came {
            Came::Taken(_) => None,
            Came::Status(status) => {
                // These are about the endpoint rather than the event.
                let is_theirs = matches!(status, 401 | 403 | 404 | 405 | 407 | 408 | 410 | 421 | 425 | 429);
                let refused = (400..500).contains(&status) && !is_theirs;
                Some(Fault { retry_after: self.retry_after, gone: status == 410, refused })
            }
            Came::TimedOut | Came::Unreachable | Came::Forbidden | Came::Impossible => {
                Some(Fault { retry_after: None, gone: false, refused: false })
            }
        }
    }
}

/// Makes the attempts.
pub trait Carrier: Send + Sync + 'static {
    /// The type of an event, as endpoints choose by it.
    fn kind(&self, event: &Item) -> String;

    /// Tells one event, once.
    fn carry(&self, endpoint: Arc<Endpoint>, event: Item) -> BoxFuture<'static, Outcome>;

    /// What stands for the name of an order, and does not tell it.
    fn order(&self, tenant: TenantId, name: &str) -> Uuid;

    /// A job in the words of a dashboard. `customer`: who the order is for, sealed, where a bot has said so. None where it cannot be sealed.
    fn words(&self, dashboard: &Endpoint, job: &Logged, tells: Tells, customer: Option<&Customer>) -> Option<Handed>;
}

/// Something to be told.
#[derive(Clone)]
pub enum Item {
    /// What became true of a job.
    Logged(Logged),
    /// What waits for a dashboard.
    Queued(Queued),
}

impl Item {
    /// Its number in its log.
    pub fn no(&self) -> u64 {
        match self {
            Self::Logged(logged) => logged.no,
            Self::Queued(queued) => queued.no,
        }
    }

    /// Of what it tells: what is of one subject is told in order.
    pub fn subject(&self) -> Uuid {
        match self {
            Self::Logged(logged) => logged.job.local,
            Self::Queued(queued) => queued.handed.subject,
        }
    }
}

/// How events are told.
pub struct Carrying {
    /// By whom.
    pub carrier: Arc<dyn Carrier>,
    /// How long a first, second … failure waits. After the last an event is tried no more.
    pub rests: Vec<Duration>,
    /// The part of each rest that chance adds.
    pub jitter: f64,
    /// How many attempts to one endpoint may be under way.
    pub in_flight: usize,
    /// How dashboards are told.
    pub dashboards: Dashboards,
}

impl Carrying {
    /// How long a first, second … failure waits at an endpoint.
    pub(crate) fn rests_of(&self, endpoint: &Endpoint) -> &[Duration] {
        if endpoint.is_dashboard() { &self.dashboards.rests } else { &self.rests }
    }
}

/// How dashboards are told.
#[derive(Clone, Debug)]
pub struct Dashboards {
    /// How long a first, second … failure waits.
    pub rests: Vec<Duration>,
    /// So long a customer is not told of again.
    pub window: Duration,
    /// So many events may wait for one.
    pub most: usize,
}

/// The endpoints, and the ways to their actors.
#[derive(Default)]
pub struct Sinks {
    carrying: OnceLock<Carrying>,
    known: RwLock<BTreeMap<EndpointId, Known>>,
    /// Whoever changes an endpoint has this.
    turn: Mutex<()>,
    /// Rings when what waits for a dashboard has become less, or one is new.
    pub(crate) more: Notify,
}

#[derive(Clone)]
struct Known {
    endpoint: Arc<Endpoint>,
    post: Post<SinkMessage>,
    /// Whether a call to look is in its mailbox: one is enough.
    called: Arc<AtomicBool>,
    /// How far it has come, for whoever measures.
    seen: Arc<Seen>,
    /// What waits, where it is a dashboard.
    queue: Option<Arc<Queue>>,
}

/// How far an endpoint has come, for whoever measures.
#[derive(Default)]
struct Seen {
    cursor: AtomicU64,
    waiting: AtomicU64,
    away: AtomicBool,
}

impl Sinks {
    /// How events are told; none where they are not.
    pub fn carrying(&self) -> Option<&Carrying> {
        self.carrying.get()
    }

    /// An endpoint.
    pub fn get(&self, id: EndpointId) -> Option<Arc<Endpoint>> {
        self.known.read().get(&id).map(|known| Arc::clone(&known.endpoint))
    }

    /// The endpoints of a tenant, the oldest first.
    pub fn of(&self, tenant: TenantId) -> Vec<Arc<Endpoint>> {
        let known = self.known.read();
        let mut found: Vec<_> =
            known.iter().filter(|(id, _)| id.tenant == tenant).map(|(_, known)| Arc::clone(&known.endpoint)).collect();
        found.sort_by_key(|endpoint| (endpoint.created_at, endpoint.id));
        found
    }

    /// All endpoints.
    pub fn all(&self) -> Vec<Arc<Endpoint>> {
        self.known.read().values().map(|known| Arc::clone(&known.endpoint)).collect()
    }

    /// Where an endpoint's actor is to be found.
    pub(crate) fn post(&self, id: EndpointId) -> Option<Post<SinkMessage>> {
        self.known.read().get(&id).map(|known| known.post.clone())
    }

    /// Lets every endpoint look at the log.
    pub(crate) fn look(&self) {
        for known in self.known.read().values().filter(|known| known.queue.is_none()) {
            call(known);
        }
    }

    /// What waits for a dashboard.
    pub fn queue(&self, id: EndpointId) -> Option<Arc<Queue>> {
        self.known.read().get(&id).and_then(|known| known.queue.clone())
    }

    /// The dashboard of a tenant.
    pub fn dashboard(&self, tenant: TenantId) -> Option<Arc<Endpoint>> {
        let known = self.known.read();
        let mut of_tenant = known.iter().filter(|(id, _)| id.tenant == tenant).map(|(_, known)| &known.endpoint);
        of_tenant.find(|endpoint| endpoint.is_dashboard()).cloned()
    }

    /// Reads the logs of jobs into the queues of dashboards.
    pub(crate) async fn read_jobs(&self, house: &House) {
        let Some(carrying) = self.carrying.get() else { return };
        let dashboards: Vec<_> = {
            let known = self.known.read();
            known.values().filter_map(|known| Some((Arc::clone(&known.endpoint), known.queue.clone()?))).collect()
        };
        for (dashboard, queue) in dashboards {
            if let Err(error) = queue.read_jobs(house, &dashboard, &*carrying.carrier).await {
                tracing::error!(endpoint = %dashboard.id, %error, "jobs could not be read for a dashboard; that is tried again");
            }
        }
    }

    /// How many endpoints are told, are away, and are told nothing.
    pub fn standing(&self) -> Standing {
        let mut standing = Standing::default();
        for known in self.known.read().values() {
            let is_away = known.seen.away.load(Ordering::Relaxed);
            let of_kind = if known.queue.is_some() { &mut standing.dashboards } else { &mut standing.webhooks };
            *match (&known.endpoint.off, is_away) {
                (Some(_), _) => &mut of_kind.off,
                (None, true) => &mut of_kind.away,
                (None, false) => &mut of_kind.on,
            } += 1;
            if let Some(queue) = &known.queue {
                standing.backlog += queue.len();
            }
        }
        standing
    }

    /// Lets one look.
    pub(crate) fn call(&self, id: EndpointId) {
        if let Some(known) = self.known.read().get(&id) {
            call(known);
        }
    }

    /// An actor begins to look.
    pub(crate) fn looks(&self, id: EndpointId) {
        if let Some(known) = self.known.read().get(&id) {
            known.called.store(false, Ordering::Release);
        }
    }

    /// An actor has come so far.
    pub(crate) fn came(&self, id: EndpointId, follower: &Follower) {
        if let Some(known) = self.known.read().get(&id) {
            known.seen.cursor.store(follower.cursor, Ordering::Relaxed);
            known.seen.waiting.store(follower.waiting() as u64, Ordering::Relaxed);
            let is_away = follower.is_away();
            let was_away = known.seen.away.swap(is_away, Ordering::Relaxed);
            if is_away && !was_away {
                let waiting = known.queue.as_ref().map_or_else(|| follower.waiting(), |queue| queue.len());
                tracing::warn!(endpoint = %id, waiting, "an endpoint for events is away; what waits for it is kept");
            }
            if was_away && !is_away {
                tracing::info!(endpoint = %id, "an endpoint for events is back");
            }
        }
    }

    /// Sets the gauges.
    pub(crate) fn measure(&self, log: &EventLog) {
        let (mut waiting, mut behind) = (0, 0);
        for known in self.known.read().values().filter(|known| known.endpoint.off.is_none() && known.queue.is_none()) {
            let newest = log.newest_known(known.endpoint.id.tenant).unwrap_or_default();
            behind = newest.saturating_sub(known.seen.cursor.load(Ordering::Relaxed)).max(behind);
            waiting += known.seen.waiting.load(Ordering::Relaxed);
        }
        let standing = self.standing();
        for (name, of_kind) in [(gauges::ENDPOINTS, standing.webhooks), (gauges::DASHBOARDS, standing.dashboards)] {
            for (state, count) in [("on", of_kind.on), ("away", of_kind.away), ("off", of_kind.off)] {
                gauge!(name, "state" => state).set(f64::from(count));
            }
        }
        gauge!(gauges::DASHBOARD_BACKLOG).set(standing.backlog as f64);
        gauge!(gauges::EVENTS_WAITING).set(waiting as f64);
        gauge!(gauges::EVENTS_BEHIND).set(behind as f64);
    }

    pub(crate) fn begin(&self, carrying: Carrying) -> bool {
        self.carrying.set(carrying).is_ok()
    }

    /// Takes up what the store holds; gives back which there are.
    pub(crate) fn load(&self, house: &House) -> Result<Vec<EndpointId>, StoreError> {
        let mut found = Vec::new();
        house.store.scan(&Prefix::space(Space::Endpoints), None, &mut |_, record| {
            // One that cannot be read is told of at the start.
            if let Ok((_, endpoint)) = codec::open::<Endpoint>(record) {
                found.push(endpoint);
            }
            ControlFlow::Continue(())
        })?;
        let ids = found.iter().map(|endpoint| endpoint.id).collect();
        for endpoint in found {
            let queue = self.queue_of(house, &endpoint)?;
            self.know(endpoint, queue);
        }
        Ok(ids)
    }

    /// What waits for an endpoint, as the store holds it, where it is a dashboard.
    fn queue_of(&self, house: &House, endpoint: &Endpoint) -> Result<Option<Arc<Queue>>, StoreError> {
        let Some(carrying) = self.carrying.get().filter(|_| endpoint.is_dashboard()) else { return Ok(None) };
        Queue::load(house, endpoint.id, &carrying.dashboards).map(|queue| Some(Arc::new(queue)))
    }

    fn know(&self, endpoint: Endpoint, queue: Option<Arc<Queue>>) -> Arc<Endpoint> {
        let endpoint = Arc::new(endpoint);
        let mut known = self.known.write();
        if let Some(known) = known.get_mut(&endpoint.id) {
            known.endpoint = Arc::clone(&endpoint);
        } else {
            let (post, called, seen) = (Post::default(), Arc::default(), Arc::default());
            known.insert(endpoint.id, Known { endpoint: Arc::clone(&endpoint), post, called, seen, queue });
        }
        drop(known);
        endpoint
    }

    /// Stores a new endpoint, which hears what comes after a number of the log.
    pub(crate) async fn add(&self, house: &House, endpoint: Endpoint, after: u64) -> Result<Arc<Endpoint>, Failure> {
        let _turn = self.turn.lock().await;
        if endpoint.is_dashboard()
            && let Some(other) = self.dashboard(endpoint.id.tenant)
        {
            return Ok(other);
        }
        // A dashboard has a queue of its own, from its first event on; of jobs it hears what comes after that number.
        let from = if endpoint.is_dashboard() { 0 } else { after };
        let follower = row(house, Key::Follower(endpoint.id), &Follower::from(from), 1)?;
        let mut writes = vec![row(house, Key::Endpoint(endpoint.id), &endpoint, 1)?, follower];
        if endpoint.is_dashboard() {
            writes.push(row(house, Key::DashboardReader(endpoint.id), &Reader { cursor: after }, 1)?);
        }
        house.committer.store_rows(StepWrites { check: None, writes }).await?;
        let queue = self.queue_of(house, &endpoint).map_err(|error| Failure::unreadable(&error))?;
        Ok(self.know(endpoint, queue))
    }

    /// Stores an endpoint as it is from now on; none where it is not there. `change` may leave it as it is by giving back false.
    pub(crate) async fn change(
        &self,
        house: &House,
        id: EndpointId,
        change: impl FnOnce(&mut Endpoint) -> bool + Send,
    ) -> Result<Option<Arc<Endpoint>>, Failure> {
        let _turn = self.turn.lock().await;
        let Some(before) = self.get(id) else { return Ok(None) };
        let mut endpoint = Endpoint::clone(&before);
        if !change(&mut endpoint) {
            return Ok(Some(before));
        }
        endpoint.version = before.version + 1;
        let key = Key::Endpoint(id);
        let check = Some(VersionCheck { key: key.bytes(), version: before.version });
        let writes = vec![row(house, key, &endpoint, endpoint.version)?];
        house.committer.store_rows(StepWrites { check, writes }).await?;
        Ok(Some(self.know(endpoint, None)))
    }

    /// Removes an endpoint. What became of events there goes by age.
    pub(crate) async fn remove(&self, house: &House, id: EndpointId) -> Result<bool, Failure> {
        let _turn = self.turn.lock().await;
        if self.get(id).is_none() {
            return Ok(false);
        }
        let gone = |key: Key| Write { key: key.bytes(), value: None };
        let writes = vec![gone(Key::Endpoint(id)), gone(Key::Follower(id)), gone(Key::DashboardReader(id))];
        house.committer.store_rows(StepWrites { check: None, writes }).await?;
        let known = self.known.write().remove(&id);
        if let Some(known) = known {
            known.post.cast(SinkMessage::End);
        }
        Ok(true)
    }

    /// Has a part of the log told once more; false where as many replays are under way as can be, or nobody is there to do it.
    pub(crate) async fn replay(&self, id: EndpointId, replay: Replay) -> Result<bool, Failure> {
        let Some(post) = self.post(id) else { return Ok(false) };
        let (reply, done) = oneshot::channel();
        post.cast(SinkMessage::Replay(replay, reply));
        done.await.map_err(|_| Failure::Fell)
    }
}

/// How endpoints stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Those that are told by webhooks.
    pub webhooks: Counts,
    /// Dashboards.
    pub dashboards: Counts,
    /// How many events wait for dashboards.
    pub backlog: usize,
}

/// How many of a kind of endpoints are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They are told.
    pub on: u32,
    /// Several events in a row did not arrive.
    pub away: u32,
    /// They are told nothing.
    pub off: u32,
}

fn call(known: &Known) {
    if !known.called.swap(true, Ordering::AcqRel) {
        known.post.cast(SinkMessage::Look);
    }
}

pub(crate) fn row<T: Record>(house: &House, key: Key, value: &T, version: u64) -> Result<Write, Failure> {
    let value = codec::seal(value, version, house.epoch).map_err(|error| Failure::unreadable(&error))?;
    Ok(Write { key: key.bytes(), value: Some(value) })
}

/// The record under a key, with its version.
pub(crate) fn read<T: Record>(house: &House, key: &Key) -> Result<Option<(u64, T)>, Failure> {
    let record = house.store.get(&key.bytes()).map_err(|error| Failure::unreadable(&error))?;
    let Some(record) = record else { return Ok(None) };
    let (header, value) = codec::open(&record).map_err(|error| Failure::unreadable(&error))?;
    Ok(Some((header.version, value)))
}
