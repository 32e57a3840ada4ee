//! The one place where a story waits for something that tells nobody when it happens: it looks again and again, with a deadline.

use std::time::Duration;

use baton_actors::clock::Stopwatch;

/// Far longer than anything takes on loopback, on a busy machine too.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Looks until there is something to see; falls over when that takes too long.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Stopwatch::start();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        a_moment(Duration::from_millis(10)).await;
    }
}

/// Lets time pass where that is the point of the story: an outage that lasts, or something that must not come.
#[expect(clippy::disallowed_methods, reason = "the server is another process, with a clock that no test moves")]
pub async fn a_moment(span: Duration) {
    tokio::time::sleep(span).await;
}
