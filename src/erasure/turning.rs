//! What stays of a partition, sealed anew under a second salt so that the first can be destroyed.

use std::ops::Range;
use std::sync::Arc;

use baton_actors::committer::NotStored;
use baton_actors::engine::Engine;
use baton_actors::store::keys::{Key, Space};
use baton_core::ids::JobId;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::ErasureError;
use crate::sealing::rotate::{self, Page};
use crate::sealing::{Keyring, SealingError};

/// What of a partition cannot be taken over, and would be lost with its salt.
#[derive(Default)]
pub(super) struct Stuck {
    /// Of the jobs whose details are to go anyway.
    theirs: Vec<JobId>,
    locked: u64,
    unreadable: u64,
}

impl Stuck {
    fn take_in(&mut self, page: &Page, going: &[JobId]) {
        self.locked += page.locked;
        self.unreadable += page.unreadable;
        self.theirs.extend(page.stuck.iter().filter_map(Key::job).filter(|job| going.contains(job)));
    }

    /// Nothing but what is to go anyway; gives that back.
    pub(super) fn nothing(self) -> Result<Vec<JobId>, ErasureError> {
        if self.locked + self.unreadable > self.theirs.len() as u64 {
            return Err(ErasureError::Stuck { locked: self.locked, unreadable: self.unreadable });
        }
        Ok(self.theirs)
    }
}

/// Looks for what of a partition cannot be taken over.
pub(super) async fn stuck(
    engine: &Engine,
    keyring: &Arc<Keyring>,
    partition: u8,
    going: &[JobId],
) -> Result<Stuck, ErasureError> {
    let (store, keyring, going) = (Arc::clone(&engine.house().store), Arc::clone(keyring), going.to_vec());
    let look = move || {
        let (mut stuck, mut after) = (Stuck::default(), None);
        loop {
            let page = rotate::page(&*store, &keyring, (Space::Details, partition), after.as_deref())?;
            stuck.take_in(&page, &going);
            match page.next {
                None => return Ok(stuck),
                next => after = next,
            }
        }
    };
    tokio::task::spawn_blocking(look).await.map_err(|_| ErasureError::CutOff)?
}

/// Carries to its end what was begun in these partitions and left undone, also where whoever asked has gone.
pub(super) async fn carry_on(
    engine: &Engine,
    keyring: &Arc<Keyring>,
    partitions: Range<u8>,
) -> Result<(), ErasureError> {
    let (engine, keyring) = (engine.clone(), Arc::clone(keyring));
    let work = async move {
        for partition in partitions.filter(|partition| keyring.salts().is_turning(*partition)).collect::<Vec<_>>() {
            let _alone = keyring.salts().working().lock().await;
            // Whoever was at it may have come to the end meanwhile.
            if keyring.salts().is_turning(partition) {
                turn_over(&engine, &keyring, partition).await?;
            }
        }
        Ok(())
    };
    tokio::spawn(work).await.map_err(|_| ErasureError::CutOff)?
}

/// Seals what stays under the second salt, and destroys the first.
pub(super) async fn turn_over(engine: &Engine, keyring: &Arc<Keyring>, partition: u8) -> Result<(), ErasureError> {
    let house = engine.house();
    let salt = blocking(keyring, move |keyring| keyring.salts().turn(partition)).await?;
    // Nothing that was sealed at the door under the first is on its way any more once the committer has come this far.
    house.salted.none_before(partition, salt);
    let (ring, passed) = oneshot::channel();
    house.committer.once_passed(move || {
        // Whoever asked may have been cut off.
        let _ = ring.send(());
    });
    passed.await.map_err(|_| ErasureError::CutOff)?;
    let (mut after, mut stuck, mut broken) = (None, Stuck::default(), 0);
    loop {
        let (store, ring) = (Arc::clone(&house.store), Arc::clone(keyring));
        let read = move || rotate::page(&*store, &ring, (Space::Details, partition), after.as_deref());
        let page = tokio::task::spawn_blocking(read).await.map_err(|_| ErasureError::CutOff)??;
        broken += page.broken;
        stuck.take_in(&page, &[]);
        let Page { steps, next, .. } = page;
        for stored in join_all(steps.into_iter().map(|step| house.committer.store_rows(step))).await {
            match stored {
                // It went meanwhile: nobody but the retention and this writes to them.
                Ok(()) | Err(NotStored::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match next {
            None => break,
            next => after = next,
        }
    }
    stuck.nothing()?;
    if broken > 0 {
        tracing::warn!(partition, broken, "details that open with nothing are left behind");
    }
    blocking(keyring, move |keyring| keyring.salts().destroy_before(partition)).await
}

/// The salts wait for the disk.
pub(super) async fn blocking<T: Send + 'static>(
    keyring: &Arc<Keyring>,
    work: impl FnOnce(&Keyring) -> std::io::Result<T> + Send + 'static,
) -> Result<T, ErasureError> {
    let keyring = Arc::clone(keyring);
    let done = tokio::task::spawn_blocking(move || work(&keyring)).await.map_err(|_| ErasureError::CutOff)?;
    Ok(done.map_err(SealingError::Salts)?)
}
