//! What commands on a job carry along. Each may be left out whole where nothing in it is needed.

use std::time::Duration;

use baton_core::ids::{AgentId, TenantId};
use baton_core::job::{AfterNoShow, Command};
use baton_core::message::Once;
use baton_core::plan::lint::SEARCH_MAX;
use utoipa::ToSchema;

use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::plan::{PlanChoice, PlanShape, duration};
use crate::http::strangers::Strangers;

const REASON: usize = 500;
const REFERENCE: usize = 100;

/// For `reject` and `cancel`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Reason)]
pub struct ReasonShape {
    /// Why; it stands in the timeline.
    #[schema(value_type = Option<String>, max_length = 500)]
    reason: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// For `send_again`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = SendAgain)]
pub struct SendAgainShape {
    /// `lead` (the full lead), `crew_text` (the text for crews) or `release` (the link to the details).
    #[schema(value_type = String, example = "release")]
    what: Given<String>,
    /// Whether it is sent again; `false`: it is not, and the matter is settled. True where it is left out.
    #[schema(value_type = Option<bool>)]
    again: Given<bool>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// For `fail`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Fail)]
pub struct FailShape {
    /// `not_done` (where it is left out), or `no_show`: the winner did not come. It counts like giving the job back.
    #[schema(value_type = Option<String>, example = "no_show")]
    kind: Given<String>,
    /// With `no_show`: what becomes of the job. `end` (where it is left out): it has failed. `return`: the next in line has it, or others are
    /// asked.
    #[schema(value_type = Option<String>, example = "return")]
    then: Given<String>,
    /// With `no_show`: the winner's reference; the command is refused where somebody else has the job. Whoever it is where it is left out.
    #[schema(value_type = Option<String>, max_length = 100)]
    agent: Given<String>,
    /// Why; it stands in the timeline.
    #[schema(value_type = Option<String>, max_length = 500)]
    reason: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// How the work was not done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failed {
    NotDone,
    NoShow,
}

/// For `withdraw`, `acknowledge`, `refuse` and `start_work`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = ByWinner)]
pub struct WinnerShape {
    /// The winner's reference: the command is refused where somebody else has the job. Whoever it is where it is left out.
    #[schema(value_type = Option<String>, max_length = 100)]
    agent: Given<String>,
    /// Why; it stands in the timeline.
    #[schema(value_type = Option<String>, max_length = 500)]
    reason: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// For `extend`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Extend)]
pub struct ExtendShape {
    /// How much more time open offers and the search get.
    #[schema(value_type = String, example = "30m")]
    by: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// For `restart`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Restart)]
pub struct RestartShape {
    /// With other rules of asking, or a plan of this name.
    #[schema(value_type = Option<PlanShape>)]
    plan: Given<PlanChoice<PlanShape>>,
    /// But not those who said no; false where it is left out.
    #[schema(value_type = Option<bool>)]
    skip_declined: Given<bool>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// For `reassign`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Reassign)]
pub struct ReassignShape {
    /// The reference of the agent who gets the job.
    #[schema(value_type = String, max_length = 100, example = "d2")]
    agent: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// For an answer to an offer.
#[derive(Default, Hash, ToSchema)]
#[schema(as = OfferAnswer)]
pub struct AnswerShape {
    /// The reference of the agent who answers; the one the offer was made to where it is left out.
    #[schema(value_type = Option<String>, max_length = 100, example = "d1")]
    agent: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    AnswerShape { agent }
    ReasonShape { reason }
    FailShape { kind, then, agent, reason }
    SendAgainShape { what, again }
    WinnerShape { agent, reason }
    ExtendShape { by }
    RestartShape { plan, skip_declined }
    ReassignShape { agent }
}

impl ReasonShape {
    /// The reason, if there is one.
    pub fn into_core(self) -> Result<Option<String>, Vec<FieldError>> {
        Form::body(self, |form, shape| Some(form.field("reason", shape.reason).prose(REASON)))
    }
}

impl SendAgainShape {
    /// The command, or everything that is wrong with it.
    pub fn into_core(self) -> Result<Command, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let words = [Once::Lead, Once::CrewText, Once::Release].map(|what| (what.as_str(), what));
            let what = form.field("what", shape.what).required().one_of(&words);
            let again = form.field("again", shape.again).value().unwrap_or(true);
            what.map(|what| if again { Command::SendAgain(what) } else { Command::LeaveSent(what) })
        })
    }
}

impl FailShape {
    /// The command, or everything that is wrong with it.
    pub fn into_core(self, tenant: TenantId) -> Result<Command, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let kinds = [("not_done", Failed::NotDone), ("no_show", Failed::NoShow)];
            let thens = [("end", AfterNoShow::Ends), ("return", AfterNoShow::Returns)];
            let kind = form.field("kind", shape.kind).one_of(&kinds).unwrap_or(Failed::NotDone);
            let then = form.field("then", shape.then).one_of(&thens);
            let agent = form.field("agent", shape.agent).line(REFERENCE);
            let reason = form.field("reason", shape.reason).line(REASON);
            if kind == Failed::NotDone {
                for (name, given) in [("then", then.is_some()), ("agent", agent.is_some())] {
                    if given {
                        form.blame(
                            name,
                            "says nothing without a no-show",
                            "give kind no_show with it, or leave it out",
                        );
                    }
                }
                return Some(Command::Fail { reason });
            }
            let agent = agent.map(|agent| AgentId::of_reference(tenant, &agent));
            Some(Command::NoShow { agent, reason, then: then.unwrap_or_default() })
        })
    }
}

impl WinnerShape {
    /// The withdrawal.
    pub fn into_withdraw(self, tenant: TenantId) -> Result<Command, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let agent = form.field("agent", shape.agent).line(REFERENCE);
            let reason = form.field("reason", shape.reason).prose(REASON);
            Some(Command::Withdraw { agent: agent.map(|agent| AgentId::of_reference(tenant, &agent)), reason })
        })
    }

    /// The desk's no to the winner.
    pub fn into_refuse(self, tenant: TenantId) -> Result<Command, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let agent = form.field("agent", shape.agent).line(REFERENCE);
            let reason = form.field("reason", shape.reason).prose(REASON);
            Some(Command::Refuse { agent: agent.map(|agent| AgentId::of_reference(tenant, &agent)), reason })
        })
    }

    /// The beginning of the work.
    pub fn into_start_work(self, tenant: TenantId) -> Result<Command, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let agent = form.field("agent", shape.agent).line(REFERENCE);
            Some(Command::StartWork { agent: agent.map(|agent| AgentId::of_reference(tenant, &agent)) })
        })
    }

    /// The acknowledgement.
    pub fn into_acknowledge(self, tenant: TenantId) -> Result<Command, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let agent = form.field("agent", shape.agent).line(REFERENCE);
            Some(Command::Acknowledge { agent: agent.map(|agent| AgentId::of_reference(tenant, &agent)) })
        })
    }
}

impl ExtendShape {
    /// How much more time.
    pub fn into_core(self) -> Result<Duration, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            duration(form.field("by", shape.by).required(), Duration::from_millis(1), SEARCH_MAX)
        })
    }
}

/// A new round, as it was asked for.
pub struct RestartRead {
    /// With these rules.
    pub plan: Option<PlanChoice<baton_core::plan::Plan>>,
    /// But not those who said no.
    pub skip_declined: bool,
}

impl RestartShape {
    /// The new round.
    pub fn into_core(self, tenant: TenantId) -> Result<RestartRead, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let plan = PlanChoice::read(form.field("plan", shape.plan), tenant);
            let skip_declined = form.field("skip_declined", shape.skip_declined).value().unwrap_or(false);
            Some(RestartRead { plan, skip_declined })
        })
    }
}

impl AnswerShape {
    /// Who answers, where it is said.
    pub fn into_core(self, tenant: TenantId) -> Result<Option<AgentId>, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let agent = form.field("agent", shape.agent).line(REFERENCE);
            Some(agent.map(|agent| AgentId::of_reference(tenant, &agent)))
        })
    }
}

impl ReassignShape {
    /// Who gets the job.
    pub fn into_core(self, tenant: TenantId) -> Result<AgentId, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let agent = form.field("agent", shape.agent).required().line(REFERENCE)?;
            Some(AgentId::of_reference(tenant, &agent))
        })
    }
}
