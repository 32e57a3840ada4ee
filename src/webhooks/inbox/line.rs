//! The lines in which news waits, and what one call brings beyond their room.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use baton_core::time::Timestamp;
use tokio::sync::mpsc;

use super::Stored;
use crate::webhooks::news::News;

/// Milliseconds.
const AHEAD: i64 = 1_000;

/// News of one message or person is acted upon in one line; so many lines go on beside each other.
pub(super) const LINES: usize = 64;

/// Mails have lines of their own: their provider has to be asked for them, and may take its time.
pub(super) const MAIL_LINES: usize = 16;

/// Where what must be acted upon in order waits for its turn.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) sender: mpsc::Sender<Stored>,
    /// So much of one call's is behind what the line holds, and goes into it before anything else.
    pub(super) behind: Arc<AtomicUsize>,
    /// When the latest came, in milliseconds.
    latest: Arc<AtomicI64>,
}

/// Where a piece of news will wait.
pub(super) enum Place {
    /// In its line.
    Held(mpsc::OwnedPermit<Stored>),
    /// Behind it.
    Behind(usize),
}

impl Line {
    pub(super) fn of(sender: mpsc::Sender<Stored>) -> Self {
        Self { sender, behind: Arc::default(), latest: Arc::default() }
    }

    /// When something has come: later than all that came into the line before. By its moment the claim ledger tells a second claim
    /// of somebody's from one that is acted upon again, so two claims that come in one millisecond have two moments. They are never
    /// further ahead of the clock than [`AHEAD`], however many come.
    pub(super) fn arrival(&self, now: Timestamp) -> Timestamp {
        let moment = |latest: i64| now.0.max(latest.saturating_add(1)).min(now.0 + AHEAD);
        let before = self.latest.fetch_update(Ordering::AcqRel, Ordering::Acquire, |latest| Some(moment(latest)));
        Timestamp(before.map_or(now.0, moment))
    }

    /// A place in it, where nothing waits that came before.
    pub(super) fn reserve(&self) -> Option<mpsc::OwnedPermit<Stored>> {
        if self.behind.load(Ordering::Acquire) > 0 {
            return None;
        }
        self.sender.clone().try_reserve_owned().ok()
    }
}

/// What one call brings for a line that has no room for all of it. It is on disk, and follows as the line moves.
#[derive(Default)]
pub(super) struct Surplus {
    pub(super) stored: Vec<Stored>,
    pub(super) behind: Option<Behind>,
}

/// As long as this is there, nothing goes before what is behind a line.
pub(super) struct Behind(Arc<AtomicUsize>);

impl Behind {
    fn of(line: &Line) -> Self {
        line.behind.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(&line.behind))
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Surplus {
    /// A further place of the same call: in the line, or once that is full behind it, and then so for all that follow.
    pub(super) fn place(&mut self, line: &Line, no: usize) -> Place {
        if self.behind.is_none()
            && let Some(place) = line.reserve()
        {
            return Place::Held(place);
        }
        self.behind.get_or_insert_with(|| Behind::of(line));
        Place::Behind(no)
    }

    pub(super) async fn follow(self, line: mpsc::Sender<Stored>) {
        let Self { stored, behind } = self;
        for stored in stored {
            // A line that is gone means that the server stops: the next start finds it again.
            if line.send(stored).await.is_err() {
                break;
            }
        }
        drop(behind);
    }
}

/// In which line news waits.
pub(super) fn line(news: &News) -> usize {
    let mut hasher = DefaultHasher::new();
    news.line().hash(&mut hasher);
    match news {
        News::Mailed(_) => LINES + (hasher.finish() % MAIL_LINES as u64) as usize,
        News::Reached(_) | News::Wrote(_) | News::Pressed(_) | News::Telegram(_) | News::Wants(_) => {
            (hasher.finish() % LINES as u64) as usize
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_one_millisecond_has_moments_of_its_own_and_none_is_far_ahead() {
        let line = Line::of(mpsc::channel(1).0);
        let now = Timestamp(1_000_000);
        let moments: Vec<i64> = (0..3).map(|_| line.arrival(now).0 - now.0).collect();
        assert_eq!(moments, [0, 1, 2]);
        assert_eq!((0..5_000).map(|_| line.arrival(now).0 - now.0).max(), Some(AHEAD));
        assert_eq!(line.arrival(Timestamp(now.0 + 2 * AHEAD)).0, now.0 + 2 * AHEAD, "the clock has caught up");
    }
}
