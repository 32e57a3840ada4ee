//! Ranges of keys worth scanning, by what they have in common.

use baton_core::ids::{EndpointId, JobId, TenantId};
use baton_core::time::Timestamp;

use super::parts::Writer;
use super::space::Space;

/// How many partitions there are, for ever: `JobId::partition` and `AgentId::partition` stay below it.
pub const PARTITIONS: u8 = 64;

/// The beginnings of keys, one function for each range that is scanned.
#[derive(Clone, Copy, Debug)]
pub struct Prefix;

impl Prefix {
    /// A whole space.
    pub fn space(space: Space) -> Vec<u8> {
        Writer::in_space(space).done()
    }

    /// A partition of a partitioned space.
    pub fn partition(space: Space, partition: u8) -> Vec<u8> {
        debug_assert!(space.is_partitioned());
        Writer::in_space(space).byte(partition).done()
    }

    /// Every partition of a partitioned space, in order.
    pub fn partitions(space: Space) -> impl Iterator<Item = Vec<u8>> {
        (0..PARTITIONS).map(move |partition| Self::partition(space, partition))
    }

    /// One tenant's rows in a partition of a partitioned space.
    pub fn tenant_in_partition(space: Space, partition: u8, tenant: TenantId) -> Vec<u8> {
        debug_assert!(space.is_partitioned());
        Writer::in_space(space).byte(partition).tenant(tenant).done()
    }

    /// One tenant's rows in a space that is not partitioned.
    pub fn tenant(space: Space, tenant: TenantId) -> Vec<u8> {
        debug_assert!(!space.is_partitioned());
        Writer::in_space(space).tenant(tenant).done()
    }

    /// What became of events at an endpoint.
    pub fn deliveries(endpoint: EndpointId) -> Vec<u8> {
        Writer::in_space(Space::Deliveries).tenant(endpoint.tenant).uuid(endpoint.local).done()
    }

    /// What waits for a dashboard.
    pub fn dashboard_events(endpoint: EndpointId) -> Vec<u8> {
        Writer::in_space(Space::DashboardEvents).tenant(endpoint.tenant).uuid(endpoint.local).done()
    }

    /// What a tenant closed on a day (days since 1970 UTC).
    pub fn closed_day(tenant: TenantId, day: i32) -> Vec<u8> {
        Writer::in_space(Space::ClosedDays).tenant(tenant).day(day).done()
    }

    /// The rows of one job, in [`Space::Ledger`] or [`Space::History`].
    pub fn job(space: Space, job: JobId) -> Vec<u8> {
        debug_assert!(space.is_partitioned());
        Writer::in_space(space).job(job).done()
    }

    /// The notifications of a tenant that came in at or before a moment, as the first key of such a list.
    pub fn notifications_until(tenant: TenantId, at: Timestamp) -> Vec<u8> {
        Writer::in_space(Space::NotificationLines).tenant(tenant).newest_first(at).done()
    }

    /// The versions of a tenant's named plan.
    pub fn plan(tenant: TenantId, name: &str) -> Vec<u8> {
        Writer::in_space(Space::Plans).tenant(tenant).text(name).done()
    }

    /// The rows of one channel account, in [`Space::Attempts`], [`Space::Channels`] or [`Space::Inbox`].
    pub fn account(space: Space, tenant: TenantId, account: &str) -> Vec<u8> {
        debug_assert!(matches!(space, Space::Attempts | Space::Channels | Space::Inbox));
        Writer::in_space(space).tenant(tenant).text(account).done()
    }
}
