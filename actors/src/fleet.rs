//! Drivers, vehicles and routes, and the list of what was handed to whom.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use baton_core::ids::{AgentId, DriverId, JobId, RouteId, TenantId, VehicleId};
use parking_lot::Mutex;

use crate::committer::NotStored;
use crate::engine::Engine;
use crate::error::Failure;
use crate::house::House;
use crate::records::{AssignmentLine, Driver, Route, Vehicle};
use crate::store::codec::{self, Record};
use crate::store::keys::{Key, Prefix, Space};
use crate::store::{StepWrites, VersionCheck, Write, envelope};

/// So often a row is read anew that somebody else has changed meanwhile.
const TRIES: usize = 8;

/// Who is being given a job that they may have only one of, while that job is on its way to the disk: from then on the index knows.
#[derive(Default)]
pub struct Reserved(Mutex<BTreeMap<AgentId, JobId>>);

impl Reserved {
    /// Keeps an agent for a job; or names the job that they are kept for.
    pub(crate) fn keep(&self, house: &House, agent: AgentId, job: JobId) -> Result<Kept<'_>, JobId> {
        let mut reserved = self.0.lock();
        if let Some(other) = reserved.get(&agent).filter(|other| **other != job) {
            return Err(*other);
        }
        // Whoever was stored before this lock was taken stands in the index.
        if let Some(other) = house.index.kept_alone(&agent).into_iter().find(|other| *other != job) {
            return Err(other);
        }
        reserved.insert(agent, job);
        Ok(Kept { of: self, agent })
    }
}

/// An agent who is kept for a job, as long as this lives.
pub(crate) struct Kept<'a> {
    of: &'a Reserved,
    agent: AgentId,
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.of.0.lock().remove(&self.agent);
    }
}

/// A line of the list of what was handed to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handed {
    /// The job it is.
    pub job: JobId,
    /// The route and the agent.
    pub line: AssignmentLine,
}

impl Engine {
    /// A driver.
    pub fn driver(&self, id: DriverId) -> Result<Option<Driver>, Failure> {
        self.row_of(&Key::Driver(id))
    }

    /// A vehicle.
    pub fn vehicle(&self, id: VehicleId) -> Result<Option<Vehicle>, Failure> {
        self.row_of(&Key::Vehicle(id))
    }

    /// A route.
    pub fn route(&self, id: RouteId) -> Result<Option<Route>, Failure> {
        self.row_of(&Key::Route(id))
    }

    /// Stores a driver, or, without one, forgets them.
    pub async fn put_driver(&self, id: DriverId, driver: Option<&Driver>) -> Result<(), Failure> {
        self.put_row(Key::Driver(id), driver).await
    }

    /// Stores a vehicle, or, without one, forgets it.
    pub async fn put_vehicle(&self, id: VehicleId, vehicle: Option<&Vehicle>) -> Result<(), Failure> {
        self.put_row(Key::Vehicle(id), vehicle).await
    }

    /// Stores a route, or, without one, forgets it.
    pub async fn put_route(&self, id: RouteId, route: Option<&Route>) -> Result<(), Failure> {
        self.put_row(Key::Route(id), route).await
    }

    /// The drivers of a tenant, by the agents they are.
    pub fn drivers(&self, tenant: TenantId) -> Result<BTreeMap<AgentId, DriverId>, Failure> {
        let mut drivers = BTreeMap::new();
        for partition in 0..crate::store::keys::PARTITIONS {
            let prefix = Prefix::tenant_in_partition(Space::Drivers, partition, tenant);
            let scan = self.house().store.scan(&prefix, None, &mut |key, record| {
                // One that cannot be read is left to whoever looks into it.
                if let (Some(Key::Driver(id)), Ok((_, driver))) = (Key::parse(key), codec::open::<Driver>(record)) {
                    drivers.insert(driver.agent, id);
                }
                ControlFlow::Continue(())
            });
            scan.map_err(|error| Failure::unreadable(&error))?;
        }
        Ok(drivers)
    }

    /// What a tenant has handed to whom, the newest first.
    pub fn handed(&self, tenant: TenantId) -> Result<Vec<Handed>, Failure> {
        let mut all = Vec::new();
        let scan =
            self.house().store.scan(&Prefix::tenant(Space::AssignmentLines, tenant), None, &mut |key, record| {
                if let (Some(Key::AssignmentLine { job, .. }), Ok((_, line))) =
                    (Key::parse(key), codec::open::<AssignmentLine>(record))
                {
                    all.push(Handed { job, line });
                }
                ControlFlow::Continue(())
            });
        scan.map_err(|error| Failure::unreadable(&error))?;
        Ok(all)
    }

    fn row_of<T: Record>(&self, key: &Key) -> Result<Option<T>, Failure> {
        let record = self.house().store.get(&key.bytes()).map_err(|error| Failure::unreadable(&error))?;
        let open = |record: Vec<u8>| codec::open::<T>(&record).map_err(|error| Failure::unreadable(&error));
        Ok(record.map(open).transpose()?.map(|(_, value)| value))
    }

    async fn put_row<T: Record>(&self, key: Key, value: Option<&T>) -> Result<(), Failure> {
        if self.is_restored() {
            return Err(Failure::Restored);
        }
        if !self.is_ready() {
            return Err(Failure::Closed);
        }
        let house = self.house();
        for _ in 0..TRIES {
            let unreadable = |error: &dyn std::error::Error| Failure::unreadable(error);
            let before = house.store.get(&key.bytes()).map_err(|error| unreadable(&error))?;
            // One that cannot be read is replaced like any other.
            let version = before.and_then(|record| envelope::open(&record).ok().map(|opened| opened.header.version));
            let sealed = |value: &T| codec::seal(value, version.unwrap_or(0) + 1, house.epoch);
            let value = value.map(sealed).transpose().map_err(|error| unreadable(&error))?;
            // Whoever seals it anew meanwhile, or stores it, has made it another.
            let check = version.map(|version| VersionCheck { key: key.bytes(), version });
            let writes = vec![Write { key: key.bytes(), value }];
            match house.committer.store_rows(StepWrites { check, writes }).await {
                Ok(()) => return Ok(()),
                Err(NotStored::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(Failure::Overloaded)
    }
}
