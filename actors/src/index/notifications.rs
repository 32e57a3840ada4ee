//! What is asked often about notifications that are not over: when each must look at its clock, and which owe something.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use baton_core::ids::NotificationId;
use baton_core::notification::Notification;
use baton_core::time::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The index of notifications.
#[derive(Default)]
pub struct Notifications {
    inner: Mutex<Inner>,
    /// Rung when an earlier moment than all others comes in.
    pub earlier: Notify,
}

#[derive(Default)]
struct Inner {
    live: HashMap<NotificationId, Entry>,
    rings: BTreeSet<(Timestamp, NotificationId)>,
    owed: u64,
    without_next: u64,
}

struct Entry {
    ring: Option<Timestamp>,
    owes: u32,
    has_next: bool,
}

/// What the index keeps of one notification; read off its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationFacts {
    /// Which.
    pub id: NotificationId,
    /// When it must look at its clock.
    pub due: Option<Timestamp>,
    /// How much it owes.
    pub owes: u32,
    /// Whether something happens next (promise P7).
    pub has_next: bool,
    /// Whether its record has left the live ones.
    pub gone: bool,
}

impl NotificationFacts {
    /// What the index keeps of a notification.
    pub fn of(notification: &Notification) -> Self {
        Self {
            id: notification.id,
            due: notification.due(),
            owes: u32::try_from(notification.owed.len()).unwrap_or(u32::MAX),
            has_next: notification.has_next(),
            gone: notification.is_ended() && notification.owed.is_empty(),
        }
    }
}

impl Notifications {
    /// Takes in what notifications have become.
    pub fn apply_all<'a>(&self, group: impl Iterator<Item = &'a NotificationFacts>) {
        let mut group = group.peekable();
        if group.peek().is_none() {
            return;
        }
        let mut inner = self.inner.lock();
        let first = inner.rings.first().copied();
        group.for_each(|facts| inner.apply(facts));
        if inner.rings.first().is_some_and(|ring| first.is_none_or(|first| *ring < first)) {
            self.earlier.notify_one();
        }
    }

    /// Forgets one: its record cannot be read.
    pub fn forget(&self, id: &NotificationId) {
        self.inner.lock().remove(id);
    }

    /// Whether one is live.
    pub fn is_live(&self, id: &NotificationId) -> bool {
        self.inner.lock().live.contains_key(id)
    }

    /// The earliest moment to ring somebody.
    pub fn next_ring(&self) -> Option<Timestamp> {
        self.inner.lock().rings.first().map(|(at, _)| *at)
    }

    /// Those to ring, at most `page`, with the moments they were due. Each is rung again after `again` unless a new moment is stored.
    pub fn take_due(&self, now: Timestamp, page: usize, again: Duration) -> Vec<(NotificationId, Timestamp)> {
        let mut inner = self.inner.lock();
        let due: Vec<_> = inner.rings.iter().take_while(|(at, _)| *at <= now).take(page).copied().collect();
        for (at, id) in &due {
            inner.rings.remove(&(*at, *id));
            let next = now + again;
            if let Some(entry) = inner.live.get_mut(id) {
                entry.ring = Some(next);
                inner.rings.insert((next, *id));
            }
        }
        due.into_iter().map(|(at, id)| (id, at)).collect()
    }

    /// Those that owe something.
    pub fn owing(&self) -> Vec<NotificationId> {
        self.inner.lock().live.iter().filter(|(_, entry)| entry.owes > 0).map(|(id, _)| *id).collect()
    }

    /// How many are live, how many wait for a moment, how many messages they owe, and how many have no next action.
    pub fn counts(&self) -> (u64, u64, u64, u64) {
        let inner = self.inner.lock();
        (inner.live.len() as u64, inner.rings.len() as u64, inner.owed, inner.without_next)
    }
}

impl Inner {
    fn apply(&mut self, facts: &NotificationFacts) {
        self.remove(&facts.id);
        if facts.gone {
            return;
        }
        if let Some(due) = facts.due {
            self.rings.insert((due, facts.id));
        }
        self.owed += u64::from(facts.owes);
        self.without_next += u64::from(!facts.has_next);
        self.live.insert(facts.id, Entry { ring: facts.due, owes: facts.owes, has_next: facts.has_next });
    }

    fn remove(&mut self, id: &NotificationId) {
        let Some(entry) = self.live.remove(id) else { return };
        if let Some(ring) = entry.ring {
            self.rings.remove(&(ring, *id));
        }
        self.owed -= u64::from(entry.owes);
        self.without_next -= u64::from(!entry.has_next);
    }
}
