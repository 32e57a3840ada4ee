//! The claim ledger, as it goes out: every attempt in order of arrival, chained by hashes.

use baton_core::delivery::ChannelKind;
use baton_core::ids::{JobId, OfferId};
use baton_core::job::ledger::{Attempt, Head};
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
    /// When it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    arrived_at: Option<Shown<Timestamp>>,
    /// When the provider says that it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    told_at: Option<Shown<Timestamp>>,
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

/// The end of a job's claim ledger: what an export must end with.
#[derive(Serialize, ToSchema)]
#[schema(as = LedgerHead)]
pub struct HeadView {
    /// How many attempts there were.
    count: u32,
    /// The hash of the last one, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
}

impl HeadView {
    /// Shows the end of a ledger.
    pub fn of(head: &Head) -> Self {
        Self { count: head.count, hash: head.hash.map(hex::encode) }
    }
}

impl<'a> AttemptView<'a> {
    /// Shows an attempt of a job's ledger.
    pub fn of(job: JobId, attempt: &'a Attempt, roster: &Roster) -> Self {
        Self {
            seq: attempt.seq,
            at: Shown(attempt.at),
            arrived_at: attempt.heard.at.map(Shown),
            told_at: attempt.heard.told_at.map(Shown),
            agent: AgentNamed::of(attempt.agent, roster),
            offer: Shown(job.offer(attempt.no)),
            channel: attempt.via.map(ChannelKind::as_str),
            verdict: &attempt.verdict,
            hash: hex::encode(attempt.hash),
        }
    }

    /// As a row of a table.
    pub fn row(&self) -> Vec<String> {
        vec![
            self.seq.to_string(),
            self.at.0.to_string(),
            self.arrived_at.as_ref().map(|at| at.0.to_string()).unwrap_or_default(),
            self.told_at.as_ref().map(|at| at.0.to_string()).unwrap_or_default(),
            self.agent.called().to_owned(),
            self.offer.0.to_string(),
            self.channel.unwrap_or_default().to_owned(),
            self.verdict.to_owned(),
            self.hash.clone(),
        ]
    }
}
