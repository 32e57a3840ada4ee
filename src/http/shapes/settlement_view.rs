//! What stands between a claim and the work, as it goes out. Nothing private is in it: only who may see what, and until when.

use baton_core::crew::Publish;
use baton_core::gates::{Gate, Gates};
use baton_core::ids::AgentId;
use baton_core::job::settlement::{Field, Fields, Late, Passed};
use baton_core::job::{Grant, Job, Stage};
use baton_core::roster::Roster;
use baton_core::tenant::{Patience, Settlement};
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::agent_view::AgentNamed;
use crate::http::shapes::settlement::{details_as, late_winner};
use crate::http::shapes::shown::{Shown, Span};

/// Who passes each gate: `off`, `person` or `engine`.
#[derive(Serialize, ToSchema)]
#[schema(as = GatesThatHold)]
pub struct GatesView {
    /// The confirmation.
    confirm: &'static str,
    /// The invoice.
    invoice: &'static str,
    /// The payment.
    payment: &'static str,
    /// The release of private details.
    release: &'static str,
    /// Who publishes it in groups, where the job itself says so: `person` or `engine`.
    #[serde(skip_serializing_if = "Option::is_none")]
    publish: Option<&'static str>,
}

/// What the winner has reached.
#[derive(Serialize, ToSchema)]
#[schema(as = Settlement)]
pub struct SettlementView<'a> {
    /// The gates that were passed, in the order in which that happened.
    passed: Vec<PassedView<'a>>,
    /// The gates that are on and not passed.
    missing: Vec<&'static str>,
    /// When the work began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Shown<Timestamp>>,
    /// What is awaited next: `confirm`, `invoice`, `payment`, `release`, `start` or `finish`.
    #[serde(skip_serializing_if = "Option::is_none")]
    awaits: Option<&'static str>,
    /// By when; left out where it has no time, and where that is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    by: Option<Shown<Timestamp>>,
    /// Whether the desk was told that it is late.
    escalated: bool,
}

/// A gate that was passed.
#[derive(Serialize, ToSchema)]
pub struct PassedView<'a> {
    /// Which.
    gate: &'static str,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// The number of the invoice or of the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

/// Private details that were handed to somebody.
#[derive(Serialize, ToSchema)]
#[schema(as = Grant)]
pub struct GrantView {
    /// Counted from 1 over the whole job.
    no: u16,
    /// To whom.
    agent: AgentNamed,
    /// Which of the details.
    fields: Vec<&'static str>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    until: Shown<Timestamp>,
    /// The gates that an operator went by, with a reason that stands in the timeline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overridden: Vec<&'static str>,
    /// When they were first looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    opened_at: Option<Shown<Timestamp>>,
    /// When they were taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Shown<Timestamp>>,
}

/// A tenant's settings about it.
#[derive(Serialize, ToSchema)]
#[schema(as = SettlementSettings)]
pub struct SettlementSettingsView {
    /// The gates of jobs that do not say otherwise.
    gates: GatesView,
    /// How long released details can be seen.
    #[schema(value_type = String)]
    details_for: Span,
    /// How long each step may take.
    patience: PatienceView,
    /// What becomes of a winner who does not pay or begin in time: `keeps` or `returns`.
    late_winner: &'static str,
    /// How the winner sees released details: `page` or `text`.
    details_as: &'static str,
}

/// How long each step may take; `null`: as long as it takes.
#[derive(Serialize, ToSchema)]
#[schema(as = Patience)]
pub struct PatienceView {
    /// Until the winner is confirmed.
    #[schema(value_type = Option<String>)]
    confirm: Option<Span>,
    /// Until the invoice is out.
    #[schema(value_type = Option<String>)]
    invoice: Option<Span>,
    /// Until it is paid.
    #[schema(value_type = Option<String>)]
    payment: Option<Span>,
    /// Until the details are released.
    #[schema(value_type = Option<String>)]
    release: Option<Span>,
    /// Until the work begins.
    #[schema(value_type = Option<String>)]
    start: Option<Span>,
    /// Until it is done.
    #[schema(value_type = Option<String>)]
    finish: Option<Span>,
}

impl GatesView {
    /// Shows gates.
    pub fn of(gates: Gates) -> Self {
        Self {
            confirm: gates.confirm.as_str(),
            invoice: gates.invoice.as_str(),
            payment: gates.payment.as_str(),
            release: gates.release.as_str(),
            publish: None,
        }
    }

    /// The same with what a job says of who publishes it.
    #[must_use]
    pub fn published_by(self, own: Option<Publish>) -> Self {
        Self { publish: own.map(Publish::as_str), ..self }
    }
}

impl<'a> SettlementView<'a> {
    /// Shows what a job's winner has reached; nothing where nobody has it and nobody had it to the end.
    pub fn of(job: &'a Job) -> Option<Self> {
        let is_taken = matches!(job.stage, Stage::Claimed(_));
        if !is_taken && job.settlement.passed.is_empty() && job.settlement.started_at.is_none() {
            return None;
        }
        let late = job.settlement.late;
        Some(Self {
            passed: job.settlement.passed.iter().map(PassedView::of).collect(),
            missing: job.missing().filter(|_| is_taken).map(Gate::as_str).collect(),
            started_at: job.settlement.started_at.map(Shown),
            awaits: job.awaits().map(baton_core::job::Wait::as_str),
            by: late.and_then(|late| late.by).map(Shown),
            escalated: matches!(late, Some(Late { by: None, .. })),
        })
    }
}

impl<'a> PassedView<'a> {
    fn of(passed: &'a Passed) -> Self {
        Self { gate: passed.gate.as_str(), at: Shown(passed.at), reference: passed.reference.as_deref() }
    }
}

impl GrantView {
    /// Shows a grant.
    pub fn of(grant: &Grant, roster: &Roster) -> Self {
        Self {
            no: grant.no,
            agent: named(grant.agent, roster),
            fields: fields(grant.fields),
            at: Shown(grant.at),
            until: Shown(grant.until),
            overridden: grant.overridden.iter().map(Gate::as_str).collect(),
            opened_at: grant.opened_at.map(Shown),
            revoked_at: grant.revoked_at.map(Shown),
        }
    }
}

/// The words of some of the details.
pub fn fields(fields: Fields) -> Vec<&'static str> {
    fields.iter().map(Field::as_str).collect()
}

fn named(agent: AgentId, roster: &Roster) -> AgentNamed {
    AgentNamed::of(agent, roster)
}

impl SettlementSettingsView {
    /// Shows the settings.
    pub fn of(settlement: &Settlement) -> Self {
        let Patience { confirm, invoice, payment, release, start, finish } = settlement.patience;
        let span = |time: Option<std::time::Duration>| time.map(Span);
        Self {
            gates: GatesView::of(settlement.gates),
            details_for: Span(settlement.details_for),
            patience: PatienceView {
                confirm: span(confirm),
                invoice: span(invoice),
                payment: span(payment),
                release: span(release),
                start: span(start),
                finish: span(finish),
            },
            late_winner: late_winner(settlement.late_winner),
            details_as: details_as(settlement.details_as),
        }
    }
}
