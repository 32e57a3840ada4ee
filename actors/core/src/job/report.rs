//! What the world tells a job; it is never refused.

use super::command::By;
use super::ledger::Heard;
use crate::delivery::{Callback, ChannelKind, Delivery, Receipt};
use crate::ids::{AgentId, EffectNo, OfferNo};

/// What the world tells a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Look at your clock. It carries no data: late, early and repeated rings are harmless.
    Ring,
    /// What became of a message.
    Delivery {
        /// Which.
        effect: EffectNo,
        /// What.
        delivery: Delivery,
    },
    /// What a provider told of a message later.
    CalledBack {
        /// Which.
        effect: EffectNo,
        /// What.
        callback: Callback,
    },
    /// A claim that found no room: it is entered into the ledger and changes nothing else.
    ClaimRefused {
        /// Whose.
        agent: AgentId,
        /// To which offer.
        no: OfferNo,
        /// How it came.
        via: Option<ChannelKind>,
        /// When it came.
        heard: Heard,
        /// The code of the refusal.
        code: &'static str,
    },
    /// The agent has no room for the job they were to be given.
    NoRoom {
        /// Who.
        agent: AgentId,
        /// The offer made for it.
        no: OfferNo,
    },
    /// The message in a group was seen to be there: somebody has pressed the button below it.
    SeenInGroup {
        /// What was published.
        no: OfferNo,
        /// The provider's id of the message.
        receipt: Receipt,
    },
    /// Somebody tried what they may not do.
    Denied {
        /// Who, and how.
        by: By,
        /// The word of the command.
        command: &'static str,
        /// Why not.
        code: &'static str,
    },
    /// It had been put aside, and is given another chance.
    Retried {
        /// By whom, and how.
        by: By,
    },
    /// The private details are about to be given out, as what is held about the client.
    Exported {
        /// Who asked for it, and how.
        by: By,
    },
}
