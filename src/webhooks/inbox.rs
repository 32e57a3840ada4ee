//! News is stored, then answered, then acted upon: in order for one message or one person, after a restart as well, and once
//! however often a provider tells it.

pub mod kept;
mod line;

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_actors::clock::Clock;
use baton_actors::committer::NotStored;
use baton_actors::engine::Engine;
use baton_actors::gauges;
use baton_actors::records::{Inbox as Updates, Told as Record};
use baton_actors::store::envelope::RecordError;
use baton_actors::store::keys::{Key, Prefix, Space};
use baton_actors::store::{KEY_MAX, StepWrites, Store, StoreError, VersionCheck, Write, codec};
use baton_core::ids::TenantId;
use baton_core::time::Timestamp;
use metrics::counter;
use tokio::sync::{mpsc, watch};

use self::line::{LINES, Line, MAIL_LINES, Place, Surplus, line};
use super::act::{Desk, Means};
use super::manners::Manners;
use super::news::{Channel, News, Told};

/// So much may wait in a line; past it the door says that it is full. A call that found room and brings more than that is taken in
/// whole: as it is repeated whole, it would never fit.
const WAITING_MAX: usize = 256;

/// The first wait of news that could not be acted upon; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// So often it is tried; after that it waits for a restart.
const TRIES: u32 = 8;

/// The inbox; cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    engine: Engine,
    lines: Arc<[Line]>,
    /// Updates of Telegram's that were acted upon when they still had a record of their own.
    earlier: Arc<HashSet<i64>>,
    taken_up: Arc<AtomicBool>,
}

/// News that is on disk.
struct Stored {
    key: Vec<u8>,
    at: Timestamp,
    news: News,
    /// As it is written.
    written: Vec<u8>,
}

/// Why news was not taken in: it should come again.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Nothing is acted upon in a restored copy.
    #[error("this is a restored copy in quarantine")]
    Restored,
    /// Too much waits.
    #[error("too much waits to be acted upon")]
    Full,
    /// Reading.
    #[error("the store could not be read")]
    Read(#[from] StoreError),
    /// Writing.
    #[error("the news was not stored")]
    Store(#[from] NotStored),
}

impl Inbox {
    /// Opens it, and takes up what was left when the process ended last.
    pub fn open(engine: &Engine, means: Means, clock: &Arc<dyn Clock>, stop: &watch::Receiver<bool>) -> Self {
        let desk = Arc::new(Desk { engine: engine.clone(), manners: Manners::default(), means });
        let lines = (0..LINES + MAIL_LINES).map(|_| {
            let (sender, receiver) = mpsc::channel(WAITING_MAX);
            tokio::spawn(go_on(Arc::clone(&desk), Arc::clone(clock), receiver, stop.clone()));
            Line::of(sender)
        });
        let earlier = Arc::new(earlier(&*engine.house().store));
        let inbox = Self { engine: engine.clone(), lines: lines.collect(), earlier, taken_up: Arc::default() };
        tokio::spawn(take_up(inbox.clone(), desk));
        inbox
    }

    /// Whether all that the process before left undone is in its line by now.
    pub fn has_taken_up(&self) -> bool {
        self.taken_up.load(Ordering::Acquire)
    }

    /// Stores what is new of this. Whatever happens afterwards, it is acted upon.
    pub async fn take(&self, account: &str, told: Vec<Told>) -> Result<(), NotTaken> {
        if self.engine.is_restored() {
            return Err(NotTaken::Restored);
        }
        let _waits = self.engine.enter().ok_or(NotTaken::Full)?;
        let mut storing = Vec::with_capacity(told.len());
        let mut surplus: HashMap<usize, Surplus> = HashMap::new();
        for Told { id, news } in told {
            if self.is_earlier(&id, &news) {
                count(news.channel(), "repeat");
                continue;
            }
            let key = Key::Inbox { tenant: TenantId::DEFAULT, account: account.to_owned(), id }.bytes();
            // What is known by now is found out in storing it.
            if key.len() > KEY_MAX {
                count(news.channel(), "repeat");
                continue;
            }
            let no = line(&news);
            let line = &self.lines[no];
            let place = if let Some(own) = surplus.get_mut(&no) {
                own.place(line, no)
            } else {
                let place = line.reserve().ok_or(NotTaken::Full)?;
                surplus.insert(no, Surplus::default());
                Place::Held(place)
            };
            let at = line.arrival(self.engine.now());
            storing.push(async move { (place, self.store(key, news, at).await) });
        }
        // They are acted upon in the order in which they were told, whichever was stored first.
        let mut all = Ok(());
        for (place, stored) in futures_util::future::join_all(storing).await {
            match stored {
                Ok(Some(stored)) => match place {
                    Place::Held(place) => drop(place.send(stored)),
                    Place::Behind(no) => surplus.entry(no).or_default().stored.push(stored),
                },
                Ok(None) => {}
                Err(error) => all = Err(error.into()),
            }
        }
        for (no, surplus) in surplus {
            if surplus.behind.is_some() {
                tokio::spawn(surplus.follow(self.lines[no].sender.clone()));
            }
        }
        all
    }

    /// Stores one piece of news; none where it is known by now.
    async fn store(&self, key: Vec<u8>, news: News, at: Timestamp) -> Result<Option<Stored>, NotStored> {
        let house = self.engine.house();
        let written = serde_json::to_vec(&news).unwrap_or_default();
        let (value, written) = sealed(at, false, written, house.epoch).map_err(|_| NotStored::TooLarge)?;
        let check = Some(VersionCheck { key: key.clone(), version: 0 });
        let writes = vec![Write { key: key.clone(), value: Some(value) }];
        match house.committer.store_rows(StepWrites { check, writes }).await {
            Ok(()) => {
                count(news.channel(), "taken");
                Ok(Some(Stored { key, at, news, written }))
            }
            // The same news at the same moment, over another connection.
            Err(NotStored::Conflict) => {
                count(news.channel(), "repeat");
                Ok(None)
            }
            Err(error) => {
                count(news.channel(), "failed");
                Err(error)
            }
        }
    }

    fn is_earlier(&self, id: &str, news: &News) -> bool {
        matches!(news, News::Telegram(_)) && id.parse().is_ok_and(|update| self.earlier.contains(&update))
    }

    fn line(&self, news: &News) -> &mpsc::Sender<Stored> {
        &self.lines[line(news)].sender
    }
}

/// Counts a call that cannot be read, and is left out.
pub fn unreadable(channel: Channel) {
    count(channel, "unreadable");
}

fn count(channel: Channel, outcome: &'static str) {
    counter!(gauges::INBOUND, "channel" => channel.kind().as_str(), "outcome" => outcome).increment(1);
}

/// Acts upon what comes into a line, one after the other.
async fn go_on(
    desk: Arc<Desk>,
    clock: Arc<dyn Clock>,
    mut line: mpsc::Receiver<Stored>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let next = tokio::select! {
            next = line.recv() => next,
            _ = stop.changed() => None,
        };
        let Some(mut stored) = next else { return };
        let mut wait = FIRST_WAIT;
        for attempt in 1..=TRIES {
            match act(&desk, &mut stored).await {
                Ok(()) => break,
                Err(error) if attempt == TRIES => {
                    tracing::error!(%error, news = ?stored.news, "news of a provider was not acted upon; it waits for a restart");
                    count(stored.news.channel(), "failed");
                }
                Err(error) => {
                    tracing::warn!(%error, news = ?stored.news, "news of a provider was not acted upon yet");
                    tokio::select! {
                        () = clock.sleep_until(clock.now() + wait) => {}
                        _ = stop.changed() => return,
                    }
                    wait *= 2;
                }
            }
        }
    }
}

/// Acts upon news, and notes in one step that it is done and what is known now. A crash before that acts once more.
async fn act(desk: &Desk, stored: &mut Stored) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let house = desk.engine.house();
    // It may have come into the line twice: once from its provider, once from whoever wants it replayed.
    if house.store.get(&stored.key)?.is_some_and(|record| is_done(&record)) {
        return Ok(());
    }
    let mut writes = desk.act(&stored.news, stored.at).await?;
    let (value, written) = sealed(stored.at, true, std::mem::take(&mut stored.written), house.epoch)?;
    stored.written = written;
    writes.push(Write { key: stored.key.clone(), value: Some(value) });
    // Nobody waits for it: until it is on disk a crash acts once more.
    house.committer.store_along(StepWrites { check: None, writes }).await?;
    Ok(())
}

/// The record of news, and what it was made of.
fn sealed(at: Timestamp, done: bool, news: Vec<u8>, epoch: u64) -> Result<(Vec<u8>, Vec<u8>), RecordError> {
    let record = Record::News { at, done, news };
    let value = codec::seal(&record, if done { 2 } else { 1 }, epoch)?;
    let Record::News { news, .. } = record else { return Ok((value, Vec::new())) };
    Ok((value, news))
}

fn is_done(record: &[u8]) -> bool {
    matches!(codec::open::<Record>(record), Ok((_, Record::News { done: true, .. })))
}

/// The updates in the record that Telegram had before it came to the inbox.
fn earlier(store: &dyn Store) -> HashSet<i64> {
    let key =
        Key::Inbox { tenant: TenantId::DEFAULT, account: "telegram".to_owned(), id: "updates".to_owned() }.bytes();
    let record = store.get(&key).ok().flatten();
    let latest = record.and_then(|record| codec::open::<Updates>(&record).ok());
    latest.map(|(_, updates)| updates.0.into_iter().collect()).unwrap_or_default()
}

/// What was stored and not acted upon when the process ended; and who wrote when, for the windows that depend on it.
async fn take_up(inbox: Inbox, desk: Arc<Desk>) {
    let store = Arc::clone(&inbox.engine.house().store);
    let left = match tokio::task::spawn_blocking(move || scan(&*store, &desk)).await {
        Ok(Ok(left)) => left,
        Ok(Err(error)) => return tracing::error!(%error, "what providers told before the start cannot be read"),
        Err(error) => return tracing::error!(%error, "reading what providers told before the start fell"),
    };
    if inbox.engine.is_restored() {
        return;
    }
    for stored in left {
        // A line that is gone means that the server stops: the next start finds it again.
        let _ = inbox.line(&stored.news).send(stored).await;
    }
    inbox.taken_up.store(true, Ordering::Release);
}

fn scan(store: &dyn Store, desk: &Desk) -> Result<Vec<Stored>, StoreError> {
    let mut left = Vec::new();
    store.scan(&Prefix::space(Space::Inbox), None, &mut |key, record| {
        if let Ok((_, Record::News { at, done, news })) = codec::open::<Record>(record)
            && let Ok(read) = serde_json::from_slice::<News>(&news)
        {
            desk.remember(&read, at);
            if !done {
                left.push(Stored { key: key.to_vec(), at, news: read, written: news });
            }
        }
        ControlFlow::Continue(())
    })?;
    // In the order in which they came: an answer after the question.
    left.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
    Ok(left)
}

#[cfg(test)]
mod tests;
