//! What is held about a person, gathered for them: of an agent or somebody who gets messages ([`person`]), and of a client whose job it
//! is ([`client`]).
//!
//! Nothing is indexed by person for it: that would be one more place where private things lie. So both go through what a tenant keeps,
//! a bounded part at a time, and say where to go on.

use std::ops::ControlFlow;

use baton_actors::error::Failure;
use baton_actors::store::Store;
use baton_actors::store::keys::{PARTITIONS, Prefix, Space};
use baton_core::ids::TenantId;

pub mod client;
pub mod person;

/// A row as it lies in the store: its key, and its record.
type Row = (Vec<u8>, Vec<u8>);

/// Some rows, and where to go on.
struct Rows {
    rows: Vec<Row>,
    next: Option<Vec<u8>>,
}

/// The next rows of a tenant in some spaces, at most so many. None: the cursor is none of ours.
fn rows(
    store: &dyn Store,
    tenant: TenantId,
    spaces: &[Space],
    after: Option<&[u8]>,
    most: usize,
) -> Result<Option<Rows>, Failure> {
    let mut found = Rows { rows: Vec::new(), next: None };
    let mut begun = after.is_none();
    for (space, partition) in spaces.iter().flat_map(|space| (0..PARTITIONS).map(move |partition| (*space, partition)))
    {
        let prefix = Prefix::tenant_in_partition(space, partition, tenant);
        let from = after.filter(|key| key.starts_with(&prefix));
        begun |= from.is_some();
        if !begun {
            continue;
        }
        let scan = store.scan(&prefix, from, &mut |key, record| {
            found.rows.push((key.to_vec(), record.to_vec()));
            if found.rows.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        scan.map_err(|error| Failure::unreadable(&error))?;
        if found.rows.len() >= most {
            found.next = found.rows.last().map(|(key, _)| key.clone());
            break;
        }
    }
    Ok(begun.then_some(found))
}
