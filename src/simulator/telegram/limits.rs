//! How much Telegram takes: so many messages in a time, for the bot, for a chat, for a group.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use baton_core::time::Timestamp;

/// So many in a span of time, for each scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For all chats of a bot.
    pub bot: (usize, Duration),
    /// For a private chat.
    pub chat: (usize, Duration),
    /// For a group.
    pub group: (usize, Duration),
}

impl Limits {
    /// What the documentation says of the real one; a chat may have a short burst.
    pub const REAL: Self = Self {
        bot: (30, Duration::from_secs(1)),
        chat: (5, Duration::from_secs(5)),
        group: (20, Duration::from_mins(1)),
    };
}

/// What went out lately.
#[derive(Default)]
pub(super) struct Lately {
    bot: VecDeque<Timestamp>,
    chats: BTreeMap<i64, VecDeque<Timestamp>>,
}

impl Lately {
    /// Takes one more message for a chat, or says how many seconds to wait.
    pub(super) fn admit(&mut self, limits: Limits, chat: i64, now: Timestamp) -> Result<(), u64> {
        let of_chat = if chat < 0 { limits.group } else { limits.chat };
        let chat = self.chats.entry(chat).or_default();
        free(&mut self.bot, limits.bot, now)?;
        free(chat, of_chat, now)?;
        self.bot.push_back(now);
        chat.push_back(now);
        Ok(())
    }
}

fn free(lately: &mut VecDeque<Timestamp>, (most, span): (usize, Duration), now: Timestamp) -> Result<(), u64> {
    while lately.front().is_some_and(|at| now.since(*at) >= span) {
        lately.pop_front();
    }
    match lately.front() {
        Some(first) if lately.len() >= most => {
            let wait = span.saturating_sub(now.since(*first));
            Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_too_many_is_told_how_long_to_wait() {
        let mut lately = Lately::default();
        let start = Timestamp(0);
        for _ in 0..5 {
            assert_eq!(lately.admit(Limits::REAL, 1, start), Ok(()));
        }
        assert_eq!(lately.admit(Limits::REAL, 1, start), Err(5));
        assert_eq!(lately.admit(Limits::REAL, 2, start), Ok(()));
        assert_eq!(lately.admit(Limits::REAL, 1, start + Duration::from_millis(4100)), Err(1));
        assert_eq!(lately.admit(Limits::REAL, 1, start + Duration::from_secs(5)), Ok(()));
    }
}
