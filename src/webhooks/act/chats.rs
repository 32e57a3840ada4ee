//! What happens in chats of Telegram's.

use baton_actors::channel::Address;
use baton_core::delivery::ChannelKind;
use baton_core::job::ledger::Heard;
use baton_core::time::Timestamp;

use super::crew::Claimant;
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
                let person = self.in_private(*chat, language.as_deref(), (at, None));
                match answer {
                    Some(answer) => drop(self.say(&person, person.agents.first().copied(), answer)),
                    None => self.say_to_stranger(&person, ""),
                }
                Ok(())
            }
            What::Text { chat, .. } if *chat < 0 => Ok(()),
            What::Commanded { chat, thread, from, username, said, language, told_at } => {
                let heard = Heard { at: Some(at), told_at: told_at.and_then(moment) };
                let language = language.as_deref();
                let username = username.as_deref();
                let who = Claimant { chat: *chat, thread: *thread, from: *from, username, language, heard };
                self.commanded(&who, said, at).await
            }
            What::Text { chat, text, reply_to_message, language, told_at, .. } => {
                let about = reply_to_message.map(|message| message.to_string());
                let about = about.as_deref().map_or(About::Nothing, About::Message);
                let when = (at, told_at.and_then(moment));
                self.heard(&self.in_private(*chat, language.as_deref(), when), text, about).await
            }
            What::Button { callback_id, chat, from, username, message_id, press } => {
                let (language, heard) = (None, Heard::now(at));
                let username = username.as_deref();
                let who = Claimant { chat: *chat, thread: None, from: *from, username, language, heard };
                if *chat < 0 && self.pressed_in_group(bot, &who, (callback_id, *message_id), *press).await? {
                    return Ok(());
                }
                bot.pressed(engine, callback_id.clone(), *from, *press, heard).await
            }
            What::Ordered { .. } | What::DeskButton { .. } => self.ordered(what, at).await,
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
    fn in_private(&self, chat: i64, language: Option<&str>, (at, told_at): (Timestamp, Option<Timestamp>)) -> Person {
        Person {
            kind: ChannelKind::Telegram,
            to: Address::Telegram { chat, thread: None },
            id: chat.to_string(),
            agents: agents_in(&self.engine, chat).collect(),
            language: language.map(str::to_owned),
            at,
            told_at,
        }
    }
}

/// A moment of Telegram's: whole seconds, and none is nought.
pub(super) fn moment(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp(seconds.checked_mul(1_000)?)).filter(|at| at.0 > 0)
}
