//! The jobs of a time, one after the other, off the threads that answer requests.

use baton_actors::engine::{Engine, Position};
use baton_actors::error::Failure;
use baton_core::ids::TenantId;
use baton_core::job::Job;
use baton_core::time::Timestamp;

use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::http::reports::period::Period;

/// No report looks at more jobs; it says so where there are more.
const MOST: usize = 200_000;

/// Jobs read at a time.
const PAGE: usize = 500;

const DAY: i64 = 86_400_000;

/// What was found.
pub struct Gathered<T> {
    /// What was made of the jobs.
    pub of: T,
    /// Whether there were more than a report looks at: then it is about the newest.
    pub cut_off: bool,
}

/// Shows every job that came in in a time to `see`, newest first.
pub async fn gather<T: Default + Send + 'static>(
    door: &Door,
    tenant: TenantId,
    period: Period,
    see: impl Fn(&mut T, &Engine, &Job) -> Result<(), Failure> + Send + 'static,
) -> Result<Gathered<T>, Problem> {
    let door = door.clone();
    let read = move || {
        let mut found = Gathered { of: T::default(), cut_off: false };
        let (mut from, mut seen) = (None, 0);
        loop {
            let page = door.engine.list(tenant, None, from, PAGE)?;
            for job in page.jobs.iter().filter(|job| period.contains(job.created_at)) {
                seen += 1;
                see(&mut found.of, &door.engine, job)?;
            }
            from = next(page.next, period, door.clock.now());
            found.cut_off = from.is_some() && seen >= MOST;
            if from.is_none() || found.cut_off {
                return Ok(found);
            }
        }
    };
    tokio::task::spawn_blocking(read).await.map_err(|fell| Problem::internal(&fell))?
}

/// Where to go on: live jobs are in the order in which they came in, closed ones in that in which they ended, and no job
/// ends before it came in.
fn next(next: Option<Position>, period: Period, now: Timestamp) -> Option<Position> {
    let day = |at: Timestamp| i32::try_from(at.0.div_euclid(DAY)).unwrap_or(i32::MAX);
    match next? {
        // The rest of the live ones is older; the closed ones begin today.
        Position::Live { created_at, .. } if created_at < period.from.0 => {
            Some(Position::Closed { day: day(now), after: None })
        }
        Position::Closed { day: closed, .. } if closed < day(period.from.0) => None,
        next @ (Position::Live { .. } | Position::Closed { .. }) => Some(next),
    }
}
