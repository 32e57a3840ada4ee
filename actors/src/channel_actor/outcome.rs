//! What attempts came to, and what follows from it for the message, its chat, and the account.

use std::sync::Arc;
use std::time::Duration;

use baton_core::agent::tells_of_a_person;
use baton_core::delivery::failover::{self, Why};
use baton_core::delivery::{Delivery, DropReason, Outcome, Provider, Scope};
use baton_core::ids::{AgentId, DebtId};
use baton_core::time::Timestamp;
use metrics::{counter, histogram};
use rand::Rng;

use super::{Account, ChannelActor, Later, Ready};
use crate::channel::{Address, Errand, Say};
use crate::gauges;
use crate::house::House;
use crate::reach;

/// A provider that says "wait" for longer than this is as good as away; a shorter wait is waited out.
const WAITED_OUT: Duration = Duration::from_secs(10);

impl ChannelActor {
    /// What an attempt came to decides what happens to the message, its chat and the account.
    pub(super) fn ended(&self, account: &mut Account, ticket: u64, outcome: Outcome, took: Duration) {
        let Some(mut ready) = account.under_way.remove(&ticket) else { return };
        self.house.outbox.stays(self.provider(), ticket);
        let now = self.house.clock.now();
        let address = ready.errand.to.clone();
        let (bucket, is_group) = (address.bucket(), address.is_group());
        account.buckets.answered(&bucket, is_group, ready.taken, ready.taken_at, now, took);
        counter!(gauges::SENDS, "channel" => self.channel_word(), "provider" => self.word(), "class" => outcome.class()).increment(1);
        histogram!(gauges::SEND_SECONDS, "channel" => self.channel_word(), "provider" => self.word())
            .record(took.as_secs_f64());
        let avoided_until = now + self.house.limits.retry.sender_pause;
        self.house.outbox.note_attempt(self.provider(), is_well(&outcome), avoided_until);
        if let Some(chat) = account.chats.get_mut(&address) {
            chat.busy = false;
        }
        if let Some(debt) = ready.debt {
            match &outcome {
                // It arrived, or may have: until that is stored, an end of the process must not hide it.
                Outcome::Accepted(_) | Outcome::Noop => {
                    if account.uncertain.remove(&debt) {
                        account.settled.insert(debt);
                    }
                }
                Outcome::Unknown(_) => {}
                Outcome::RetryAfter(..)
                | Outcome::Retry(_)
                | Outcome::Sender(_)
                | Outcome::Moved(_)
                | Outcome::Recipient(_)
                | Outcome::Window(_)
                | Outcome::Content(_) => {
                    if !ready.errand.possible_repeat {
                        account.uncertain.remove(&debt);
                    }
                }
            }
        }
        match outcome {
            Outcome::Accepted(receipt) => {
                account.sender_pauses = 0;
                self.note_taken(ready.errand.agent);
                self.settle(ticket, ready.debt, ready.meant_for, Delivery::Sent(receipt));
            }
            Outcome::Noop => {
                let receipt = ready.errand.replaces.clone();
                let receipt = receipt.unwrap_or_else(|| baton_core::delivery::Receipt {
                    channel: self.channel.kind(),
                    message: String::new(),
                });
                self.settle(ticket, ready.debt, ready.meant_for, Delivery::Sent(receipt));
            }
            Outcome::RetryAfter(wait, scope) => {
                let until = now + wait;
                match scope {
                    Scope::Chat => {
                        let chat = account.chats.entry(address.clone()).or_default();
                        chat.not_before = Some(until);
                    }
                    Scope::Account => {
                        account.paused_until = account.paused_until.max(Some(until));
                        if wait >= WAITED_OUT {
                            account.refused_until = account.refused_until.max(Some(until));
                        }
                    }
                }
                // Its turn in the chat's line stays the first.
                account.held.add(ready.errand.tenant);
                let chat = account.chats.entry(address.clone()).or_default();
                chat.waiting.push_front(ready);
            }
            Outcome::Retry(reason) => self.again(account, ready, "retry", reason, now),
            Outcome::Unknown(_) if is_sent_once(&ready.errand) && !self.tells_apart(&ready) => {
                // It is not to arrive twice: the desk is asked.
                if let Some(debt) = ready.debt.filter(|debt| account.uncertain.remove(debt)) {
                    account.settled.insert(debt);
                }
                self.settle(ticket, ready.debt, ready.meant_for, Delivery::Unsure);
            }
            Outcome::Unknown(reason) => {
                // Offers, answers and status are sent again, marked as a possible repeat. What is sent once is told apart here.
                ready.errand.possible_repeat = !is_sent_once(&ready.errand);
                counter!(gauges::SENDS_REPEATED, "channel" => self.channel_word(), "provider" => self.word())
                    .increment(1);
                self.again(account, ready, "unknown", reason, now);
            }
            Outcome::Sender(reason) => {
                account.sender_pauses += 1;
                let pause = self.house.limits.retry.sender_pause * 2_u32.pow((account.sender_pauses - 1).min(4));
                account.paused_until = Some(now + pause);
                account.refused_until = account.paused_until;
                self.house.outbox.note_pause(self.provider(), account.refused_until);
                tracing::error!(provider = self.word(), reason, "the {} account is refused; it pauses", self.word());
                self.again(account, ready, "sender", reason, now);
            }
            Outcome::Moved(to) => match to.parse() {
                Ok(chat) if ready.attempts == 0 => {
                    ready.attempts += 1;
                    let thread = match ready.errand.to {
                        Address::Telegram { thread, .. } => thread,
                        Address::Console | Address::Email(_) | Address::Phone(_) => None,
                    };
                    let before = std::mem::replace(&mut ready.errand.to, Address::Telegram { chat, thread });
                    ready.moved_from.get_or_insert(before);
                    Self::offer_place(account, ready, now);
                }
                Ok(_) | Err(_) => self.fail(account, &ready, "moved", to),
            },
            Outcome::Recipient(reason) => self.fail(account, &ready, "recipient", reason),
            Outcome::Window(reason) => self.fail(account, &ready, "window", reason),
            Outcome::Content(reason) => self.fail(account, &ready, "content", reason),
        }
        Self::next_of_chat(account, &address, now);
    }

    /// Another attempt after a wait that grows, or none any more.
    pub(super) fn again(
        &self,
        account: &mut Account,
        mut ready: Ready,
        class: &'static str,
        reason: String,
        now: Timestamp,
    ) {
        let retry = self.house.limits.retry;
        ready.attempts += 1;
        let used_up = ready.attempts >= retry.attempts;
        if let Some(why) = failover::leaves(class, used_up, !is_sent_once(&ready.errand))
            && self.hand_over(account, &ready, why, (class, &reason))
        {
            return;
        }
        if used_up {
            return self.fail(account, &ready, class, reason);
        }
        let exponent = i32::try_from(ready.attempts - 1).unwrap_or(i32::MAX);
        let grown = retry.first.mul_f64(retry.factor.powi(exponent).min(1e6)).min(retry.max);
        // Up to a tenth more, so that what failed together does not come back together; never less, so that gaps grow.
        let wait = grown.mul_f64(1.0 + rand::rng().random::<f64>() * retry.jitter);
        let until = (now + wait).max(account.paused_until.unwrap_or(now));
        if ready.errand.lifetime.is_some_and(|lifetime| until >= lifetime) && class != "sender" {
            return self.fail(account, &ready, class, reason);
        }
        account.numbers += 1;
        account.held.add(ready.errand.tenant);
        account.later.insert((until, account.numbers), Later::Retry(Box::new(ready)));
    }

    /// Gives a message to another account of the channel, and tells its job. False: there is none that would take it.
    pub(super) fn hand_over(
        &self,
        account: &mut Account,
        ready: &Ready,
        why: Why,
        (class, reason): (&str, &str),
    ) -> bool {
        let may_have_arrived = ready.errand.possible_repeat;
        let Some(to) = self.house.outbox.hand_over(self.provider(), ready.ticket, why, may_have_arrived) else {
            return false;
        };
        // It may have arrived by this account: an end of the process must not hide that from the next.
        if let Some(debt) = ready.debt.filter(|debt| account.uncertain.remove(debt)) {
            account.settled.insert(debt);
        }
        self.count_handed_over(to, class, 1);
        if let (Some(debt), Some(directory)) = (ready.debt, self.house.directory()) {
            let (class, reason) = (class.to_owned(), reason.to_owned());
            let delivery = Delivery::Rerouted { from: self.provider(), to, class, reason };
            directory.report_delivery(debt, delivery, Some(self.provider()));
        }
        true
    }

    /// While the provider refuses us, everything that can go by another account goes there.
    pub(super) fn note_pause(&self, account: &mut Account, now: Timestamp) {
        account.refused_until = account.refused_until.filter(|until| *until > now);
        self.house.outbox.note_pause(self.provider(), account.refused_until);
        if account.refused_until.is_none() {
            return;
        }
        let passed_on = self.house.outbox.pass_on(self.provider());
        if passed_on > 0 {
            tracing::warn!(provider = self.word(), passed_on, "messages of a paused account go by another");
            counter!(gauges::FAILOVERS, "channel" => self.channel_word(), "from" => self.word(), "class" => "paused")
                .increment(passed_on as u64);
        }
        self.pass_on_held(account);
    }

    /// The same for what waits here for its chat or its next attempt.
    pub(super) fn pass_on_held(&self, account: &mut Account) {
        let gone = |account: &mut Account, ready: &Ready| {
            let goes = self.hand_over(account, ready, Why::Paused, ("paused", "the account is left alone"));
            if goes {
                account.held.remove(ready.errand.tenant);
            }
            goes
        };
        for (address, mut waiting) in account
            .chats
            .iter_mut()
            .map(|(to, chat)| (to.clone(), std::mem::take(&mut chat.waiting)))
            .collect::<Vec<_>>()
        {
            waiting.retain(|ready| !gone(account, ready));
            if let Some(chat) = account.chats.get_mut(&address) {
                chat.waiting = waiting;
            }
        }
        for (at, later) in std::mem::take(&mut account.later) {
            match later {
                Later::Retry(ready) if gone(account, &ready) => {}
                later @ (Later::Retry(_) | Later::Chat(_)) => drop(account.later.insert(at, later)),
            }
        }
    }

    pub(super) fn count_handed_over(&self, to: Provider, class: &str, count: u64) {
        tracing::info!(from = self.word(), to = to.as_str(), class, "a message goes by another account");
        let class = failover_class(class);
        counter!(gauges::FAILOVERS, "channel" => self.channel_word(), "from" => self.word(), "class" => class)
            .increment(count);
    }

    pub(super) fn fail(&self, account: &mut Account, ready: &Ready, class: &str, reason: String) {
        if let Some(debt) = ready.debt.filter(|debt| account.uncertain.remove(debt)) {
            account.settled.insert(debt);
        }
        counter!(gauges::SENDS_FAILED, "channel" => self.channel_word(), "provider" => self.word()).increment(1);
        if ready.debt.is_none() {
            // No job hears of it.
            tracing::warn!(provider = self.word(), class, reason, "an answer to somebody who wrote was not delivered");
        }
        let delivery = Delivery::Failed { class: class.to_owned(), reason: reason.clone() };
        let Some(agent) = ready.errand.agent.filter(|_| tells_of_a_person(class)) else {
            return self.settle(ready.ticket, ready.debt, ready.meant_for, delivery);
        };
        self.house.outbox.settle(self.provider(), ready.ticket);
        let (house, provider, class) = (Arc::clone(&self.house), self.provider(), class.to_owned());
        let (debt, meant_for) = (ready.debt, ready.meant_for);
        tokio::spawn(async move {
            reach::undelivered(&house, agent, provider.channel(), class, reason).await;
            report(&house, provider, debt, meant_for, delivery);
        });
    }

    /// What a provider took may be all that is ever known of it: then the address is well.
    pub(super) fn note_taken(&self, agent: Option<AgentId>) {
        let Some(agent) = agent.filter(|_| !self.provider().tells_of_arrival()) else { return };
        let channel = self.channel.kind();
        if reach::is_weak(&self.house, agent, channel) {
            let house = Arc::clone(&self.house);
            tokio::spawn(async move { reach::arrived(&house, agent, channel).await });
        }
    }

    pub(super) fn settle(&self, ticket: u64, debt: Option<DebtId>, meant_for: Option<Provider>, delivery: Delivery) {
        if let Delivery::Dropped(reason) = &delivery {
            let word = match reason {
                DropReason::OfferOver => "offer_over",
                DropReason::Late => "late",
                DropReason::RecipientGone => "recipient_gone",
                DropReason::Unwanted => "unwanted",
                DropReason::NoConsent => "no_consent",
            };
            counter!(gauges::SENDS_DROPPED, "channel" => self.channel_word(), "provider" => self.word(), "reason" => word).increment(1);
        }
        self.house.outbox.settle(self.provider(), ticket);
        report(&self.house, self.provider(), debt, meant_for, delivery);
    }
}

/// Tells the debtor of a message what became of it.
fn report(house: &House, provider: Provider, debt: Option<DebtId>, meant_for: Option<Provider>, delivery: Delivery) {
    let (Some(debt), Some(directory)) = (debt, house.directory()) else { return };
    if let Some(from) = meant_for {
        let (class, reason) = ("paused".to_owned(), "the account was left alone".to_owned());
        let rerouted = Delivery::Rerouted { from, to: provider, class, reason };
        directory.report_delivery(debt, rerouted, Some(provider));
    }
    directory.report_delivery(debt, delivery, Some(provider));
}

/// Whether the provider answered as one that works, be it with a no to this one message.
fn is_well(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Accepted(_)
        | Outcome::Noop
        | Outcome::RetryAfter(..)
        | Outcome::Moved(_)
        | Outcome::Recipient(_)
        | Outcome::Window(_)
        | Outcome::Content(_) => true,
        Outcome::Retry(_) | Outcome::Unknown(_) | Outcome::Sender(_) => false,
    }
}

/// What must not arrive twice. Everything else may be sent again, marked as a possible repeat: offers, answers, status, notifications.
fn is_sent_once(errand: &Errand) -> bool {
    match &errand.say {
        Say::Job { topic, .. } => topic.once().is_some(),
        Say::Lead(_) | Say::CrewText(_) => true,
        // A message that nobody has seen yet and many would see twice; a change of it is another matter.
        Say::Crew(_) => errand.replaces.is_none(),
        Say::Answer(_) | Say::Notification(_) | Say::AddressPaused(_) | Say::Route(_) | Say::EndpointOff(_) => false,
    }
}

/// The word for a metric: of a fixed list.
fn failover_class(class: &str) -> &'static str {
    match class {
        "sender" => "sender",
        "retry" => "retry",
        "unknown" => "unknown",
        _ => "paused",
    }
}
