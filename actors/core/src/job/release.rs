//! The release: private details are handed to the winner alone, once, behind every gate, and can be taken back.
//!
//! What is stored is the grant; the page behind its link asks the job each time whether it still opens. So a withdrawal shuts
//! the page with the same step that gives the job to somebody else.

use std::time::Duration;

use super::event::Event;
use super::settlement::{Fields, Grant, GrantNo, Revoked, Wait};
use super::turn::Turn;
use super::{Answer, Refusal};
use crate::delivery::ChannelKind;
use crate::gates::{Dial, Gate, GateSet, OwnGates};
use crate::ids::AgentId;
use crate::message::{Recipient, Topic};

/// How details are to be released.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HowReleased {
    /// Also where gates are not passed: why.
    pub although: Option<String>,
    /// Which fields; none: all of them.
    pub fields: Option<Fields>,
    /// For how long; none: as the tenant has set.
    pub lasts: Option<Duration>,
}

impl Turn<'_> {
    /// Hands the details to the winner. Strict: a gate that is there and not passed refuses, unless an operator says why it may
    /// be gone by.
    pub(super) fn release(&mut self, how: HowReleased) -> Result<Answer, Refusal> {
        let (agent, _) = self.taken()?;
        self.take_up_gates();
        if !self.job.has_details {
            return Err(Refusal::NoDetails);
        }
        if self.job.live_grant(self.now).is_some() {
            return Ok(Answer::Already);
        }
        let missing = self.job.missing_before(Gate::Release);
        if !missing.is_empty() && how.although.is_none() {
            let by = self.by.clone();
            self.denied(by, "release", "gates-missing");
            return Err(Refusal::GatesMissing { missing });
        }
        let channel = self.private_way(agent).ok_or(Refusal::NoPrivateWay)?;
        self.grant((agent, channel), missing, how);
        self.advance();
        Ok(Answer::Done)
    }

    /// Releases without being asked; where the winner cannot be told in private, the desk must see to it. Says whether it did.
    pub(super) fn release_by_itself(&mut self) -> bool {
        let Ok((agent, _)) = self.taken() else { return false };
        let Some(channel) = self.private_way(agent) else {
            self.escalate(Wait::Gate(Gate::Release), agent);
            return false;
        };
        self.grant((agent, channel), GateSet::default(), HowReleased::default());
        true
    }

    fn grant(&mut self, (agent, channel): (AgentId, ChannelKind), overridden: GateSet, how: HowReleased) {
        // The news of one that has run out is of no use to anybody any more.
        self.let_go(|message| matches!(message.topic, Topic::Released(_)));
        let lasts = how.lasts.unwrap_or(self.world.settings.settlement.details_for);
        let no = self.job.grant.as_ref().map_or(0, |grant| grant.no).saturating_add(1);
        let until = self.now + lasts.min(super::HORIZON);
        let reason = how.although.filter(|_| !overridden.is_empty());
        let fields = how.fields.unwrap_or(Fields::ALL);
        let required = super::Job::required(self.job.gates);
        self.happened(Event::Released { no, agent, fields, until, required, overridden, reason });
        self.owe(Recipient::Agent(agent), channel, Topic::Released(no), Some(until));
    }

    /// An operator takes the details back; the job stays the winner's.
    pub(super) fn revoke(&mut self, reason: Option<String>) -> Result<Answer, Refusal> {
        self.taken()?;
        if !self.revoke_grant(Revoked::ByHand, reason) {
            return Err(Refusal::NothingReleased);
        }
        // The engine would hand them out again at once: whoever took them back decides about that, too.
        if self.job.gates.release == Dial::Engine {
            let gates = OwnGates { release: Some(Dial::Person), ..self.job.own_gates };
            self.set_gates(gates, self.job.own_publish)?;
        }
        self.advance();
        Ok(Answer::Done)
    }

    /// Shuts the page, if it is open to anybody. Says whether it was.
    pub(super) fn revoke_grant(&mut self, why: Revoked, reason: Option<String>) -> bool {
        let open = |grant: &&Grant| grant.revoked_at.is_none();
        let Some(no) = self.job.grant.as_ref().filter(open).map(|grant| grant.no) else { return false };
        self.let_go(|message| message.topic == Topic::Released(no));
        self.happened(Event::GrantRevoked { no, why, reason });
        true
    }

    /// Somebody holds the link of a grant and wants to see the details. The first time is noted.
    pub(super) fn open_grant(&mut self, no: GrantNo) -> Result<Answer, Refusal> {
        let winner = self.job.winner();
        match &self.job.grant {
            Some(grant) if grant.no == no && grant.is_live(self.now) && winner == Some(grant.agent) => {
                if grant.opened_at.is_some() {
                    return Ok(Answer::Already);
                }
                self.happened(Event::GrantOpened { no });
                Ok(Answer::Done)
            }
            Some(grant) if no > 0 && no <= grant.no => Err(Refusal::GrantOver),
            Some(_) | None => Err(Refusal::NothingReleased),
        }
    }

    /// How the winner hears of something that nobody else may read: never in a group.
    pub(super) fn private_way(&self, agent: AgentId) -> Option<ChannelKind> {
        let person = self.world.roster.get(&agent)?;
        let told = self.taken().ok().and_then(|(_, channel)| channel);
        let ways = self.world.ways_to(person);
        let private = |channel: &ChannelKind| self.world.group_of(&agent, *channel).is_none();
        told.filter(|channel| ways.contains(channel)).into_iter().chain(ways.iter().copied()).find(private)
    }
}
