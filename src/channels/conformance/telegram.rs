//! Telegram under the suite: a bot in the simulated town.

use std::sync::Arc;

use baton_actors::clock::SystemClock;

use super::*;
use crate::channels::telegram::{BUDGET, Client, ClientSettings, Telegram};
use crate::simulator::telegram::{Bot, Fault, Server};
use crate::wording::Wording;

struct Town {
    server: Option<Server>,
    bot: Bot,
    telegram: Telegram,
}

impl Bench for Town {
    fn channel(&self) -> &dyn Channel {
        &self.telegram
    }
    fn address(&self) -> Address {
        Address::Telegram { chat: 1001, thread: None }
    }
    fn secret(&self) -> Option<&'static str> {
        Some("TEST-TOKEN")
    }
    fn class_of(&self, trouble: Trouble) -> Option<&'static str> {
        Some(match trouble {
            Trouble::Blocked => "recipient",
            Trouble::TooMany => "retry_after",
            Trouble::Broken | Trouble::Garbage | Trouble::Silence => "unknown",
            Trouble::Away => "retry",
            Trouble::Stranger => "sender",
            Trouble::BadMessage => "content",
        })
    }
    fn meets(&mut self, trouble: Trouble) {
        let ana = self.bot.chat(1001);
        match trouble {
            Trouble::Blocked => ana.blocks(),
            Trouble::TooMany => ana.next_call_meets(Fault::TooMany { retry_after: 7 }),
            Trouble::Broken => ana.next_call_meets(Fault::DoneAndBroken),
            Trouble::Garbage => ana.next_call_meets(Fault::Garbage),
            Trouble::Silence => ana.next_call_meets(Fault::Hang(Duration::from_mins(1))),
            Trouble::Away => self.server = None,
            Trouble::Stranger => ana.next_call_meets(Fault::Refused(401, "Unauthorized".into())),
            Trouble::BadMessage => {
                let said = "Bad Request: can't parse entities: Unsupported start tag";
                ana.next_call_meets(Fault::Refused(400, said.into()));
            }
        }
    }
    fn seen(&self) -> Vec<String> {
        let text = |message: &crate::simulator::telegram::Message| message.text.clone();
        self.bot.chat(1001).messages().iter().map(text).collect()
    }
}

#[tokio::test]
async fn telegram_conforms() {
    conforms(|| {
        Box::pin(async {
            let server = Server::start().await.expect("loopback");
            let bot = server.bot("123456:TEST-TOKEN", "baton_bot");
            bot.chat(1001);
            let settings = ClientSettings {
                base_url: server.url(),
                request_timeout: Duration::from_millis(500),
                ..ClientSettings::new("123456:TEST-TOKEN".to_owned().into())
            };
            let client = Client::new(&settings).expect("set up");
            let wording = Arc::new(Wording::builtin(samples::links()).expect("ours are valid"));
            let telegram = Telegram::new(client, wording, BUDGET, Arc::new(SystemClock));
            Box::new(Town { server: Some(server), bot, telegram }) as Box<dyn Bench>
        })
    })
    .await;
}
