//! Telegram, by the Bot API: offers with two buttons under them, edited in place when they are over.

mod client;
mod command;
mod edits;
mod fault;
mod floods;
mod moves;
mod order;
mod outcome;
mod parts;
mod poll;
mod split;
#[cfg(test)]
mod tests;
mod update;
mod what;

use std::sync::Arc;

use baton_actors::channel::{Address, Budget, Channel, Errand, Rate, Say};
use baton_actors::clock::{BoxFuture, Clock};
use baton_core::delivery::{ChannelKind, Outcome, Provider, Receipt};
use baton_core::job::Standing;
use baton_core::message::Topic;
use tracing::warn;

pub use super::press::{Press, Verdict};
pub use client::{BotUser, Client, ClientError, ClientSettings, WebhookInfo};
pub use fault::{Fault, Refused};
pub use moves::Moves;
pub use order::{DeskPress, Order, Typed};
pub use outcome::{CODES, TEXTS, of as outcome_of};
pub use poll::{Patience, poll};
pub use update::{Inbound, NotAnUpdate};
pub use what::What;

use client::Keyboard;
use edits::Edits;
use floods::Floods;
use parts::Parts;
use split::{LIMIT, split};

use crate::wording::Wording;

/// What Telegram is known to take from one bot: 30 messages a second in all, one a second in a chat, 20 a minute in a
/// group. `retry_after` always wins over these.
pub const BUDGET: Budget = Budget {
    account: Some(Rate { count: 30, per_millis: 1_000, burst: 30 }),
    chat: Some(Rate { count: 1, per_millis: 1_000, burst: 3 }),
    group: Some(Rate { count: 20, per_millis: 60_000, burst: 5 }),
    in_flight: 32,
};

/// One bot.
pub struct Telegram {
    client: Client,
    wording: Arc<Wording>,
    budget: Budget,
    clock: Arc<dyn Clock>,
    floods: Floods,
    parts: Parts,
    edits: Edits,
    moves: Arc<Moves>,
}

impl Telegram {
    /// A bot that words its messages so and keeps to this budget.
    pub fn new(client: Client, wording: Arc<Wording>, budget: Budget, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            wording,
            budget,
            clock,
            floods: Floods::default(),
            parts: Parts::default(),
            edits: Edits::default(),
            moves: Arc::default(),
        }
    }

    /// Tells here of chats that have moved.
    #[must_use]
    pub fn telling(self, moves: Arc<Moves>) -> Self {
        Self { moves, ..self }
    }

    async fn attempt(&self, errand: &Errand) -> Outcome {
        let Address::Telegram { chat, thread } = errand.to else {
            return Outcome::Content("not a Telegram chat".to_owned());
        };
        let (html, keyboard) = match self.worded(errand) {
            Ok(worded) => worded,
            Err(error) => return Outcome::Content(error.to_string()),
        };
        let outcome = match self.deliver(errand, (chat, thread), &split(&html, LIMIT), keyboard.as_ref()).await {
            Ok(messages) => accepted(&messages),
            Err(fault) => outcome::of(&fault),
        };
        match outcome {
            Outcome::RetryAfter(wait, _) => Outcome::RetryAfter(wait, self.floods.scope(chat, self.clock.now(), wait)),
            // Nothing can be said in this chat about a refused edit; that it was one must be seen somewhere.
            Outcome::Noop => {
                warn!(message.key = errand.key, "a Telegram message could not be edited, or was so already");
                Outcome::Noop
            }
            Outcome::Moved(to) => {
                if let Ok(to) = to.parse() {
                    self.moves.tell(chat, to);
                }
                Outcome::Moved(to)
            }
            other => other,
        }
    }

    fn worded(&self, errand: &Errand) -> Result<(String, Option<Keyboard>), crate::wording::WordingError> {
        let html = self.wording.telegram(errand)?;
        if let Say::Job { job, desk: Some(desk), .. } = &errand.say {
            let press = |deed| DeskPress { deed, job: job.job.local, claim: desk.claim }.to_data();
            let labels = self.wording.desk_buttons(errand)?;
            let buttons: Vec<_> = labels.into_iter().zip(desk.deeds.iter().copied().map(press)).collect();
            let keyboard = Keyboard { buttons, ..Keyboard::default() };
            return Ok((html, Some(keyboard).filter(|keyboard| !keyboard.buttons.is_empty())));
        }
        if let Say::Route(shown) = &errand.say {
            let press = (self.wording.route_button(errand)?, Press::acknowledging(shown.job).to_data());
            return Ok((html, Some(Keyboard { buttons: vec![press], ..Keyboard::default() })));
        }
        if let Say::Crew(shown) = &errand.say {
            let claim = (self.wording.crew_button(errand)?, Press::on(shown.claim, Verdict::Claim).to_data());
            let keyboard = Keyboard { buttons: vec![claim], ..Keyboard::default() };
            return Ok((html, Some(keyboard).filter(|_| shown.standing == Standing::Open)));
        }
        let Say::Job { topic: Topic::Offer(_), offer: Some(offer), .. } = &errand.say else {
            let links = self.wording.link_buttons(errand)?.into_iter().map(|button| (button.text, button.url));
            let keyboard = Keyboard { links: links.collect(), ..Keyboard::default() };
            return Ok((html, Some(keyboard).filter(|keyboard| !keyboard.links.is_empty())));
        };
        let (yes, no) = self.wording.buttons(errand)?;
        let button = |text, verdict| (text, Press::on(offer.id, verdict).to_data());
        let buttons = vec![button(yes, Verdict::Claim), button(no, Verdict::Decline)];
        Ok((html, Some(Keyboard { buttons, ..Keyboard::default() })))
    }

    /// Sends the parts, the buttons under the last; where there is an earlier message, the first part takes its place.
    async fn deliver(
        &self,
        errand: &Errand,
        (chat, thread): (i64, Option<i64>),
        parts: &[String],
        keyboard: Option<&Keyboard>,
    ) -> Result<Vec<i64>, Fault> {
        let mut messages = self.parts.sent(&errand.key);
        for (at, part) in parts.iter().enumerate().skip(messages.len()) {
            let keyboard = keyboard.filter(|_| at + 1 == parts.len());
            let message = match replaced(errand).filter(|_| at == 0) {
                Some(message) => {
                    let edit = self.client.edit_message_text(chat, message, part, keyboard);
                    if let Some(edited) = self.edits.alone((chat, message), edit).await {
                        edited?;
                    }
                    message
                }
                None => self.new_message((chat, thread), part, keyboard).await?,
            };
            messages.push(message);
            if parts.len() > 1 {
                self.parts.accepted(&errand.key, message);
            }
        }
        self.parts.done(&errand.key);
        Ok(messages)
    }

    /// Sends a message; where its topic is closed or gone, to the chat itself: a notice in the wrong place is better than none.
    async fn new_message(
        &self,
        (chat, thread): (i64, Option<i64>),
        html: &str,
        keyboard: Option<&Keyboard>,
    ) -> Result<i64, Fault> {
        match self.client.send_message((chat, thread), html, keyboard).await {
            Err(Fault::Refused(refused)) if thread.is_some() && outcome::is_about_a_topic(&refused) => {
                warn!(%refused, "the topic that messages are meant for is closed or gone; they go to the chat itself");
                self.client.send_message((chat, None), html, keyboard).await
            }
            other => other,
        }
    }
}

/// The message to edit: of one that was split, the last, for it carries the buttons.
fn replaced(errand: &Errand) -> Option<i64> {
    let receipt = errand.replaces.as_ref().filter(|receipt| receipt.channel == ChannelKind::Telegram)?;
    receipt.message.rsplit(',').next()?.parse().ok()
}

fn accepted(messages: &[i64]) -> Outcome {
    let message = messages.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    Outcome::Accepted(Receipt { channel: ChannelKind::Telegram, message })
}

impl Channel for Telegram {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Telegram
    }

    fn provider(&self) -> Provider {
        Provider::Telegram
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn edits(&self) -> bool {
        true
    }

    fn budget(&self) -> Budget {
        self.budget
    }

    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome> {
        Box::pin(async move { self.attempt(&errand).await })
    }
}
