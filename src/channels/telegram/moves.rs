//! Groups that were found to live on under another id when something was to be sent to them: whoever knows where messages go has to
//! learn of it, or every message would be turned away once.

use parking_lot::Mutex;
use tokio::sync::Notify;

/// So many are kept until somebody hears of them; what is lost is found again at the next message.
const KEPT: usize = 256;

/// Chats that moved: from where, to where.
#[derive(Default)]
pub struct Moves {
    found: Mutex<Vec<(i64, i64)>>,
    wake: Notify,
}

impl Moves {
    /// A chat was found to have moved.
    pub fn tell(&self, from: i64, to: i64) {
        let mut found = self.found.lock();
        if found.len() < KEPT && !found.contains(&(from, to)) {
            found.push((from, to));
            self.wake.notify_one();
        }
    }

    /// Waits for those that were found; one listens at a time.
    pub async fn hear(&self) -> Vec<(i64, i64)> {
        loop {
            let found = std::mem::take(&mut *self.found.lock());
            if !found.is_empty() {
                return found;
            }
            self.wake.notified().await;
        }
    }
}
