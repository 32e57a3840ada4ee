//! A named plan and what the linter says of it, as they go out.

use baton_actors::records::NamedPlan;
use baton_core::plan::lint::Finding;
use baton_core::roster::Roster;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::plan_view::PlanView;
use crate::http::shapes::shown::Shown;

/// A named plan in one version.
#[derive(Serialize, ToSchema)]
pub struct NamedPlanView<'a> {
    /// Its name.
    name: &'a str,
    /// Counted from 1; jobs keep the version they began with.
    version: u32,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// Who stored it.
    by: &'a str,
    /// The rules of asking.
    plan: PlanView<'a>,
    /// What the linter says of it with the agents there are now.
    findings: Vec<FindingView>,
}

/// Something that is wrong with a plan.
#[derive(Serialize, ToSchema)]
pub struct FindingView {
    /// `error` (it cannot be used) or `warning`.
    severity: &'static str,
    /// The stable word for it.
    code: &'static str,
    /// The wave it is about, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    wave: Option<u16>,
    /// What is wrong.
    message: String,
    /// What to do.
    cure: String,
}

impl<'a> NamedPlanView<'a> {
    /// Shows a named plan.
    pub fn of(named: &'a NamedPlan, findings: Vec<Finding>, roster: &Roster) -> Self {
        Self {
            name: &named.name,
            version: named.version,
            at: Shown(named.at),
            by: &named.by,
            plan: PlanView::of(&named.plan, roster),
            findings: findings.into_iter().map(FindingView::of).collect(),
        }
    }
}

impl FindingView {
    /// Shows a finding.
    pub fn of(finding: Finding) -> Self {
        let Finding { severity, code, wave, message, cure } = finding;
        Self { severity: severity.as_str(), code, wave: wave.map(|wave| wave + 1), message, cure }
    }
}
