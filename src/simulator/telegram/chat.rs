//! One chat: what stands in it, and what the person in it does.

use std::time::Duration;

use baton_actors::clock::Clock;
use baton_core::time::Timestamp;
use serde_json::{Value, json};

use super::bot::Bot;
use super::fault::Fault;

/// How long a wait lasts at most: far longer than anything on loopback takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// One chat of a bot.
#[derive(Clone)]
pub struct Chat {
    bot: Bot,
    id: i64,
}

/// A message as it stands in a chat now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number in the chat.
    pub id: i64,
    /// Who wrote it; none: the bot.
    pub from: Option<i64>,
    /// What a person sees.
    pub text: String,
    /// The buttons under it.
    pub buttons: Vec<Button>,
    /// How often it was edited.
    pub edits: u32,
    /// When it came.
    pub at: Timestamp,
    /// The topic it stands in.
    pub thread: Option<i64>,
}

/// A button under a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub text: String,
    /// What it carries, or where it leads.
    pub data: String,
}

impl Message {
    /// Whether there is a button that says so.
    pub fn has_button(&self, text: &str) -> bool {
        self.buttons.iter().any(|button| button.text == text)
    }
}

/// There is no such button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {message} has no such button")]
pub struct NoSuchButton {
    message: i64,
}

/// What was waited for did not come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it did not come within {PATIENCE:?}; there is {seen}")]
pub struct Overdue {
    pub(super) seen: String,
}

impl Chat {
    pub(super) fn new(bot: Bot, id: i64) -> Self {
        Self { bot, id }
    }

    /// Its id.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Everything that stands in it, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.bot.with_chat(self.id, |chat| chat.messages.clone())
    }

    /// Waits until its messages are so; gives them back.
    pub async fn wait_for(&self, mut so: impl FnMut(&[Message]) -> bool) -> Result<Vec<Message>, Overdue> {
        let mut changed = self.bot.with_chat(self.id, |chat| chat.changed.subscribe());
        let waiting = async {
            loop {
                changed.mark_unchanged();
                let messages = self.messages();
                if so(&messages) {
                    return messages;
                }
                // The bot outlives the wait, and it holds the sender.
                let _ = changed.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| Overdue { seen: format!("{:?}", self.messages()) })
    }

    /// The messages of the bot behind this one.
    pub(in crate::simulator) fn news_since(&self, read: i64) -> Vec<Message> {
        self.bot.with_chat(self.id, |chat| {
            let new = chat.messages.iter().rev().take_while(|message| message.id > read);
            let mut new: Vec<_> = new.filter(|message| message.from.is_none()).cloned().collect();
            new.reverse();
            new
        })
    }

    /// The clock people live by.
    pub(in crate::simulator) fn clock(&self) -> &dyn Clock {
        self.bot.clock()
    }

    /// A message as it stands now.
    pub(in crate::simulator) fn message(&self, id: i64) -> Option<Message> {
        self.bot.with_chat(self.id, |chat| chat.messages.iter().find(|message| message.id == id).cloned())
    }

    /// Tells of every change of its messages.
    pub(in crate::simulator) fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.bot.with_chat(self.id, |chat| chat.changed.subscribe())
    }

    /// The group is a forum with this topic.
    pub fn has_topic(&self, thread: i64) {
        self.bot.with_chat(self.id, |chat| chat.topics.push(thread));
    }

    /// The group has this topic no more.
    pub fn loses_topic(&self, thread: i64) {
        self.bot.with_chat(self.id, |chat| chat.topics.retain(|topic| *topic != thread));
    }

    /// The person writes. In a group, see [`Chat::types_as`].
    pub fn types(&self, text: &str) {
        self.types_as(self.id, text);
    }

    /// One of a group writes.
    pub fn types_as(&self, person: i64, text: &str) {
        self.writes(person, text, None, self.clock().now());
    }

    /// One of them passes on what somebody else has written.
    pub fn passes_on_as(&self, person: i64, text: &str) {
        let mut message = self.written(person, text, self.clock().now());
        message["forward_origin"] = json!({ "type": "user", "date": 0, "sender_user": self.bot.user(1) });
        self.bot.update("message", message);
    }

    /// One of a group has written, and it comes only now.
    pub fn typed_as(&self, person: i64, text: &str, at: Timestamp) {
        self.writes(person, text, None, at);
    }

    /// The person answers a message.
    pub fn replies(&self, to: i64, text: &str) {
        self.writes(self.id, text, Some(to), self.clock().now());
    }

    /// The person comes by a link.
    pub fn starts(&self, token: &str) {
        self.types(format!("/start {token}").trim_end());
    }

    /// The person presses the button that says so; gives back the id that the press is answered by.
    pub fn presses(&self, message: i64, button: &str) -> Result<String, NoSuchButton> {
        self.presses_as(self.id, message, button)
    }

    /// One of a group presses a button.
    pub fn presses_as(&self, person: i64, message: i64, button: &str) -> Result<String, NoSuchButton> {
        let data = self.bot.with_chat(self.id, |chat| {
            let message = chat.messages.iter().find(|shown| shown.id == message)?;
            message.buttons.iter().find(|shown| shown.text == button).map(|button| button.data.clone())
        });
        let data = data.ok_or(NoSuchButton { message })?;
        Ok(self.presses_data(person, message, &data))
    }

    /// A press as it comes from a phone that still shows a button which is gone.
    pub fn presses_data(&self, person: i64, message: i64, data: &str) -> String {
        let callback = self.bot.new_callback();
        let message = json!({ "message_id": message, "date": 0, "chat": self.to_json() });
        self.bot.update(
            "callback_query",
            json!({ "id": callback, "from": self.bot.user(person), "chat_instance": "1", "message": message, "data": data }),
        );
        callback
    }

    /// The person blocks the bot.
    pub fn blocks(&self) {
        self.blocks_unheard();
        self.member("member", "kicked");
    }

    /// The person blocks the bot, and the news of it is lost: only a call that is refused tells.
    pub fn blocks_unheard(&self) {
        self.bot.with_chat(self.id, |chat| chat.blocked = true);
    }

    /// The person takes it back.
    pub fn unblocks(&self) {
        self.bot.with_chat(self.id, |chat| chat.blocked = false);
        self.member("kicked", "member");
    }

    /// The next call for this chat meets a fault; called several times, the next ones.
    pub fn next_call_meets(&self, fault: Fault) {
        self.bot.with_chat(self.id, |chat| chat.faults.push_back(fault));
    }

    fn writes(&self, person: i64, text: &str, reply_to: Option<i64>, at: Timestamp) {
        let mut message = self.written(person, text, at);
        if let Some(reply_to) = reply_to {
            message["reply_to_message"] = json!({ "message_id": reply_to, "date": 0, "chat": self.to_json() });
        }
        self.bot.update("message", message);
    }

    fn written(&self, person: i64, text: &str, at: Timestamp) -> Value {
        let id = self.bot.with_chat(self.id, |chat| {
            let id = chat.new_id();
            let (text, buttons) = (text.to_owned(), Vec::new());
            chat.messages.push(Message { id, from: Some(person), text, buttons, edits: 0, at, thread: None });
            chat.has_changed();
            id
        });
        json!({ "message_id": id, "date": at.0 / 1_000, "chat": self.to_json(), "from": self.bot.user(person), "text": text })
    }

    fn member(&self, old: &str, new: &str) {
        let member = |status: &str| json!({ "status": status, "user": { "id": self.bot.id(), "is_bot": true } });
        self.bot.update(
            "my_chat_member",
            json!({ "chat": self.to_json(), "from": self.bot.user(self.id), "date": 0,
                "old_chat_member": member(old), "new_chat_member": member(new) }),
        );
    }

    fn to_json(&self) -> Value {
        chat_json(self.id)
    }
}

pub(super) fn chat_json(id: i64) -> Value {
    json!({ "id": id, "type": if id < 0 { "supergroup" } else { "private" } })
}

impl Bot {
    fn user(&self, id: i64) -> Value {
        let mut user = json!({ "id": id, "is_bot": false, "first_name": format!("Person {id}") });
        if let Some(username) = self.with(|state| state.usernames.get(&id).cloned()) {
            user["username"] = json!(username);
        }
        user
    }
}
