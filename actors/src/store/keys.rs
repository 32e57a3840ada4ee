//! Where every record lies: the layout of keys.
//!
//! A key begins with one byte for its [`Space`]. What can be handed from node to node follows with the byte of its
//! partition, so that a partition is one range a space. Then come 16 bytes of tenant, 16 of id, and numbers big-endian,
//! so that rows of one thing lie together and in order. Text inside a key carries its length; at the end it needs none.

mod parts;
mod prefix;
mod space;

use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, DriverId, EndpointId, JobId, NotificationId, RouteId, TenantId, VehicleId};
use baton_core::time::Timestamp;
use uuid::Uuid;

use crate::numbers::Numbering;

pub use prefix::{PARTITIONS, Prefix};
pub use space::Space;

use parts::{Reader, Writer};

/// A row of the store, by what it is about. [`Key::bytes`] and [`Key::parse`] are each other's inverse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// What the store knows about itself.
    Meta(MetaRow),
    /// A job that is not closed.
    LiveJob(JobId),
    /// A closed job, kept until its retention ends.
    ClosedJob(JobId),
    /// The list of what was closed on a day.
    ClosedDay {
        /// Whose.
        tenant: TenantId,
        /// Days since 1970 UTC.
        day: i32,
        /// The job's id within the tenant.
        job: Uuid,
    },
    /// A job's private details, sealed.
    Details(JobId),
    /// A notification that waits or owes something.
    LiveNotification(NotificationId),
    /// A notification that is over, kept until its retention ends.
    EndedNotification(NotificationId),
    /// A line of the list of notifications.
    NotificationLine {
        /// When it came in.
        created_at: Timestamp,
        /// Which.
        id: NotificationId,
    },
    /// A driver of a fleet.
    Driver(DriverId),
    /// A vehicle of a fleet.
    Vehicle(VehicleId),
    /// A route of a fleet.
    Route(RouteId),
    /// A line of the list of routes that were handed to drivers.
    AssignmentLine {
        /// When it came in.
        created_at: Timestamp,
        /// The job it is.
        job: JobId,
    },
    /// When a person was written to lately.
    Lately(AgentId),
    /// An agent's profile.
    Agent(AgentId),
    /// An agent's book of holds.
    Holds(AgentId),
    /// A version of a named plan.
    Plan {
        /// Whose.
        tenant: TenantId,
        /// Its name.
        name: String,
        /// Counted from 1.
        version: u32,
    },
    /// A tenant's settings.
    Tenant(TenantId),
    /// A change of a tenant's settings.
    TenantAudit {
        /// Whose.
        tenant: TenantId,
        /// Which change.
        seq: u64,
    },
    /// An API key, by the SHA-256 of the key.
    ApiKey([u8; 32]),
    /// A single-use registration token, by its SHA-256.
    Registration([u8; 32]),
    /// An answer kept for repeats of a request, by the SHA-256 of the idempotency key.
    Idempotency {
        /// Whose.
        tenant: TenantId,
        /// The key's hash.
        key: [u8; 32],
    },
    /// A version of a template.
    Template {
        /// Whose.
        tenant: TenantId,
        /// Its logical key.
        key: String,
        /// For which channel.
        channel: ChannelKind,
        /// In which language.
        locale: String,
        /// Counted from 1.
        version: u32,
    },
    /// The mapping of a sender's payloads.
    Source {
        /// Whose.
        tenant: TenantId,
        /// Its name.
        name: String,
    },
    /// What was said no to at an address.
    Refused {
        /// To whom.
        tenant: TenantId,
        /// The print of the address.
        print: [u8; 32],
    },
    /// A row of the event log.
    Events {
        /// Whose.
        tenant: TenantId,
        /// The number of its last event.
        last: u64,
    },
    /// A place outside that is told what happens.
    Endpoint(EndpointId),
    /// How far it has come.
    Follower(EndpointId),
    /// What became of an event there.
    Delivery {
        /// Where.
        endpoint: EndpointId,
        /// The event's number.
        no: u64,
    },
    /// What waits for a dashboard.
    DashboardEvent {
        /// For which.
        endpoint: EndpointId,
        /// Its number there.
        no: u64,
    },
    /// What a dashboard has heard of an order.
    DashboardOrder {
        /// Which dashboard.
        endpoint: EndpointId,
        /// The print of the order's name.
        order: Uuid,
    },
    /// How far a dashboard's jobs are read.
    DashboardReader(EndpointId),
    /// A customer that a bot told us of.
    SyncCustomer {
        /// Whom it told.
        tenant: TenantId,
        /// The print of how the customer is reached.
        customer: Uuid,
    },
    /// An order of theirs.
    SyncOrder {
        /// Whom it was told.
        tenant: TenantId,
        /// The print of the order's name.
        order: Uuid,
    },
    /// What a bot told us.
    SyncEvent {
        /// Whom.
        tenant: TenantId,
        /// Its number.
        no: u64,
    },
    /// An entry of a job's ledger.
    Ledger {
        /// Of which job.
        job: JobId,
        /// Which entry.
        seq: u64,
    },
    /// Entries of a job's timeline that no longer fit its record.
    History {
        /// Of which job.
        job: JobId,
        /// Which row.
        seq: u64,
    },
    /// A page of the journal of attempts of a channel account.
    Attempts {
        /// Whose.
        tenant: TenantId,
        /// Which account.
        account: String,
        /// Which page.
        seq: u64,
    },
    /// What a channel account remembers over a restart: budgets, pauses, offsets.
    Channel {
        /// Whose.
        tenant: TenantId,
        /// Which account.
        account: String,
        /// Which page; most need one.
        page: u16,
    },
    /// Something a provider told us: seen before, or waiting for its match.
    Inbox {
        /// Whose.
        tenant: TenantId,
        /// Told by which account.
        account: String,
        /// The provider's name for it.
        id: String,
    },
    /// The small number of something.
    Number {
        /// Whose.
        tenant: TenantId,
        /// In which row of numbers.
        of: Numbering,
        /// What bears it.
        id: Vec<u8>,
    },
    /// What bears a small number; under 0 stands the last that was given.
    Numbered {
        /// Whose.
        tenant: TenantId,
        /// In which row of numbers.
        of: Numbering,
        /// The number.
        number: u64,
    },
    /// A row that could not be read, moved out of the way.
    Quarantined {
        /// When, in milliseconds since 1970 UTC.
        at: u64,
        /// Where it lay.
        key: Vec<u8>,
        /// Which half of it.
        part: QuarantinePart,
    },
}

/// What the store knows about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetaRow {
    /// How often the store was opened: the epoch on one node.
    Boot,
    /// When the node was last alive, and the outages since.
    Heartbeat,
    /// Set by a restore until somebody releases it.
    Restored,
    /// The salts of the sealing, in backups alone: a store keeps them in a file of its own, where they can be overwritten.
    Salts,
}

/// A quarantined row is two rows: the original may be as large as a value can be, and must stay byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuarantinePart {
    /// Why it is here.
    Reason,
    /// The value as it was found, without an envelope of ours.
    Value,
}

impl Key {
    /// Which space it lies in.
    pub fn space(&self) -> Space {
        match self {
            Key::Meta(_) => Space::Meta,
            Key::LiveJob(_) => Space::LiveJobs,
            Key::ClosedJob(_) => Space::ClosedJobs,
            Key::ClosedDay { .. } => Space::ClosedDays,
            Key::Details(_) => Space::Details,
            Key::LiveNotification(_) => Space::LiveNotifications,
            Key::EndedNotification(_) => Space::EndedNotifications,
            Key::NotificationLine { .. } => Space::NotificationLines,
            Key::Driver(_) => Space::Drivers,
            Key::Vehicle(_) => Space::Vehicles,
            Key::Route(_) => Space::Routes,
            Key::AssignmentLine { .. } => Space::AssignmentLines,
            Key::Lately(_) => Space::Lately,
            Key::Agent(_) => Space::Agents,
            Key::Holds(_) => Space::Holds,
            Key::Plan { .. } => Space::Plans,
            Key::Tenant(_) => Space::Tenants,
            Key::TenantAudit { .. } => Space::TenantAudit,
            Key::ApiKey(_) => Space::ApiKeys,
            Key::Registration(_) => Space::Registrations,
            Key::Idempotency { .. } => Space::Idempotency,
            Key::Template { .. } => Space::Templates,
            Key::Source { .. } => Space::Sources,
            Key::Refused { .. } => Space::Refused,
            Key::Events { .. } => Space::Events,
            Key::Endpoint(_) => Space::Endpoints,
            Key::Follower(_) => Space::Followers,
            Key::Delivery { .. } => Space::Deliveries,
            Key::DashboardEvent { .. } => Space::DashboardEvents,
            Key::DashboardOrder { .. } => Space::DashboardOrders,
            Key::DashboardReader(_) => Space::DashboardReaders,
            Key::SyncCustomer { .. } => Space::SyncCustomers,
            Key::SyncOrder { .. } => Space::SyncOrders,
            Key::SyncEvent { .. } => Space::SyncEvents,
            Key::Ledger { .. } => Space::Ledger,
            Key::History { .. } => Space::History,
            Key::Attempts { .. } => Space::Attempts,
            Key::Channel { .. } => Space::Channels,
            Key::Inbox { .. } => Space::Inbox,
            Key::Number { .. } => Space::Numbers,
            Key::Numbered { .. } => Space::Numbered,
            Key::Quarantined { .. } => Space::Quarantine,
        }
    }

    /// Which job it is a row of; none: of no job alone.
    pub fn job(&self) -> Option<JobId> {
        match self {
            Key::LiveJob(job)
            | Key::ClosedJob(job)
            | Key::Details(job)
            | Key::Ledger { job, .. }
            | Key::AssignmentLine { job, .. }
            | Key::History { job, .. } => Some(*job),
            Key::ClosedDay { tenant, job, .. } => Some(JobId::drawn(*tenant, *job)),
            Key::Meta(_)
            | Key::LiveNotification(_)
            | Key::EndedNotification(_)
            | Key::NotificationLine { .. }
            | Key::Driver(_)
            | Key::Vehicle(_)
            | Key::Route(_)
            | Key::Lately(_)
            | Key::Agent(_)
            | Key::Holds(_)
            | Key::Plan { .. }
            | Key::Tenant(_)
            | Key::TenantAudit { .. }
            | Key::ApiKey(_)
            | Key::Registration(_)
            | Key::Idempotency { .. }
            | Key::Template { .. }
            | Key::Source { .. }
            | Key::Refused { .. }
            | Key::Events { .. }
            | Key::Endpoint(_)
            | Key::Follower(_)
            | Key::Delivery { .. }
            | Key::DashboardEvent { .. }
            | Key::DashboardOrder { .. }
            | Key::DashboardReader(_)
            | Key::SyncCustomer { .. }
            | Key::SyncOrder { .. }
            | Key::SyncEvent { .. }
            | Key::Attempts { .. }
            | Key::Channel { .. }
            | Key::Inbox { .. }
            | Key::Number { .. }
            | Key::Numbered { .. }
            | Key::Quarantined { .. } => None,
        }
    }

    /// Which tenant it belongs to; none: to the store itself, or to whoever holds a key or a token.
    pub fn tenant(&self) -> Option<TenantId> {
        match self {
            Key::LiveJob(job)
            | Key::ClosedJob(job)
            | Key::Details(job)
            | Key::Ledger { job, .. }
            | Key::AssignmentLine { job, .. }
            | Key::History { job, .. } => Some(job.tenant),
            Key::Driver(driver) => Some(driver.tenant),
            Key::Vehicle(vehicle) => Some(vehicle.tenant),
            Key::Route(route) => Some(route.tenant),
            Key::LiveNotification(id) | Key::EndedNotification(id) | Key::NotificationLine { id, .. } => {
                Some(id.tenant)
            }
            Key::Agent(agent) | Key::Holds(agent) | Key::Lately(agent) => Some(agent.tenant),
            Key::Endpoint(endpoint)
            | Key::Follower(endpoint)
            | Key::Delivery { endpoint, .. }
            | Key::DashboardEvent { endpoint, .. }
            | Key::DashboardOrder { endpoint, .. }
            | Key::DashboardReader(endpoint) => Some(endpoint.tenant),
            Key::ClosedDay { tenant, .. }
            | Key::Plan { tenant, .. }
            | Key::Tenant(tenant)
            | Key::TenantAudit { tenant, .. }
            | Key::Idempotency { tenant, .. }
            | Key::Events { tenant, .. }
            | Key::SyncCustomer { tenant, .. }
            | Key::SyncOrder { tenant, .. }
            | Key::SyncEvent { tenant, .. }
            | Key::Refused { tenant, .. }
            | Key::Template { tenant, .. }
            | Key::Source { tenant, .. }
            | Key::Attempts { tenant, .. }
            | Key::Channel { tenant, .. }
            | Key::Inbox { tenant, .. }
            | Key::Number { tenant, .. }
            | Key::Numbered { tenant, .. } => Some(*tenant),
            Key::Meta(_) | Key::ApiKey(_) | Key::Registration(_) | Key::Quarantined { .. } => None,
        }
    }

    /// The key as it stands in the store.
    pub fn bytes(&self) -> Vec<u8> {
        let key = Writer::in_space(self.space());
        match self {
            Key::Meta(row) => key.byte(row.number()),
            Key::LiveJob(job) | Key::ClosedJob(job) | Key::Details(job) => key.job(*job),
            Key::LiveNotification(id) | Key::EndedNotification(id) => key.notification(*id),
            Key::NotificationLine { created_at, id } => key.tenant(id.tenant).newest_first(*created_at).uuid(id.local),
            Key::Agent(agent) | Key::Holds(agent) | Key::Lately(agent) => key.agent(*agent),
            Key::Driver(id) => key.byte(id.partition()).tenant(id.tenant).uuid(id.local),
            Key::Vehicle(id) => key.byte(id.partition()).tenant(id.tenant).uuid(id.local),
            Key::Route(id) => key.byte(id.partition()).tenant(id.tenant).uuid(id.local),
            Key::AssignmentLine { created_at, job } => key.tenant(job.tenant).newest_first(*created_at).uuid(job.local),
            Key::ClosedDay { tenant, day, job } => key.tenant(*tenant).day(*day).uuid(*job),
            Key::Plan { tenant, name, version } => key.tenant(*tenant).text(name).u32(*version),
            Key::Tenant(tenant) => key.tenant(*tenant),
            Key::TenantAudit { tenant, seq } => key.tenant(*tenant).u64(*seq),
            Key::ApiKey(hash) | Key::Registration(hash) => key.bytes(hash),
            Key::Idempotency { tenant, key: hash } => key.tenant(*tenant).bytes(hash),
            Key::Refused { tenant, print } => key.tenant(*tenant).bytes(print),
            Key::Template { tenant, key: name, channel, locale, version } => {
                key.tenant(*tenant).text(name).text(channel.as_str()).text(locale).u32(*version)
            }
            Key::Events { tenant, last } => key.tenant(*tenant).u64(*last),
            Key::Endpoint(endpoint) | Key::Follower(endpoint) | Key::DashboardReader(endpoint) => {
                key.tenant(endpoint.tenant).uuid(endpoint.local)
            }
            Key::Delivery { endpoint, no } | Key::DashboardEvent { endpoint, no } => {
                key.tenant(endpoint.tenant).uuid(endpoint.local).u64(*no)
            }
            Key::DashboardOrder { endpoint, order } => key.tenant(endpoint.tenant).uuid(endpoint.local).uuid(*order),
            Key::SyncCustomer { tenant, customer: print } | Key::SyncOrder { tenant, order: print } => {
                key.tenant(*tenant).uuid(*print)
            }
            Key::SyncEvent { tenant, no } => key.tenant(*tenant).u64(*no),
            Key::Source { tenant, name } => key.tenant(*tenant).text(name),
            Key::Ledger { job, seq } | Key::History { job, seq } => key.job(*job).u64(*seq),
            Key::Attempts { tenant, account, seq } => key.tenant(*tenant).text(account).u64(*seq),
            Key::Channel { tenant, account, page } => key.tenant(*tenant).text(account).u16(*page),
            Key::Inbox { tenant, account, id } => key.tenant(*tenant).text(account).bytes(id.as_bytes()),
            Key::Number { tenant, of, id } => key.tenant(*tenant).byte(of.byte()).bytes(id),
            Key::Numbered { tenant, of, number } => key.tenant(*tenant).byte(of.byte()).u64(*number),
            Key::Quarantined { at, key: original, part } => key.u64(*at).blob(original).byte(part.number()),
        }
        .done()
    }

    /// Reads a key of the store; none where it is not one of ours.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        let mut key = Reader::of(rest);
        let parsed = match Space::from_byte(*first)? {
            Space::Meta => Key::Meta(MetaRow::from_number(key.byte()?)?),
            Space::LiveJobs => Key::LiveJob(key.job()?),
            Space::ClosedJobs => Key::ClosedJob(key.job()?),
            Space::ClosedDays => Key::ClosedDay { tenant: key.tenant()?, day: key.day()?, job: key.uuid()? },
            Space::Details => Key::Details(key.job()?),
            Space::LiveNotifications => Key::LiveNotification(key.notification()?),
            Space::EndedNotifications => Key::EndedNotification(key.notification()?),
            Space::NotificationLines => {
                let (tenant, created_at) = (key.tenant()?, key.newest_first()?);
                Key::NotificationLine { created_at, id: NotificationId::drawn(tenant, key.uuid()?) }
            }
            Space::AssignmentLines => {
                let (tenant, created_at) = (key.tenant()?, key.newest_first()?);
                Key::AssignmentLine { created_at, job: JobId::drawn(tenant, key.uuid()?) }
            }
            Space::Drivers => {
                let (tenant, local) = key.in_partition()?;
                Key::Driver(DriverId { tenant, local })
            }
            Space::Vehicles => {
                let (tenant, local) = key.in_partition()?;
                Key::Vehicle(VehicleId { tenant, local })
            }
            Space::Routes => {
                let (tenant, local) = key.in_partition()?;
                Key::Route(RouteId { tenant, local })
            }
            Space::Lately => Key::Lately(key.agent()?),
            Space::Agents => Key::Agent(key.agent()?),
            Space::Holds => Key::Holds(key.agent()?),
            Space::Plans => Key::Plan { tenant: key.tenant()?, name: key.text()?, version: key.u32()? },
            Space::Tenants => Key::Tenant(key.tenant()?),
            Space::TenantAudit => Key::TenantAudit { tenant: key.tenant()?, seq: key.u64()? },
            Space::ApiKeys => Key::ApiKey(key.take()?),
            Space::Registrations => Key::Registration(key.take()?),
            Space::Idempotency => Key::Idempotency { tenant: key.tenant()?, key: key.take()? },
            Space::Templates => Key::Template {
                tenant: key.tenant()?,
                key: key.text()?,
                channel: key.text()?.parse().ok()?,
                locale: key.text()?,
                version: key.u32()?,
            },
            Space::Sources => Key::Source { tenant: key.tenant()?, name: key.text()? },
            Space::Refused => Key::Refused { tenant: key.tenant()?, print: key.take()? },
            Space::Endpoints => Key::Endpoint(EndpointId::drawn(key.tenant()?, key.uuid()?)),
            Space::Followers => Key::Follower(EndpointId::drawn(key.tenant()?, key.uuid()?)),
            Space::Deliveries => {
                Key::Delivery { endpoint: EndpointId::drawn(key.tenant()?, key.uuid()?), no: key.u64()? }
            }
            Space::DashboardEvents => {
                Key::DashboardEvent { endpoint: EndpointId::drawn(key.tenant()?, key.uuid()?), no: key.u64()? }
            }
            Space::DashboardOrders => {
                Key::DashboardOrder { endpoint: EndpointId::drawn(key.tenant()?, key.uuid()?), order: key.uuid()? }
            }
            Space::DashboardReaders => Key::DashboardReader(EndpointId::drawn(key.tenant()?, key.uuid()?)),
            Space::SyncCustomers => Key::SyncCustomer { tenant: key.tenant()?, customer: key.uuid()? },
            Space::SyncOrders => Key::SyncOrder { tenant: key.tenant()?, order: key.uuid()? },
            Space::SyncEvents => Key::SyncEvent { tenant: key.tenant()?, no: key.u64()? },
            Space::Events => Key::Events { tenant: key.tenant()?, last: key.u64()? },
            Space::Ledger => Key::Ledger { job: key.job()?, seq: key.u64()? },
            Space::History => Key::History { job: key.job()?, seq: key.u64()? },
            Space::Attempts => Key::Attempts { tenant: key.tenant()?, account: key.text()?, seq: key.u64()? },
            Space::Channels => Key::Channel { tenant: key.tenant()?, account: key.text()?, page: key.u16()? },
            Space::Inbox => Key::Inbox { tenant: key.tenant()?, account: key.text()?, id: key.rest_as_text()? },
            Space::Numbers => {
                let (tenant, of) = (key.tenant()?, Numbering::from_byte(key.byte()?)?);
                Key::Number { tenant, of, id: key.rest() }
            }
            Space::Numbered => {
                let (tenant, of) = (key.tenant()?, Numbering::from_byte(key.byte()?)?);
                Key::Numbered { tenant, of, number: key.u64()? }
            }
            Space::Quarantine => {
                Key::Quarantined { at: key.u64()?, key: key.blob()?, part: QuarantinePart::from_number(key.byte()?)? }
            }
        };
        key.is_at_end().then_some(parsed)
    }
}

impl MetaRow {
    fn number(self) -> u8 {
        match self {
            MetaRow::Boot => 1,
            MetaRow::Heartbeat => 2,
            MetaRow::Restored => 3,
            MetaRow::Salts => 4,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        let all = [MetaRow::Boot, MetaRow::Heartbeat, MetaRow::Restored, MetaRow::Salts];
        all.into_iter().find(|row| row.number() == number)
    }
}

impl QuarantinePart {
    fn number(self) -> u8 {
        match self {
            QuarantinePart::Reason => 0,
            QuarantinePart::Value => 1,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        [QuarantinePart::Reason, QuarantinePart::Value].into_iter().find(|part| part.number() == number)
    }
}

#[cfg(test)]
mod tests;
