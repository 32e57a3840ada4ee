//! Reads what Telegram tells: one update into the few things we act on. What we do not know is ignored, never refused: an
//! update that is answered with an error comes again and holds up all behind it.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::command::Command;
use super::order::{DeskPress, Typed};
use super::what::What;
use crate::channels::press::Press;

/// One update. Its number is unique for a bot: what was seen once is not acted on twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// Which one.
    pub update_id: i64,
    /// What happened.
    pub what: What,
}

/// Not an update of the Bot API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an update of the Bot API")]
pub struct NotAnUpdate;

impl Inbound {
    /// Reads an update. `bot` is our name, where we know it: `/start@somebody_else` is not for us.
    pub fn parse(raw: &[u8], bot: Option<&str>) -> Result<Self, NotAnUpdate> {
        #[derive(Deserialize)]
        struct Bare {
            update_id: i64,
        }
        match serde_json::from_slice::<Update>(raw) {
            Ok(update) => Ok(Self { update_id: update.id, what: update.what(bot) }),
            // An update, but a part of it is not as we know it.
            Err(_) => match serde_json::from_slice::<Bare>(raw) {
                Ok(Bare { update_id }) => Ok(Self { update_id, what: What::Ignored }),
                Err(_) => Err(NotAnUpdate),
            },
        }
    }
}

#[derive(Deserialize)]
struct Update {
    #[serde(rename = "update_id")]
    id: i64,
    message: Option<Message>,
    callback_query: Option<CallbackQuery>,
    my_chat_member: Option<ChatMember>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "message_id")]
    id: i64,
    chat: Chat,
    from: Option<User>,
    date: Option<i64>,
    #[serde(rename = "message_thread_id")]
    thread: Option<i64>,
    text: Option<String>,
    #[serde(rename = "reply_to_message")]
    reply_to: Option<Replied>,
    migrate_to_chat_id: Option<i64>,
    migrate_from_chat_id: Option<i64>,
    /// There where somebody passes on what another one wrote.
    forward_origin: Option<IgnoredAny>,
    /// The same of old.
    forward_date: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Replied {
    message_id: i64,
}

#[derive(Deserialize)]
struct CallbackQuery {
    id: String,
    from: User,
    message: Option<Message>,
    data: Option<String>,
}

#[derive(Deserialize)]
struct ChatMember {
    chat: Chat,
    new_chat_member: Member,
}

#[derive(Deserialize)]
struct Member {
    status: String,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
    #[serde(rename = "type", default)]
    kind: String,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    language_code: Option<String>,
    username: Option<String>,
}

impl Update {
    fn what(self, bot: Option<&str>) -> What {
        if let Some(message) = self.message {
            message.what(bot)
        } else if let Some(query) = self.callback_query {
            query.what()
        } else if let Some(member) = self.my_chat_member {
            member.what()
        } else {
            What::Ignored
        }
    }
}

impl Message {
    fn what(self, bot: Option<&str>) -> What {
        let chat = self.chat.id;
        if let Some(to) = self.migrate_to_chat_id {
            return What::Migrated { from: chat, to };
        }
        if let Some(from) = self.migrate_from_chat_id {
            return What::Migrated { from, to: chat };
        }
        let (Some(text), Some(from)) = (self.text, self.from) else {
            return What::Ignored;
        };
        // Whoever passes on another's words has not said them: they are no command, no claim and no answer of theirs.
        let is_passed_on = self.forward_origin.is_some() || self.forward_date.is_some();
        if is_passed_on || from.is_bot || self.chat.kind == "channel" {
            return What::Ignored;
        }
        let said = match Command::of(&text, bot) {
            Command::Start(token) => {
                let (token, group) = (token.to_owned(), self.chat.kind != "private");
                return What::Start { chat, from: from.id, token, group, language: from.language_code };
            }
            Command::Theirs => return What::Ignored,
            Command::Said(said) => match Typed::read(&said) {
                Some(typed) => {
                    let (message_id, language, told_at) = (self.id, from.language_code, self.date);
                    return What::Ordered { chat, from: from.id, message_id, typed, language, told_at };
                }
                None if self.chat.kind != "private" => {
                    let User { id: from, language_code: language, username, .. } = from;
                    return What::Commanded {
                        chat,
                        thread: self.thread,
                        from,
                        username,
                        said,
                        language,
                        told_at: self.date,
                    };
                }
                None => said,
            },
            Command::None => text,
        };
        let reply_to_message = self.reply_to.map(|replied| replied.message_id);
        let (language, told_at) = (from.language_code, self.date);
        What::Text { chat, from: from.id, text: said, reply_to_message, language, told_at }
    }
}

impl CallbackQuery {
    fn what(self) -> What {
        let data = self.data.as_deref();
        if let (Some(press), Some(message)) = (data.and_then(DeskPress::from_data), &self.message) {
            let (chat, message_id) = (message.chat.id, message.id);
            return What::DeskButton { callback_id: self.id, chat, from: self.from.id, message_id, press };
        }
        match (data.and_then(Press::from_data), self.message) {
            (Some(press), Some(message)) => What::Button {
                callback_id: self.id,
                chat: message.chat.id,
                from: self.from.id,
                username: self.from.username,
                message_id: message.id,
                press,
            },
            _ => What::ForeignButton { callback_id: self.id },
        }
    }
}

impl ChatMember {
    fn what(self) -> What {
        let chat = self.chat.id;
        match self.new_chat_member.status.as_str() {
            "kicked" | "left" => What::Blocked { chat },
            "member" | "administrator" => What::Unblocked { chat },
            _ => What::Ignored,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(update: Value) -> What {
        let inbound = Inbound::parse(update.to_string().as_bytes(), Some("baton_bot")).expect("an update");
        assert_eq!(inbound.update_id, 7);
        inbound.what
    }

    fn message(text: &str, kind: &str) -> Value {
        json!({"update_id": 7, "message": {"message_id": 3, "date": 1, "text": text, "surprise": {"new": []},
            "chat": {"id": 1001, "type": kind}, "from": {"id": 1001, "is_bot": false, "first_name": "Driver"}}})
    }

    #[test]
    fn a_link_brings_its_token_and_groups_are_named_as_such() {
        let start = |group| What::Start { chat: 1001, from: 1001, token: "tok_en-1".into(), group, language: None };
        assert_eq!(parsed(message("/start tok_en-1", "private")), start(false));
        assert_eq!(parsed(message("/start@Baton_Bot tok_en-1", "supergroup")), start(true));
        assert_eq!(parsed(message("/start@other_bot x", "group")), What::Ignored);
    }

    #[test]
    fn a_command_is_said_without_its_slash() {
        let (text, reply_to_message) = ("claim 0952ef82".into(), None);
        let claim = What::Text { chat: 1001, from: 1001, text, reply_to_message, language: None, told_at: Some(1) };
        assert_eq!(parsed(message("/claim@baton_bot 0952ef82", "private")), claim);
    }

    #[test]
    fn c11_a_command_in_a_group_is_ours_with_our_name_or_without_any() {
        let claimed = |thread| {
            let (said, told_at) = ("claim 0952ef82".to_owned(), Some(1));
            What::Commanded { chat: 1001, thread, from: 1001, username: None, said, language: None, told_at }
        };
        for text in ["/claim 0952ef82", "/claim@Baton_Bot 0952ef82"] {
            let command = parsed(message(text, "supergroup"));
            assert!(command == claimed(None) && command.matters(), "{text}");
        }
        let mut in_topic = message("/claim 0952ef82", "supergroup");
        in_topic["message"]["message_thread_id"] = json!(7);
        assert_eq!(parsed(in_topic), claimed(Some(7)));
        assert_eq!(parsed(message("/claim@other_bot 0952ef82", "supergroup")), What::Ignored);
        assert!(!parsed(message("/weather", "group")).matters(), "none of our business");
        assert!(matches!(parsed(message("claim 0952ef82", "group")), What::Text { .. }), "they only talk");
    }

    #[test]
    fn c13_what_somebody_passes_on_they_have_not_said() {
        for text in ["/release 0952ef82 please", "/claim 0952ef82", "/start tok_en-1", "yes"] {
            for (kind, mark) in
                [("private", "forward_origin"), ("supergroup", "forward_origin"), ("group", "forward_date")]
            {
                let mut passed_on = message(text, kind);
                passed_on["message"][mark] = json!({"type": "user", "sender_user": {"id": 1003}});
                assert_eq!(parsed(passed_on), What::Ignored, "{text} in a {kind}");
            }
        }
    }

    #[test]
    fn a_command_of_the_desk_is_one_in_a_group_as_well() {
        let typed = |text: &str| parsed(message(text, "supergroup"));
        let What::Ordered { typed: order, message_id: 3, told_at: Some(1), .. } =
            typed("/release@baton_bot 0952ef82 it is late")
        else {
            panic!("no command");
        };
        assert_eq!((order.job.as_str(), order.words.as_str()), ("0952ef82", "it is late"));
        assert_eq!(typed("/release@other_bot 0952ef82"), What::Ignored);
        assert_eq!(typed("/cancel").word(), "command", "who wants no more messages is not somebody at the desk");
    }

    #[test]
    fn text_keeps_what_it_answers() {
        let mut update = message("yes", "private");
        update["message"]["reply_to_message"] = json!({"message_id": 2, "chat": {"id": 1001}});
        update["message"]["from"]["language_code"] = json!("he");
        let (text, language) = ("yes".into(), Some("he".to_owned()));
        let text = What::Text { chat: 1001, from: 1001, text, reply_to_message: Some(2), language, told_at: Some(1) };
        assert_eq!(parsed(update), text);
    }

    #[test]
    fn buttons_of_ours_are_presses_and_all_others_are_to_be_answered() {
        let query = |data: &str| {
            json!({"update_id": 7, "callback_query": {"id": "q1", "chat_instance": "x", "data": data,
                "from": {"id": 5, "username": "ana_moves"},
                "message": {"message_id": 9, "date": 0, "chat": {"id": -20, "type": "group"}}}})
        };
        let press = Press::from_data("c:AAAAAAAAAAAAAAAAAAAAAA.2").expect("ours");
        let username = Some("ana_moves".to_owned());
        let button = What::Button { callback_id: "q1".into(), chat: -20, from: 5, username, message_id: 9, press };
        assert_eq!(parsed(query("c:AAAAAAAAAAAAAAAAAAAAAA.2")), button);
        assert_eq!(parsed(query("old")), What::ForeignButton { callback_id: "q1".into() });
    }

    #[test]
    fn blocking_and_moving_are_seen() {
        let member = |status: &str| {
            json!({"update_id": 7, "my_chat_member": {"chat": {"id": 1001, "type": "private"}, "from": {"id": 1001},
                "date": 1, "old_chat_member": {"status": "member"}, "new_chat_member": {"status": status, "user": {}}}})
        };
        assert_eq!(parsed(member("kicked")), What::Blocked { chat: 1001 });
        assert_eq!(parsed(member("member")), What::Unblocked { chat: 1001 });
        let mut old = message("", "group");
        old["message"]["migrate_to_chat_id"] = json!(-100_200);
        assert_eq!(parsed(old), What::Migrated { from: 1001, to: -100_200 });
        let mut new = message("", "supergroup");
        new["message"]["migrate_from_chat_id"] = json!(-200);
        assert_eq!(parsed(new), What::Migrated { from: -200, to: 1001 });
    }

    #[test]
    fn what_we_do_not_know_is_ignored_and_never_refused() {
        let from_bot = json!({"update_id": 7, "message": {"message_id": 1, "text": "hi", "chat": {"id": 1, "type": "private"},
            "from": {"id": 2, "is_bot": true}}});
        let photo =
            json!({"update_id": 7, "message": {"message_id": 1, "chat": {"id": 1, "type": "private"}, "photo": []}});
        let strange = json!({"update_id": 7, "message": "not an object"});
        for update in [from_bot, photo, strange, json!({"update_id": 7}), json!({"update_id": 7, "edited_message": {}})]
        {
            assert_eq!(parsed(update.clone()), What::Ignored, "{update}");
        }
        assert_eq!(Inbound::parse(b"{}", None), Err(NotAnUpdate));
        assert_eq!(Inbound::parse(b"<html>", None), Err(NotAnUpdate));
    }
}
