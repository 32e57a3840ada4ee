//! Gauges that are read off the rooms once a second.

use metrics::gauge;

use crate::gauges;
use crate::house::House;
use crate::records::STAGES;

/// Sets them.
pub fn measure(house: &House) {
    let counts = house.index.counts();
    for (stage, count) in STAGES.iter().zip(counts.stages) {
        gauge!(gauges::JOBS, "stage" => *stage).set(count as f64);
    }
    gauge!(gauges::JOBS_WITHOUT_NEXT_ACTION).set(counts.without_next as f64);
    let (live, waiting, _, without_next) = house.index.notifications.counts();
    gauge!(gauges::NOTIFICATIONS_LIVE).set(live as f64);
    gauge!(gauges::NOTIFICATIONS_WITHOUT_NEXT_ACTION).set(without_next as f64);
    gauge!(gauges::TIMERS).set((counts.timers + waiting) as f64);
    gauge!(gauges::OFFERS_OPEN).set(counts.open_offers as f64);
    gauge!(gauges::COMMIT_QUEUE).set(house.committer.depth() as f64);
    if let Some(directory) = house.directory() {
        gauge!(gauges::MAILBOX_DEPTH, "kind" => "directory").set(directory.waiting() as f64);
    }
    gauge!(gauges::OUTBOX_HELD).set(if house.restored { 1.0 } else { 0.0 });
    house.sinks.measure(&house.index.events);
    house.outbox.measure(house.clock.now());
}
