//! A turn: everything that has arrived for a job, decided on a working copy and stored as one step.
//!
//! Commands may be refused and reports may not; both change the job only through events. What is decided here is
//! believed by nobody until the [`Step`] is stored.

use super::event::{Actor, Cause, Entry, Event};
use super::evolve::evolve;
use super::ledger::{Attempt, Heard};
use super::release::HowReleased;
use super::weight::{SENT_BELOW, TIMELINE_MAX, entry_weight};
use super::{
    Answer, Answered, Approval, Ask, By, Command, ENTRIES_KEPT, Job, NewJob, OfferState, Owed, Refusal, Report,
    SENT_KEPT, Sent, Stage, Standing,
};
use crate::delivery::ChannelKind;
use crate::gates::Gate;
use crate::ids::{AgentId, EffectNo, OfferNo};
use crate::message::{Message, Notice, Recipient, Topic};
use crate::time::Timestamp;
use crate::world::World;

/// So many commands with keys are remembered in the record.
pub const ANSWERS_KEPT: usize = 8;

/// A working copy of a job, the moment, and what has been decided so far.
pub struct Turn<'w> {
    pub(super) job: Job,
    pub(super) world: World<'w>,
    pub(super) now: Timestamp,
    pub(super) by: By,
    entries: Vec<Entry>,
    attempts: Vec<Attempt>,
    seat: Option<(AgentId, OfferNo)>,
    /// What its groups read below it when the turn began.
    pub(super) read_before: Vec<(OfferNo, Option<Standing>)>,
    debts: u16,
    changed: bool,
}

/// What is to be stored: the job as it will be, and what became true with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The job after the step.
    pub job: Job,
    /// What became true.
    pub entries: Vec<Entry>,
    /// Timeline entries that no longer fit into the record.
    pub overflow: Vec<Entry>,
    /// Attempts to claim.
    pub attempts: Vec<Attempt>,
    /// An agent whose capacity is to be asked, once this is stored.
    pub seat: Option<(AgentId, OfferNo)>,
}

impl<'w> Turn<'w> {
    /// A turn of a job as it was last stored.
    pub fn of(job: Job, world: World<'w>, now: Timestamp) -> Self {
        let by = By { actor: Actor::Engine, cause: Cause::Timer };
        let read_before = Self::standings(&job);
        Self {
            job,
            world,
            now,
            by,
            entries: Vec::new(),
            attempts: Vec::new(),
            seat: None,
            read_before,
            debts: 0,
            changed: false,
        }
    }

    /// The first turn of a new job.
    pub fn create(new: NewJob, by: By, world: World<'w>, now: Timestamp) -> Self {
        let job = Job {
            id: new.id,
            version: 0,
            created_at: now,
            external_ref: new.external_ref,
            fingerprint: new.fingerprint,
            brief: new.brief,
            has_details: new.has_details,
            approval: new.approval,
            plan: new.plan,
            plan_name: new.plan_name,
            start_at: new.start_at,
            occupies: new.occupies,
            stage: Stage::NeedsApproval,
            approved_at: None,
            round: 0,
            round_from: 0,
            waves: 0,
            last_offer: 0,
            search_until: None,
            outage_seen: now,
            started_by_hand: false,
            offers: Vec::new(),
            had_it: Vec::new(),
            standby: Vec::new(),
            owed: Vec::new(),
            sent: Vec::new(),
            answered: Vec::new(),
            timeline: Vec::new(),
            entries: 0,
            ledger: super::ledger::Head::default(),
            own_gates: new.gates,
            own_publish: new.publish,
            gates: new.gates.over(world.settings.settlement.gates),
            settlement: super::Settlement::default(),
            grant: None,
            publications: Vec::new(),
            notes: Vec::new(),
            lead: None,
            assignment: new.assignment,
        };
        let mut turn = Self { by, ..Self::of(job, world, now) };
        turn.happened(Event::Created);
        if let Some(news) = new.lead {
            turn.tell_lead(news);
        }
        match turn.job.approval {
            Approval::None => turn.begin(false),
            Approval::Link => {}
            Approval::Email => turn.tell_desk(Topic::ApprovalWanted),
        }
        turn
    }

    /// The job as decided so far.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Decides a command.
    pub fn decide(&mut self, ask: Ask) -> Result<Answer, Refusal> {
        self.by = ask.by;
        if let Some((key, fingerprint)) = ask.key
            && let Some(before) = self.job.answered.iter().find(|before| before.key == key)
        {
            return if before.fingerprint == fingerprint { Ok(before.answer) } else { Err(Refusal::KeyReused) };
        }
        if let Some(expected) = ask.expects {
            let is = self.job.version + u64::from(self.changed);
            if expected != is {
                return Err(Refusal::VersionChanged { expected, is });
            }
        }
        let answer = self.carry_out(ask.command)?;
        if let Some((key, fingerprint)) = ask.key {
            if self.job.answered.len() >= ANSWERS_KEPT {
                self.job.answered.remove(0);
            }
            self.job.answered.push(Answered { key, fingerprint, answer });
            self.changed = true;
        }
        Ok(answer)
    }

    fn carry_out(&mut self, command: Command) -> Result<Answer, Refusal> {
        match command {
            Command::Approve => self.approve(),
            Command::Reject { reason } => self.reject(reason),
            Command::Start => self.start(),
            Command::Claim { agent, no, via, heard } => self.claim(agent, no, via, heard),
            Command::Decline { agent, no } => self.decline(agent, no),
            Command::Seat { agent, no } => self.take_seat(agent, no),
            Command::Assign { agent, channel } => self.assign(agent, channel),
            Command::Withdraw { agent, reason } => self.withdraw(agent, reason),
            Command::Acknowledge { agent } => self.acknowledge(agent),
            Command::Cancel { reason } => self.cancel(reason),
            Command::Pause => self.pause(),
            Command::Resume => self.resume(),
            Command::Extend { by } => self.extend(by),
            Command::SkipWave => self.skip_wave(),
            Command::Restart { plan, skip_declined } => self.restart(plan, skip_declined),
            Command::Complete => self.complete(),
            Command::Fail { reason } => self.fail(reason),
            Command::NoShow { agent, reason, then } => self.no_show(agent, reason, then),
            Command::Pass { gate: Gate::Release, .. } => self.release(HowReleased::default()),
            Command::Pass { gate, reference } => self.pass_gate(gate, reference),
            Command::Refuse { agent, reason } => self.refuse(agent, reason),
            Command::Release(how) => self.release(how),
            Command::Revoke { reason } => self.revoke(reason),
            Command::OpenGrant { no } => self.open_grant(no),
            Command::StartWork { agent } => self.start_work(agent),
            Command::SetGates { gates, publish } => self.set_gates(gates, publish),
            Command::EraseDetails { reason, although_open } => self.erase_details(reason, although_open),
            Command::Publish => self.publish(),
            Command::SendAgain(what) => self.send_again(what),
            Command::LeaveSent(what) => self.leave_sent(what),
        }
    }

    /// Takes in what the world tells.
    pub fn observe(&mut self, report: Report) {
        let cause = match report {
            Report::Ring => Cause::Timer,
            Report::Delivery { .. } | Report::CalledBack { .. } | Report::SeenInGroup { .. } => Cause::Delivery,
            Report::NoRoom { .. } | Report::ClaimRefused { .. } => Cause::Seat,
            Report::Denied { by, command, code } => return self.denied(by, command, code),
            Report::Exported { by } => return self.exported(by),
            Report::Retried { by } => return self.retried(by),
        };
        self.by = By { actor: Actor::Engine, cause };
        match report {
            Report::Ring => self.ring(),
            Report::Delivery { effect, delivery } => self.delivered(effect, delivery),
            Report::CalledBack { effect, callback } => self.called_back(effect, callback),
            Report::ClaimRefused { agent, no, via, heard, code } => {
                self.enter_attempt((agent, no, via), heard, code);
            }
            Report::NoRoom { agent, no } => self.no_room(agent, no),
            Report::SeenInGroup { no, receipt } => self.publication_seen(no, receipt),
            Report::Denied { by, command, code } => self.denied(by, command, code),
            Report::Exported { by } => self.exported(by),
            Report::Retried { by } => self.retried(by),
        }
    }

    /// Ends the turn: the step to store, or nothing if nothing has changed.
    pub fn finish(mut self) -> Option<Step> {
        if !self.changed {
            return None;
        }
        self.tell_groups();
        self.job.version += 1;
        let overflow = self.overflow();
        self.trim_sent();
        Some(Step { job: self.job, entries: self.entries, overflow, attempts: self.attempts, seat: self.seat })
    }

    /// The timeline's entries that no longer fit into the record.
    fn overflow(&mut self) -> Vec<Entry> {
        let weights: Vec<usize> = self.job.timeline.iter().map(entry_weight).collect();
        if weights.len() <= ENTRIES_KEPT && weights.iter().sum::<usize>() <= TIMELINE_MAX {
            return Vec::new();
        }
        // Half of them leave at once, so that a busy job does not write a row of history at every step.
        let mut kept = 0;
        let mut weight = 0;
        for entry in weights.iter().rev().take(ENTRIES_KEPT / 2) {
            weight += entry;
            if weight > TIMELINE_MAX / 2 {
                break;
            }
            kept += 1;
        }
        let leave = weights.len() - kept;
        self.job.timeline.drain(..leave).collect()
    }

    /// Records what became true, and makes it so.
    pub(super) fn happened(&mut self, mut event: Event) {
        event.clip();
        let seq = self.job.entries + 1;
        evolve(&mut self.job, &event, self.now);
        self.look_at_notes(&event);
        let entry = Entry { seq, at: self.now, actor: self.by.actor.clone(), cause: self.by.cause, event };
        self.job.entries = seq;
        self.job.timeline.push(entry.clone());
        self.entries.push(entry);
        self.changed = true;
    }

    /// Takes on a debt.
    pub(super) fn owe(
        &mut self,
        to: Recipient,
        channel: ChannelKind,
        topic: Topic,
        lifetime: Option<Timestamp>,
    ) -> EffectNo {
        let no = EffectNo { version: self.job.version + 1, n: self.debts };
        self.debts += 1;
        self.job.owed.push(Owed { no, at: self.now, message: Message { to, channel, topic, lifetime } });
        self.changed = true;
        no
    }

    /// Lets go of a debt.
    pub(super) fn settle(&mut self, no: EffectNo) -> Option<Owed> {
        let at = self.job.owed.iter().position(|owed| owed.no == no)?;
        self.changed = true;
        Some(self.job.owed.remove(at))
    }

    /// Remembers what was sent, where somebody may still tell that it did not arrive.
    pub(super) fn note_sent(&mut self, no: EffectNo, message: Message) {
        if !message.channel.tells_of_arrival() || !matches!(message.to, Recipient::Agent(_)) {
            return;
        }
        if self.job.sent.len() >= SENT_KEPT {
            // That something is over matters least, and is said to most.
            let is_over = |message: &Message| matches!(message.topic, Topic::OfferOver(..));
            match self.job.sent.iter().position(|sent| is_over(&sent.message)) {
                Some(over) => drop(self.job.sent.remove(over)),
                None if is_over(&message) => return,
                None => drop(self.job.sent.remove(0)),
            }
        }
        self.job.sent.push(Sent { no, message });
    }

    /// What was sent under this number, once.
    pub(super) fn take_sent(&mut self, no: EffectNo) -> Option<Message> {
        let at = self.job.sent.iter().position(|sent| sent.no == no)?;
        self.changed = true;
        Some(self.job.sent.remove(at).message)
    }

    /// What was sent is the first to go where the record becomes too large.
    fn trim_sent(&mut self) {
        while !self.job.sent.is_empty() && self.job.weight() > SENT_BELOW {
            self.job.sent.remove(0);
        }
    }

    /// Lets go of debts that have become pointless. If an attempt is under way, its report finds nothing.
    pub(super) fn let_go(&mut self, pointless: impl Fn(&Message) -> bool) {
        let before = self.job.owed.len();
        self.job.owed.retain(|owed| !pointless(&owed.message));
        self.changed |= self.job.owed.len() < before;
    }

    /// After deadlines have moved: an offer is worth sending as long as it can be answered, and while the clocks stand
    /// still it is not too late.
    pub(super) fn renew_lifetimes(&mut self) {
        let Stage::Offering(offering) = &self.job.stage else { return };
        let paused = offering.paused_at.is_some();
        let Job { owed, offers, .. } = &mut self.job;
        for owed in owed {
            if let Topic::Offer(no) = owed.message.topic
                && let Some(offer) = offers.iter().find(|offer| offer.no == no)
                && let OfferState::Open { closes_at, .. } = offer.state
            {
                owed.message.lifetime = (!paused).then_some(closes_at);
            }
        }
    }

    /// Owes the desk a message, where the tenant has a desk.
    pub(super) fn tell_desk(&mut self, topic: Topic) {
        if let Some(channel) = self.world.way_to_desk(&topic) {
            self.owe(Recipient::Desk, channel, topic, None);
        }
    }

    pub(super) fn notify_desk(&mut self, notice: Notice) {
        // The same news twice is one piece of news.
        self.let_go(|message| message.topic == Topic::Notice(notice));
        self.tell_desk(Topic::Notice(notice));
    }

    /// Asks an agent's capacity once this turn is stored.
    pub(super) fn seek_seat(&mut self, agent: AgentId, no: OfferNo) {
        self.seat = Some((agent, no));
    }

    /// Writes an attempt to claim into the ledger, whatever came of it.
    pub(super) fn enter_attempt(
        &mut self,
        claim: (AgentId, OfferNo, Option<ChannelKind>),
        heard: Heard,
        verdict: &str,
    ) {
        let (attempt, head) = Attempt::chain(self.job.ledger, &self.job.id, self.now, claim, heard, verdict);
        self.job.ledger = head;
        self.attempts.push(attempt);
        self.changed = true;
    }
}
