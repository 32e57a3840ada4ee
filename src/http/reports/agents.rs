//! `GET /api/v1/reports/agents`: how each agent answers.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_core::ids::AgentId;
use baton_core::job::{Event, Job};
use baton_core::message::ClaimEnd;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Read};
use crate::http::csv::Csv;
use crate::http::door::Door;
use crate::http::problem::{Body, Problem};
use crate::http::query::Query;
use crate::http::reports::gather::gather;
use crate::http::reports::period::Period;
use crate::http::shapes::agent_view::AgentNamed;

/// What became of one agent's offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Answers {
    offers: u64,
    claimed: u64,
    declined: u64,
    timed_out: u64,
    taken: u64,
    failed: u64,
    no_shows: u64,
}

/// How an agent answers.
#[derive(Serialize, ToSchema)]
pub struct AgentAnswers {
    /// Who.
    agent: AgentNamed,
    /// Offers made to them.
    offers: u64,
    /// Answered with yes and won.
    claimed: u64,
    /// Answered with no.
    declined: u64,
    /// Not answered in time.
    timed_out: u64,
    /// Somebody else was faster.
    taken: u64,
    /// Could not be delivered.
    failed: u64,
    /// Jobs they had and did not come to.
    no_shows: u64,
    /// The part of the offers they could have had that they took, 0 to 1; `null`: there were none.
    acceptance: Option<f64>,
}

/// How the agents answered in a time.
#[derive(Serialize, ToSchema)]
pub struct AgentsReport {
    /// Offers of jobs that came in then.
    #[serde(flatten)]
    period: Period,
    /// The agents who were asked, those asked most first.
    items: Vec<AgentAnswers>,
    /// Whether there were more jobs than a report looks at: then it is about the newest.
    cut_off: bool,
}

/// Counts the offers of each agent by what became of them.
#[utoipa::path(get, path = "/api/v1/reports/agents", tag = "reports",
    params(
        ("from" = Option<String>, Query, description = "jobs that came in from then on; 30 days ago where it is left out"),
        ("to" = Option<String>, Query, description = "and before then; now where it is left out"),
        ("format" = Option<String>, Query, description = "`json` (default) or `csv`"),
    ),
    responses(
        (status = 200, body = AgentsReport),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<Read>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let now = door.clock.now();
    let (period, csv) = query.read(|form, query| Period::read(form, query, now))?;
    let found = gather(&door, caller.tenant(), period, see).await?;
    let view = door.engine.tenants().view(caller.tenant());
    let mut items: Vec<AgentAnswers> = found
        .of
        .into_iter()
        .map(|(agent, answers)| AgentAnswers::of(AgentNamed::of(agent, &view.roster), answers))
        .collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.offers));
    if csv {
        let head =
            ["ref", "name", "offers", "claimed", "declined", "timed_out", "taken", "failed", "no_shows", "acceptance"];
        return Ok(Csv::of(&head, items.iter().map(AgentAnswers::row)).into_response());
    }
    Ok(axum::Json(AgentsReport { period, items, cut_off: found.cut_off }).into_response())
}

fn see(agents: &mut BTreeMap<AgentId, Answers>, engine: &Engine, job: &Job) -> Result<(), Failure> {
    for fate in engine.fates(job)?.iter() {
        let answers = agents.entry(fate.agent).or_default();
        answers.offers += 1;
        match fate.state.as_str() {
            "claimed" | "lost" => answers.claimed += 1,
            "declined" => answers.declined += 1,
            "timed_out" => answers.timed_out += 1,
            "taken" => answers.taken += 1,
            "failed" => answers.failed += 1,
            _ => {}
        }
    }
    engine.each_entry(job, |entry| {
        if let Event::ClaimEnded { agent, end: ClaimEnd::NoShow, .. } = entry.event {
            agents.entry(agent).or_default().no_shows += 1;
        }
    })?;
    Ok(())
}

impl AgentAnswers {
    fn of(agent: AgentNamed, answers: Answers) -> Self {
        let Answers { offers, claimed, declined, timed_out, taken, failed, no_shows } = answers;
        // An offer that somebody else took, or that never arrived, says nothing of them.
        let theirs = claimed + declined + timed_out;
        let acceptance = (theirs > 0).then(|| claimed as f64 / theirs as f64);
        Self { agent, offers, claimed, declined, timed_out, taken, failed, no_shows, acceptance }
    }

    fn row(&self) -> Vec<String> {
        let counts = [self.offers, self.claimed, self.declined, self.timed_out, self.taken, self.failed, self.no_shows];
        let mut row = vec![self.agent.called().to_owned(), self.agent.name.clone().unwrap_or_default()];
        row.extend(counts.map(|count| count.to_string()));
        row.push(self.acceptance.map_or_else(String::new, |part| format!("{part:.3}")));
        row
    }
}
