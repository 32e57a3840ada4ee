//! The gate before offering, and the ways a job ends.

use super::event::Event;
use super::settlement::Revoked;
use super::turn::Turn;
use super::{AfterNoShow, Answer, Ending, Refusal, Stage};
use crate::ids::AgentId;
use crate::message::{ClaimEnd, Notice, Over, Topic};

impl Turn<'_> {
    pub(super) fn approve(&mut self) -> Result<Answer, Refusal> {
        match &self.job.stage {
            Stage::NeedsApproval => {
                self.happened(Event::Approved);
                self.let_go(|message| message.topic == Topic::ApprovalWanted);
                self.begin(false);
                Ok(Answer::Done)
            }
            Stage::Closed { outcome, .. } => Err(Refusal::JobClosed { ended: *outcome }),
            Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Claimed(_) | Stage::Unfilled { .. } => {
                Ok(Answer::Already)
            }
        }
    }

    pub(super) fn reject(&mut self, reason: Option<String>) -> Result<Answer, Refusal> {
        match &self.job.stage {
            Stage::NeedsApproval => {
                self.let_go(|message| message.topic == Topic::ApprovalWanted);
                self.happened(Event::Closed { outcome: Ending::Rejected, reason });
                Ok(Answer::Done)
            }
            Stage::Closed { outcome: Ending::Rejected, .. } => Ok(Answer::Already),
            Stage::Closed { outcome, .. } => Err(Refusal::JobClosed { ended: *outcome }),
            other @ (Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Claimed(_) | Stage::Unfilled { .. }) => {
                Err(Refusal::AlreadyApproved { status: other.status() })
            }
        }
    }

    /// Begins at once. A job that began by itself answers the first start by hand with its open offers; a second start is
    /// refused, so that nobody believes to have sent the offers twice.
    pub(super) fn start(&mut self) -> Result<Answer, Refusal> {
        match &self.job.stage {
            Stage::NeedsApproval => Err(Refusal::JobNotApproved),
            Stage::Scheduled { .. } => {
                self.begin(true);
                Ok(Answer::Done)
            }
            Stage::Offering(_) if !self.job.started_by_hand => {
                self.happened(Event::StartSeen);
                Ok(Answer::Already)
            }
            Stage::Offering(_) => Err(Refusal::AlreadyStarted),
            Stage::Closed { outcome, .. } => Err(Refusal::JobClosed { ended: *outcome }),
            Stage::Claimed(_) => Err(Refusal::AlreadyClaimed { place: None }),
            other @ Stage::Unfilled { .. } => Err(Refusal::JobNotOffering { status: other.status() }),
        }
    }

    pub(super) fn cancel(&mut self, reason: Option<String>) -> Result<Answer, Refusal> {
        match &self.job.stage {
            Stage::Closed { outcome, .. } => return Err(Refusal::JobClosed { ended: *outcome }),
            Stage::Claimed(_) => self.end_claim(ClaimEnd::Cancelled, None),
            Stage::NeedsApproval | Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Unfilled { .. } => {}
        }
        self.let_go(|message| matches!(message.topic, Topic::ApprovalWanted | Topic::Notice(Notice::PublishWanted)));
        self.end_open_offers(Over::Closed, None);
        self.happened(Event::Closed { outcome: Ending::Cancelled, reason });
        Ok(Answer::Done)
    }

    pub(super) fn complete(&mut self) -> Result<Answer, Refusal> {
        self.finish_work(Ending::Completed, None)
    }

    pub(super) fn fail(&mut self, reason: Option<String>) -> Result<Answer, Refusal> {
        self.finish_work(Ending::Failed, reason)
    }

    /// The winner did not come: it counts like giving the job back. Whatever was released is shut.
    pub(super) fn no_show(
        &mut self,
        agent: Option<AgentId>,
        reason: Option<String>,
        then: AfterNoShow,
    ) -> Result<Answer, Refusal> {
        if matches!(self.job.stage, Stage::Closed { outcome: Ending::NoShow, .. }) && then == AfterNoShow::Ends {
            return Ok(Answer::Already);
        }
        self.winner_is(agent)?;
        self.end_claim(ClaimEnd::NoShow, reason.clone());
        match then {
            AfterNoShow::Ends => {
                self.end_open_offers(Over::Closed, None);
                self.happened(Event::Closed { outcome: Ending::NoShow, reason });
            }
            AfterNoShow::Returns => self.move_on(),
        }
        Ok(Answer::Done)
    }

    pub(super) fn finish_work(&mut self, outcome: Ending, reason: Option<String>) -> Result<Answer, Refusal> {
        match &self.job.stage {
            Stage::Claimed(_) => {
                self.let_go(|message| match message.topic {
                    Topic::Notice(Notice::Waiting(..)) => !message.channel.edits(),
                    Topic::Reminder | Topic::Route => true,
                    _ => false,
                });
                self.revoke_grant(Revoked::Closed, None);
                self.happened(Event::Closed { outcome, reason });
                Ok(Answer::Done)
            }
            Stage::Closed { outcome: ended, .. } if *ended == outcome => Ok(Answer::Already),
            Stage::Closed { outcome: ended, .. } => Err(Refusal::JobClosed { ended: *ended }),
            other @ (Stage::NeedsApproval | Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Unfilled { .. }) => {
                Err(Refusal::JobNotClaimed { status: other.status() })
            }
        }
    }
}
