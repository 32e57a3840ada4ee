//! The spaces of the store. A number, once used, means the same for ever.

/// What kind of row a key leads to: the first byte of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Space {
    /// What the store knows about itself.
    Meta = 0x01,
    /// Jobs that are not closed, by partition: what a start scans.
    LiveJobs = 0x10,
    /// Closed jobs, by partition.
    ClosedJobs = 0x11,
    /// What was closed on which day, by tenant.
    ClosedDays = 0x12,
    /// Sealed details, by partition.
    Details = 0x13,
    /// Ledger entries, by partition and job.
    Ledger = 0x14,
    /// Older timeline entries, by partition and job.
    History = 0x15,
    /// Notifications that wait or owe something, by partition: what a start scans.
    LiveNotifications = 0x16,
    /// Notifications that are over, by partition.
    EndedNotifications = 0x17,
    /// Profiles of agents, by partition.
    Agents = 0x20,
    /// Agents' holds, by partition.
    Holds = 0x21,
    /// When a person was written to lately, by partition: kept where their tenant has frequency caps.
    Lately = 0x22,
    /// Named plans, by tenant.
    Plans = 0x30,
    /// Settings of tenants.
    Tenants = 0x31,
    /// Changes of settings, by tenant.
    TenantAudit = 0x32,
    /// API keys, by hash.
    ApiKeys = 0x33,
    /// Registration tokens, by hash.
    Registrations = 0x34,
    /// Answers kept for repeats, by tenant and hash.
    Idempotency = 0x35,
    /// Templates of messages, by tenant.
    Templates = 0x36,
    /// Mappings of senders' payloads, by tenant.
    Sources = 0x37,
    /// What was said no to, by tenant and the print of an address.
    Refused = 0x3c,
    /// The list of notifications, by tenant, the newest first.
    NotificationLines = 0x38,
    /// Drivers by the ids of a fleet's own system, by partition.
    Drivers = 0x39,
    /// Vehicles, by partition.
    Vehicles = 0x3a,
    /// Routes with their stops, sealed, by partition.
    Routes = 0x3b,
    /// The list of routes that were handed to drivers, by tenant, the newest first.
    AssignmentLines = 0x3d,
    /// The event log, in order.
    Events = 0x40,
    /// Places outside that are told what happens, by tenant.
    Endpoints = 0x41,
    /// How far each has come.
    Followers = 0x42,
    /// What became of events there, in order.
    Deliveries = 0x43,
    /// What waits for dashboards, sealed, in order.
    DashboardEvents = 0x44,
    /// Orders that dashboards have heard of.
    DashboardOrders = 0x45,
    /// How far each dashboard's jobs are read.
    DashboardReaders = 0x46,
    /// Customers that bots told us of, by tenant.
    SyncCustomers = 0x47,
    /// Their orders, by tenant.
    SyncOrders = 0x48,
    /// All that bots told us, by tenant, in order.
    SyncEvents = 0x49,
    /// Journals of attempts, by channel account.
    Attempts = 0x50,
    /// States of channel accounts.
    Channels = 0x51,
    /// What providers told us, by channel account.
    Inbox = 0x52,
    /// Small numbers, by tenant and what bears them.
    Numbers = 0x60,
    /// What bears a small number, by tenant and the number.
    Numbered = 0x61,
    /// What could not be read.
    Quarantine = 0x7f,
}

impl Space {
    /// Every space, in the order of the store.
    pub const ALL: [Space; 42] = [
        Space::Meta,
        Space::LiveJobs,
        Space::ClosedJobs,
        Space::ClosedDays,
        Space::Details,
        Space::Ledger,
        Space::History,
        Space::LiveNotifications,
        Space::EndedNotifications,
        Space::Agents,
        Space::Holds,
        Space::Lately,
        Space::Plans,
        Space::Tenants,
        Space::TenantAudit,
        Space::ApiKeys,
        Space::Registrations,
        Space::Idempotency,
        Space::Templates,
        Space::Sources,
        Space::NotificationLines,
        Space::Drivers,
        Space::Vehicles,
        Space::Routes,
        Space::Refused,
        Space::AssignmentLines,
        Space::Events,
        Space::Endpoints,
        Space::Followers,
        Space::Deliveries,
        Space::DashboardEvents,
        Space::DashboardOrders,
        Space::DashboardReaders,
        Space::SyncCustomers,
        Space::SyncOrders,
        Space::SyncEvents,
        Space::Attempts,
        Space::Channels,
        Space::Inbox,
        Space::Numbers,
        Space::Numbered,
        Space::Quarantine,
    ];

    /// The byte that its keys begin with.
    pub fn byte(self) -> u8 {
        self as u8
    }

    /// The space of a key's first byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|space| space.byte() == byte)
    }

    /// The space of a key.
    pub fn of(key: &[u8]) -> Option<Self> {
        Self::from_byte(*key.first()?)
    }

    /// Whether its keys go on with a partition.
    pub fn is_partitioned(self) -> bool {
        match self {
            Space::LiveJobs
            | Space::ClosedJobs
            | Space::Details
            | Space::Ledger
            | Space::History
            | Space::LiveNotifications
            | Space::EndedNotifications
            | Space::Agents
            | Space::Holds
            | Space::Drivers
            | Space::Vehicles
            | Space::Routes
            | Space::Lately => true,
            Space::Meta
            | Space::ClosedDays
            | Space::Plans
            | Space::Tenants
            | Space::TenantAudit
            | Space::ApiKeys
            | Space::Registrations
            | Space::Idempotency
            | Space::Templates
            | Space::Sources
            | Space::NotificationLines
            | Space::AssignmentLines
            | Space::Refused
            | Space::Events
            | Space::Endpoints
            | Space::Followers
            | Space::Deliveries
            | Space::DashboardEvents
            | Space::DashboardOrders
            | Space::DashboardReaders
            | Space::SyncCustomers
            | Space::SyncOrders
            | Space::SyncEvents
            | Space::Attempts
            | Space::Channels
            | Space::Inbox
            | Space::Numbers
            | Space::Numbered
            | Space::Quarantine => false,
        }
    }
}
