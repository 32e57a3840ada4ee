//! Making attempts: one message, or several with one call.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use baton_core::delivery::Outcome;
use baton_core::message::Lane;
use ractor::ActorRef;

use super::{Account, ChannelActor, ChannelMessage, Ready};
use crate::channel::Errand;
use crate::clock::Stopwatch;
use crate::falls::Place;

impl ChannelActor {
    /// Whether what is in a lane may go with others in one call.
    pub(super) fn goes_together(&self, lane: Lane) -> bool {
        lane == Lane::Bulk && self.channel.batch() > 1
    }

    /// Whether a repeat of a message is told apart by the provider.
    pub(super) fn tells_apart(&self, ready: &Ready) -> bool {
        self.channel.idempotent() && !ready.together
    }

    /// Makes the attempts of a page.
    pub(super) fn send_all(&self, me: &ActorRef<ChannelMessage>, account: &mut Account, page: Vec<Ready>) {
        let (mut together, alone): (Vec<Ready>, Vec<Ready>) = page.into_iter().partition(|ready| ready.together);
        for ready in alone {
            self.send(me, account, ready);
        }
        while !together.is_empty() {
            let rest = together.split_off(together.len().min(account.batch));
            self.send_together(me, account, std::mem::replace(&mut together, rest));
        }
    }

    /// Makes one attempt for several.
    pub(super) fn send_together(&self, me: &ActorRef<ChannelMessage>, account: &mut Account, group: Vec<Ready>) {
        let (mut tickets, mut errands) = (Vec::with_capacity(group.len()), Vec::with_capacity(group.len()));
        for ready in group {
            if let Some((ticket, errand)) = self.leaves(account, ready) {
                tickets.push(ticket);
                errands.push(errand);
            }
        }
        if tickets.is_empty() {
            return;
        }
        account.in_flight += 1;
        let (channel, me, took) = (Arc::clone(&self.channel), me.clone(), Stopwatch::start());
        tokio::spawn(async move {
            let count = tickets.len();
            let mut outcomes = match tokio::spawn(async move { channel.send_together(errands).await }).await {
                Ok(outcomes) => outcomes,
                Err(error) => vec![Outcome::Unknown(format!("the attempt fell: {error}")); count],
            };
            outcomes.resize_with(count, || Outcome::Unknown("nobody told what became of it".to_owned()));
            let outcomes = tickets.into_iter().zip(outcomes).collect();
            // A fallen actor's outcomes find nobody; what was under way is put back by its successor.
            let _ = me.cast(ChannelMessage::EndedTogether { outcomes, took: took.elapsed() });
        });
    }

    /// An attempt begins, unless the message was called off.
    pub(super) fn leaves(&self, account: &mut Account, ready: Ready) -> Option<(u64, Errand)> {
        if !self.house.outbox.leaves(self.provider(), ready.ticket) {
            Self::stays_here(account, &ready, self.house.clock.now());
            return None;
        }
        self.house.may_fall(Place::Channel(self.channel.kind()));
        let (ticket, errand) = (ready.ticket, ready.errand.clone());
        if !self.tells_apart(&ready) {
            account.uncertain.extend(ready.debt);
        }
        account.under_way.insert(ticket, ready);
        Some((ticket, errand))
    }

    /// Makes the attempt. A channel that answers at once is not worth a task.
    pub(super) fn send(&self, me: &ActorRef<ChannelMessage>, account: &mut Account, ready: Ready) {
        let Some((ticket, errand)) = self.leaves(account, ready) else { return };
        account.in_flight += 1;
        let channel = Arc::clone(&self.channel);
        let took = Stopwatch::start();
        let mut attempt = Box::pin(async move { channel.send(errand).await });
        let polled = attempt.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let me = me.clone();
        match polled {
            // A fallen actor's outcomes find nobody; what was under way is put back by its successor.
            Poll::Ready(outcome) => drop(me.cast(ChannelMessage::Ended { ticket, outcome, took: took.elapsed() })),
            Poll::Pending => {
                tokio::spawn(async move {
                    let outcome = match tokio::spawn(attempt).await {
                        Ok(outcome) => outcome,
                        Err(error) => Outcome::Unknown(format!("the attempt fell: {error}")),
                    };
                    let _ = me.cast(ChannelMessage::Ended { ticket, outcome, took: took.elapsed() });
                });
            }
        }
    }
}
