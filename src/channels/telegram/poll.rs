//! Long polling: how updates come in where the server has no address that Telegram could reach.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use baton_actors::clock::Clock;
use tracing::warn;

use super::client::Client;
use super::update::Inbound;

/// How patiently updates are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Telegram answers at the latest after this long.
    pub wait: Duration,
    /// After a failure the next try waits this long at first, twice as long each time.
    pub pause: Duration,
    /// And at most this long.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { wait: Duration::from_secs(50), pause: Duration::from_secs(1), longest_pause: Duration::from_mins(1) }
    }
}

/// Asks for updates until it is dropped. `take` gets them as they come, many at a time; only when it has them is Telegram told
/// so, and what it could not take comes again. `bot` is the bot's name, where it is known.
pub async fn poll<T, F, E>(client: &Client, bot: Option<&str>, patience: Patience, clock: &dyn Clock, mut take: T)
where
    T: FnMut(Vec<Inbound>) -> F,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let mut offset = 0;
    let mut pause = patience.pause;
    let mut webhook_gone = false;
    loop {
        let taken = if webhook_gone {
            round(client, bot, patience.wait, &mut offset, &mut take).await
        } else {
            // Telegram gives nothing to those who ask while it has a webhook to deliver to.
            client.delete_webhook().await.map(|()| webhook_gone = true).map_err(|fault| fault.to_string())
        };
        match taken {
            Ok(()) => pause = patience.pause,
            Err(reason) => {
                warn!(pause_ms = pause.as_millis() as u64, "asking Telegram for updates failed: {reason}");
                clock.sleep_until(clock.now() + pause).await;
                pause = (pause * 2).min(patience.longest_pause);
            }
        }
    }
}

async fn round<T, F, E>(
    client: &Client,
    bot: Option<&str>,
    wait: Duration,
    offset: &mut i64,
    take: &mut T,
) -> Result<(), String>
where
    T: FnMut(Vec<Inbound>) -> F,
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let updates = client.get_updates(*offset, wait).await.map_err(|fault| fault.to_string())?;
    let read = |update: &serde_json::Value| Inbound::parse(update.to_string().as_bytes(), bot).ok();
    // What cannot be read must not hold up what comes behind it.
    let Some(last) = updates.iter().filter_map(|update| update["update_id"].as_i64()).max() else { return Ok(()) };
    take(updates.iter().filter_map(read).collect()).await.map_err(|error| error.to_string())?;
    *offset = (*offset).max(last + 1);
    Ok(())
}
