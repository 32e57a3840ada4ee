//! What a job's actor is told, and how it answers.

use std::sync::Arc;

use baton_core::details::SealedDetails;
use baton_core::holds::Inquiry;
use baton_core::ids::{AgentId, OfferId};
use baton_core::job::{Answer, Ask, By, Job, NewJob, Report};
use tokio::sync::oneshot;

use crate::agent_actor::AgentMessage;
use crate::committer::NotStored;
use crate::error::Failure;
use crate::house::House;
/// What a job's actor is told.
pub enum JobMessage {
    /// A new job.
    Create {
        /// As it came in.
        new: Box<NewJob>,
        /// Its private part, to be stored with it.
        details: Option<SealedDetails>,
        /// Who brings it.
        by: By,
        /// Hears what came of it.
        reply: Reply,
    },
    /// A command.
    Ask {
        /// What is asked.
        ask: Box<Ask>,
        /// Hears what came of it.
        reply: Reply,
    },
    /// The world tells.
    Tell(Report),
    /// The world tells, and somebody waits until it is stored.
    Hear {
        /// What is told.
        report: Report,
        /// Hears that it was taken in.
        reply: Reply,
    },
    /// An agent's actor keeps room for a claim and has heard nothing: what became of it?
    AskVerdict {
        /// Who.
        agent: AgentId,
        /// The question.
        inquiry: Inquiry,
    },
    /// The actor fell and has come back: what it owes goes to the outbox again.
    Recover,
    /// The step on its way was stored, or not.
    Stored(Result<(), NotStored>),
}

/// What a command came to: the answer, and the job as it is stored.
#[derive(Clone, Debug)]
pub struct Done {
    /// The answer.
    pub answer: Answer,
    /// The job as it is stored.
    pub job: Arc<Job>,
}

/// Hears what came of a command.
pub struct Reply {
    /// The asker; they may hang up.
    pub asker: Option<oneshot::Sender<Result<Done, Failure>>>,
    /// An agent's actor that keeps room for the outcome, and for which offer.
    pub holder: Option<Holder>,
}

/// An agent's actor that hears the verdict.
#[derive(Clone, Copy)]
pub enum Holder {
    /// Of a claim.
    Claim(AgentId, OfferId),
    /// To a question about an offer whose claims it has heard nothing of.
    Question(AgentId, Inquiry),
}

impl Reply {
    /// For an asker alone.
    pub fn to(asker: oneshot::Sender<Result<Done, Failure>>) -> Self {
        Self { asker: Some(asker), holder: None }
    }

    pub(crate) fn send(self, house: &House, result: Result<Done, Failure>) {
        if let (Some(holder), Some(directory)) = (self.holder, house.directory()) {
            match holder {
                Holder::Claim(agent, offer) => directory.tell_agent(agent, AgentMessage::Verdict { offer }),
                Holder::Question(agent, inquiry) => directory.tell_agent(agent, AgentMessage::Answered { inquiry }),
            }
        }
        if let Some(asker) = self.asker {
            // The asker may have hung up; what was stored is true all the same.
            let _ = asker.send(result);
        }
    }
}
