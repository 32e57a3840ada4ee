//! What happens next to a job, or who must act (promise P7).

use baton_core::job::{Next, Party};
use baton_core::roster::Roster;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::agent_view::AgentNamed;
use crate::http::shapes::shown::Shown;

/// What happens next.
#[derive(Serialize, ToSchema)]
pub struct NextView {
    /// `engine` (at a moment), `approver`, `operator`, `winner`, or `nobody`: it is over.
    acts: &'static str,
    /// When the engine acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Shown<Timestamp>>,
    /// The winner who must act.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<AgentNamed>,
}

impl NextView {
    /// Shows what is next.
    pub fn of(next: Next, roster: &Roster) -> Self {
        let acts = |acts| Self { acts, at: None, agent: None };
        match next {
            Next::Timer(at) => Self { at: Some(Shown(at)), ..acts("engine") },
            Next::Party(Party::Approver) => acts("approver"),
            Next::Party(Party::Operator) => acts("operator"),
            Next::Party(Party::Winner(agent)) => Self { agent: Some(AgentNamed::of(agent, roster)), ..acts("winner") },
            Next::Nothing => acts("nobody"),
        }
    }
}
