//! What is owed goes out: an attempt is written down before the call, and one that a fall interrupted is repeated as such.
//! The provider is deaf, slow, refuses, repeats itself and forgets to answer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use baton_core::delivery::{ChannelKind, Delivery, DropReason, Receipt};
use baton_core::ids::{AgentId, EffectId};
use baton_core::job::{Job, Owed, Report};
use baton_core::message::{Message, Recipient};

use super::disk::{Verdict, Write, Writer};
use super::job_actor::JobMail;
use super::{Event, Flaw, Simulation};

const AT_ONCE: usize = 4;
const TRIES: u8 = 5;

/// What is on its way out.
#[derive(Default)]
pub struct Outbox {
    queue: VecDeque<EffectId>,
    /// Queued, in flight or reported in this life.
    known: BTreeSet<EffectId>,
    tries: BTreeMap<EffectId, Tries>,
    /// What came of those that are over, in case their job falls before it has stored it.
    outcomes: BTreeMap<EffectId, Delivery>,
    in_flight: usize,
}

#[derive(Clone, Copy, Default)]
struct Tries {
    count: u8,
    written_down: bool,
    /// An earlier attempt may have arrived.
    unsure: bool,
}

/// What the provider says, if it says anything.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    Accepted,
    Retry,
    Unreachable,
    Nothing,
}

impl Simulation {
    pub fn settle_debts(&mut self, job: &Job) {
        for owed in &job.owed {
            let effect = EffectId { job: job.id, no: owed.no };
            if self.outbox.known.insert(effect) {
                self.outbox.queue.push_back(effect);
            }
        }
        self.pump();
    }

    pub fn pump(&mut self) {
        while self.outbox.in_flight < AT_ONCE {
            let Some(effect) = self.outbox.queue.pop_front() else { return };
            self.begin(effect);
        }
    }

    fn owed(&self, effect: EffectId) -> Option<Owed> {
        self.disk.job(effect.job)?.owed.into_iter().find(|owed| owed.no == effect.no)
    }

    fn begin(&mut self, effect: EffectId) {
        let Some(owed) = self.owed(effect) else { return };
        if owed.message.lifetime.is_some_and(|lifetime| lifetime < self.wall()) {
            return self.report(effect, Delivery::Dropped(DropReason::Late));
        }
        self.outbox.in_flight += 1;
        let tries = self.outbox.tries.entry(effect).or_default();
        if tries.written_down {
            return self.call(effect, &owed);
        }
        tries.unsure |= self.disk.attempts.contains(&effect) && self.flaw != Flaw::UnmarkedRepeats;
        self.store(Writer::Channel(effect), Write::Attempt(effect));
    }

    pub fn attempt_stored(&mut self, effect: EffectId, verdict: Verdict) {
        match (verdict, self.owed(effect)) {
            (Verdict::Stored, Some(owed)) => {
                self.outbox.tries.entry(effect).or_default().written_down = true;
                self.call(effect, &owed);
            }
            // Nothing was sent.
            (Verdict::Unknown | Verdict::Conflict, Some(_)) => self.again(effect),
            (_, None) => {
                self.outbox.in_flight -= 1;
                self.pump();
            }
        }
    }

    fn call(&mut self, effect: EffectId, owed: &Owed) {
        let marked = self.outbox.tries.get(&effect).is_some_and(|tries| tries.unsure);
        let slow = if self.calm { Duration::from_millis(200) } else { self.chance.span(Duration::from_secs(2)) };
        let luck = if self.calm { 999 } else { self.chance.below(1000) };
        let (arrives, said) = match luck {
            0..=39 => (true, Said::Nothing),
            40..=69 => (false, Said::Nothing),
            70..=149 => (false, Said::Retry),
            150..=179 => (false, Said::Unreachable),
            _ => (true, Said::Accepted),
        };
        if arrives {
            // The provider's own queue: it may arrive long after it was taken.
            let later = if luck < 300 { self.chance.span(Duration::from_secs(1200)) } else { slow };
            let message = owed.message.clone();
            self.later(later, Event::Arrives { effect, message, marked });
        }
        let answer = if matches!(said, Said::Nothing) { Duration::from_secs(30) } else { slow };
        self.soon(answer, Event::CallDone { effect, said });
    }

    pub fn called(&mut self, effect: EffectId, said: Said) {
        match said {
            Said::Accepted => {
                let receipt = Receipt { channel: ChannelKind::Telegram, message: effect.to_string() };
                self.outbox.in_flight -= 1;
                if self.chance.per_mille(100) && !self.calm {
                    let late = self.chance.span(Duration::from_secs(1800));
                    self.later(late, Event::Callback { effect, delivery: Delivery::Sent(receipt.clone()) });
                }
                self.report(effect, Delivery::Sent(receipt));
            }
            Said::Unreachable => {
                self.outbox.in_flight -= 1;
                self.report(effect, failed("recipient"));
            }
            Said::Retry => self.again(effect),
            Said::Nothing => {
                self.stats.unknown_sends += 1;
                let tries = self.outbox.tries.entry(effect).or_default();
                tries.unsure = self.flaw != Flaw::UnmarkedRepeats;
                self.oracle.may_repeat(effect);
                self.again(effect);
            }
        }
        self.pump();
    }

    fn again(&mut self, effect: EffectId) {
        let tries = self.outbox.tries.entry(effect).or_default();
        tries.count += 1;
        if tries.count >= TRIES {
            self.outbox.in_flight -= 1;
            return self.report(effect, failed("retry"));
        }
        let backoff = Duration::from_secs(1 << tries.count);
        self.soon(backoff, Event::TryAgain { effect });
    }

    pub fn try_again(&mut self, effect: EffectId) {
        self.outbox.in_flight -= 1;
        self.outbox.queue.push_back(effect);
        self.pump();
    }

    pub fn tell_outcomes_again(&mut self, job: &Job) {
        for owed in &job.owed {
            let effect = EffectId { job: job.id, no: owed.no };
            if let Some(delivery) = self.outbox.outcomes.get(&effect) {
                self.report(effect, delivery.clone());
            }
        }
    }

    fn report(&mut self, effect: EffectId, delivery: Delivery) {
        self.outbox.outcomes.insert(effect, delivery.clone());
        self.tell_job(effect.job, JobMail::Tell(Report::Delivery { effect: effect.no, delivery }));
    }

    /// Everything that stands owed on disk, after a start.
    pub fn recover_debts(&mut self, jobs: &[Job]) {
        for job in jobs {
            for owed in &job.owed {
                let effect = EffectId { job: job.id, no: owed.no };
                if self.disk.attempts.contains(&effect) {
                    self.oracle.may_repeat(effect);
                }
            }
            self.settle_debts(job);
        }
    }
}

fn failed(class: &str) -> Delivery {
    Delivery::Failed { class: class.to_owned(), reason: "the provider says so".to_owned() }
}

/// Whose phone it is.
pub fn phone(message: &Message) -> Option<AgentId> {
    match message.to {
        Recipient::Agent(agent) => Some(agent),
        Recipient::Desk | Recipient::Group => None,
    }
}
