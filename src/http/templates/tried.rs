//! Templates are tried beside the requests, few at a time: a slow one keeps nobody waiting but those who try some too.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::http::problem::{Code, Problem};
use crate::wording::Wording;

/// So many are tried at a time.
const AT_ONCE: usize = 2;

/// So many more may wait for it.
const WAITING: usize = 16;

/// Who finds no place comes again after that.
const BUSY: Duration = Duration::from_secs(1);

/// Where templates are tried.
struct Room {
    /// Places to be tried, and to wait for that.
    places: Semaphore,
    /// Those who are tried.
    turns: Semaphore,
}

/// That of this process.
static ROOM: Room = Room::empty();

/// Has something looked at by the wording.
pub(super) async fn tried<T: Send + 'static>(
    wording: Arc<Wording>,
    look: impl FnOnce(&Wording) -> T + Send + 'static,
) -> Result<T, Problem> {
    ROOM.tried(wording, look).await
}

impl Room {
    const fn empty() -> Self {
        Self { places: Semaphore::const_new(AT_ONCE + WAITING), turns: Semaphore::const_new(AT_ONCE) }
    }

    async fn tried<T: Send + 'static>(
        &'static self,
        wording: Arc<Wording>,
        look: impl FnOnce(&Wording) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || {
            Problem::new(Code::Overloaded, "too many templates are being tried; nothing was stored").retry_after(BUSY)
        };
        let place = self.places.try_acquire().map_err(|_| busy())?;
        let turn = self.turns.acquire().await.map_err(|_| busy())?;
        let look = move || {
            // Kept to the end, though whoever asked may be gone.
            let _held = (place, turn);
            look(&wording)
        };
        tokio::task::spawn_blocking(look).await.map_err(|fell| Problem::internal(&fell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::samples;

    static ROOM: Room = Room::empty();

    #[tokio::test]
    async fn f4_who_finds_no_place_is_told_when_to_come_again() {
        let wording = Arc::new(Wording::builtin(samples::links()).expect("ours are valid"));
        let all = u32::try_from(AT_ONCE + WAITING).expect("few");
        let taken = ROOM.places.acquire_many(all).await.expect("never closed");
        let refused = ROOM.tried(wording.clone(), |_| ()).await.expect_err("no place is left");
        assert_eq!(refused.retry_after, Some(BUSY));
        drop(taken);
        assert!(ROOM.tried(wording, |_| 7).await.is_ok_and(|seven| seven == 7));
    }
}
