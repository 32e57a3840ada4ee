//! A crew's group on Telegram.

use baton::simulator::telegram::{Chat, Message};
use serde_json::{Value, json};

use super::desk::{Job, Order, order};
use super::town::Town;
use super::wait::until;

/// The group of the crew.
pub const GROUP: i64 = -500;

pub struct Group {
    pub chat: Chat,
    bot: baton::simulator::telegram::Bot,
}

impl Town {
    /// The tenant publishes in a group called `movers`; what else it sets about crews.
    pub async fn has_a_group(&self, more: Value) -> Group {
        let mut crew = json!({ "groups": [{ "name": "movers", "telegram_chat_id": GROUP }] });
        crew.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.sets_crew(crew).await;
        Group { chat: self.bot.chat(GROUP), bot: self.bot.clone() }
    }

    /// Changes what the tenant has set about crews.
    pub async fn sets_crew(&self, crew: Value) {
        self.door.patch("/api/v1/tenants/default", json!({ "crew": crew })).await.is(200);
    }
}

/// A job of this reference that is published in the crew's group.
pub fn for_the_group(reference: &str) -> Order {
    order(reference).asking(json!([{ "mode": "group", "group": "movers", "claim_within": "30m" }]))
}

impl Group {
    /// What stands there about a job.
    pub fn posts(&self, job: &Job) -> Vec<Message> {
        let about = |message: &Message| message.from.is_none() && message.text.contains(&format!("#{}", job.code));
        self.chat.messages().into_iter().filter(about).collect()
    }

    /// Waits until the message about a job says so; gives it back.
    pub async fn reads(&self, job: &Job, text: &str) -> Message {
        until(&format!("the group reads {text:?}"), async || {
            self.posts(job).into_iter().rfind(|message| message.text.contains(text))
        })
        .await
    }

    /// Somebody presses the button below a job; gives back what the press is answered by.
    pub async fn presses(&self, person: i64, job: &Job) -> String {
        let post = self.reads(job, "/claim").await;
        let callback = self.chat.presses_as(person, post.id, "Claim").unwrap();
        self.hears(&callback).await
    }

    /// What a press was answered by.
    pub async fn hears(&self, callback: &str) -> String {
        until("the button stops spinning", async || self.bot.callback_answer(callback)).await
    }
}
