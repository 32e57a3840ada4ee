//! `GET /api/v1/agents`: the agents of a tenant, in the order of asking.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use baton_core::agent::Agent;
use uuid::Uuid;

use crate::http::caller::{Caller, ReadPeople};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::page::{List, Page};
use crate::http::problem::{Body, Code, Problem};
use crate::http::query::Query;
use crate::http::shapes::agent_view::AgentView;

/// Which agents are wanted.
struct Filter {
    page: Page,
    active: Option<bool>,
    tag: Option<String>,
}

/// Lists agents in the order of asking: by priority, then by id.
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents",
    params(
        ("active" = Option<bool>, Query, description = "only those who are asked, or only those who are not"),
        ("tag" = Option<String>, Query, description = "only those with this tag"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 where it is left out"),
        ("cursor" = Option<String>, Query, description = "the `next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = List<AgentView>),
        (status = 400, body = Body, content_type = "application/problem+json"),
    ))]
pub async fn get(caller: Caller<ReadPeople>, query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    let filter = query.read(Filter::read)?;
    let view = door.engine.tenants().view(caller.tenant());
    let wanted: Vec<&Agent> = view.roster.in_order().map(AsRef::as_ref).filter(|agent| filter.wants(agent)).collect();
    let from = match &filter.page.after {
        None => 0,
        Some(after) => {
            let after = place(after)?;
            wanted.partition_point(|agent| (agent.priority, agent.id.local) <= after)
        }
    };
    let page = &wanted[from..wanted.len().min(from + filter.page.limit)];
    let last = page.last().filter(|_| from + page.len() < wanted.len());
    let last = last.map(|agent| [&agent.priority.to_be_bytes()[..], agent.id.local.as_bytes()].concat());
    let items: Vec<AgentView<'_>> = page.iter().map(|agent| AgentView::of(agent)).collect();
    Ok(axum::Json(List::new(items, Some(wanted.len() as u64), last.as_deref())).into_response())
}

impl Filter {
    fn read(form: &mut Form, query: &mut Query) -> Option<Self> {
        let page = Page::read(form, query);
        let active = form.field("active", query.take("active")).one_of(&[("true", true), ("false", false)]);
        let tag = form.field("tag", query.take("tag")).line(60);
        Some(Self { page: page?, active, tag })
    }

    fn wants(&self, agent: &Agent) -> bool {
        self.active.is_none_or(|active| agent.active == active)
            && self.tag.as_ref().is_none_or(|tag| agent.tags.iter().any(|own| own.eq_ignore_ascii_case(tag)))
    }
}

/// Where a page ended: priority and id.
fn place(cursor: &[u8]) -> Result<(i32, Uuid), Problem> {
    let read = || {
        let (priority, id) = cursor.split_first_chunk()?;
        Some((i32::from_be_bytes(*priority), Uuid::from_slice(id).ok()?))
    };
    read().ok_or_else(|| Problem::new(Code::ValidationFailed, "cursor is not one of ours"))
}
