//! The store, and what is kept in and beside it that opens other things: sealing keys, API keys.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use baton_actors::store::keys::{Prefix, Space};
use baton_actors::store::{Store, StoreError, codec};

use super::ServeError;
use crate::config::Config;
use crate::keys::{ApiKeyRecord, Keys};
use crate::sealing::rotate::{self, RotateError};
use crate::sealing::salts::Salts;
use crate::sealing::{Keyring, SealingError};
use crate::store::{SledOptions, SledStore};

pub(super) async fn open_store(config: &Config) -> Result<Arc<SledStore>, ServeError> {
    let (path, options) = (config.store.path.clone(), SledOptions::default().cache_bytes(config.store.cache));
    let opened = tokio::task::spawn_blocking(move || SledStore::open(&path, options)).await;
    let opened = opened.map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(Arc::new(opened?))
}

/// The keys with the salts of the store. What was going on with these when the process ended comes to its end first.
pub fn opened_keyring(config: &Config, store: &SledStore) -> Result<Keyring, ServeError> {
    let salts = match Salts::open(store.folder()).map_err(SealingError::Salts)? {
        Some(salts) => salts,
        None if rotate::needs_salts(store)? => return Err(SealingError::NoSalts.into()),
        None => Salts::make(store.folder()).map_err(SealingError::Salts)?,
    };
    let keyring = keyring(config)?.with_salts(salts);
    rotate::finish(store, &keyring).map_err(|error| match error {
        RotateError::Store(error) => ServeError::Store(error),
        RotateError::Sealing(error) => ServeError::Sealing(error),
    })?;
    Ok(keyring)
}

pub(super) fn keyring(config: &Config) -> Result<Keyring, SealingError> {
    let older = config.sealing.older.values().cloned();
    if config.dev && config.sealing.master.is_none() && config.sealing.own.is_empty() {
        return older.into_iter().try_fold(Keyring::for_dev(Some(&config.store.path))?, Keyring::with_older);
    }
    let keyring = Keyring::new(config.sealing.master.clone(), config.sealing.own.clone())?;
    older.into_iter().try_fold(keyring, Keyring::with_older)
}

pub(super) fn keys(config: &Config, store: &dyn Store) -> Result<Keys, ServeError> {
    let mut records = Vec::new();
    for key in &config.api_keys {
        records.push(ApiKeyRecord::of(&key.key, key.tenant, key.name.clone(), key.scopes.clone(), None)?);
    }
    let mut broken = BTreeMap::new();
    store.scan(&Prefix::space(Space::ApiKeys), None, &mut |key, record| {
        match codec::open::<ApiKeyRecord>(record) {
            Ok((_, record)) => records.push(record),
            Err(error) => drop(broken.insert(key.to_vec(), error.to_string())),
        }
        ControlFlow::Continue(())
    })?;
    for error in broken.values() {
        tracing::error!(error, "an API key's record cannot be read; the key does not open anything");
    }
    if records.iter().all(|record| record.revoked_at.is_some()) {
        let cure = if config.dev {
            "start with BATON_DEV_KEY=$(openssl rand -hex 32), or stop and make a key with `baton keys create`"
        } else {
            "stop and make one with `baton keys create`, or set one under [api_keys]"
        };
        tracing::warn!("there is no API key, so every call is answered 401; {cure}");
    }
    Ok(Keys::new(records))
}
