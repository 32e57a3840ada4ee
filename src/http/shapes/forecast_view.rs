//! Whom a plan would ask, as it goes out.

use baton_core::plan::forecast::{Ends, Expected, Forecast, Group};
use baton_core::roster::Roster;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::agent_view::AgentNamed;
use crate::http::shapes::explain_view::detail;
use crate::http::shapes::shown::Shown;

/// What would happen if nobody answered.
#[derive(Serialize, ToSchema)]
pub struct ForecastView {
    /// The waves that are come to, in order.
    waves: Vec<ExpectedView>,
    /// How the search ends.
    ends: EndsView,
}

/// A wave that is come to.
#[derive(Serialize, ToSchema)]
pub struct ExpectedView {
    /// In which round, counted from 1.
    round: u16,
    /// Which wave of the plan, counted from 1.
    wave: u16,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    opens_at: Shown<Timestamp>,
    /// Those asked together, one group after the other.
    groups: Vec<GroupView>,
    /// Who is not asked, and the exact rule.
    excluded: Vec<ExcludedView>,
    /// Whether it first waits because everybody it could ask is full.
    waits_for_room: bool,
}

/// Those asked together.
#[derive(Serialize, ToSchema)]
pub struct GroupView {
    /// When they are asked.
    #[schema(value_type = String, format = DateTime)]
    opens_at: Shown<Timestamp>,
    /// When their time is over.
    #[schema(value_type = String, format = DateTime)]
    closes_at: Shown<Timestamp>,
    /// Who, and by which channel.
    asked: Vec<AskedView>,
}

/// Somebody who is asked.
#[derive(Serialize, ToSchema)]
pub struct AskedView {
    /// Who.
    agent: AgentNamed,
    /// By which channel.
    channel: &'static str,
}

/// Somebody who is not.
#[derive(Serialize, ToSchema)]
pub struct ExcludedView {
    /// Who.
    agent: AgentNamed,
    /// The rule.
    rule: &'static str,
    /// The rule in this case.
    detail: String,
}

/// How the search ends.
#[derive(Serialize, ToSchema)]
pub struct EndsView {
    /// `unfilled`, `expired`, `given` (to a named agent), or `later` (the forecast was cut off).
    how: &'static str,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// With `unfilled`: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// With `given`: to whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<AgentNamed>,
}

impl ForecastView {
    /// Shows a forecast.
    pub fn of(forecast: &Forecast, roster: &Roster) -> Self {
        let waves = forecast.waves.iter().map(|wave| ExpectedView::of(wave, roster)).collect();
        let ends = |how, at| EndsView { how, at: Shown(at), reason: None, agent: None };
        let ends = match forecast.ends {
            Ends::Unfilled { at, reason } => EndsView { reason: Some(reason.as_str()), ..ends("unfilled", at) },
            Ends::Expired { at } => ends("expired", at),
            Ends::Given { at, agent } => EndsView { agent: Some(AgentNamed::of(agent, roster)), ..ends("given", at) },
            Ends::Later { after } => ends("later", after),
        };
        Self { waves, ends }
    }
}

impl ExpectedView {
    fn of(wave: &Expected, roster: &Roster) -> Self {
        let group = |group: &Group| GroupView {
            opens_at: Shown(group.opens_at),
            closes_at: Shown(group.closes_at),
            asked: group
                .asked
                .iter()
                .map(|(agent, channel)| AskedView { agent: AgentNamed::of(*agent, roster), channel: channel.as_str() })
                .collect(),
        };
        let excluded = wave.excluded.iter().map(|(agent, rule)| ExcludedView {
            agent: AgentNamed::of(*agent, roster),
            rule: rule.code(),
            detail: detail(rule),
        });
        Self {
            round: wave.round,
            wave: wave.step + 1,
            opens_at: Shown(wave.opens_at),
            groups: wave.groups.iter().map(group).collect(),
            excluded: excluded.collect(),
            waits_for_room: wave.waits_for_room,
        }
    }
}
