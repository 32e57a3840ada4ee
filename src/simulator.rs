//! Providers that live on loopback: servers that speak the real wire, lose, repeat, delay and refuse on demand, and show what
//! arrived. The demo's people live in them, and tests prove the channels against them.

pub mod mailbox;
pub mod people;
pub mod provider;
pub mod telegram;

use std::time::Duration;

use baton_actors::clock::Clock;

/// Lets a span of time pass; a clock may wake us early.
async fn pass(clock: &dyn Clock, span: Duration) {
    let end = clock.now() + span;
    while clock.now() < end {
        clock.sleep_until(end).await;
    }
}
