//! One bot: its chats, the updates that wait for it, and the calls it made.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use baton_actors::clock::Clock;
use baton_core::time::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::chat::{Chat, Message, Overdue};
use super::delivery::{self, Webhook};
use super::fault::Fault;
use super::limits::{Lately, Limits};

/// One bot. All its handles are the same bot.
#[derive(Clone)]
pub struct Bot {
    inner: Arc<Inner>,
}

struct Inner {
    id: i64,
    username: String,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Counts what happened, so that waits can look again.
    changed: watch::Sender<u64>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) chats: BTreeMap<i64, ChatState>,
    pub(super) updates: VecDeque<Value>,
    next_update: i64,
    pub(super) webhook: Option<Webhook>,
    pub(super) webhook_error: Option<String>,
    pub(super) callbacks: BTreeMap<String, Option<String>>,
    pub(super) calls: Vec<Call>,
    pub(super) faults: VecDeque<(Option<String>, Fault)>,
    pub(super) every_fault: Option<Fault>,
    pub(super) limits: Option<Limits>,
    pub(super) lately: Lately,
    pub(super) usernames: BTreeMap<i64, String>,
}

/// What a chat holds.
pub(super) struct ChatState {
    pub(super) messages: Vec<Message>,
    pub(super) blocked: bool,
    pub(super) topics: Vec<i64>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) changed: watch::Sender<u64>,
    last_id: i64,
}

/// One call that a bot made.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// When it arrived.
    pub at: Timestamp,
    /// `sendMessage` and so on.
    pub method: String,
    /// The chat it was for.
    pub chat: Option<i64>,
    /// What it brought.
    pub body: Value,
}

impl ChatState {
    fn new() -> Self {
        Self {
            messages: Vec::new(),
            blocked: false,
            topics: Vec::new(),
            faults: VecDeque::new(),
            changed: watch::Sender::new(0),
            last_id: 0,
        }
    }

    pub(super) fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn has_changed(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}

impl Bot {
    pub(super) fn new(token: &str, username: &str, clock: Arc<dyn Clock>) -> Self {
        let id = token.split(':').next().and_then(|id| id.parse().ok()).unwrap_or(1);
        let inner = Inner {
            id,
            username: username.to_owned(),
            clock,
            state: Mutex::new(State { next_update: 1, ..State::default() }),
            changed: watch::Sender::new(0),
        };
        let bot = Self { inner: Arc::new(inner) };
        delivery::start(&bot);
        bot
    }

    /// Its id.
    pub fn id(&self) -> i64 {
        self.inner.id
    }

    /// The chat with this id, below zero a group. It is born with the first call; until then a bot cannot write there.
    pub fn chat(&self, id: i64) -> Chat {
        self.with_chat(id, |_| ());
        Chat::new(self.clone(), id)
    }

    /// Every call it made, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.with(|state| state.calls.clone())
    }

    /// Waits until its calls are so; gives them back.
    pub async fn wait_for_calls(&self, mut so: impl FnMut(&[Call]) -> bool) -> Result<Vec<Call>, Overdue> {
        let mut changed = self.changes();
        let waiting = async {
            loop {
                changed.mark_unchanged();
                let calls = self.calls();
                if so(&calls) {
                    return calls;
                }
                let _ = changed.changed().await;
            }
        };
        let overdue = |_| Overdue { seen: format!("{:?}", self.calls()) };
        tokio::time::timeout(Duration::from_secs(20), waiting).await.map_err(overdue)
    }

    /// The next call of this method meets a fault; called several times, the next ones.
    pub fn next_call_meets(&self, method: &str, fault: Fault) {
        self.with(|state| state.faults.push_back((Some(method.to_lowercase()), fault)));
    }

    /// From now on every call meets this fault, or none any more.
    pub fn every_call_meets(&self, fault: Option<Fault>) {
        self.with(|state| state.every_fault = fault);
    }

    /// From now on it is held to these limits, or to none any more.
    pub fn limited_to(&self, limits: Option<Limits>) {
        self.with(|state| state.limits = limits);
    }

    /// What a pressed button was answered with; none while it spins.
    pub fn callback_answer(&self, callback: &str) -> Option<String> {
        self.with(|state| state.callbacks.get(callback).cloned().flatten())
    }

    /// From now on a person has a username.
    pub fn person_is_called(&self, person: i64, username: &str) {
        self.with(|state| state.usernames.insert(person, username.to_owned()));
    }

    /// How many updates wait to be taken.
    pub fn pending_updates(&self) -> usize {
        self.with(|state| state.updates.len())
    }

    pub(super) fn username(&self) -> &str {
        &self.inner.username
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    /// Looks at everything or changes it. Nothing that is called within may look too.
    pub(super) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.inner.state.lock())
    }

    pub(super) fn with_chat<T>(&self, id: i64, look: impl FnOnce(&mut ChatState) -> T) -> T {
        self.with(|state| look(state.chats.entry(id).or_insert_with(ChatState::new)))
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }

    pub(super) fn has_changed(&self) {
        self.inner.changed.send_modify(|count| *count += 1);
    }

    /// Something happened that the bot is told.
    pub(super) fn update(&self, kind: &str, what: Value) {
        self.with(|state| {
            let update_id = state.next_update;
            state.next_update += 1;
            let mut update = json!({ "update_id": update_id });
            update[kind] = what;
            state.updates.push_back(update);
        });
        self.has_changed();
    }

    pub(super) fn new_callback(&self) -> String {
        self.with(|state| {
            let callback = format!("callback-{}", state.callbacks.len() + 1);
            state.callbacks.insert(callback.clone(), None);
            callback
        })
    }

    /// A way to see the bot without keeping it alive.
    pub(super) fn downgrade(&self) -> impl Fn() -> Option<Bot> + Send + 'static {
        let inner = Arc::downgrade(&self.inner);
        move || inner.upgrade().map(|inner| Bot { inner })
    }
}
