//! Connections that wait for the next mail: opening one costs more than sending a mail over it.

use std::time::Duration;

use baton_core::time::Timestamp;
use parking_lot::Mutex;

use super::session::{Route, Session, Trouble};

/// A connection that has rested longer is given up: servers close them after five minutes, firewalls sooner.
const LONGEST_REST: Duration = Duration::from_mins(1);

/// One that has rested less is taken to be alive without asking.
const SHORT_REST: Duration = Duration::from_secs(1);

/// The way to a mail server, and the connections that rest.
pub(super) struct Pool {
    route: Route,
    resting: Mutex<Vec<(Session, Timestamp)>>,
    most: usize,
}

impl Pool {
    pub(super) fn new(route: Route, most: usize) -> Self {
        Self { route, resting: Mutex::default(), most }
    }

    /// A connection that is alive: a rested one, or else a new one.
    pub(super) async fn session(&self, now: Timestamp) -> Result<Session, Trouble> {
        while let Some((mut session, since)) = self.take() {
            let rested = now.since(since);
            if rested <= SHORT_REST || (rested <= LONGEST_REST && session.is_alive().await) {
                return Ok(session);
            }
        }
        self.route.open().await
    }

    /// Lets a connection rest.
    pub(super) fn put_back(&self, session: Session, now: Timestamp) {
        let mut resting = self.resting.lock();
        if resting.len() < self.most {
            resting.push((session, now));
        }
    }

    fn take(&self) -> Option<(Session, Timestamp)> {
        self.resting.lock().pop()
    }
}
