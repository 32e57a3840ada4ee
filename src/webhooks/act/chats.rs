//! What happens in chats of Telegram's.

use baton_actors::channel::Address;
use baton_core::delivery::ChannelKind;
use baton_core::time::Timestamp;

use super::talk::{About, Person};
use super::{Desk, NotDone};
use crate::channels::telegram::What;
use crate::telegram_desk::{TelegramDesk, addresses, agents_in};

impl Desk {
    pub(super) async fn in_chat(&self, what: &What, at: Timestamp) -> Result<(), NotDone> {
        let Some(bot) = &self.means.telegram else {
            tracing::warn!("there is no bot any more to act upon what Telegram told");
            return Ok(());
        };
        let engine = &self.engine;
        match what {
            What::Start { group: true, .. } | What::Ignored => Ok(()),
            What::Start { chat, token, language, .. } => {
                let answer = TelegramDesk::registered(engine, *chat, token).await?;
                // By now they may be somebody.
                let person = self.in_private(*chat, language.as_deref(), at);
                match answer {
                    Some(answer) => self.say(&person, person.agents.first().copied(), answer),
                    None => self.say_to_stranger(&person, ""),
                }
                Ok(())
            }
            What::Text { chat, .. } if *chat < 0 => Ok(()),
            What::Text { chat, text, reply_to_message, language, .. } => {
                let about = reply_to_message.map(|message| message.to_string());
                let about = about.as_deref().map_or(About::Nothing, About::Message);
                self.heard(&self.in_private(*chat, language.as_deref(), at), text, about).await
            }
            What::Button { callback_id, from, press, .. } => {
                bot.pressed(engine, callback_id.clone(), *from, *press).await
            }
            What::Ordered { .. } | What::DeskButton { .. } => self.ordered(what).await,
            What::ForeignButton { callback_id } => {
                bot.toast(callback_id.clone(), None);
                Ok(())
            }
            What::Blocked { chat } => addresses::reached(engine, *chat, false).await,
            What::Unblocked { chat } => addresses::reached(engine, *chat, true).await,
            What::Migrated { from, to } => addresses::moved(engine, *from, *to).await,
        }
    }

    /// Whoever is in a private chat.
    fn in_private(&self, chat: i64, language: Option<&str>, at: Timestamp) -> Person {
        Person {
            kind: ChannelKind::Telegram,
            to: Address::Telegram { chat, thread: None },
            id: chat.to_string(),
            agents: agents_in(&self.engine, chat).collect(),
            language: language.map(str::to_owned),
            at,
        }
    }
}
