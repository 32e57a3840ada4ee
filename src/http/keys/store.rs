//! Storing a key's record: on disk first, believed after.

use baton_actors::store::keys::Key;
use baton_actors::store::{StepWrites, Write, codec};

use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::keys::ApiKeyRecord;

/// Stores a record; from then on the key opens, or no longer opens.
pub async fn store(door: &Door, record: ApiKeyRecord) -> Result<(), Problem> {
    let house = door.engine.house();
    let version = if record.revoked_at.is_some() { 2 } else { 1 };
    let value = codec::seal(&record, version, house.epoch).map_err(|error| Problem::internal(&error))?;
    let key = Key::ApiKey(record.hash).bytes();
    house.committer.store_rows(StepWrites { check: None, writes: vec![Write { key, value: Some(value) }] }).await?;
    door.keys.put(record);
    Ok(())
}
