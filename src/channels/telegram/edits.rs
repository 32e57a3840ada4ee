//! One edit of a message at a time, and the newest wins: what waits behind an edit that is under way while a newer one comes is
//! not worth sending any more.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;

/// A message: its chat and its number there.
type At = (i64, i64);

/// The edits that are under way or wait.
#[derive(Default)]
pub(super) struct Edits(Mutex<HashMap<At, Slot>>);

#[derive(Default)]
struct Slot {
    turn: Arc<tokio::sync::Mutex<()>>,
    newest: u64,
    here: usize,
}

/// An edit that is under way or waits.
struct Here<'a> {
    edits: &'a Edits,
    at: At,
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        let mut all = self.edits.0.lock();
        if let Some(slot) = all.get_mut(&self.at) {
            slot.here -= 1;
            if slot.here == 0 {
                all.remove(&self.at);
            }
        }
    }
}

impl Edits {
    /// Edits when it is its turn; not at all where a newer one waits by then.
    pub(super) async fn alone<T>(&self, at: At, edit: impl Future<Output = T>) -> Option<T> {
        let (turn, mine) = {
            let mut all = self.0.lock();
            let slot = all.entry(at).or_default();
            slot.newest += 1;
            slot.here += 1;
            (Arc::clone(&slot.turn), slot.newest)
        };
        let _here = Here { edits: self, at };
        let _turn = turn.lock().await;
        let is_newest = self.0.lock().get(&at).is_some_and(|slot| slot.newest == mine);
        if is_newest { Some(edit.await) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn the_newest_of_those_that_wait_is_made_and_no_other() {
        let edits = Edits::default();
        let made = Mutex::new(Vec::new());
        let (begin, begun) = oneshot::channel::<()>();
        let (all, log) = (&edits, &made);
        let edit = |no: u8| {
            all.alone((1, 7), async move {
                log.lock().push(no);
                no
            })
        };
        let first = edits.alone((1, 7), async {
            begun.await.unwrap();
            made.lock().push(0);
        });
        let elsewhere = edits.alone((1, 8), async { begin.send(()).unwrap() });
        let (first, one, two, three, elsewhere) = tokio::join!(first, edit(1), edit(2), edit(3), elsewhere);
        assert_eq!((first, one, two, three), (Some(()), None, None, Some(3)));
        assert!(elsewhere.is_some(), "another message does not wait");
        assert_eq!(*made.lock(), [0, 3]);
        assert!(edits.0.lock().is_empty(), "nothing is kept of what is over");
    }
}
