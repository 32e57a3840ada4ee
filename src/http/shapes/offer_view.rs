//! An offer, as it goes out to those with a key of its tenant.

use baton_core::ids::OfferId;
use baton_core::job::{Job, Offer};
use baton_core::roster::Roster;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::agent_view::AgentNamed;
use crate::http::shapes::shown::Shown;

/// A job put to one agent in one wave.
#[derive(Serialize, ToSchema)]
pub struct OfferView {
    /// The job's id, a hyphen and a number.
    #[schema(value_type = String)]
    id: Shown<OfferId>,
    /// To whom.
    agent: AgentNamed,
    /// `open`, `claimed`, `declined`, `timed_out`, `taken`, `skipped`, `closed`, `failed`, `lost`.
    status: &'static str,
    /// In which round, counted from 1.
    round: u16,
    /// In which wave, counted from 1 over the whole job.
    wave: u16,
    /// By which channel.
    channel: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// Whether its message has gone out.
    sent: bool,
    /// Until when it can be claimed, while it is open and its clock runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    closes_at: Option<Shown<Timestamp>>,
}

impl OfferView {
    /// Shows an offer of a job.
    pub fn of(job: &Job, offer: &Offer, roster: &Roster) -> Self {
        Self {
            id: Shown(job.id.offer(offer.no)),
            agent: AgentNamed::of(offer.agent, roster),
            status: offer.status(),
            round: offer.round,
            wave: offer.wave,
            channel: offer.channel.as_str(),
            at: Shown(offer.at),
            sent: offer.receipt.is_some(),
            closes_at: offer.closes_at().map(Shown),
        }
    }
}
