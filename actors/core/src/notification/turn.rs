//! A turn of a notification: what waits for it, decided on a working copy and stored as one step.

use std::time::Duration;

use super::delivery::{Delivery, State};
use super::{
    Answer, Command, DELIVERIES_KEPT, Ending, Event, HISTORY_KEPT, Intent, Line, NewNotification, Notification, Owed,
    Priority, RUNS_KEPT, Refusal, Report, RunOver, Stage, Wait,
};
use crate::agent::{Agent, NoWay};
use crate::calm::{self, Calm, Why};
use crate::delivery::{Callback, ChannelKind, Delivery as Delivered, DropReason, Progress, Provider};
use crate::ids::EffectNo;
use crate::job::Actor;
use crate::tenant::Settings;
use crate::time::Timestamp;

/// What a decision may look at besides the notification itself.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Whom it is for; none: they no longer exist.
    pub agent: Option<&'a Agent>,
    /// What the tenant has set.
    pub settings: &'a Settings,
    /// The channels that are configured, in the order to try them.
    pub channels: &'a [ChannelKind],
    /// When the person was written to lately, over all channels, oldest first.
    pub lately: &'a [Timestamp],
    /// Whether the job it is about is over.
    pub job_is_over: bool,
    /// The channels whose providers can be asked what became of a message.
    pub can_be_asked: &'a [ChannelKind],
    /// Whether there is a place for one more question at this moment.
    pub may_ask: bool,
}

/// A working copy, and what has been decided so far.
pub struct Turn<'w> {
    notification: Notification,
    world: World<'w>,
    now: Timestamp,
    debts: u16,
    wrote: bool,
    ask: Option<EffectNo>,
    changed: bool,
}

/// What is to be stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Step {
    /// The notification after the step.
    pub notification: Notification,
    /// Whether the person is written to by it: their frequency caps count that.
    pub wrote: bool,
    /// The message whose provider is to be asked what became of it, once this is stored.
    pub ask: Option<EffectNo>,
}

impl<'w> Turn<'w> {
    /// A turn of a notification as it was last stored.
    pub fn of(notification: Notification, world: World<'w>, now: Timestamp) -> Self {
        Self { notification, world, now, debts: 0, wrote: false, ask: None, changed: false }
    }

    /// The first turn of a new one.
    pub fn create(new: NewNotification, by: Actor, world: World<'w>, now: Timestamp) -> Self {
        let notification = Notification {
            id: new.id,
            version: 0,
            created_at: now,
            fingerprint: new.fingerprint,
            intent: new.intent,
            stage: Stage::Sending,
            run: 1,
            due_at: now,
            fallback_at: None,
            poll_at: None,
            deliveries: Vec::new(),
            owed: Vec::new(),
            runs: Vec::new(),
            history: Vec::new(),
        };
        let mut turn = Self::of(notification, world, now);
        turn.happened(Event::Created { by });
        turn.begin();
        turn
    }

    /// As decided so far.
    pub fn notification(&self) -> &Notification {
        &self.notification
    }

    /// Decides a command.
    pub fn decide(&mut self, command: Command, by: Actor) -> Result<Answer, Refusal> {
        match command {
            Command::Replace { intent, fingerprint } => self.replace(*intent, fingerprint, by),
            Command::Cancel { reason, withdrawn } => self.cancel(reason, &withdrawn, by),
        }
    }

    /// Takes in what the world tells.
    pub fn observe(&mut self, report: Report) {
        match report {
            Report::Ring => self.ring(),
            Report::Delivery { no, delivery, provider } => self.delivered(no, delivery, provider),
            Report::CalledBack { no, callback } => self.called_back(no, &callback),
        }
    }

    /// Ends the turn: the step to store, or nothing if nothing has changed.
    pub fn finish(mut self) -> Option<Step> {
        if !self.changed {
            return None;
        }
        self.notification.version += 1;
        Some(Step { notification: self.notification, wrote: self.wrote, ask: self.ask })
    }

    /// Waits for the first moment of the schedule, or sends at once.
    fn begin(&mut self) {
        // The door has refused what cannot be kept; a schedule that has run out since is sent now rather than never.
        let first = self.notification.intent.schedule.first(self.now).unwrap_or(self.now);
        self.notification.due_at = first;
        if first > self.now { self.wait(first, Wait::Schedule) } else { self.send() }
    }

    /// Another intent takes the place of one whose message has not left.
    fn replace(&mut self, intent: Intent, fingerprint: [u8; 16], by: Actor) -> Result<Answer, Refusal> {
        if self.notification.fingerprint == fingerprint {
            return Ok(Answer::Already);
        }
        match &self.notification.stage {
            Stage::Waiting { .. } => {}
            Stage::Sending => return Err(Refusal::AlreadySent { status: self.notification.status() }),
            Stage::Ended { .. } => return Err(Refusal::Ended { status: self.notification.status() }),
        }
        self.notification.intent = intent;
        self.notification.fingerprint = fingerprint;
        self.happened(Event::Replaced { by });
        self.begin();
        Ok(Answer::Done)
    }

    fn cancel(&mut self, reason: Option<String>, withdrawn: &[EffectNo], by: Actor) -> Result<Answer, Refusal> {
        match &self.notification.stage {
            Stage::Ended { ending: Ending::Canceled, .. } => return Ok(Answer::Already),
            Stage::Ended { .. } => return Err(Refusal::Ended { status: self.notification.status() }),
            Stage::Waiting { .. } => {}
            // What a channel has in its hands may be on its way at this moment: only what was taken out of them is not sent.
            Stage::Sending => {
                let is_ours = |owed: &Owed| withdrawn.contains(&owed.no);
                if self.notification.owed.is_empty() || !self.notification.owed.iter().all(is_ours) {
                    return Err(Refusal::AlreadySent { status: self.notification.status() });
                }
                let owed = std::mem::take(&mut self.notification.owed);
                for Owed { no, .. } in owed {
                    self.on_delivery(no, |delivery| delivery.state = State::Dropped);
                }
            }
        }
        self.happened(Event::Canceled { by, reason });
        self.end(Ending::Canceled);
        Ok(Answer::Done)
    }

    fn ring(&mut self) {
        match self.notification.stage {
            Stage::Waiting { until, .. } if until <= self.now => {
                self.notification.stage = Stage::Sending;
                self.changed = true;
                self.send();
            }
            Stage::Sending => {
                if self.notification.fallback_at.is_some_and(|at| at <= self.now) {
                    self.late();
                }
                if self.notification.poll_at.is_some_and(|at| at <= self.now) {
                    self.poll();
                }
            }
            Stage::Waiting { .. } | Stage::Ended { .. } => {}
        }
    }

    /// The message has not arrived in time: the next channel is tried, and whichever arrives counts.
    fn late(&mut self) {
        self.notification.fallback_at = None;
        self.changed = true;
        let sent = self.notification.current().filter(|delivery| delivery.state == State::Sent).last();
        let Some(channel) = sent.map(|delivery| delivery.channel) else { return };
        self.happened(Event::Late { channel });
        self.next_channel();
    }

    /// Asks the provider once. Where no place is free for the question, it is asked when as much time has passed again.
    fn poll(&mut self) {
        let again = self.world.settings.messages.poll_after.map(|span| self.now + span);
        self.notification.poll_at = again.filter(|at| !self.world.may_ask && *at > self.now);
        self.changed = true;
        if self.notification.poll_at.is_some() {
            return;
        }
        let sent = self.notification.current().filter(|delivery| delivery.state == State::Sent).last();
        self.ask = sent.map(|delivery| delivery.no);
        self.settle_down();
    }

    /// Sends the run that is due, unless something stands against it.
    fn send(&mut self) {
        if self.world.job_is_over {
            return self.run_over(Ending::Suppressed { code: "job-over".to_owned() });
        }
        let Some(agent) = self.world.agent else {
            // Nobody is left to write to, now or later.
            return self.end(Ending::failed("recipient", "the person no longer exists"));
        };
        if self.deadline().is_some_and(|deadline| deadline <= self.now) {
            return self.run_over(Ending::Expired);
        }
        let Some(channel) = self.choose(agent) else { return };
        let calm = self.calm(agent);
        match calm {
            Calm::Go => {}
            Calm::Later(until, why) => {
                if let Some(reason) = self.notification.intent.critical.clone() {
                    self.happened(Event::CriticalBypass { reason });
                } else if self.deadline().is_some_and(|deadline| deadline <= until) {
                    return self.run_over(Ending::Suppressed { code: why.code().to_owned() });
                } else {
                    return self.wait(
                        until,
                        match why {
                            Why::QuietHours => Wait::QuietHours,
                            Why::TooMany(_) => Wait::Cap,
                        },
                    );
                }
            }
            Calm::Never(why) => match self.notification.intent.critical.clone() {
                Some(reason) => self.happened(Event::CriticalBypass { reason }),
                None => return self.run_over(Ending::Suppressed { code: why.code().to_owned() }),
            },
        }
        self.wrote = true;
        self.queue(channel);
    }

    /// The channel to use first. None: it has ended over the reason why there is none.
    fn choose(&mut self, agent: &Agent) -> Option<ChannelKind> {
        let (ways, kept_out) = self.ways(agent);
        for (channel, code) in &kept_out {
            self.happened(Event::ChannelSkipped { channel: *channel, code: (*code).to_owned() });
        }
        if let Some(first) = ways.first() {
            return Some(*first);
        }
        let consent = kept_out.iter().find(|(_, code)| matches!(*code, "opted-out" | "no-consent"));
        let ending = match consent {
            Some((_, code)) => Ending::Suppressed { code: (*code).to_owned() },
            None => Ending::failed("recipient", "there is no channel on which they can be reached"),
        };
        self.run_over(ending);
        None
    }

    /// Whether the person is left alone now. That it is critical is asked for afterwards, so that the reason is recorded.
    fn calm(&self, agent: &Agent) -> Calm {
        let class = match self.notification.intent.priority {
            Priority::Low => calm::Class::Bulk,
            Priority::Normal => calm::Class::Normal,
            Priority::High => calm::Class::High,
        };
        calm::decide(agent, self.world.settings, class, false, self.world.lately, self.now)
    }

    /// The channels that can be used, in order, and those that cannot, each with the rule.
    fn ways(&self, agent: &Agent) -> (Vec<ChannelKind>, Vec<(ChannelKind, &'static str)>) {
        let Intent { channels, purpose, event_type, .. } = &self.notification.intent;
        let exempt = self.world.settings.messages.exempt_events.contains(event_type);
        let wanted = if channels.is_empty() { agent.in_order(self.world.channels) } else { channels.clone() };
        let (mut ways, mut kept_out) = (Vec::new(), Vec::new());
        for channel in wanted {
            if !self.world.channels.contains(&channel) {
                kept_out.push((channel, "not-configured"));
            } else if let Some(bar) = agent.bar(channel, *purpose, !exempt) {
                kept_out.push((channel, bar.code()));
            } else {
                ways.push(channel);
            }
        }
        (ways, kept_out)
    }

    /// After a message has failed or is late: the next channel that was not tried in this run.
    fn next_channel(&mut self) {
        let Some(agent) = self.world.agent else { return self.settle_down() };
        let (ways, _) = self.ways(agent);
        let untried = |channel: &&ChannelKind| self.notification.current().all(|tried| tried.channel != **channel);
        let next = ways.iter().find(untried).copied();
        match next.filter(|_| self.deadline().is_none_or(|deadline| deadline > self.now)) {
            Some(channel) => self.queue(channel),
            None => self.settle_down(),
        }
    }

    fn queue(&mut self, channel: ChannelKind) {
        let no = EffectNo { version: self.notification.version + 1, n: self.debts };
        self.debts += 1;
        let lifetime = self.deadline();
        let lane = self.notification.intent.priority.lane();
        self.notification.owed.push(Owed { no, at: self.now, channel, lane, lifetime });
        if self.notification.deliveries.len() >= DELIVERIES_KEPT {
            self.notification.deliveries.remove(0);
        }
        self.notification.deliveries.push(Delivery::queued(no, self.notification.run, channel, self.now));
        self.notification.stage = Stage::Sending;
        // The clocks of the message before do not count for this one.
        self.notification.fallback_at = None;
        self.notification.poll_at = None;
        self.happened(Event::Queued { channel });
    }

    /// What became of an attempt.
    fn delivered(&mut self, no: EffectNo, delivered: Delivered, provider: Option<Provider>) {
        if let Delivered::Rerouted { from, to, class, reason } = delivered {
            // It still waits, elsewhere.
            if self.notification.owed.iter().any(|owed| owed.no == no) {
                self.on_delivery(no, |delivery| delivery.provider = Some(to));
                self.happened(Event::FailedOver { from, to, class, reason });
            }
            return;
        }
        let owed = self.settle(no);
        let (at, before) = (self.now, self.state_of(no));
        match delivered {
            Delivered::Sent(receipt) => {
                self.on_delivery(no, |delivery| delivery.sent(receipt, provider, at));
                if before.is_some_and(|(_, state)| matches!(state, State::Queued | State::Unsure))
                    && let Some((channel, _)) = before
                {
                    self.happened(Event::Sent { channel });
                }
                self.sent();
            }
            Delivered::Failed { class, reason } => {
                self.on_delivery(no, |delivery| delivery.provider = provider.or(delivery.provider));
                self.failed(no, &class, &reason, false);
            }
            Delivered::Dropped(why) if owed => {
                self.on_delivery(no, |delivery| delivery.dropped(why));
                match why {
                    DropReason::Late | DropReason::OfferOver => self.run_over(Ending::Expired),
                    // They said no after it was queued: the next channel may still be one they want.
                    DropReason::Unwanted | DropReason::NoConsent => self.next_channel(),
                    DropReason::RecipientGone => {
                        self.end(Ending::failed("recipient", "the person no longer exists"));
                    }
                }
            }
            Delivered::Dropped(_) | Delivered::Rerouted { .. } => {}
            Delivered::Unsure => {
                self.on_delivery(no, |delivery| delivery.state = State::Unsure);
                self.settle_down();
            }
        }
    }

    /// What a provider told later. It may overtake the answer to the call that it is about: then the message was sent.
    fn called_back(&mut self, no: EffectNo, callback: &Callback) {
        self.settle(no);
        let Some((channel, before)) = self.state_of(no) else { return };
        let at = self.now;
        if callback.progress == Progress::Failed {
            let news = !before.has_arrived() && before != State::Failed;
            self.on_delivery(no, |delivery| delivery.note(at, Progress::Failed, news));
            return self.failed(no, &callback.class, &callback.reason, callback.again);
        }
        let mut news = false;
        self.on_delivery(no, |delivery| {
            news = delivery.reached(callback.progress, &callback.receipt, at);
            delivery.note(at, callback.progress, news);
        });
        if news && matches!(before, State::Queued | State::Unsure) {
            self.happened(Event::Sent { channel });
        }
        self.sent();
    }

    /// A message has left: what else is awaited?
    fn sent(&mut self) {
        if let Stage::Ended { ending, .. } = &self.notification.stage {
            // It was given up, and was with its provider all the time.
            let given_up = matches!(ending, Ending::Failed { .. } | Ending::Expired);
            let left = |delivery: &Delivery| delivery.state == State::Sent || delivery.state.has_arrived();
            if given_up && self.notification.current().any(left) {
                self.end(Ending::Done);
            }
            return;
        }
        let arrived = self.notification.current().any(|delivery| delivery.state.has_arrived());
        let Some(last) = self.notification.current().filter(|delivery| delivery.state == State::Sent).last() else {
            return self.settle_down();
        };
        let (sent_at, channel) = (last.sent_at.unwrap_or(self.now), last.channel);
        if !arrived && channel.tells_of_arrival() {
            let at = |span: Option<Duration>| span.map(|span| sent_at + span).filter(|at| *at > self.now);
            let more = self.world.agent.is_some_and(|agent| {
                let (ways, _) = self.ways(agent);
                ways.iter().any(|way| self.notification.current().all(|tried| tried.channel != *way))
            });
            let fallback = at(self.world.settings.fallback_after).filter(|_| more);
            let asked = self.world.can_be_asked.contains(&channel);
            let poll = at(self.world.settings.messages.poll_after).filter(|_| asked);
            self.notification.fallback_at = fallback;
            self.notification.poll_at = poll;
            self.changed = true;
        }
        self.settle_down();
    }

    /// A message has failed. `again`: another form of it may still arrive on the same channel.
    fn failed(&mut self, no: EffectNo, class: &str, reason: &str, again: bool) {
        let Some((channel, _)) = self.state_of(no) else { return };
        let mut news = false;
        self.on_delivery(no, |delivery| news = delivery.failed(class, reason));
        if !news {
            return;
        }
        self.happened(Event::Failed { channel, class: class.to_owned(), reason: reason.to_owned() });
        let of_this_run = self.notification.current().any(|delivery| delivery.no == no);
        let called_off = matches!(self.notification.stage, Stage::Ended { ending: Ending::Canceled, .. });
        if !of_this_run || called_off || matches!(self.notification.stage, Stage::Waiting { .. }) {
            return;
        }
        let in_time = self.deadline().is_none_or(|deadline| deadline > self.now);
        if again && in_time { self.queue(channel) } else { self.next_channel() }
    }

    /// Ends the run if nothing of it is awaited any more.
    fn settle_down(&mut self) {
        let n = &self.notification;
        if matches!(n.stage, Stage::Waiting { .. }) || !n.owed.is_empty() {
            return;
        }
        let arrived = n.current().any(|delivery| delivery.state.has_arrived());
        let left = n.current().any(|delivery| matches!(delivery.state, State::Sent | State::Unsure));
        if arrived {
            self.notification.fallback_at = None;
            self.notification.poll_at = None;
        } else if n.fallback_at.is_some() || n.poll_at.is_some() {
            return;
        }
        let ending = if arrived || left {
            Ending::Done
        } else {
            let last = self.notification.current().filter(|delivery| delivery.state == State::Failed).last();
            match last {
                Some(last) => Ending::Failed {
                    class: last.class.clone().unwrap_or_default(),
                    reason: last.reason.clone().unwrap_or_default(),
                },
                // It was queued, and then they said no, or took their yes back.
                None => Ending::Suppressed { code: self.unwanted().to_owned() },
            }
        };
        self.run_over(ending);
    }

    /// The rule over which the latest message of this run was dropped.
    fn unwanted(&self) -> &str {
        let dropped = self.notification.current().filter(|delivery| delivery.state == State::Dropped).last();
        dropped.and_then(|delivery| delivery.class.as_deref()).unwrap_or(NoWay::OptedOut.code())
    }

    /// A run is over: the next one of the series is awaited, or all is over.
    fn run_over(&mut self, ending: Ending) {
        let n = &mut self.notification;
        if let Stage::Ended { ending: before, .. } = &n.stage {
            // News of a message that everybody thought was sent: how it ended is told anew.
            if *before != ending {
                self.end(ending);
            }
            return;
        }
        let next = n.intent.schedule.following(n.due_at, self.now);
        let Some(next) = next.filter(|_| !self.world.job_is_over) else { return self.end(ending) };
        let over = RunOver { no: n.run, due_at: n.due_at, at: self.now, ending };
        if n.runs.len() >= RUNS_KEPT {
            n.runs.remove(0);
        }
        n.runs.push(over);
        let no = n.run;
        n.run += 1;
        n.due_at = next;
        self.happened(Event::RunOver { no });
        self.wait(next.max(self.now), Wait::Schedule);
    }

    fn end(&mut self, ending: Ending) {
        self.notification.stage = Stage::Ended { ending, at: self.now };
        self.notification.fallback_at = None;
        self.notification.poll_at = None;
        self.changed = true;
    }

    fn wait(&mut self, until: Timestamp, why: Wait) {
        self.notification.stage = Stage::Waiting { until, why };
        self.notification.fallback_at = None;
        self.notification.poll_at = None;
        self.happened(Event::Waits { until, why });
    }

    /// When the present run's messages are worth nothing any more.
    fn deadline(&self) -> Option<Timestamp> {
        self.notification.intent.lifetime.map(|lifetime| self.notification.due_at + lifetime)
    }

    fn settle(&mut self, no: EffectNo) -> bool {
        let before = self.notification.owed.len();
        self.notification.owed.retain(|owed| owed.no != no);
        let settled = self.notification.owed.len() < before;
        self.changed |= settled;
        settled
    }

    fn state_of(&self, no: EffectNo) -> Option<(ChannelKind, State)> {
        let delivery = self.notification.deliveries.iter().find(|delivery| delivery.no == no)?;
        Some((delivery.channel, delivery.state))
    }

    fn on_delivery(&mut self, no: EffectNo, change: impl FnOnce(&mut Delivery)) {
        if let Some(delivery) = self.notification.deliveries.iter_mut().find(|delivery| delivery.no == no) {
            change(delivery);
            self.changed = true;
        }
    }

    fn happened(&mut self, event: Event) {
        if self.notification.history.len() >= HISTORY_KEPT {
            // The first line says where it came from.
            self.notification.history.remove(1);
        }
        self.notification.history.push(Line { at: self.now, event });
        self.changed = true;
    }
}
