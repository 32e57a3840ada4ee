//! A job under observation: after every stored step, everything that must hold does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_core::delivery::{ChannelKind, Delivery, DropReason, Receipt};
use baton_core::gates::Gate;
use baton_core::ids::{AgentId, EffectNo, OfferNo};
use baton_core::job::assignment::{Asked as How, Assignment};
use baton_core::job::event::{Entry, Event};
use baton_core::job::ledger::{Attempt, Head, Heard};
use baton_core::job::release::HowReleased;
use baton_core::job::{
    Actor, Answer, Ask, By, Cause, Command, GrantNo, Job, LeadNews, NewJob, Next, Offer, Refusal, Report, Step, Turn,
};
use baton_core::message::Over;
use baton_core::time::{Timestamp, Window};
use bincode::Options;
use proptest::prelude::*;

use super::story::{Asked, Beginning, Happening, Round, Told, When, Who};
use super::town::{self, DAWN, Town, agent_id, minutes, operator};

/// A record must stay below the largest value the store takes.
const RECORD_MAX: usize = 60 * 1024;

/// A job's life so far, and what an onlooker remembers of it.
pub struct Life {
    town: Town,
    now: Timestamp,
    job: Job,
    effects: Vec<EffectNo>,
    attempts: Vec<Attempt>,
    pub entries: Vec<Entry>,
    winner: Option<AgentId>,
    /// Offered in this round and not taken from them.
    asked: BTreeSet<AgentId>,
    offers: BTreeMap<OfferNo, AgentId>,
    /// The gates that whoever has the job has passed.
    passed: BTreeSet<Gate>,
    /// Who may see the details, by the grant that says so.
    open_to: Option<(GrantNo, AgentId)>,
    /// Grants that were taken back, or followed by another.
    shut: BTreeSet<GrantNo>,
}

impl Life {
    pub fn begins(town: Town, beginning: Beginning) -> Result<Self, TestCaseError> {
        let start_at = beginning.start_after.map(|after| DAWN + minutes(after));
        let has_details = beginning.has_details;
        let lead = has_details.then(|| LeadNews { text_after: Some(minutes(1)) });
        let approval = beginning.approval;
        let assignment = beginning.handed.map(|(agent, fallback, multi)| {
            let how = How { fallback, multi, ..How::default() };
            Assignment::of(uuid::Uuid::nil(), agent_id(agent), how, minutes(90))
        });
        let new = NewJob { approval, start_at, has_details, lead, assignment, ..town::new_job(1, beginning.plan) };
        let create = || Turn::create(new.clone(), operator(), town.world(), DAWN).finish();
        let step = create().expect("creating changes something");
        prop_assert_eq!(bytes(&step.job), bytes(&create().expect("the same").job));
        let job = step.job.clone();
        let mut life = Self {
            town,
            now: DAWN,
            job,
            effects: Vec::new(),
            attempts: Vec::new(),
            entries: Vec::new(),
            winner: None,
            asked: BTreeSet::new(),
            offers: BTreeMap::new(),
            passed: BTreeSet::new(),
            open_to: None,
            shut: BTreeSet::new(),
        };
        life.stored(None, step)?;
        Ok(life)
    }

    pub fn goes_on(&mut self, (when, happenings): Round) -> Result<(), TestCaseError> {
        self.passes(when);
        for happening in &happenings {
            self.around(happening);
        }
        let (step, again) = (self.decides(&happenings), self.decides(&happenings));
        prop_assert_eq!(&step, &again, "the same inputs give the same step");
        if let Some(step) = step {
            prop_assert_eq!(bytes(&step.job), bytes(&again.expect("the same").job));
            let before = self.job.clone();
            self.stored(Some(&before), step)?;
        }
        // Whenever its timer rings, it has something to wait for afterwards.
        let mut turn = Turn::of(self.job.clone(), self.town.world(), self.now);
        turn.observe(Report::Ring);
        let due = turn.job().due();
        prop_assert!(
            due.is_none_or(|due| due > self.now),
            "due {due:?} at {:?}: its timer would ring for ever",
            self.now
        );
        Ok(())
    }

    fn passes(&mut self, when: When) {
        self.now = match when {
            When::AtOnce => self.now,
            When::After(millis) => self.now + Duration::from_millis(millis),
            When::Due(off) => self.job.due().map_or(self.now, |due| Timestamp(due.0.saturating_add(off)).max(self.now)),
            When::Outage(count) => {
                let back = self.now + minutes(count);
                self.town.outages.push(Window { from: self.now, to: back });
                back
            }
            When::Back(millis) => self.now - Duration::from_millis(millis),
        }
    }

    /// What changes around the job.
    fn around(&mut self, happening: &Happening) {
        match happening {
            Happening::AgentChanges { agent, active, reachable } => self.town.agent(*agent, |changed| {
                changed.active = *active;
                changed.telegram = reachable.then_some(1000 + i64::from(*agent));
            }),
            Happening::LoadChanges { agent, claims, open_offers } => {
                let load = self.town.loads.0.entry(agent_id(*agent)).or_default();
                (load.claims, load.open_offers) = (*claims, *open_offers);
            }
            Happening::GatesChange(gates) => self.town.settings.settlement.gates = *gates,
            Happening::Denied(_)
            | Happening::Asks(_)
            | Happening::Delivered { .. }
            | Happening::NoRoom(_)
            | Happening::Rings => {}
        }
    }

    fn decides(&self, happenings: &[Happening]) -> Option<Step> {
        let mut turn = Turn::of(self.job.clone(), self.town.world(), self.now);
        for happening in happenings {
            match happening {
                Happening::Asks(asked) => {
                    let command = Self::command(asked, turn.job());
                    let _: Result<Answer, Refusal> =
                        turn.decide(Ask { command, by: operator(), key: None, expects: None });
                }
                Happening::Delivered { which, long_gone, how } => {
                    if let Some(effect) = self.effect(*which, *long_gone, turn.job()) {
                        turn.observe(Report::Delivery { effect, delivery: told(*how) });
                    }
                }
                Happening::NoRoom(who) => {
                    let (agent, no) = meant(turn.job(), *who);
                    turn.observe(Report::NoRoom { agent, no });
                }
                Happening::Denied(who) => {
                    let by = By { actor: Actor::Agent(agent_id(*who)), cause: Cause::Request };
                    turn.observe(Report::Denied { by, command: "release", code: "forbidden" });
                }
                Happening::Rings => turn.observe(Report::Ring),
                Happening::AgentChanges { .. } | Happening::LoadChanges { .. } | Happening::GatesChange(_) => {}
            }
        }
        turn.finish()
    }

    fn effect(&self, which: u8, long_gone: bool, job: &Job) -> Option<EffectNo> {
        let pick = |count: usize| usize::from(which).checked_rem(count);
        if long_gone {
            return pick(self.effects.len()).map(|at| self.effects[at]);
        }
        pick(job.owed.len()).map(|at| job.owed[at].no)
    }

    fn command(asked: &Asked, job: &Job) -> Command {
        let reason = || Some("a reason".to_owned());
        match asked.clone() {
            Asked::Approve => Command::Approve,
            Asked::Reject => Command::Reject { reason: reason() },
            Asked::Start => Command::Start,
            Asked::Claim(who) => {
                let (agent, no) = meant(job, who);
                Command::Claim { agent, no, via: Some(ChannelKind::Telegram), heard: Heard::default() }
            }
            Asked::Decline(who) => {
                let (agent, no) = meant(job, who);
                Command::Decline { agent, no }
            }
            Asked::Seat(who) => {
                let (agent, no) = meant(job, who);
                Command::Seat { agent, no }
            }
            Asked::Assign(who) => Command::Assign { agent: agent_id(who), channel: ChannelKind::Telegram },
            Asked::Withdraw(who) => Command::Withdraw { agent: who.map(agent_id), reason: reason() },
            Asked::Acknowledge(who) => Command::Acknowledge { agent: who.map(agent_id) },
            Asked::Cancel => Command::Cancel { reason: reason() },
            Asked::Pause => Command::Pause,
            Asked::Resume => Command::Resume,
            Asked::Extend(count) => Command::Extend { by: minutes(count) },
            Asked::SkipWave => Command::SkipWave,
            Asked::Restart(plan, skip_declined) => Command::Restart { plan: plan.map(Box::new), skip_declined },
            Asked::Complete => Command::Complete,
            Asked::Fail => Command::Fail { reason: reason() },
            Asked::Pass(gate) => Command::Pass { gate, reference: reason() },
            Asked::Refuse(who) => Command::Refuse { agent: who.map(agent_id), reason: reason() },
            Asked::Release(by, lasts) => Command::Release(HowReleased {
                although: by.then(|| "r".repeat(600)),
                fields: None,
                lasts: lasts.map(minutes),
            }),
            Asked::Revoke => Command::Revoke { reason: reason() },
            Asked::OpenGrant(no) => Command::OpenGrant { no },
            Asked::StartWork(who) => Command::StartWork { agent: who.map(agent_id) },
            Asked::SetGates(gates, publish) => Command::SetGates { gates, publish },
            Asked::Publish => Command::Publish,
        }
    }

    fn stored(&mut self, before: Option<&Job>, step: Step) -> Result<(), TestCaseError> {
        town::follows(before, &step).map_err(TestCaseError::fail)?;
        for entry in &step.entries {
            self.sees(entry)?;
        }
        prop_assert_eq!(self.winner, step.job.winner());
        for attempt in &step.attempts {
            prop_assert!(attempt.follows(&step.job.id, self.attempts.last()), "the ledger's chain is broken");
            self.attempts.push(attempt.clone());
        }
        prop_assert_eq!(step.job.ledger.count as usize, self.attempts.len());
        prop_assert_eq!(step.job.ledger.hash, self.attempts.last().map(|attempt| attempt.hash));
        let record = bytes(&step.job);
        prop_assert!(record.len() < RECORD_MAX, "the record has {} bytes", record.len());
        prop_assert!(record.len() <= step.job.weight(), "{} bytes weigh {}", record.len(), step.job.weight());
        prop_assert_eq!(&options().deserialize::<Job>(&record).expect("reads back"), &step.job);
        prop_assert!(step.job.is_closed() || step.job.next() != Next::Nothing, "P7");
        if let Some(before) = before {
            prop_assert_eq!(bare(before.clone().replayed(&step.entries)), bare(step.job.clone()), "events tell all");
        }
        let kept = self.entries.len() - step.job.timeline.len();
        prop_assert_eq!(&step.job.timeline, &self.entries[kept..], "the latest entries stay");
        let overflowed = kept - step.overflow.len();
        prop_assert_eq!(&step.overflow, &self.entries[overflowed..kept], "the older ones leave, in order");
        self.effects.extend(step.job.owed.iter().map(|owed| owed.no));
        self.job = step.job;
        Ok(())
    }

    fn sees(&mut self, entry: &Entry) -> Result<(), TestCaseError> {
        match &entry.event {
            Event::Claimed { agent, .. } => {
                prop_assert_eq!(self.winner, None, "two winners");
                self.winner = Some(*agent);
            }
            Event::ClaimEnded { agent, .. } => {
                prop_assert_eq!(self.winner, Some(*agent));
                prop_assert_eq!(self.open_to, None, "the details go with the job");
                self.passed.clear();
                self.winner = None;
            }
            Event::Closed { .. } => {
                prop_assert_eq!(self.open_to, None, "a job that is over shows nothing");
                self.winner = None;
            }
            Event::RoundStarted { .. } => self.asked.clear(),
            Event::Offered { no, agent, .. } => {
                let by_hand = entry.actor == operator().actor && entry.cause == operator().cause;
                prop_assert!(self.asked.insert(*agent) || by_hand, "offered twice in a round");
                self.offers.insert(*no, *agent);
            }
            Event::SeatSought { no, agent, .. } => {
                prop_assert!(self.asked.insert(*agent), "offered twice in a round");
                self.offers.insert(*no, *agent);
            }
            Event::OfferOver { no, over: Over::Taken } => {
                self.asked.remove(&self.offers[no]);
            }
            Event::GatePassed { gate, .. } => {
                prop_assert!(self.winner.is_some() && self.passed.insert(*gate), "a gate is passed once");
            }
            Event::Released { no, agent, required, overridden, reason, .. } => {
                prop_assert_eq!(self.winner, Some(*agent), "released to the winner");
                let missing: Vec<_> = required.iter().filter(|gate| !self.passed.contains(gate)).collect();
                prop_assert!(missing.iter().all(|gate| overridden.contains(*gate)), "released before {missing:?}");
                prop_assert!(overridden.is_empty() || reason.is_some(), "gone by without a reason");
                self.shut.extend(self.open_to.map(|(before, _)| before));
                prop_assert!(!self.shut.contains(no), "a grant that was shut comes back");
                self.open_to = Some((*no, *agent));
            }
            Event::GrantRevoked { no, .. } => {
                prop_assert_eq!(self.open_to.take().map(|(open, _)| open), Some(*no));
                self.shut.insert(*no);
            }
            Event::GrantOpened { no } => {
                let open = self.open_to.filter(|(open, _)| open == no);
                prop_assert!(open.is_some_and(|(_, agent)| self.winner == Some(agent)), "opened by a shut link");
            }
            _ => {}
        }
        self.entries.push(entry.clone());
        Ok(())
    }
}

fn meant(job: &Job, who: Who) -> (AgentId, OfferNo) {
    let nth = |offers: Vec<&Offer>, n: u8| {
        let at = usize::from(n).checked_rem(offers.len());
        at.map_or((agent_id(n % 8), 0), |at| (offers[at].agent, offers[at].no))
    };
    match who {
        Who::Open(n) => nth(job.open_offers().collect(), n),
        Who::Past(n) => nth(job.offers.iter().collect(), n),
        Who::Anybody(n) => (agent_id(n), job.offer_to(&agent_id(n)).map_or(0, |offer| offer.no)),
        Who::InGroup(n, group) => {
            let at = usize::from(group).checked_rem(job.publications.len());
            (agent_id(n), at.map_or(0, |at| job.publications[at].no))
        }
        Who::Odd(n, no) => (agent_id(n), no),
    }
}

fn told(how: Told) -> Delivery {
    match how {
        Told::Sent => Delivery::Sent(Receipt { channel: ChannelKind::Telegram, message: "1001:77".to_owned() }),
        Told::Failed => Delivery::Failed { class: "recipient".to_owned(), reason: "blocked".to_owned() },
        Told::Dropped => Delivery::Dropped(DropReason::Late),
        Told::Unsure => Delivery::Unsure,
    }
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(1024 * 1024)
}

pub fn bytes(job: &Job) -> Vec<u8> {
    options().serialize(job).expect("encodes")
}

/// A job without what is not told by events: its debts, its memory of commands and its own bookkeeping.
fn bare(mut job: Job) -> Job {
    job.version = 0;
    job.owed.clear();
    job.sent.clear();
    job.notes.clear();
    for offer in &mut job.offers {
        offer.debt = None;
    }
    for published in &mut job.publications {
        published.debt = None;
    }
    job.answered.clear();
    job.timeline.clear();
    job.entries = 0;
    job.ledger = Head::default();
    job
}
