//! `POST /api/v1/agents`: a person, made or completed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use baton_actors::tenants::roster::ChangeFailure;
use baton_core::ids::{AgentId, TenantId};

use crate::http::agents::store;
use crate::http::caller::{Caller, KeepPeople};
use crate::http::door::Door;
use crate::http::json::Json;
use crate::http::people;
use crate::http::problem::{Body, FieldError, Problem};
use crate::http::shapes::agent_view::AgentView;
use crate::http::shapes::person::{PersonRead, PersonShape};

/// Keeps a person who gets messages. What is left out, or `null`, stays as it was; somebody new takes no jobs.
///
/// Without a `ref`, whoever has one of the addresses is meant, so that the same address is the same person.
#[utoipa::path(post, path = "/api/v1/agents", tag = "agents", request_body = PersonShape,
    responses(
        (status = 200, description = "they were known", body = AgentView),
        (status = 201, description = "they are new", body = AgentView),
        (status = 400, description = "there is no address, or a field is wrong", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`address-taken`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<KeepPeople>,
    State(door): State<Door>,
    Json(shape): Json<PersonShape>,
) -> Result<Response, Problem> {
    let read = shape.into_core().map_err(Problem::of_fields)?;
    let kept = keep(&door, caller.tenant(), read, Arc::from(caller.name())).await?;
    store::shown(&door, kept.id, if kept.is_new { StatusCode::CREATED } else { StatusCode::OK })
}

/// A person who is stored.
pub struct Kept {
    /// Who.
    pub id: AgentId,
    /// Whether nobody knew them.
    pub is_new: bool,
}

/// Keeps a person. `by`: who says so.
pub async fn keep(door: &Door, tenant: TenantId, read: PersonRead, by: Arc<str>) -> Result<Kept, Problem> {
    let person = people::named(door, tenant, read, by).ok_or_else(no_address)?;
    let view = door.engine.tenants().view(tenant);
    let before = view.roster.get(&person.id);
    let after = person.onto(before.map(Arc::as_ref), door.clock.now());
    if !after.as_ref().or(before.map(Arc::as_ref)).is_some_and(people::has_address) {
        return Err(no_address());
    }
    let kept = Kept { id: person.id, is_new: before.is_none() };
    let verdicts = people::keep(door, tenant, vec![person]).await?;
    verdicts.into_iter().collect::<Result<(), ChangeFailure>>()?;
    Ok(kept)
}

fn no_address() -> Problem {
    Problem::of_fields(vec![FieldError {
        field: String::new(),
        message: "has no address".into(),
        cure: "give a phone, an email or a telegram_chat_id".into(),
    }])
}
