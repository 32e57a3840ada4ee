//! A job, as it goes out to those with a key of its tenant. Private details are not in it: nobody but a release opens them.

use baton_core::ids::{Code, JobId};
use baton_core::job::{Approval, Job, Offering, Stage, Watch};
use baton_core::roster::Roster;
use baton_core::time::{Timestamp, Window};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::agent_view::AgentNamed;
use crate::http::shapes::brief_view::BriefView;
use crate::http::shapes::crew_view::PublicationView;
use crate::http::shapes::ledger_view::HeadView;
use crate::http::shapes::next_view::NextView;
use crate::http::shapes::offer_view::OfferView;
use crate::http::shapes::plan_view::PlanView;
use crate::http::shapes::settlement_view::{GatesView, GrantView, SettlementView};
use crate::http::shapes::shown::Shown;

/// A job.
#[derive(Serialize, ToSchema)]
pub struct JobView<'a> {
    /// Derived from the external reference, or drawn.
    #[schema(value_type = String)]
    id: Shown<JobId>,
    /// What people call it: the last 8 digits of the id.
    #[schema(value_type = String, example = "0952ef82")]
    code: Shown<Code>,
    /// `needs_approval`, `scheduled`, `offering`, `claimed`, `confirmed`, `invoiced`, `paid`,
    /// `released`, `in_progress`, `unfilled`, `rejected`, `cancelled`, `expired`, `completed`, `failed`.
    status: &'static str,
    /// How many steps were stored; the `ETag`.
    version: u64,
    /// The client's own name for it.
    external_ref: Option<&'a str>,
    /// When it came in.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Timestamp>,
    /// What stands before offering: `none`, `link` or `email`.
    approval: &'static str,
    /// When somebody approved it, where that is among its latest events.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    approved_at: Option<Shown<Timestamp>>,
    /// The page where it is approved; only in the answer to the create.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve_url: Option<String>,
    /// `already_exists` where a create was repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'static str>,
    /// What a crew may see.
    brief: BriefView<'a>,
    /// Whether private details lie sealed with it.
    has_details: bool,
    /// The rules of asking.
    plan: PlanView<'a>,
    /// The named plan they came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_name: Option<&'a str>,
    /// Which version of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_version: Option<u32>,
    /// Not before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    start_at: Option<Shown<Timestamp>>,
    /// When the work takes place, as far as that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    occupies: Option<WindowView>,
    /// The search ends then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    search_until: Option<Shown<Timestamp>>,
    /// How often the plan was begun.
    round: u16,
    /// How many waves were opened.
    waves: u16,
    /// The clocks stand still since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    paused_at: Option<Shown<Timestamp>>,
    /// Who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<ClaimView>,
    /// Why nobody took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unfilled_reason: Option<&'static str>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Shown<Timestamp>>,
    /// The offers of this round, in order of their numbers.
    offers: Vec<OfferView>,
    /// What stands in groups, one for each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    publications: Vec<PublicationView<'a>>,
    /// Later claimants, in order of arrival.
    standby: Vec<AgentNamed>,
    /// Who passes the gates behind a claim.
    gates: GatesView,
    /// What the winner has reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement: Option<SettlementView<'a>>,
    /// The latest release of private details.
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<GrantView>,
    /// The end of the claim ledger.
    ledger: HeadView,
    /// What happens next, or who must act.
    next: NextView,
}

/// From one moment to another.
#[derive(Serialize, ToSchema)]
pub struct WindowView {
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    from: Shown<Timestamp>,
    /// The first moment after it.
    #[schema(value_type = String, format = DateTime)]
    to: Shown<Timestamp>,
}

/// Somebody has the job.
#[derive(Serialize, ToSchema)]
pub struct ClaimView {
    /// Who.
    agent: AgentNamed,
    /// By which offer.
    #[schema(value_type = String)]
    offer: Shown<baton_core::ids::OfferId>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// The job returns to the pool then, if they stay silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    acknowledge_by: Option<Shown<Timestamp>>,
}

impl<'a> JobView<'a> {
    /// Shows a job; agents are named as the roster has them now.
    pub fn of(job: &'a Job, roster: &Roster) -> Self {
        let mut view = Self {
            id: Shown(job.id),
            code: Shown(job.id.code()),
            status: job.status(),
            version: job.version,
            external_ref: job.external_ref.as_deref(),
            created_at: Shown(job.created_at),
            approval: approval(job.approval),
            approved_at: job.approved_at.map(Shown),
            approve_url: None,
            message: None,
            brief: BriefView::of(&job.brief),
            has_details: job.has_details,
            plan: PlanView::of(&job.plan, roster),
            plan_name: job.plan_name.as_ref().map(|(name, _)| name.as_str()),
            plan_version: job.plan_name.as_ref().map(|(_, version)| *version),
            start_at: job.start_at.map(Shown),
            occupies: job.occupies.map(|Window { from, to }| WindowView { from: Shown(from), to: Shown(to) }),
            search_until: job.search_until.map(Shown),
            round: job.round,
            waves: job.waves,
            paused_at: None,
            claim: None,
            unfilled_reason: None,
            closed_at: None,
            offers: job.offers.iter().map(|offer| OfferView::of(job, offer, roster)).collect(),
            publications: job.publications.iter().map(|published| PublicationView::of(job, published)).collect(),
            standby: job.standby.iter().map(|waiting| AgentNamed::of(waiting.agent, roster)).collect(),
            gates: GatesView::of(job.gates).published_by(job.own_publish),
            settlement: SettlementView::of(job),
            release: job.grant.as_ref().map(|grant| GrantView::of(grant, roster)),
            ledger: HeadView::of(&job.ledger),
            next: NextView::of(job.next(), roster),
        };
        match &job.stage {
            Stage::NeedsApproval | Stage::Scheduled { .. } => {}
            Stage::Offering(Offering { paused_at, .. }) => view.paused_at = paused_at.map(Shown),
            Stage::Claimed(claim) => {
                let acknowledge_by = match claim.watch {
                    Watch::Off => None,
                    Watch::Silent { return_at, .. } | Watch::Reminded { return_at } => Some(Shown(return_at)),
                };
                let agent = AgentNamed::of(claim.agent, roster);
                view.claim = Some(ClaimView {
                    agent,
                    offer: Shown(job.id.offer(claim.no)),
                    at: Shown(claim.at),
                    acknowledge_by,
                });
            }
            Stage::Unfilled { reason } => view.unfilled_reason = Some(reason.as_str()),
            Stage::Closed { at, .. } => view.closed_at = Some(Shown(*at)),
        }
        view
    }
}

fn approval(approval: Approval) -> &'static str {
    match approval {
        Approval::None => "none",
        Approval::Link => "link",
        Approval::Email => "email",
    }
}

#[cfg(test)]
mod tests {
    use baton_core::job::Command;
    use baton_core::job::ledger::Heard;

    use super::*;
    use crate::http::sample;
    use crate::http::shapes::timeline_view::EntryView;

    #[test]
    fn a9_a_job_is_shown_without_its_secrets() {
        let job = sample::job_after("VC8Y-3", []);
        let shown = serde_json::to_value(JobView::of(&job, &sample::roster())).unwrap();
        let expected = serde_json::json!({
            "id": job.id.to_string(), "code": job.id.code().to_string(), "status": "needs_approval", "version": 1,
            "external_ref": "VC8Y-3", "created_at": "2027-01-15T08:00:00.000Z", "approval": "link",
            "brief": {"from": "Leeds"}, "has_details": true,
            "plan": {"waves": [{"mode": "one_by_one", "claim_within": "30m", "starts": "offered", "tags": []}],
                     "standby": 16, "rounds": 1},
            "round": 0, "waves": 0, "offers": [], "standby": [], "ledger": {"count": 0},
            "gates": {"confirm": "person", "invoice": "person", "payment": "person", "release": "person"}, "next": {"acts": "approver"},
        });
        assert_eq!(shown, expected);
        let entry = serde_json::to_value(EntryView::of(job.id, &job.timeline[0], &sample::roster())).unwrap();
        let expected = serde_json::json!({
            "seq": 1, "at": "2027-01-15T08:00:00.000Z", "event": "created",
            "actor": {"kind": "client", "name": "shop"}, "cause": "request",
        });
        assert_eq!(entry, expected);
    }

    #[test]
    fn a_job_that_is_offered_and_claimed_names_its_people() {
        let claim = Command::Claim { agent: sample::agent("ana"), no: 1, via: None, heard: Heard::default() };
        let job = sample::job_after("a", [Command::Approve, claim]);
        let shown = serde_json::to_value(JobView::of(&job, &sample::roster())).unwrap();
        assert_eq!((&shown["status"], &shown["claim"]["agent"]["ref"]), (&"claimed".into(), &"ana".into()));
        assert_eq!(
            (&shown["offers"][0]["status"], &shown["offers"][0]["agent"]["name"]),
            (&"claimed".into(), &"Ana".into())
        );
        assert_eq!(shown["approved_at"], "2027-01-15T08:00:00.000Z");
    }
}
