//! What goes on beside the engine for as long as the service is open.

use std::sync::Arc;
use std::time::Duration;

use baton_actors::clock::Clock;
use baton_actors::engine::Engine;
use tokio::sync::watch;

use crate::channels::telegram::Patience;
use crate::telegram_desk::TelegramDesk;
use crate::webhooks::inbox::Inbox;

pub(super) async fn follow_moves(inbox: Inbox, desk: Arc<TelegramDesk>, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = desk.follows(&inbox) => {}
        _ = stop.changed() => {}
    }
}

pub(super) async fn poll_updates(
    inbox: Inbox,
    desk: Arc<TelegramDesk>,
    patience: Patience,
    clock: Arc<dyn Clock>,
    mut stop: watch::Receiver<bool>,
) {
    let polling = desk.polls(&inbox, patience, &*clock);
    tokio::select! {
        () = polling => {}
        _ = stop.changed() => {}
    }
}

/// A disk that is nearly full is refused at the door, early, while there is still room to finish what is under way.
pub(super) async fn watch_disk(
    engine: Engine,
    folder: std::path::PathBuf,
    min_free: u64,
    clock: Arc<dyn Clock>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            () = clock.sleep_until(clock.now() + Duration::from_secs(2)) => {}
            _ = stop.changed() => return,
        }
        let Ok(disk) = rustix::fs::statvfs(&folder) else { continue };
        let free = disk.f_bavail * disk.f_frsize;
        metrics::gauge!(baton_actors::gauges::DISK_FREE).set(free as f64);
        let enough = free >= min_free;
        if enough != engine.is_ready() && !engine.has_failed() {
            tracing::warn!(
                free,
                min_free,
                "new work is {}",
                if enough { "taken in again" } else { "refused: the disk is nearly full" }
            );
            engine.set_open(enough);
        }
    }
}
