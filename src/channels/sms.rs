//! SMS by Twilio: short texts with the link to the offer's page, answered by a word.

mod segments;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use baton_actors::channel::{Address, Budget, Channel, Errand};
use baton_actors::clock::{BoxFuture, Clock};
use baton_actors::gauges;
use baton_core::delivery::{Callback, ChannelKind, Outcome, Provider, Receipt};
use metrics::counter;

use super::twilio::{Account, Order, Sender};
use crate::config;
use crate::wording::Wording;

pub use segments::{is_gsm, segments};

/// One sender.
pub struct Sms {
    account: Account,
    sender: Sender,
    max_segments: u64,
    budget: Budget,
    wording: Arc<Wording>,
    clock: Arc<dyn Clock>,
}

impl Sms {
    /// A sender as it is configured, of this account.
    pub fn new(
        account: Account,
        set: &config::twilio::TwilioSms,
        wording: Arc<Wording>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (sender, max_segments, budget) = (set.sender.clone(), set.max_segments, set.budget);
        Self { account, sender, max_segments, budget, wording, clock }
    }

    async fn attempt(&self, errand: Errand) -> Outcome {
        let Address::Phone(phone) = &errand.to else { return Outcome::Content("not a phone".to_owned()) };
        let text = match self.wording.sms(&errand) {
            Ok(text) => text,
            Err(error) => return Outcome::Content(error.to_string()),
        };
        let needed = segments(&text);
        if needed > self.max_segments {
            let allowed = self.max_segments;
            return Outcome::Content(format!("the text takes {needed} segments, and {allowed} are allowed"));
        }
        let order =
            Order { to: phone.as_str().to_owned(), sender: &self.sender, errand: &errand, now: self.clock.now() };
        let outcome = self.account.send(ChannelKind::Sms, &order, Account::text(&text)).await;
        if matches!(outcome, Outcome::Accepted(_)) {
            counter!(gauges::SMS_SEGMENTS).increment(needed);
        }
        outcome
    }
}

impl Channel for Sms {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Sms
    }

    fn provider(&self) -> Provider {
        Provider::TwilioSms
    }

    /// Carriers limit segments, not messages.
    fn weight(&self, errand: &Errand) -> u32 {
        // One that cannot be worded is refused when it is sent, and takes nothing.
        self.wording.sms(errand).map_or(1, |text| u32::try_from(segments(&text)).unwrap_or(1).max(1))
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
