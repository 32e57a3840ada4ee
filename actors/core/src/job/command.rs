//! What somebody can ask of a job; it may be refused.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::assignment::Assignment;
use super::event::{Actor, Cause};
use super::lead::LeadNews;
use super::ledger::Heard;
use super::release::HowReleased;
use super::settlement::GrantNo;
use super::{Approval, Plan};
use crate::brief::Brief;
use crate::crew::Publish;
use crate::delivery::ChannelKind;
use crate::gates::{Gate, OwnGates};
use crate::ids::{AgentId, JobId, OfferNo};
use crate::message::Once;
use crate::time::{Timestamp, Window};

/// A command with all that stands around it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What is asked.
    pub command: Command,
    /// Who asks, and how.
    pub by: By,
    /// The caller's key and the command's fingerprint: a repeat gets the first answer.
    pub key: Option<([u8; 16], [u8; 16])>,
    /// The version the caller has seen; another one refuses.
    pub expects: Option<u64>,
}

/// Who, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// How it came.
    pub cause: Cause,
}

/// What somebody can ask of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Let it be offered.
    Approve,
    /// Do not let it be offered.
    Reject {
        /// Why.
        reason: Option<String>,
    },
    /// Begin to offer now, also before its time.
    Start,
    /// An agent's yes.
    Claim {
        /// Whose.
        agent: AgentId,
        /// To which offer.
        no: OfferNo,
        /// How it came.
        via: Option<ChannelKind>,
        /// When it came.
        heard: Heard,
    },
    /// An agent's no.
    Decline {
        /// Whose.
        agent: AgentId,
        /// To which offer.
        no: OfferNo,
    },
    /// The agent has room: the job is theirs, as the plan or the standby line says.
    Seat {
        /// Who.
        agent: AgentId,
        /// The offer made for it.
        no: OfferNo,
    },
    /// An operator gives it to an agent.
    Assign {
        /// Whom.
        agent: AgentId,
        /// How they are told.
        channel: ChannelKind,
    },
    /// The winner gives it back; an operator may do it for them.
    Withdraw {
        /// The winner; none: whoever it is.
        agent: Option<AgentId>,
        /// Why.
        reason: Option<String>,
    },
    /// The winner is on it.
    Acknowledge {
        /// The winner; none: whoever it is.
        agent: Option<AgentId>,
    },
    /// Call it off.
    Cancel {
        /// Why.
        reason: Option<String>,
    },
    /// Stop the clocks.
    Pause,
    /// Let them run again; deadlines move by the pause.
    Resume,
    /// Give open offers and the search more time.
    Extend {
        /// How much.
        by: Duration,
    },
    /// Stop asking those asked now and ask the next.
    SkipWave,
    /// Ask everybody again.
    Restart {
        /// With another plan.
        plan: Option<Box<Plan>>,
        /// But not those who said no.
        skip_declined: bool,
    },
    /// The work is done.
    Complete,
    /// The work was not done, or the winner did not come.
    Fail {
        /// Why.
        reason: Option<String>,
    },
    /// The winner did not come.
    NoShow {
        /// The winner; none: whoever it is.
        agent: Option<AgentId>,
        /// What was said.
        reason: Option<String>,
        /// What becomes of the job.
        then: AfterNoShow,
    },
    /// A gate behind the claim is passed: `confirm`, `invoice` or `payment`. The release has a command of its own.
    Pass {
        /// Which.
        gate: Gate,
        /// The number of the invoice or of the payment.
        reference: Option<String>,
    },
    /// The desk does not want the winner.
    Refuse {
        /// The winner; none: whoever it is.
        agent: Option<AgentId>,
        /// Why.
        reason: Option<String>,
    },
    /// Hand the private details to the winner.
    Release(HowReleased),
    /// Take them back.
    Revoke {
        /// Why.
        reason: Option<String>,
    },
    /// Whoever holds the link of a grant wants to see them.
    OpenGrant {
        /// Which grant.
        no: GrantNo,
    },
    /// The winner begins.
    StartWork {
        /// The winner; none: whoever it is.
        agent: Option<AgentId>,
    },
    /// The job's own gates from now on.
    SetGates {
        /// What it says of its gates.
        gates: OwnGates,
        /// What it says of who publishes it in groups.
        publish: Option<Publish>,
    },
    /// Erase the private details.
    EraseDetails {
        /// Why.
        reason: String,
        /// Also where the job is not over.
        although_open: bool,
    },
    /// Publish it in its group: what waits for a person, or once more what may not have arrived.
    Publish,
    /// Send once more what nobody knows to have arrived.
    SendAgain(Once),
    /// Do not send it again: whoever asked has seen that it arrived, or it does not matter.
    LeaveSent(Once),
}

impl Command {
    /// The stable word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject { .. } => "reject",
            Self::Start => "start",
            Self::Claim { .. } => "claim",
            Self::Decline { .. } => "decline",
            Self::Seat { .. } => "seat",
            Self::Assign { .. } => "assign",
            Self::Withdraw { .. } => "withdraw",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Cancel { .. } => "cancel",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Extend { .. } => "extend",
            Self::SkipWave => "skip_wave",
            Self::Restart { .. } => "restart",
            Self::Complete => "complete",
            Self::Fail { .. } => "fail",
            Self::NoShow { .. } => "noshow",
            Self::Pass { gate: Gate::Confirm, .. } => "confirm",
            Self::Pass { gate: Gate::Invoice, .. } => "invoice",
            Self::Pass { gate: Gate::Payment, .. } => "paid",
            Self::Pass { gate: Gate::Release, .. } | Self::Release(_) => "release",
            Self::Refuse { .. } => "refuse",
            Self::Revoke { .. } => "revoke",
            Self::OpenGrant { .. } => "open_grant",
            Self::StartWork { .. } => "start_work",
            Self::SetGates { .. } => "gates",
            Self::EraseDetails { .. } => "erase_details",
            Self::Publish => "publish",
            Self::SendAgain(_) => "send_again",
            Self::LeaveSent(_) => "leave_sent",
        }
    }
}

/// What becomes of a job whose winner did not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterNoShow {
    /// It has failed.
    #[default]
    Ends,
    /// The next in line has it, or others are asked.
    Returns,
}

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It was done.
    Done,
    /// It was so already.
    Already,
}

/// A job as it comes in.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Derived or drawn at the door.
    pub id: JobId,
    /// The client's own name for it.
    pub external_ref: Option<String>,
    /// Of the request.
    pub fingerprint: [u8; 16],
    /// What a crew may see.
    pub brief: Brief,
    /// Whether sealed details come with it.
    pub has_details: bool,
    /// What stands before offering.
    pub approval: Approval,
    /// The rules of asking.
    pub plan: Plan,
    /// The named plan they came from, and its version.
    pub plan_name: Option<(String, u32)>,
    /// Not before this moment.
    pub start_at: Option<Timestamp>,
    /// When the work takes place.
    pub occupies: Option<Window>,
    /// What it says of its gates.
    pub gates: OwnGates,
    /// What it says of who publishes it in groups.
    pub publish: Option<Publish>,
    /// Of a finished lead: what the desk is to get of it.
    pub lead: Option<LeadNews>,
    /// Of a route that is handed to a named driver.
    pub assignment: Option<Assignment>,
}
