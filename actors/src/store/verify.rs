//! Whether every row of a store can be read: the first half of `baton verify`. The other half are the invariants, which a
//! visitor of the whole rows may run.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::envelope::{self, Kind, RecordError};
use super::job_head::JobHead;
use super::keys::{Key, Space};
use super::{Store, StoreError};

/// So many broken rows are named; the rest are only counted.
const NAMED: usize = 1000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Whole rows, by space. Rows in quarantine count there and are not opened.
    pub whole: BTreeMap<Space, u64>,
    /// How many rows cannot be read.
    pub broken: u64,
    /// The first of them, each with the reason.
    pub named: Vec<(Vec<u8>, String)>,
}

/// Opens every row and shows the whole ones to `visit`.
pub fn verify(store: &dyn Store, visit: &mut dyn FnMut(Space, &[u8], &[u8])) -> Result<Findings, StoreError> {
    let mut findings = Findings::default();
    store.scan(b"", None, &mut |key, record| {
        match read(key, record) {
            Ok(space) => {
                *findings.whole.entry(space).or_default() += 1;
                visit(space, key, record);
            }
            Err(reason) => {
                findings.broken += 1;
                if findings.named.len() < NAMED {
                    findings.named.push((key.to_vec(), reason));
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(findings)
}

fn read(key: &[u8], record: &[u8]) -> Result<Space, String> {
    let parsed = Key::parse(key).ok_or("the key is not one of ours")?;
    let space = parsed.space();
    let Some(expected) = kind_in(space) else { return Ok(space) };
    let opened = envelope::open(record).map_err(|error| error.to_string())?;
    if opened.header.kind != expected {
        return Err(RecordError::WrongKind { expected, found: opened.header.kind }.to_string());
    }
    if expected == Kind::Job {
        JobHead::read(record).map_err(|error| error.to_string())?;
    }
    Ok(space)
}

/// Which kind of record lies in a space; none where anything may.
fn kind_in(space: Space) -> Option<Kind> {
    Some(match space {
        Space::Meta => Kind::Meta,
        Space::LiveJobs | Space::ClosedJobs => Kind::Job,
        Space::ClosedDays => Kind::ClosedDay,
        Space::Details => Kind::Details,
        Space::Ledger => Kind::Ledger,
        Space::History => Kind::History,
        Space::Agents => Kind::Agent,
        Space::Holds => Kind::Holds,
        Space::LiveNotifications | Space::EndedNotifications => Kind::Notification,
        Space::NotificationLines => Kind::NotificationLine,
        Space::Lately => Kind::Lately,
        Space::Drivers => Kind::Driver,
        Space::Vehicles => Kind::Vehicle,
        Space::Routes => Kind::Route,
        Space::AssignmentLines => Kind::AssignmentLine,
        Space::Refused => Kind::Refused,
        Space::Plans => Kind::Plan,
        Space::Tenants => Kind::Tenant,
        Space::TenantAudit => Kind::TenantAudit,
        Space::ApiKeys => Kind::ApiKey,
        Space::Registrations => Kind::Registration,
        Space::Idempotency => Kind::Idempotency,
        Space::Templates => Kind::Template,
        Space::Sources => Kind::Source,
        Space::Events => Kind::Events,
        Space::Endpoints => Kind::Endpoint,
        Space::Followers => Kind::Follower,
        Space::Deliveries => Kind::Delivery,
        Space::DashboardEvents => Kind::DashboardEvent,
        Space::DashboardOrders => Kind::DashboardOrder,
        Space::DashboardReaders => Kind::DashboardReader,
        Space::SyncCustomers => Kind::SyncCustomer,
        Space::SyncOrders => Kind::SyncOrder,
        Space::SyncEvents => Kind::SyncEvent,
        Space::Attempts => Kind::Attempts,
        Space::Channels => Kind::Channel,
        Space::Inbox => Kind::Inbox,
        Space::Numbers | Space::Numbered => Kind::Number,
        Space::Quarantine => return None,
    })
}

#[cfg(test)]
mod tests {
    use baton_core::ids::{JobId, TenantId};

    use super::super::envelope::Header;
    use super::super::memory::MemoryStore;
    use super::super::{StepWrites, Write};
    use super::*;

    #[test]
    fn every_row_is_opened_and_the_broken_ones_are_named() {
        let job = |reference| JobId::of_reference(TenantId::DEFAULT, reference);
        let header = |kind| Header { kind, schema: 1, flags: 0, version: 1, epoch: 1 };
        let whole = envelope::seal(&header(Kind::Job), &[0; 40]);
        let rows = [
            (Key::LiveJob(job("whole")).bytes(), whole.clone()),
            (Key::LiveJob(job("damaged")).bytes(), whole.clone()),
            (Key::LiveJob(job("without head")).bytes(), envelope::seal(&header(Kind::Job), &[0; 3])),
            (Key::Details(job("of another kind")).bytes(), whole),
            (b"strange".to_vec(), b"strange".to_vec()),
        ];
        let store = MemoryStore::new();
        let writes = rows.iter().map(|(key, value)| Write { key: key.clone(), value: Some(value.clone()) }).collect();
        store.commit(&[StepWrites { check: None, writes }]).unwrap();
        assert!(store.damage(&rows[1].0));

        let mut shown = Vec::new();
        let findings = verify(&store, &mut |space, key, _| shown.push((space, key.to_vec()))).unwrap();
        assert_eq!(shown, [(Space::LiveJobs, rows[0].0.clone())]);
        assert_eq!(findings.whole, BTreeMap::from([(Space::LiveJobs, 1)]));
        assert_eq!((findings.broken, findings.named.len()), (4, 4));
    }
}
