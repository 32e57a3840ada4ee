//! The rules of asking, as they go out: the same words as come in.

use baton_core::plan::{ClockStart, Mode, Plan, Wave};
use baton_core::roster::Roster;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::shown::Span;

/// The rules of asking.
#[derive(Serialize, ToSchema)]
pub struct PlanView<'a> {
    /// Who is asked, in order.
    waves: Vec<WaveView<'a>>,
    /// How many later claimants may wait behind the winner.
    standby: u16,
    /// How long to search before the job expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    search_for: Option<Span>,
    /// What happens to a winner who goes silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    stall: Option<StallView>,
    /// How often the waves are gone through.
    rounds: u16,
}

/// Those asked together.
#[derive(Serialize, ToSchema)]
pub struct WaveView<'a> {
    /// How many at once.
    mode: &'static str,
    /// With `several`: how many at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u16>,
    /// With `direct`: the agent's reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// With `direct`: whether they may decline.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_needed: Option<bool>,
    /// With `group`: the name of the crew group.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    /// How long each group has.
    #[schema(value_type = String)]
    claim_within: Span,
    /// When that time begins.
    starts: &'static str,
    /// Only agents with all of these tags.
    tags: &'a [String],
}

/// The watch over a silent winner.
#[derive(Serialize, ToSchema)]
pub struct StallView {
    /// They are reminded after this time.
    #[schema(value_type = String)]
    remind_after: Span,
    /// The job returns to the pool after this time.
    #[schema(value_type = String)]
    return_after: Span,
}

impl<'a> PlanView<'a> {
    /// Shows a plan; agents it names are shown by their references.
    pub fn of(plan: &'a Plan, roster: &Roster) -> Self {
        Self {
            waves: plan.waves.iter().map(|wave| WaveView::of(wave, roster)).collect(),
            standby: plan.standby,
            search_for: plan.search_for.map(Span),
            stall: plan.stall.map(|stall| StallView {
                remind_after: Span(stall.remind_after),
                return_after: Span(stall.return_after),
            }),
            rounds: plan.rounds,
        }
    }
}

impl<'a> WaveView<'a> {
    fn of(wave: &'a Wave, roster: &Roster) -> Self {
        let (mode, size, agent, answer_needed) = match &wave.mode {
            Mode::OneByOne => ("one_by_one", None, None, None),
            Mode::Several(size) => ("several", Some(*size), None, None),
            Mode::Everybody => ("everybody", None, None, None),
            Mode::Direct { agent, answer_needed } => {
                let reference = roster.get(agent).map_or_else(|| agent.to_string(), |known| known.reference.clone());
                ("direct", None, Some(reference), Some(*answer_needed))
            }
            Mode::Group(_) => ("group", None, None, None),
        };
        let group = match &wave.mode {
            Mode::Group(name) => Some(name.as_str()),
            Mode::OneByOne | Mode::Several(_) | Mode::Everybody | Mode::Direct { .. } => None,
        };
        let starts = match wave.starts {
            ClockStart::Offered => "offered",
            ClockStart::Delivered => "delivered",
        };
        Self {
            mode,
            size,
            agent,
            answer_needed,
            group,
            claim_within: Span(wave.claim_within),
            starts,
            tags: &wave.tags,
        }
    }
}
