//! An endpoint for events, and what became of events there, as they go out.

use baton_actors::sinks::{Came, Delivery, DeliveryState, Endpoint, Outcome, Signature, Try, Why};
use baton_core::ids::EndpointId;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::http::shapes::shown::Shown;
use crate::sinks::dashboard::event_id;
use crate::sinks::secret::public_keys;

/// An endpoint.
#[derive(Serialize, ToSchema)]
pub struct EndpointView {
    /// Its id.
    #[schema(value_type = String)]
    id: Shown<EndpointId>,
    /// How often it was changed.
    version: u64,
    /// Where events are posted.
    url: String,
    /// What people call it.
    description: String,
    /// `webhook` or `dashboard`.
    kind: &'static str,
    /// Only these types of events; empty: all.
    types: Vec<String>,
    /// Of a dashboard: whether it is told of jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    jobs: Option<bool>,
    /// `v1`, `v1a`, or, of a dashboard, `bearer`.
    signature: &'static str,
    /// With `v1a`: the public keys that hold, the latest last.
    public_keys: Vec<String>,
    /// Since when it is there.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Timestamp>,
    /// Whether it is told anything.
    enabled: bool,
    /// Why it is not: `asked`, `gone` (it said so) or `failing` (nothing arrived for too long).
    off: Option<&'static str>,
    /// Since when it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    off_since: Option<Shown<Timestamp>>,
    /// How far it has come.
    progress: ProgressView,
}

/// How far an endpoint has come.
#[derive(Serialize, ToSchema)]
pub struct ProgressView {
    /// Every event up to this one was told, was not wanted, or stands in `waiting`.
    read_to: u64,
    /// The latest event of the log.
    newest: u64,
    /// How many events wait to be tried again, or behind one that is.
    waiting: usize,
    /// Whether several in a row did not arrive: then one at a time is tried until one does.
    away: bool,
    /// When something last arrived.
    #[schema(value_type = Option<String>, format = DateTime)]
    arrived_at: Option<Shown<Timestamp>>,
    /// When something is tried again.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Shown<Timestamp>>,
    /// How many replays are under way.
    replays: usize,
}

impl EndpointView {
    /// Shows an endpoint.
    pub fn of(door: &Door, endpoint: &Endpoint) -> Result<Self, Problem> {
        let follower = door.engine.follower(endpoint.id)?.unwrap_or_default();
        let newest = door.engine.newest_for(endpoint)?;
        let queue = door.engine.house().sinks.queue(endpoint.id);
        let is_dashboard = endpoint.is_dashboard();
        let progress = ProgressView {
            read_to: follower.cursor,
            newest,
            // What a dashboard has not been told yet waits in its queue.
            waiting: queue.map_or_else(|| follower.waiting(), |queue| queue.len()),
            away: follower.is_away(),
            arrived_at: follower.arrived_at.map(Shown),
            next_at: follower.next_due().filter(|_| endpoint.off.is_none()).map(Shown),
            replays: follower.replays.len(),
        };
        Ok(Self {
            id: Shown(endpoint.id),
            version: endpoint.version,
            url: endpoint.url.clone(),
            description: endpoint.description.clone(),
            kind: if is_dashboard { "dashboard" } else { "webhook" },
            types: if is_dashboard { Vec::new() } else { endpoint.types.clone() },
            jobs: is_dashboard.then_some(endpoint.types.is_empty()),
            signature: match endpoint.signature {
                Signature::Shared => "v1",
                Signature::Public => "v1a",
                Signature::Bearer => "bearer",
            },
            public_keys: public_keys(endpoint, &door.keyring, door.clock.now()),
            created_at: Shown(endpoint.created_at),
            enabled: endpoint.off.is_none(),
            off: endpoint.off.map(|off| match off.why {
                Why::Asked => "asked",
                Why::Gone => "gone",
                Why::Failing => "failing",
            }),
            off_since: endpoint.off.map(|off| Shown(off.at)),
            progress,
        })
    }
}

/// What became of an event.
#[derive(Serialize, ToSchema)]
pub struct DeliveryView {
    /// The id of the event, which is also the `webhook-id`; the `idempotency-key` at a dashboard.
    id: String,
    /// Its number.
    sequence: u64,
    /// Its type.
    r#type: String,
    /// The job it tells of; at a dashboard, what stands for the customer or order: what has the same arrives in order.
    #[schema(value_type = String)]
    job: Shown<Uuid>,
    /// `delivered`, `waiting`, `failed` (given up) or `lost` (the log does not keep it any more).
    state: &'static str,
    /// How often it was tried.
    attempts: u32,
    /// When it is tried again.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Shown<Timestamp>>,
    /// The last attempts, the latest last.
    tries: Vec<TryView>,
}

/// An attempt.
#[derive(Serialize, ToSchema)]
pub struct TryView {
    /// When it ended.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// How long it took, in milliseconds.
    took_ms: u32,
    /// `taken`, `refused`, `timed_out`, `unreachable`, `forbidden` (the address is of a network that is not called) or `impossible`.
    result: &'static str,
    /// What it answered.
    status: Option<u16>,
}

impl DeliveryView {
    /// Shows it.
    pub fn of(endpoint: &Endpoint, no: u64, delivery: Delivery) -> Self {
        let Delivery { event, subject, state, attempts, tries, next_at } = delivery;
        Self {
            id: if endpoint.is_dashboard() {
                event_id(endpoint.id, no)
            } else {
                format!("{}-{no}", endpoint.id.tenant)
            },
            sequence: no,
            r#type: event,
            job: Shown(subject),
            state: match state {
                DeliveryState::Delivered => "delivered",
                DeliveryState::Waiting => "waiting",
                DeliveryState::Failed => "failed",
                DeliveryState::Lost => "lost",
            },
            attempts,
            next_at: next_at.map(Shown),
            tries: tries.into_iter().map(|tried| TryView::of(&tried)).collect(),
        }
    }
}

impl TryView {
    fn of(tried: &Try) -> Self {
        let (result, status) = match tried.came {
            Came::Taken(status) => ("taken", Some(status)),
            Came::Status(status) => ("refused", Some(status)),
            Came::TimedOut => ("timed_out", None),
            Came::Unreachable => ("unreachable", None),
            Came::Forbidden => ("forbidden", None),
            Came::Impossible => ("impossible", None),
        };
        Self { at: Shown(tried.at), took_ms: tried.took, result, status }
    }

    /// Shows what came of one that just ended.
    pub fn now(outcome: &Outcome, at: Timestamp) -> Self {
        let took = u32::try_from(outcome.took.as_millis()).unwrap_or(u32::MAX);
        Self::of(&Try { at, took, came: outcome.came.clone() })
    }
}
