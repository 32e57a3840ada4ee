//! From the claim to the work: gates are passed by people or by the engine, each move an event with actor, time and cause.

use super::command::By;
use super::event::{Actor, Cause, Event};
use super::settlement::{Late, Wait};
use super::turn::Turn;
use super::{Answer, Refusal, Stage};
use crate::crew::Publish;
use crate::delivery::ChannelKind;
use crate::gates::{Dial, Gate, GateSet, OwnGates};
use crate::ids::AgentId;
use crate::message::{ClaimEnd, Notice, Recipient, Topic};
use crate::tenant::LateWinner;

impl Turn<'_> {
    /// A gate is passed: only after those before it, and told to the winner.
    pub(super) fn pass_gate(&mut self, gate: Gate, reference: Option<String>) -> Result<Answer, Refusal> {
        let (agent, channel) = self.taken()?;
        self.take_up_gates();
        if self.job.settlement.passed(gate).is_some() {
            return Ok(Answer::Already);
        }
        let missing = self.job.missing_before(gate);
        if !missing.is_empty() {
            return Err(Refusal::GatesMissing { missing });
        }
        self.happened(Event::GatePassed { gate, reference });
        if gate == Gate::Payment {
            // Whoever has paid is not silent.
            self.acknowledge(Some(agent))?;
        }
        // What has not left yet is old news.
        self.let_go(|message| matches!(message.topic, Topic::Settled(_)));
        if let Some(channel) = channel {
            self.owe(Recipient::Agent(agent), channel, Topic::Settled(gate), None);
        }
        self.advance();
        Ok(Answer::Done)
    }

    /// The desk does not want the winner: the next in line has the job, or others are asked.
    pub(super) fn refuse(&mut self, agent: Option<AgentId>, reason: Option<String>) -> Result<Answer, Refusal> {
        self.winner_is(agent)?;
        self.end_claim(ClaimEnd::Refused, reason);
        self.move_on();
        Ok(Answer::Done)
    }

    /// The winner begins, behind every gate.
    pub(super) fn start_work(&mut self, agent: Option<AgentId>) -> Result<Answer, Refusal> {
        self.winner_is(agent)?;
        self.take_up_gates();
        if self.job.settlement.started_at.is_some() {
            return Ok(Answer::Already);
        }
        let missing: GateSet = self.job.missing().collect();
        if !missing.is_empty() {
            return Err(Refusal::GatesMissing { missing });
        }
        self.happened(Event::WorkStarted);
        self.acknowledge(agent)?;
        self.advance();
        Ok(Answer::Done)
    }

    /// What the job itself says of its gates and of who publishes it from now on, also in the middle of its life.
    pub(super) fn set_gates(&mut self, own: OwnGates, publish: Option<Publish>) -> Result<Answer, Refusal> {
        if let Stage::Closed { outcome, .. } = &self.job.stage {
            return Err(Refusal::JobClosed { ended: *outcome });
        }
        if (self.job.own_gates, self.job.own_publish) == (own, publish) {
            return Ok(Answer::Already);
        }
        if self.job.own_gates != own {
            self.happened(Event::GatesSet { own, gates: own.over(self.world.settings.settlement.gates) });
        }
        if self.job.own_publish != publish {
            self.happened(Event::PublisherSet { own: publish });
            self.publish_unasked();
        }
        self.advance();
        Ok(Answer::Done)
    }

    /// Who has the job, and how they hear of it.
    pub(super) fn taken(&self) -> Result<(AgentId, Option<ChannelKind>), Refusal> {
        match &self.job.stage {
            Stage::Claimed(claim) => Ok((claim.agent, self.job.offer(claim.no).map(|offer| offer.channel))),
            Stage::Closed { outcome, .. } => Err(Refusal::JobClosed { ended: *outcome }),
            other @ (Stage::NeedsApproval | Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Unfilled { .. }) => {
                Err(Refusal::JobNotClaimed { status: other.status() })
            }
        }
    }

    /// The tenant may have turned a dial since the job was looked at last.
    pub(super) fn take_up_gates(&mut self) {
        let own = self.job.own_gates;
        let gates = own.over(self.world.settings.settlement.gates);
        if gates != self.job.gates {
            self.as_engine(|turn| turn.happened(Event::GatesSet { own, gates }));
        }
    }

    /// Passes what the engine passes by itself, and says by when the next step is to be made.
    pub(super) fn advance(&mut self) {
        if !matches!(self.job.stage, Stage::Claimed(_)) {
            return;
        }
        self.take_up_gates();
        self.as_engine(|turn| {
            while let Some(Wait::Gate(gate)) = turn.job.awaits() {
                if turn.job.gates.of(gate) != Dial::Engine {
                    break;
                }
                match gate {
                    Gate::Release => {
                        if !turn.release_by_itself() {
                            break;
                        }
                    }
                    Gate::Confirm | Gate::Invoice | Gate::Payment => {
                        turn.happened(Event::GatePassed { gate, reference: None });
                    }
                }
            }
            turn.await_next();
            turn.ask_the_desk();
        });
    }

    /// The next step has its time from the moment at which it became the next.
    fn await_next(&mut self) {
        let Some(what) = self.job.awaits() else { return };
        if self.job.settlement.late.is_some_and(|late| late.what == what) {
            return;
        }
        if let Some(patience) = self.world.settings.settlement.patience.of(what) {
            self.happened(Event::Awaited { what, by: self.now + patience });
        }
    }

    /// A step was not made in its time: the desk hears of it, or, where it was the winner's and the tenant says so, the job goes to
    /// somebody else.
    pub(super) fn step_is_late(&mut self, what: Wait, agent: AgentId) {
        let returns = self.world.settings.settlement.late_winner == LateWinner::Returns;
        match what {
            Wait::Gate(Gate::Payment) | Wait::Start if returns => self.stalled(agent),
            Wait::Gate(_) | Wait::Start | Wait::Finish => self.escalate(what, agent),
        }
    }

    /// Once for each step.
    pub(super) fn escalate(&mut self, what: Wait, agent: AgentId) {
        if self.job.settlement.late == Some(Late { what, by: None }) {
            return;
        }
        self.happened(Event::Escalated { what });
        self.let_go(|message| matches!(message.topic, Topic::Notice(Notice::Waiting(..))));
        self.notify_desk(Notice::Waiting(what, agent));
    }

    /// It was put aside and runs again: noted as soon as it can be written to.
    pub(super) fn retried(&mut self, by: By) {
        self.by = by;
        self.happened(Event::Retried);
    }

    /// Somebody who may not do something has tried; told once, however often they try.
    pub(super) fn denied(&mut self, by: By, command: &str, code: &str) {
        self.by = by;
        let event = Event::Denied { command: command.to_owned(), code: code.to_owned() };
        let again = self.job.timeline.last().is_some_and(|last| last.actor == self.by.actor && last.event == event);
        if !again {
            self.happened(event);
        }
    }

    /// What the engine does by itself is not the asker's doing.
    pub(super) fn as_engine(&mut self, act: impl FnOnce(&mut Self)) {
        let engine = By { actor: Actor::Engine, cause: Cause::Rule };
        let asker = std::mem::replace(&mut self.by, engine);
        act(self);
        self.by = asker;
    }
}
