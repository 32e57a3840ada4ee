//! WhatsApp by Twilio. Templates and buttons exist there only as content that was set up before, by its ContentSid.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use baton_actors::channel::{Address, Budget, Channel, Errand, Say};
use baton_actors::clock::{BoxFuture, Clock};
use baton_core::delivery::{Callback, ChannelKind, Outcome, Provider, Receipt};
use baton_core::message::Topic;
use serde_json::json;

use super::Windows;
use crate::channels::press::{Press, Verdict};
use crate::channels::twilio::{Account, Order, Sender};
use crate::config;
use crate::wording::{Wording, WordingError, one_line};

/// What a text may hold.
const TEXT_MAX: usize = 1600;

/// What a variable of a content may hold.
const VARIABLE_MAX: usize = 1000;

/// One sender.
pub struct TwilioWhatsapp {
    account: Account,
    sender: Sender,
    contents: config::twilio::Contents,
    budget: Budget,
    wording: Arc<Wording>,
    windows: Arc<Windows>,
    clock: Arc<dyn Clock>,
}

impl TwilioWhatsapp {
    /// A sender as it is configured, of this account.
    pub fn new(
        account: Account,
        set: &config::twilio::TwilioWhatsapp,
        windows: Arc<Windows>,
        wording: Arc<Wording>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let sender = match &set.sender {
            Sender::Number(number) => Sender::Number(format!("whatsapp:{number}")),
            Sender::Service(service) => Sender::Service(service.clone()),
        };
        let (contents, budget) = (set.contents.clone(), set.budget);
        Self { account, sender, contents, budget, wording, windows, clock }
    }

    async fn attempt(&self, errand: Errand) -> Outcome {
        let Address::Phone(phone) = &errand.to else { return Outcome::Content("not a phone".to_owned()) };
        let text = match self.wording.plain(&errand) {
            Ok(text) => text,
            Err(error) => return Outcome::Content(error.to_string()),
        };
        let (digits, to) = (phone.as_str().trim_start_matches('+'), format!("whatsapp:{}", phone.as_str()));
        let order = Order { to, sender: &self.sender, errand: &errand, now: self.clock.now() };
        let content = match self.content(&errand, &text) {
            Ok(content) => content,
            Err(error) => return Outcome::Content(error.to_string()),
        };
        // Only a content brings buttons: an offer goes as one where there is one, whether the window is open or not.
        let is_offer = presses(&errand).is_some();
        if let Some((sid, variables)) = &content
            && (is_offer || !self.windows.is_open(digits, self.clock.now()))
        {
            return self.account.send(ChannelKind::Whatsapp, &order, Account::content(sid, variables)).await;
        }
        if text.chars().count() > TEXT_MAX {
            return Outcome::Content(format!("the text is longer than {TEXT_MAX} characters"));
        }
        match (self.account.send(ChannelKind::Whatsapp, &order, Account::text(&text)).await, content) {
            (Outcome::Window(_), Some((sid, variables))) => {
                self.windows.shut(digits);
                self.account.send(ChannelKind::Whatsapp, &order, Account::content(&sid, &variables)).await
            }
            (outcome, _) => outcome,
        }
    }

    /// The content that is configured for an errand, with its variables: 1 is the text, 2 and 3 what the buttons carry.
    fn content(&self, errand: &Errand, text: &str) -> Result<Option<(String, String)>, WordingError> {
        if let Say::Notification(shown) = &errand.say
            && let Some(message) = self.wording.asked_twilio(errand, shown)?
        {
            return Ok(Some((message.content_sid, json!(message.variables).to_string())));
        }
        Ok(self.general_content(errand, text))
    }

    fn general_content(&self, errand: &Errand, text: &str) -> Option<(String, String)> {
        let text: String = one_line(text).chars().take(VARIABLE_MAX).collect();
        match presses(errand) {
            Some([yes, no]) => {
                let variables = json!({ "1": text, "2": yes.to_data(), "3": no.to_data() });
                Some((self.contents.offer.clone()?, variables.to_string()))
            }
            None => Some((self.contents.message.clone()?, json!({ "1": text }).to_string())),
        }
    }
}

fn presses(errand: &Errand) -> Option<[Press; 2]> {
    match &errand.say {
        Say::Job { topic: Topic::Offer(_), offer: Some(offer), .. } => {
            Some([Verdict::Claim, Verdict::Decline].map(|verdict| Press::on(offer.id, verdict)))
        }
        Say::Job { .. }
        | Say::Crew(_)
        | Say::Answer(_)
        | Say::Notification(_)
        | Say::AddressPaused(_)
        | Say::EndpointOff(_)
        | Say::Lead(_)
        | Say::CrewText(_)
        | Say::Route(_) => None,
    }
}

impl Channel for TwilioWhatsapp {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Whatsapp
    }

    fn provider(&self) -> Provider {
        Provider::TwilioWhatsapp
    }

    fn idempotent(&self) -> bool {
        false
    }

    fn edits(&self) -> bool {
        false
    }

    fn budget(&self) -> Budget {
        self.budget
    }

    fn can_be_asked(&self) -> bool {
        true
    }

    fn ask(&self, receipt: Receipt) -> BoxFuture<'_, Option<Callback>> {
        Box::pin(self.account.inquire(receipt))
    }

    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome> {
        Box::pin(self.attempt(errand))
    }
}
