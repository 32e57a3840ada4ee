//! What the world tells a job; it is never refused.

use crate::delivery::Delivery;
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
    /// The agent has no room for the job they were to be given.
    NoRoom {
        /// Who.
        agent: AgentId,
        /// The offer made for it.
        no: OfferNo,
    },
}
