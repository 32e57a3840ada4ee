//! A job as it was stored before it could stand in a group.

use baton_core::brief::Brief;
use baton_core::gates::{Gates, OwnGates};
use baton_core::ids::{AgentId, JobId, OfferNo};
use baton_core::job::ledger::Head;
use baton_core::job::{Answered, Approval, Entry, Grant, Job, Offer, Owed, Sent, Settlement, Stage, Standby};
use baton_core::plan::Plan;
use baton_core::time::{Timestamp, Window};
use serde::Deserialize;

/// Schema 3; frozen.
#[derive(Deserialize)]
pub(super) struct JobV3 {
    id: JobId,
    version: u64,
    created_at: Timestamp,
    external_ref: Option<String>,
    fingerprint: [u8; 16],
    brief: Brief,
    has_details: bool,
    approval: Approval,
    plan: Plan,
    plan_name: Option<(String, u32)>,
    start_at: Option<Timestamp>,
    occupies: Option<Window>,
    stage: Stage,
    approved_at: Option<Timestamp>,
    round: u16,
    round_from: u16,
    waves: u16,
    last_offer: OfferNo,
    search_until: Option<Timestamp>,
    outage_seen: Timestamp,
    started_by_hand: bool,
    offers: Vec<Offer>,
    had_it: Vec<AgentId>,
    standby: Vec<Standby>,
    owed: Vec<Owed>,
    answered: Vec<Answered>,
    timeline: Vec<Entry>,
    entries: u32,
    ledger: Head,
    sent: Vec<Sent>,
    own_gates: OwnGates,
    gates: Gates,
    settlement: Settlement,
    grant: Option<Grant>,
}

impl From<JobV3> for Job {
    fn from(old: JobV3) -> Self {
        Self {
            id: old.id,
            version: old.version,
            created_at: old.created_at,
            external_ref: old.external_ref,
            fingerprint: old.fingerprint,
            brief: old.brief,
            has_details: old.has_details,
            approval: old.approval,
            plan: old.plan,
            plan_name: old.plan_name,
            start_at: old.start_at,
            occupies: old.occupies,
            stage: old.stage,
            approved_at: old.approved_at,
            round: old.round,
            round_from: old.round_from,
            waves: old.waves,
            last_offer: old.last_offer,
            search_until: old.search_until,
            outage_seen: old.outage_seen,
            started_by_hand: old.started_by_hand,
            offers: old.offers,
            had_it: old.had_it,
            standby: old.standby,
            owed: old.owed,
            answered: old.answered,
            timeline: old.timeline,
            entries: old.entries,
            ledger: old.ledger,
            sent: old.sent,
            own_gates: old.own_gates,
            gates: old.gates,
            settlement: old.settlement,
            grant: old.grant,
            publications: Vec::new(),
            notes: Vec::new(),
            lead: None,
            assignment: None,
        }
    }
}
