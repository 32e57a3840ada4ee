//! Places outside that are told what happens.

use std::ops::ControlFlow;
use std::sync::Arc;

use baton_core::follower::{Follower, Replay};
use baton_core::ids::{EndpointId, TenantId};

use super::Engine;
use crate::error::Failure;
use crate::sinks::actor::SinkMessage;
use crate::sinks::queue::{Customer, Handed, Taken};
use crate::sinks::{Carrying, Delivery, DeliveryState, Endpoint, read};
use crate::store::codec;
use crate::store::keys::{Key, Prefix};
use crate::supervisor::{Room, SupervisorMessage};

/// So many rows are looked at for a list of deliveries, however few are wanted.
const LOOKED_AT: usize = 2_000;

impl Engine {
    /// From now on endpoints are told of events, by this.
    pub fn carry(&self, carrying: Carrying) -> Result<(), Failure> {
        let house = &self.inner.house;
        if !house.sinks.begin(carrying) {
            return Ok(());
        }
        for id in house.sinks.load(house).map_err(|error| Failure::unreadable(&error))? {
            self.open_sink(id);
        }
        let (house, mut stop) = (Arc::clone(house), self.inner.stop.subscribe());
        tokio::spawn(async move {
            let mut rings = house.index.events.rings();
            loop {
                rings.mark_unchanged();
                house.sinks.look();
                if !house.rests {
                    house.sinks.read_jobs(&house).await;
                }
                tokio::select! {
                    rung = rings.changed() => if rung.is_err() { return },
                    () = house.sinks.more.notified() => {}
                    _ = stop.changed() => return,
                }
            }
        });
        Ok(())
    }

    /// The dashboard of a tenant.
    pub fn dashboard(&self, tenant: TenantId) -> Option<Arc<Endpoint>> {
        self.house().sinks.dashboard(tenant)
    }

    /// Takes in an event for the dashboard of a tenant; none where it has none. It is on disk when this returns.
    pub async fn hand_in(
        &self,
        tenant: TenantId,
        handed: Handed,
        customer: Option<Customer>,
    ) -> Result<Option<Taken>, Failure> {
        let _permit = self.admit()?;
        let sinks = &self.house().sinks;
        let Some(queue) = sinks.dashboard(tenant).and_then(|dashboard| sinks.queue(dashboard.id)) else {
            return Ok(None);
        };
        queue.hand_in(self.house(), handed, customer).await.map(Some)
    }

    /// The number of the latest event that an endpoint may be told of.
    pub fn newest_for(&self, endpoint: &Endpoint) -> Result<u64, Failure> {
        match self.house().sinks.queue(endpoint.id) {
            Some(queue) => Ok(queue.newest()),
            None => Ok(self.events(endpoint.id.tenant, u64::MAX, 0)?.newest),
        }
    }

    fn open_sink(&self, id: EndpointId) {
        if let Some(post) = self.house().sinks.post(id) {
            // Where the supervisor is gone, the node is stopping.
            let _ = self.inner.supervisor.cast(SupervisorMessage::Restart(Room::Sink(id, post)));
        }
    }

    /// The endpoints of a tenant, the oldest first.
    pub fn endpoints(&self, tenant: TenantId) -> Vec<Arc<Endpoint>> {
        self.house().sinks.of(tenant)
    }

    /// An endpoint.
    pub fn endpoint(&self, id: EndpointId) -> Option<Arc<Endpoint>> {
        self.house().sinks.get(id)
    }

    /// Stores a new endpoint. It hears what happens from now on. A tenant has one dashboard: where there is one, it comes back.
    pub async fn add_endpoint(&self, endpoint: Endpoint) -> Result<Arc<Endpoint>, Failure> {
        let _permit = self.admit()?;
        let id = endpoint.id;
        let after = self.events(id.tenant, u64::MAX, 0)?.newest;
        let endpoint = self.house().sinks.add(self.house(), endpoint, after).await?;
        if endpoint.id == id {
            self.open_sink(id);
        }
        Ok(endpoint)
    }

    /// Stores an endpoint as it is from now on; none where it is not there. `change` leaves it as it is by giving back false.
    pub async fn change_endpoint(
        &self,
        id: EndpointId,
        change: impl FnOnce(&mut Endpoint) -> bool + Send,
    ) -> Result<Option<Arc<Endpoint>>, Failure> {
        let _permit = self.admit()?;
        let before = self.endpoint(id);
        let changed = self.house().sinks.change(self.house(), id, change).await?;
        if let (Some(before), Some(endpoint)) = (before, &changed) {
            let is_another = before.url != endpoint.url || before.secrets != endpoint.secrets;
            if before.off.is_some() || is_another {
                self.endpoint_is_back(id);
            } else {
                self.house().sinks.call(id);
            }
        }
        Ok(changed)
    }

    /// An endpoint can be reached, as somebody has seen or believes: what waits for its next attempt is tried at once. Nothing is
    /// where it is switched off.
    pub fn endpoint_is_back(&self, id: EndpointId) {
        let sinks = &self.house().sinks;
        if let Some(post) = sinks.post(id).filter(|_| sinks.get(id).is_some_and(|endpoint| endpoint.off.is_none())) {
            post.cast(SinkMessage::Anew);
        }
    }

    /// Removes an endpoint; false where it is not there.
    pub async fn remove_endpoint(&self, id: EndpointId) -> Result<bool, Failure> {
        let _permit = self.admit()?;
        self.house().sinks.remove(self.house(), id).await
    }

    /// Has a part of the log told to an endpoint once more; false where as many replays are under way as can be.
    pub async fn replay(&self, id: EndpointId, replay: Replay) -> Result<bool, Failure> {
        let _permit = self.admit()?;
        self.house().sinks.replay(id, replay).await
    }

    /// How far an endpoint has come.
    pub fn follower(&self, id: EndpointId) -> Result<Option<Follower>, Failure> {
        Ok(read::<Follower>(self.house(), &Key::Follower(id))?.map(|(_, follower)| follower))
    }

    /// What became of events at an endpoint, in the order of the log: at most so many after a number, and how far was looked.
    pub fn deliveries(
        &self,
        id: EndpointId,
        after: u64,
        most: usize,
        state: Option<DeliveryState>,
    ) -> Result<(Vec<(u64, Delivery)>, u64), Failure> {
        let (mut found, mut looked, mut seen) = (Vec::new(), after, 0);
        let from = Key::Delivery { endpoint: id, no: after }.bytes();
        let read = self.house().store.scan(&Prefix::deliveries(id), Some(&from), &mut |key, record| {
            if let (Some(Key::Delivery { no, .. }), Ok((_, delivery))) =
                (Key::parse(key), codec::open::<Delivery>(record))
            {
                // The first may be the one that was given.
                if no > after {
                    (looked, seen) = (no, seen + 1);
                    if state.is_none_or(|state| state == delivery.state) {
                        found.push((no, delivery));
                    }
                }
            }
            if found.len() < most && seen < LOOKED_AT { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        read.map_err(|error| Failure::unreadable(&error))?;
        Ok((found, looked))
    }
}
