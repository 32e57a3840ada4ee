//! Owns the rooms that are always there: shards, the roster, channel accounts. One that falls comes back, the first time at
//! once and then after a rest that grows.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use baton_core::ids::EndpointId;
use baton_core::time::Timestamp;
use metrics::counter;
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};
use tokio::sync::oneshot;

use crate::channel::Channel;
use crate::channel_actor::{ChannelActor, ChannelMessage};
use crate::directory::{CRASH_WINDOW, Shard, ShardMessage};
use crate::gauges;
use crate::house::House;
use crate::post::Post;
use crate::sinks::actor::{Sink, SinkMessage};
use crate::tenants::roster::{Roster, RosterMessage};

/// What the supervisor is told.
pub enum SupervisorMessage {
    /// Bring a room back.
    Restart(Room),
    /// Stop everybody.
    Stop(oneshot::Sender<()>),
}

/// A room that is always there, as long as what it is for is there.
#[derive(Clone)]
pub enum Room {
    /// One of the directory's, by its number.
    Shard(usize, Post<ShardMessage>),
    /// The writer of agents, settings and plans.
    Roster(Post<RosterMessage>),
    /// A channel account.
    Channel(Arc<dyn Channel>, Post<ChannelMessage>),
    /// What tells an endpoint.
    Sink(EndpointId, Post<SinkMessage>),
}

impl Room {
    fn kind(&self) -> &'static str {
        match self {
            Self::Shard(..) => "shard",
            Self::Roster(_) => "roster",
            Self::Channel(..) => "channel",
            Self::Sink(..) => "sink",
        }
    }
}

/// The supervisor.
pub struct Supervisor {
    house: Arc<House>,
}

/// Its state.
#[derive(Default)]
pub struct Rooms {
    open: HashMap<ActorId, Room>,
    falls: Vec<(&'static str, Timestamp)>,
    stopping: bool,
}

impl Supervisor {
    /// The supervisor of a house.
    pub fn new(house: Arc<House>) -> Self {
        Self { house }
    }

    async fn open(
        &self,
        me: &ActorRef<SupervisorMessage>,
        state: &mut Rooms,
        room: Room,
        again: bool,
    ) -> Result<(), ActorProcessingErr> {
        let house = Arc::clone(&self.house);
        let id = match &room {
            Room::Shard(no, post) => {
                let (actor, _) = Actor::spawn_linked(None, Shard::new(house, again), (), me.get_cell()).await?;
                post.set(actor.clone());
                if let Some(directory) = self.house.directory().filter(|_| again) {
                    directory.recover(*no, &self.house.index);
                }
                actor.get_id()
            }
            Room::Roster(post) => {
                let (actor, _) = Actor::spawn_linked(None, Roster::new(house), (), me.get_cell()).await?;
                post.set(actor.clone());
                actor.get_id()
            }
            Room::Channel(channel, post) => {
                let actor = ChannelActor::new(house, Arc::clone(channel));
                let (actor, _) = Actor::spawn_linked(None, actor, (), me.get_cell()).await?;
                post.set(actor.clone());
                actor.get_id()
            }
            // It was removed while its actor was to come back.
            Room::Sink(id, _) if house.sinks.get(*id).is_none() => return Ok(()),
            Room::Sink(id, post) => {
                let (actor, _) = Actor::spawn_linked(None, Sink::new(house, *id), (), me.get_cell()).await?;
                post.set(actor.clone());
                actor.get_id()
            }
        };
        state.open.insert(id, room);
        Ok(())
    }

    /// The rest before a room comes back: nothing, then 1 s, 2 s, 4 s, at most a minute.
    fn rest(&self, state: &mut Rooms, kind: &'static str) -> Duration {
        let now = self.house.clock.now();
        state.falls.retain(|(_, at)| now.since(*at) < CRASH_WINDOW);
        let before = state.falls.iter().filter(|(fell, _)| *fell == kind).count();
        state.falls.push((kind, now));
        match before {
            0 => Duration::ZERO,
            more => Duration::from_secs(1 << (more - 1).min(6)).min(Duration::from_secs(60)),
        }
    }
}

impl Actor for Supervisor {
    type Msg = SupervisorMessage;
    type State = Rooms;
    type Arguments = Vec<Room>;

    async fn pre_start(&self, me: ActorRef<SupervisorMessage>, rooms: Vec<Room>) -> Result<Rooms, ActorProcessingErr> {
        let mut state = Rooms::default();
        for room in rooms {
            self.open(&me, &mut state, room, false).await?;
        }
        Ok(state)
    }

    async fn handle(
        &self,
        me: ActorRef<SupervisorMessage>,
        message: SupervisorMessage,
        state: &mut Rooms,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            SupervisorMessage::Restart(_) if state.stopping => {}
            SupervisorMessage::Restart(room) => {
                if let Err(error) = self.open(&me, state, room.clone(), true).await {
                    tracing::error!(room = room.kind(), %error, "a room could not be opened again; trying once more");
                    self.arrange(&me, room, Duration::from_secs(1));
                }
            }
            SupervisorMessage::Stop(done) => {
                state.stopping = true;
                me.get_cell().stop_children_and_wait(None, Some(Duration::from_secs(5))).await;
                // Whoever stops us waits for this; if they have gone, we stop all the same.
                let _ = done.send(());
                // It has the store in hand, which the same process may open again. Nothing but this one's end is left in its mailbox.
                let _ = me.drain();
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        me: ActorRef<SupervisorMessage>,
        event: SupervisionEvent,
        state: &mut Rooms,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(cell, error) => {
                let Some(room) = state.open.remove(&cell.get_id()) else { return Ok(()) };
                counter!(gauges::ACTOR_RESTARTS, "kind" => room.kind()).increment(1);
                tracing::error!(room = room.kind(), %error, "a {} fell; it comes back", room.kind());
                let rest = self.rest(state, room.kind());
                self.arrange(&me, room, rest);
            }
            SupervisionEvent::ActorTerminated(cell, _, _) => {
                let Some(room) = state.open.remove(&cell.get_id()) else { return Ok(()) };
                if !state.stopping {
                    self.arrange(&me, room, Duration::from_secs(1));
                }
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}

impl Supervisor {
    fn arrange(&self, me: &ActorRef<SupervisorMessage>, room: Room, rest: Duration) {
        let (house, me) = (Arc::clone(&self.house), me.clone());
        let clock = Arc::clone(&house.clock);
        let at = clock.now() + rest;
        tokio::spawn(async move {
            if let Room::Shard(..) = room {
                // Its actors went with it: they come back behind their last steps.
                let (told, hears) = oneshot::channel();
                house.committer.once_passed(move || {
                    // The task hears it, or the node is stopping.
                    let _ = told.send(());
                });
                // If the committer is gone, nothing is on its way.
                let _ = hears.await;
            }
            if !rest.is_zero() {
                clock.sleep_until(at).await;
            }
            let _ = me.cast(SupervisorMessage::Restart(room));
        });
    }
}
