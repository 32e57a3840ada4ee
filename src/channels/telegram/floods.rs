//! Whether a "wait" is for one chat or for the whole bot: Telegram does not say, but when several chats are told to wait at
//! the same time, it is the bot.

use std::time::Duration;

use baton_core::delivery::Scope;
use baton_core::time::Timestamp;
use parking_lot::Mutex;

/// The chats that were told to wait, and until when.
#[derive(Default)]
pub(super) struct Floods {
    waiting: Mutex<Vec<(i64, Timestamp)>>,
}

impl Floods {
    /// Notes that a chat has to wait from `now` on; how far that reaches.
    pub(super) fn scope(&self, chat: i64, now: Timestamp, wait: Duration) -> Scope {
        let mut waiting = self.waiting.lock();
        waiting.retain(|(other, until)| *other != chat && *until > now);
        let scope = if waiting.is_empty() { Scope::Chat } else { Scope::Account };
        waiting.push((chat, now + wait));
        scope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_chats_that_wait_at_once_mean_the_bot() {
        let floods = Floods::default();
        let (now, wait) = (Timestamp(1_000), Duration::from_secs(3));
        assert_eq!(floods.scope(1, now, wait), Scope::Chat);
        assert_eq!(floods.scope(1, now, wait), Scope::Chat);
        assert_eq!(floods.scope(2, now, wait), Scope::Account);
        assert_eq!(floods.scope(3, now + wait, wait), Scope::Chat);
    }
}
