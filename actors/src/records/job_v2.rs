//! A job as it was stored while nothing stood between its claim and its end.

use baton_core::brief::Brief;
use baton_core::gates::{Gates, OwnGates};
use baton_core::ids::{AgentId, JobId, OfferNo};
use baton_core::job::ledger::Head;
use baton_core::job::{Answered, Approval, Entry, Job, Offer, Owed, Sent, Settlement, Stage, Standby};
use baton_core::plan::Plan;
use baton_core::time::{Timestamp, Window};
use serde::Deserialize;

/// Schema 2; frozen.
#[derive(Deserialize)]
pub(super) struct JobV2 {
    pub(super) id: JobId,
    pub(super) version: u64,
    pub(super) created_at: Timestamp,
    pub(super) external_ref: Option<String>,
    pub(super) fingerprint: [u8; 16],
    pub(super) brief: Brief,
    pub(super) has_details: bool,
    pub(super) approval: Approval,
    pub(super) plan: Plan,
    pub(super) plan_name: Option<(String, u32)>,
    pub(super) start_at: Option<Timestamp>,
    pub(super) occupies: Option<Window>,
    pub(super) stage: Stage,
    pub(super) approved_at: Option<Timestamp>,
    pub(super) round: u16,
    pub(super) round_from: u16,
    pub(super) waves: u16,
    pub(super) last_offer: OfferNo,
    pub(super) search_until: Option<Timestamp>,
    pub(super) outage_seen: Timestamp,
    pub(super) started_by_hand: bool,
    pub(super) offers: Vec<Offer>,
    pub(super) had_it: Vec<AgentId>,
    pub(super) standby: Vec<Standby>,
    pub(super) owed: Vec<Owed>,
    pub(super) answered: Vec<Answered>,
    pub(super) timeline: Vec<Entry>,
    pub(super) entries: u32,
    pub(super) ledger: Head,
    pub(super) sent: Vec<Sent>,
}

impl From<JobV2> for Job {
    fn from(old: JobV2) -> Self {
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
            own_gates: OwnGates::default(),
            // Its tenant's are taken up when it is looked at next.
            gates: Gates::default(),
            settlement: Settlement::default(),
            grant: None,
            publications: Vec::new(),
            notes: Vec::new(),
            lead: None,
            assignment: None,
            own_publish: None,
        }
    }
}
