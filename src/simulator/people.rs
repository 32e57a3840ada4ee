//! People for the demo: each has a phone in the simulated Telegram, reads what comes, thinks about it for a while, and says
//! yes, no or nothing, or has blocked the bot. A seed decides who does what; the same seed is the same town.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::task::JoinSet;

use super::pass;
use super::telegram::{Bot, Chat, Message};

/// How people are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habits {
    /// How many of a hundred have blocked the bot.
    pub blocked: u8,
    /// Of a hundred offers, how many they take.
    pub yes: u8,
    /// And how many they decline; to the rest they say nothing.
    pub no: u8,
    /// Of a hundred answers, how many they type; the others they press.
    pub typed: u8,
    /// How long they think, as a rule: a quarter of it or four times as much is not rare.
    pub thinking: Duration,
    /// How much faster than life they are.
    pub speed: f64,
}

impl Default for Habits {
    fn default() -> Self {
        Self { blocked: 5, yes: 35, no: 35, typed: 15, thinking: Duration::from_mins(4), speed: 1.0 }
    }
}

/// People with a phone; they leave when this is dropped.
pub struct People {
    lives: JoinSet<()>,
}

impl People {
    /// Moves people in, one a chat.
    pub fn move_in(bot: &Bot, chats: impl IntoIterator<Item = i64>, habits: Habits, seed: u64) -> Self {
        let mut lives = JoinSet::new();
        for id in chats {
            // Far apart for neighbours, so that they do not all do the same.
            let rng = StdRng::seed_from_u64(seed ^ id.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15));
            lives.spawn(Person { chat: bot.chat(id), habits, rng }.lives());
        }
        Self { lives }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lives.len()
    }
}

struct Person {
    chat: Chat,
    habits: Habits,
    rng: StdRng,
}

enum Reaction {
    Press(&'static str),
    Type(String),
    Nothing,
}

impl Person {
    async fn lives(mut self) {
        if self.one_of_a_hundred(self.habits.blocked) {
            self.chat.blocks();
            return;
        }
        let mut read = 0;
        let mut changes = self.chat.changes();
        loop {
            changes.mark_unchanged();
            for message in self.chat.news_since(read) {
                read = message.id;
                self.answers(&message).await;
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    async fn answers(&mut self, message: &Message) {
        let reaction = self.reaction(message);
        if matches!(reaction, Reaction::Nothing) {
            return;
        }
        let time = self.thinking();
        // Nobody thinks over an offer that already says it is over; else one who is behind would stay behind for ever.
        if self.chat.message(message.id).is_none_or(|now| now.buttons.len() != message.buttons.len()) {
            return;
        }
        pass(self.chat.clock(), time).await;
        match reaction {
            Reaction::Press(yes_or_no) => {
                // Whoever comes too late finds the buttons gone.
                let button = self.chat.message(message.id).and_then(|now| now.buttons.get(index(yes_or_no)).cloned());
                if let Some(button) = button {
                    self.chat.presses_data(self.chat.id(), message.id, &button.data);
                }
            }
            Reaction::Type(text) => self.chat.types(&text),
            Reaction::Nothing => {}
        }
    }

    fn reaction(&mut self, message: &Message) -> Reaction {
        if !message.buttons.is_empty() {
            let drawn = self.rng.random_range(0..100);
            let answer = match drawn {
                drawn if drawn < self.habits.yes => "yes",
                drawn if drawn < self.habits.yes.saturating_add(self.habits.no) => "no",
                _ => return Reaction::Nothing,
            };
            if !self.one_of_a_hundred(self.habits.typed) {
                return Reaction::Press(answer);
            }
            // Half of those who type say which job they mean; the others may be asked.
            let code = code(&message.text).filter(|_| self.one_of_a_hundred(50));
            return Reaction::Type(code.map_or_else(|| answer.to_owned(), |code| format!("{answer} {code}")));
        }
        if message.text.lines().any(|line| line.starts_with("1. ")) {
            return Reaction::Type("1".to_owned());
        }
        if message.text.contains("Reply OK") {
            return Reaction::Type("OK".to_owned());
        }
        Reaction::Nothing
    }

    fn one_of_a_hundred(&mut self, so_many: u8) -> bool {
        self.rng.random_range(0..100) < so_many
    }

    /// A quarter to four times the usual, most often near it.
    fn thinking(&mut self) -> Duration {
        let exponent = self.rng.random_range(-1.0..1.0) + self.rng.random_range(-1.0..1.0);
        self.habits.thinking.mul_f64(f64::exp2(exponent) / self.habits.speed.max(0.001))
    }
}

/// The job's code in an offer.
fn code(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| word.len() == 8 && word.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn index(yes_or_no: &str) -> usize {
    usize::from(yes_or_no != "yes")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::simulator::telegram::Server;

    /// Sends everybody an offer by the real API and sees what comes back.
    async fn answers(habits: Habits, seed: u64) -> Vec<String> {
        let server = Server::start().await.expect("loopback");
        let bot = server.bot("123456:TEST-TOKEN", "baton_bot");
        let people = People::move_in(&bot, 1..=40, habits, seed);
        assert_eq!(people.count(), 40);
        let http = reqwest::Client::builder().no_proxy().build().expect("set up");
        let call = async |method: &str, body: serde_json::Value| -> serde_json::Value {
            let url = format!("{}/bot123456:TEST-TOKEN/{method}", server.url());
            http.post(url).json(&body).send().await.expect("sent").json().await.expect("JSON")
        };
        let keyboard =
            json!({"inline_keyboard": [[{"text": "YES", "callback_data": "y"}, {"text": "NO", "callback_data": "n"}]]});
        for chat in 1..=40 {
            call("sendMessage", json!({"chat_id": chat, "text": "a job", "reply_markup": keyboard})).await;
        }
        let mut heard: Vec<String> = Vec::new();
        let mut offset = 0;
        while heard.len() < 40 {
            let updates = call("getUpdates", json!({"offset": offset, "timeout": 20})).await;
            for update in updates["result"].as_array().expect("updates") {
                offset = update["update_id"].as_i64().expect("a number") + 1;
                let query = &update["callback_query"];
                let said = query["data"].as_str().or(update["message"]["text"].as_str()).unwrap_or("blocked");
                heard.push(format!(
                    "{}{said}",
                    query["from"]["id"].as_i64().or(update["message"]["from"]["id"].as_i64()).unwrap_or(0)
                ));
            }
        }
        heard.sort();
        heard
    }

    #[tokio::test]
    async fn a_seed_is_a_town() {
        let habits = Habits { blocked: 10, yes: 50, no: 50, thinking: Duration::from_millis(4), ..Habits::default() };
        let town = answers(habits, 7).await;
        assert_eq!(town, answers(habits, 7).await);
        assert_ne!(town, answers(habits, 8).await);
        for said in ["y", "n", "yes", "no", "0blocked"] {
            assert!(town.iter().any(|heard| heard.trim_start_matches(|c: char| c.is_ascii_digit()) == said.trim_start_matches('0')), "{said} in {town:?}");
        }
    }
}
