//! An attempt to claim as it was entered before the ledger kept when it came.

use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, OfferNo};
use baton_core::job::ledger::{Attempt, Heard};
use baton_core::time::Timestamp;
use serde::Deserialize;

/// Schema 1; frozen.
#[derive(Deserialize)]
pub(super) struct AttemptV1 {
    seq: u32,
    at: Timestamp,
    agent: AgentId,
    no: OfferNo,
    via: Option<ChannelKind>,
    verdict: String,
    hash: [u8; 32],
}

impl From<AttemptV1> for Attempt {
    fn from(old: AttemptV1) -> Self {
        Self {
            seq: old.seq,
            at: old.at,
            agent: old.agent,
            no: old.no,
            via: old.via,
            verdict: old.verdict,
            hash: old.hash,
            heard: Heard::default(),
        }
    }
}
