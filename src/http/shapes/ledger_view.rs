//! The claim ledger, as it goes out: every attempt in order of arrival, chained by hashes.

use std::fmt::Write as _;

use baton_core::delivery::ChannelKind;
use baton_core::ids::{JobId, OfferId};
use baton_core::job::ledger::Attempt;
use baton_core::roster::Roster;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::agent_view::AgentNamed;
use crate::http::shapes::shown::Shown;

/// One attempt to claim.
#[derive(Serialize, ToSchema)]
pub struct AttemptView<'a> {
    /// Counted from 1.
    seq: u32,
    /// When it was decided.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// Whose.
    agent: AgentNamed,
    /// To which offer.
    #[schema(value_type = String)]
    offer: Shown<OfferId>,
    /// How it came.
    channel: Option<&'static str>,
    /// `claimed`, `already`, or the code of the refusal.
    verdict: &'a str,
    /// SHA-256 over this attempt and the hash before it, in hexadecimal.
    hash: String,
}

impl<'a> AttemptView<'a> {
    /// Shows an attempt of a job's ledger.
    pub fn of(job: JobId, attempt: &'a Attempt, roster: &Roster) -> Self {
        // Writing to a string does not fail.
        let hash = attempt.hash.iter().fold(String::with_capacity(64), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        });
        Self {
            seq: attempt.seq,
            at: Shown(attempt.at),
            agent: AgentNamed::of(attempt.agent, roster),
            offer: Shown(job.offer(attempt.no)),
            channel: attempt.via.map(ChannelKind::as_str),
            verdict: &attempt.verdict,
            hash,
        }
    }

    /// As a row of a table.
    pub fn row(&self) -> Vec<String> {
        vec![
            self.seq.to_string(),
            self.at.0.to_string(),
            self.agent.called().to_owned(),
            self.offer.0.to_string(),
            self.channel.unwrap_or_default().to_owned(),
            self.verdict.to_owned(),
            self.hash.clone(),
        ]
    }
}
