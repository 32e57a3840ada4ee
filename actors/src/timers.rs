//! Deadlines outlive processes: the index knows them from the records, this room rings whoever is due.
//!
//! A ring carries no data and may be lost: a job that does not store a new due time is rung again. After an outage the
//! overdue are rung at a bounded pace, the oldest first.

use std::sync::Arc;
use std::time::Duration;

use baton_core::job::Report;
use baton_core::notification;
use baton_core::time::Timestamp;
use metrics::{gauge, histogram};
use tokio::sync::{Notify, watch};

use crate::gauges;
use crate::house::House;
use crate::notification_actor::NotificationMessage;

/// A job that does not answer a ring is rung again after this time.
const RING_AGAIN: Duration = Duration::from_secs(5);

/// Being later than this is catching up.
const LATE: Duration = Duration::from_secs(5);

/// How finely the pace of catching up is measured out.
const BREATH: Duration = Duration::from_millis(50);

/// Whose deadlines are rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Jobs'.
    Jobs,
    /// Notifications'.
    Notifications,
}

impl Whose {
    fn next(self, house: &House) -> Option<Timestamp> {
        match self {
            Self::Jobs => house.index.next_ring(),
            Self::Notifications => house.index.notifications.next_ring(),
        }
    }

    fn earlier(self, house: &House) -> &Notify {
        match self {
            Self::Jobs => &house.index.earlier,
            Self::Notifications => &house.index.notifications.earlier,
        }
    }

    /// Rings a page of those due; gives back when they were.
    fn ring(self, house: &House, now: Timestamp, page: usize) -> Vec<Timestamp> {
        let Some(directory) = house.directory() else { return Vec::new() };
        match self {
            Self::Jobs => {
                let due = house.index.take_due(now, page, RING_AGAIN);
                let ring = |(job, due)| {
                    directory.report(job, Report::Ring);
                    due
                };
                due.into_iter().map(ring).collect()
            }
            Self::Notifications => {
                let due = house.index.notifications.take_due(now, page, RING_AGAIN);
                let ring = |(id, due)| {
                    directory.tell_notification(id, NotificationMessage::Tell(notification::Report::Ring));
                    due
                };
                due.into_iter().map(ring).collect()
            }
        }
    }
}

/// Rings until told to stop. Where nobody can be asked (in a restored copy, or where work is only taken in), nobody's
/// time may run out: nothing rings.
pub async fn run(house: Arc<House>, whose: Whose, mut stop: watch::Receiver<bool>) {
    if house.rests {
        return;
    }
    loop {
        let wake = whose.next(&house);
        let now = house.clock.now();
        match wake {
            Some(at) if at <= now => {
                if let Some(rest) = ring_page(&house, whose, now) {
                    tokio::select! {
                        () = house.clock.sleep_until(rest) => {}
                        _ = stop.changed() => return,
                    }
                } else {
                    // Others must have their turn between two pages.
                    tokio::task::yield_now().await;
                }
            }
            Some(at) => tokio::select! {
                () = house.clock.sleep_until(at) => {}
                () = whose.earlier(&house).notified() => {}
                _ = stop.changed() => return,
            },
            None => tokio::select! {
                () = whose.earlier(&house).notified() => {}
                _ = stop.changed() => return,
            },
        }
        if *stop.borrow() {
            return;
        }
    }
}

/// Rings a page of those due. While catching up: until when to rest.
fn ring_page(house: &House, whose: Whose, now: Timestamp) -> Option<Timestamp> {
    let first = whose.next(house)?;
    let late = now.since(first) > LATE;
    let pace = f64::from(house.limits.catch_up_per_second) * BREATH.as_secs_f64();
    let page = if late { (pace as usize).clamp(1, house.limits.timer_page) } else { house.limits.timer_page };
    if whose == Whose::Jobs {
        gauge!(gauges::TIMERS_CATCHING_UP).set(if late { 1.0 } else { 0.0 });
    }
    for due in whose.ring(house, now, page) {
        histogram!(gauges::TIMER_LAG).record(now.since(due).as_secs_f64());
    }
    late.then_some(now + BREATH)
}
