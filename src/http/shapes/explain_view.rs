//! Why a job stands where it stands, as it goes out.

use baton_core::eligibility::Exclusion;
use baton_core::fit::Short;
use baton_core::job::Job;
use baton_core::job::explain::{Explanation, Verdict};
use baton_core::roster::Roster;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::agent_view::AgentNamed;
use crate::http::shapes::next_view::NextView;
use crate::http::shapes::settlement_view::{GatesView, GrantView, SettlementView};

/// For every agent: asked, able to be asked, or the exact rule that keeps them out; and what happens next.
#[derive(Serialize, ToSchema)]
pub struct ExplanationView<'a> {
    /// Which wave of the plan the verdicts are for, counted from 1; left out where the waves are used up.
    #[serde(skip_serializing_if = "Option::is_none")]
    wave: Option<u16>,
    /// Every agent, in the order of asking.
    agents: Vec<VerdictView>,
    /// Why not all of the wave are asked now; left out where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<ShortView>,
    /// Who passes the gates behind a claim.
    gates: GatesView,
    /// What the winner has reached, and what is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement: Option<SettlementView<'a>>,
    /// The latest release of private details.
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<GrantView>,
    /// Who has the job if its winner loses it, the first of them first.
    standby: Vec<AgentNamed>,
    /// What happens next, or who must act.
    next: NextView,
}

/// A channel that cannot send as much as the wave would ask of it: the others are asked when these have answered.
#[derive(Serialize, ToSchema)]
pub struct ShortView {
    /// How many there were to ask.
    wanted: u16,
    /// How many are asked now.
    asked: u16,
    /// Which channel.
    channel: &'static str,
    /// How many it can send in the wave's time, behind what waits there already.
    sends: u32,
    /// The same in words.
    detail: String,
}

impl ShortView {
    /// Shows what kept a part of a wave back.
    pub fn of(short: Short) -> Self {
        let Short { wanted, asked, channel, sends } = short;
        let detail =
            format!("{asked} of {wanted} are asked now, because {channel} can send {sends} in the wave's time");
        Self { wanted, asked, channel: channel.as_str(), sends, detail }
    }
}

/// What explains an agent.
#[derive(Serialize, ToSchema)]
pub struct VerdictView {
    /// Who.
    agent: AgentNamed,
    /// `offered`, `eligible` or `excluded`.
    verdict: &'static str,
    /// With `offered`: which offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<u16>,
    /// With `offered`: what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    /// With `eligible`: by which channel they would be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    /// With `excluded`: the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    /// With `excluded`: the rule in this case.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl<'a> ExplanationView<'a> {
    /// Shows an explanation of a job.
    pub fn of(job: &'a Job, explanation: Explanation, roster: &Roster) -> Self {
        let agents = explanation
            .agents
            .into_iter()
            .map(|(agent, verdict)| VerdictView::of(AgentNamed::of(agent, roster), verdict));
        Self {
            wave: explanation.step.map(|step| step + 1),
            agents: agents.collect(),
            budget: explanation.short.map(ShortView::of),
            gates: GatesView::of(job.gates).published_by(job.own_publish),
            settlement: SettlementView::of(job),
            release: job.grant.as_ref().map(|grant| GrantView::of(grant, roster)),
            standby: job.standby.iter().map(|waiting| AgentNamed::of(waiting.agent, roster)).collect(),
            next: NextView::of(explanation.next, roster),
        }
    }
}

impl VerdictView {
    fn of(agent: AgentNamed, verdict: Verdict) -> Self {
        let bare = |agent, verdict| Self {
            agent,
            verdict,
            offer: None,
            status: None,
            channel: None,
            rule: None,
            detail: None,
        };
        match verdict {
            Verdict::Offered { no, status } => Self { offer: Some(no), status: Some(status), ..bare(agent, "offered") },
            Verdict::Eligible(channel) => Self { channel: Some(channel.as_str()), ..bare(agent, "eligible") },
            Verdict::Excluded(exclusion) => {
                Self { rule: Some(exclusion.code()), detail: Some(detail(&exclusion)), ..bare(agent, "excluded") }
            }
        }
    }
}

/// The rule in words.
pub fn detail(exclusion: &Exclusion) -> String {
    match exclusion {
        Exclusion::Inactive => "switched off".to_owned(),
        Exclusion::NotNamed => "the wave names somebody else".to_owned(),
        Exclusion::MissingTag(tag) => format!("lacks the tag {tag}"),
        Exclusion::WrongVehicle(vehicle) => format!("does not drive a {vehicle}"),
        Exclusion::AlreadyAsked => "was asked in this round".to_owned(),
        Exclusion::HadIt => "had the job and lost it".to_owned(),
        Exclusion::Away(Some(until)) => format!("away until {until}"),
        Exclusion::Away(None) => "away".to_owned(),
        Exclusion::QuietHours => "it is their quiet time".to_owned(),
        Exclusion::Unreachable => "has no address on a configured channel".to_owned(),
        Exclusion::Blocked => "has blocked us, and no other channel has an address".to_owned(),
        Exclusion::TakesNoJobs => "gets notifications, and no jobs".to_owned(),
        Exclusion::OptedOut => "wants no messages about jobs".to_owned(),
        Exclusion::NoConsent => "has not agreed to messages about jobs".to_owned(),
        Exclusion::AddressPaused => "nothing arrives at their address: it is paused".to_owned(),
        Exclusion::Full { claims, capacity } => format!("has {claims} of {capacity} jobs"),
        Exclusion::Busy(window) => format!("has a job from {} to {}", window.from, window.to),
        Exclusion::TooManyOffers(most) => format!("has {most} open offers, as many as allowed"),
    }
}
