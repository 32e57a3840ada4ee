//! One endpoint: reads the log behind its cursor, has a page of events told, and stores what became of them before it reads on.
//!
//! Events of one subject are told one after the other, those of different subjects side by side. What a crash interrupts is told
//! again, under the same id.

use std::collections::VecDeque;
use std::sync::Arc;

use baton_core::follower::{Follower, Follows, Missed, Patience, REPLAYS_MAX, Replay};
use baton_core::ids::EndpointId;
use baton_core::time::Timestamp;
use metrics::{counter, histogram};
use parking_lot::Mutex;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::queue::Queue;
use super::{Carrying, Delivery, DeliveryState, Endpoint, Item, Off, Outcome, TRIES_KEPT, Try, Why, read, row};
use crate::error::Failure;
use crate::gauges;
use crate::house::House;
use crate::store::keys::Key;
use crate::store::{StepWrites, VersionCheck, Write};

/// So many events are told before it is stored what became of them.
const PAGE: usize = 64;

/// So many events of the log are looked at for a page.
const LOOKED_AT: usize = 1_000;

/// A cursor that has moved so far over what nobody wants is stored.
const MOVED_MAX: u64 = 5_000;

/// After so many failures without a success between them a page is broken off.
const BROKEN_OFF: u32 = baton_core::follower::AWAY_AFTER;

/// What an endpoint's actor is told.
pub enum SinkMessage {
    /// Something may be there to be told.
    Look,
    /// A part of the log is to be told once more.
    Replay(Replay, oneshot::Sender<bool>),
    /// The endpoint is there again, or elsewhere: what waits is tried anew.
    Anew,
    /// It was switched off, or could not be.
    Switched,
    /// The page has been told, as far as it could be.
    Told(Vec<Lane>),
    /// What became of it is stored.
    Stored(Result<(), Failure>),
    /// The endpoint is there no more.
    End,
}

/// Events of one subject, told one after the other.
pub struct Lane {
    subject: Uuid,
    /// Those to be told, and with how much success so far.
    events: Vec<Item>,
    outcomes: Vec<(Outcome, Timestamp)>,
}

/// An endpoint's actor.
pub struct Sink {
    house: Arc<House>,
    id: EndpointId,
}

/// Its state.
pub struct Line {
    follower: Follower,
    /// The version of the follower's record.
    version: u64,
    /// Where the stored one stands.
    stored_cursor: u64,
    /// Decided, and on its way to the disk or told meanwhile.
    next: Option<Follower>,
    /// Asked for while a page was told.
    waiting: VecDeque<SinkMessage>,
    woken_for: Option<Timestamp>,
    /// Whether it is being switched off.
    switching: bool,
    /// Whoever asked for what is on its way to the disk.
    asked: Vec<oneshot::Sender<bool>>,
    /// What waits no more once this is stored, and whether it has arrived.
    left: Vec<(u64, bool)>,
}

impl Sink {
    /// The actor of an endpoint.
    pub fn new(house: Arc<House>, id: EndpointId) -> Self {
        Self { house, id }
    }

    /// Tells what is there to be told, unless a page is under way.
    fn look(&self, me: &ActorRef<SinkMessage>, state: &mut Line) -> Result<(), ActorProcessingErr> {
        let Some(carrying) = self.house.sinks.carrying() else { return Ok(()) };
        let Some(endpoint) = self.house.sinks.get(self.id).filter(|endpoint| endpoint.off.is_none()) else {
            return Ok(());
        };
        if state.next.is_some() || state.switching || self.house.rests {
            return Ok(());
        }
        let now = self.house.clock.now();
        let mut follower = state.follower.clone();
        let mut lost = Vec::new();
        let lanes = self.page(&endpoint, carrying, &mut follower, &mut lost, now)?;
        if lanes.is_empty() && lost.is_empty() {
            let moved = follower.cursor - state.stored_cursor;
            let (replays, more) =
                (follower.replays != state.follower.replays, follower.cursor != state.follower.cursor);
            if moved >= MOVED_MAX || replays {
                self.store(me, state, follower, Vec::new())?;
            } else {
                state.follower = follower;
                self.house.sinks.came(self.id, &state.follower);
                if more {
                    self.house.sinks.call(self.id);
                }
                self.wake_later(me, state);
            }
            return Ok(());
        }
        if lanes.is_empty() {
            return self.store(me, state, follower, lost);
        }
        // What is lost is found again with the next page.
        state.next = Some(follower);
        let (me, house, carrier, in_flight) =
            (me.clone(), Arc::clone(&self.house), Arc::clone(&carrying.carrier), carrying.in_flight);
        tokio::spawn(async move {
            let told = tell(&house, carrier, endpoint, lanes, in_flight).await;
            // A fallen actor has nobody to hear it: the page is told again.
            let _ = me.cast(SinkMessage::Told(told));
        });
        Ok(())
    }

    /// What is to be told now.
    fn page(
        &self,
        endpoint: &Endpoint,
        carrying: &Carrying,
        follower: &mut Follower,
        lost: &mut Vec<Write>,
        now: Timestamp,
    ) -> Result<Vec<Lane>, ActorProcessingErr> {
        let mut lanes: Vec<Lane> = Vec::new();
        let fresh = |subject, event| Lane { subject, events: vec![event], outcomes: Vec::new() };
        for (subject, no) in follower.due(now).into_iter().take(PAGE) {
            let found = self.after(endpoint, no.saturating_sub(1), 1)?.pop();
            if let Some(event) = found.filter(|event| event.no() == no) {
                lanes.push(fresh(subject, event));
            } else {
                follower.lost(subject, no, now);
                lost.push(self.lost(subject, no)?);
            }
        }
        let most = follower.room(now).min(PAGE);
        if most == 0 {
            return Ok(lanes);
        }
        let mut add = |follower: &mut Follower, event: Item| {
            let subject = event.subject();
            if follower.waits_behind(subject, event.no()) {
                return;
            }
            match lanes.iter_mut().find(|lane| lane.subject == subject) {
                Some(lane) => lane.events.push(event),
                None => lanes.push(fresh(subject, event)),
            }
        };
        let mut count = 0;
        if let Some(replay) = follower.replays.first().copied() {
            let found = self.after(endpoint, replay.next.saturating_sub(1), most)?;
            let ended = found.len() < most;
            let mut next = replay.next;
            for event in found.into_iter().take_while(|event| event.no() <= replay.last) {
                next = event.no() + 1;
                let is_one = replay.last == replay.next;
                let wanted = if replay.failed_only {
                    self.has_failed(event.no())?
                } else {
                    is_one || wants(endpoint, carrying, &event)
                };
                if wanted {
                    add(follower, event);
                    count += 1;
                }
            }
            let over = ended || next > replay.last || next == replay.next;
            match (over, follower.replays.first_mut()) {
                (false, Some(replay)) => replay.next = next,
                _ => drop(follower.replays.remove(0)),
            }
        }
        for event in self.after(endpoint, follower.cursor, LOOKED_AT)? {
            if count >= most {
                break;
            }
            follower.cursor = event.no();
            if wants(endpoint, carrying, &event) {
                add(follower, event);
                count += 1;
            }
        }
        Ok(lanes)
    }

    /// What comes after a number in the log that the endpoint is told of: that of its tenant, or its own queue.
    fn after(&self, endpoint: &Endpoint, after: u64, most: usize) -> Result<Vec<Item>, ActorProcessingErr> {
        if endpoint.is_dashboard() {
            let queue = self.house.sinks.queue(self.id).ok_or("the dashboard has no queue")?;
            // What it says comes with it: no more is read than is told.
            return Ok(queue.after(&self.house, after, most.min(PAGE))?.into_iter().map(Item::Queued).collect());
        }
        let found = self.house.index.events.after(&*self.house.store, self.id.tenant, after, most)?;
        Ok(found.events.into_iter().map(Item::Logged).collect())
    }

    /// Takes in what became of a page, and stores it.
    fn take_in(&self, me: &ActorRef<SinkMessage>, state: &mut Line, told: Vec<Lane>) -> Result<(), ActorProcessingErr> {
        let Some(carrying) = self.house.sinks.carrying() else { return Ok(()) };
        let Some(mut follower) = state.next.take() else { return Ok(()) };
        let Some(endpoint) = self.house.sinks.get(self.id) else { return Ok(()) };
        let (rests, queue) = (carrying.rests_of(&endpoint), self.house.sinks.queue(self.id));
        let now = self.house.clock.now();
        let (mut rows, mut left, mut off) = (Vec::new(), Vec::new(), None);
        for lane in told {
            let behind: Vec<u64> = lane.events.iter().map(Item::no).collect();
            let tried = lane.outcomes.len();
            for (at, (event, (outcome, when))) in lane.events.iter().zip(lane.outcomes).enumerate() {
                let (state, next_at) = match outcome.fault() {
                    None => {
                        follower.arrived(lane.subject, event.no(), now);
                        // What has arrived at a dashboard is kept no longer: it may be about people.
                        if queue.is_some() {
                            rows.push(Queue::gone(self.id, event.no()));
                        }
                        (DeliveryState::Delivered, None)
                    }
                    Some(_) if outcome.is_final => {
                        let missed = Missed { subject: lane.subject, no: event.no(), behind: &behind[at + 1..] };
                        follower.passed_over(missed, now);
                        (DeliveryState::Failed, None)
                    }
                    Some(fault) => {
                        let jitter = rand::random::<f64>() * carrying.jitter;
                        let missed = Missed { subject: lane.subject, no: event.no(), behind: &behind[at + 1..] };
                        let patience = Patience { rests, jitter };
                        match follower.failed(missed, fault, patience, now) {
                            Follows::Again(at) => (DeliveryState::Waiting, Some(at)),
                            Follows::GivenUp => (DeliveryState::Failed, None),
                            Follows::Off => {
                                off = Some(if fault.gone { Why::Gone } else { Why::Failing });
                                (DeliveryState::Waiting, None)
                            }
                        }
                    }
                };
                if matches!(state, DeliveryState::Delivered | DeliveryState::Failed) {
                    left.push((event.no(), state == DeliveryState::Delivered));
                }
                rows.push(self.became(carrying.carrier.kind(event), event, &outcome, when, state, next_at)?);
            }
            // A page that was broken off: what was not tried waits its turn.
            if tried == 0 {
                follower.set_aside(lane.subject, &behind, now);
            }
        }
        if let Some(why) = off {
            state.switching = true;
            self.switch_off(me, why, now);
        }
        state.left = left;
        self.store(me, state, follower, rows)
    }

    /// The row of an event that was tried.
    fn became(
        &self,
        event: String,
        told: &Item,
        outcome: &Outcome,
        at: Timestamp,
        state: DeliveryState,
        next_at: Option<Timestamp>,
    ) -> Result<Write, ActorProcessingErr> {
        let key = Key::Delivery { endpoint: self.id, no: told.no() };
        let before = read::<Delivery>(&self.house, &key)?.map(|(_, before)| before);
        let (mut tries, attempts) = before.map_or((Vec::new(), 0), |before| (before.tries, before.attempts));
        let took = u32::try_from(outcome.took.as_millis()).unwrap_or(u32::MAX);
        tries.push(Try { at, took, came: outcome.came.clone() });
        tries.drain(..tries.len().saturating_sub(TRIES_KEPT));
        let result = match state {
            DeliveryState::Delivered => "delivered",
            DeliveryState::Failed => "given_up",
            DeliveryState::Waiting | DeliveryState::Lost => "failed",
        };
        counter!(gauges::EVENT_DELIVERIES, "result" => result).increment(1);
        histogram!(gauges::EVENT_DELIVERY_SECONDS).record(outcome.took.as_secs_f64());
        let delivery = Delivery { event, subject: told.subject(), state, attempts: attempts + 1, tries, next_at };
        Ok(row(&self.house, key, &delivery, 1)?)
    }

    /// The row of an event that the log does not keep any more.
    fn lost(&self, subject: Uuid, no: u64) -> Result<Write, ActorProcessingErr> {
        let key = Key::Delivery { endpoint: self.id, no };
        let before = read::<Delivery>(&self.house, &key)?.map(|(_, before)| before);
        let (event, attempts, tries) = before.map(|d| (d.event, d.attempts, d.tries)).unwrap_or_default();
        counter!(gauges::EVENT_DELIVERIES, "result" => "lost").increment(1);
        let lost = Delivery { event, subject, state: DeliveryState::Lost, attempts, tries, next_at: None };
        Ok(row(&self.house, key, &lost, 1)?)
    }

    fn has_failed(&self, no: u64) -> Result<bool, ActorProcessingErr> {
        let row = read::<Delivery>(&self.house, &Key::Delivery { endpoint: self.id, no })?;
        Ok(row.is_some_and(|(_, delivery)| delivery.state == DeliveryState::Failed))
    }

    /// Nothing is sent any more, and the desk hears of it. It is told again after a crash, should this not be stored.
    fn switch_off(&self, me: &ActorRef<SinkMessage>, why: Why, at: Timestamp) {
        let (house, id, me) = (Arc::clone(&self.house), self.id, me.clone());
        tokio::spawn(async move {
            let mut was_on = false;
            let switched = house.sinks.change(&house, id, |endpoint| {
                was_on = endpoint.off.is_none();
                endpoint.off.get_or_insert(Off { why, at });
                was_on
            });
            match switched.await {
                Ok(Some(endpoint)) if was_on => {
                    counter!(gauges::ENDPOINTS_SWITCHED_OFF).increment(1);
                    tracing::warn!(endpoint = %id, tenant = %id.tenant, ?why, "an endpoint for events is switched off; the desk is told");
                    if let Some((channel, errand)) = crate::desk::endpoint_off(&house, &endpoint, why) {
                        house.outbox.answer(channel, errand);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(endpoint = %id, %error, "an endpoint that fails could not be switched off");
                }
            }
            let _ = me.cast(SinkMessage::Switched);
        });
    }

    fn store(
        &self,
        me: &ActorRef<SinkMessage>,
        state: &mut Line,
        follower: Follower,
        mut writes: Vec<Write>,
    ) -> Result<(), ActorProcessingErr> {
        let key = Key::Follower(self.id);
        let check = Some(VersionCheck { key: key.bytes(), version: state.version });
        writes.push(row(&self.house, key, &follower, state.version + 1)?);
        state.next = Some(follower);
        let (me, house) = (me.clone(), Arc::clone(&self.house));
        tokio::spawn(async move {
            let stored = house.committer.store_rows(StepWrites { check, writes }).await;
            let _ = me.cast(SinkMessage::Stored(stored.map_err(Failure::from)));
        });
        Ok(())
    }

    /// Looks again when the first line is due.
    fn wake_later(&self, me: &ActorRef<SinkMessage>, state: &mut Line) {
        let now = self.house.clock.now();
        let Some(at) = state.follower.next_due().filter(|at| *at > now) else { return };
        if state.woken_for.is_some_and(|before| before > now && before <= at) {
            return;
        }
        state.woken_for = Some(at);
        let (me, clock) = (me.clone(), Arc::clone(&self.house.clock));
        tokio::spawn(async move {
            clock.sleep_until(at).await;
            let _ = me.cast(SinkMessage::Look);
        });
    }
}

/// Whether an endpoint wants an event.
fn wants(endpoint: &Endpoint, carrying: &Carrying, event: &Item) -> bool {
    // What a dashboard does not want does not get into its queue.
    endpoint.is_dashboard() || endpoint.types.is_empty() || endpoint.types.contains(&carrying.carrier.kind(event))
}

/// Tells a page: so many lanes side by side, and the events of each in their order up to the first that does not arrive. Where several
/// in a row do not, the rest is left.
async fn tell(
    house: &Arc<House>,
    carrier: Arc<dyn super::Carrier>,
    endpoint: Arc<Endpoint>,
    lanes: Vec<Lane>,
    in_flight: usize,
) -> Vec<Lane> {
    let (queue, told) = (Arc::new(Mutex::new(VecDeque::from(lanes))), Arc::new(Mutex::new(Vec::new())));
    let failures = Arc::new(Mutex::new(0_u32));
    let mut hands = JoinSet::new();
    for _ in 0..in_flight.max(1) {
        let (queue, told, failures) = (Arc::clone(&queue), Arc::clone(&told), Arc::clone(&failures));
        let (house, carrier, endpoint) = (Arc::clone(house), Arc::clone(&carrier), Arc::clone(&endpoint));
        hands.spawn(async move {
            loop {
                let Some(mut lane) = queue.lock().pop_front() else { break };
                if *failures.lock() < BROKEN_OFF {
                    for event in lane.events.clone() {
                        let outcome = carrier.carry(Arc::clone(&endpoint), event).await;
                        let failed = outcome.fault().is_some();
                        lane.outcomes.push((outcome, house.clock.now()));
                        if failed {
                            *failures.lock() += 1;
                            break;
                        }
                        *failures.lock() = 0;
                    }
                }
                told.lock().push(lane);
            }
        });
    }
    while hands.join_next().await.is_some() {}
    std::mem::take(&mut *told.lock())
}

impl Actor for Sink {
    type Msg = SinkMessage;
    type State = Line;
    type Arguments = ();

    async fn pre_start(&self, me: ActorRef<SinkMessage>, (): ()) -> Result<Line, ActorProcessingErr> {
        let found = read::<Follower>(&self.house, &Key::Follower(self.id))?;
        let (version, follower) = found.ok_or("the endpoint has no record of how far it has come")?;
        // Whoever was called before has fallen.
        self.house.sinks.looks(self.id);
        let _ = me.cast(SinkMessage::Look);
        let stored_cursor = follower.cursor;
        let (waiting, asked, left) = (VecDeque::new(), Vec::new(), Vec::new());
        Ok(Line {
            follower,
            version,
            stored_cursor,
            next: None,
            waiting,
            woken_for: None,
            switching: false,
            asked,
            left,
        })
    }

    async fn handle(
        &self,
        me: ActorRef<SinkMessage>,
        message: SinkMessage,
        state: &mut Line,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            SinkMessage::Look => {
                self.house.sinks.looks(self.id);
                self.look(&me, state)
            }
            message @ (SinkMessage::Replay(..) | SinkMessage::Anew) if state.next.is_some() => {
                state.waiting.push_back(message);
                Ok(())
            }
            SinkMessage::Replay(replay, reply) => {
                let mut follower = state.follower.clone();
                if follower.replays.len() >= REPLAYS_MAX {
                    // Whoever asked may have gone.
                    let _ = reply.send(false);
                    return Ok(());
                }
                follower.replays.push(replay);
                state.asked.push(reply);
                self.store(&me, state, follower, Vec::new())
            }
            SinkMessage::Anew => {
                let mut follower = state.follower.clone();
                follower.begins_anew(self.house.clock.now());
                if follower == state.follower {
                    return self.look(&me, state);
                }
                self.store(&me, state, follower, Vec::new())
            }
            SinkMessage::Switched => {
                state.switching = false;
                self.look(&me, state)
            }
            SinkMessage::Told(told) => self.take_in(&me, state, told),
            SinkMessage::Stored(Err(failure)) => {
                if self.house.sinks.get(self.id).is_none() {
                    return Ok(());
                }
                Err(failure.into())
            }
            SinkMessage::Stored(Ok(())) => {
                if let Some(follower) = state.next.take() {
                    (state.version, state.stored_cursor) = (state.version + 1, follower.cursor);
                    state.follower = follower;
                    self.house.sinks.came(self.id, &state.follower);
                }
                if let Some(queue) = self.house.sinks.queue(self.id) {
                    queue.left(&std::mem::take(&mut state.left), self.house.clock.now());
                    self.house.sinks.more.notify_one();
                }
                for reply in state.asked.drain(..) {
                    let _ = reply.send(true);
                }
                while let Some(message) = state.waiting.pop_front() {
                    let _ = me.cast(message);
                }
                self.look(&me, state)
            }
            SinkMessage::End => {
                me.get_cell().drain()?;
                Ok(())
            }
        }
    }
}
