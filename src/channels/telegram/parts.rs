//! How far a message that goes out in several parts has come, so that an attempt after a refusal goes on where the last one
//! stopped. Kept in memory only: after a restart the parts are sent again, as everything that may have arrived is.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// More than this many are not remembered: the oldest keys go first, and are sent again.
const REMEMBERED: usize = 1024;

/// The ids of parts that were accepted, by the message's key.
#[derive(Default)]
pub(super) struct Parts {
    sent: Mutex<BTreeMap<String, Vec<i64>>>,
}

impl Parts {
    /// What has been accepted of a message so far.
    pub(super) fn sent(&self, key: &str) -> Vec<i64> {
        self.sent.lock().get(key).cloned().unwrap_or_default()
    }

    /// Notes that a part was accepted.
    pub(super) fn accepted(&self, key: &str, message: i64) {
        let mut sent = self.sent.lock();
        if sent.len() >= REMEMBERED && !sent.contains_key(key) {
            sent.pop_first();
        }
        sent.entry(key.to_owned()).or_default().push(message);
    }

    /// The message is out.
    pub(super) fn done(&self, key: &str) {
        self.sent.lock().remove(key);
    }
}
