//! `DELETE /api/v1/dashboard/customers/{id}`: a customer that bots told us of is forgotten.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use uuid::Uuid;

use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::problem::{Body, Code, Problem};

/// Removes a customer, their orders, and what was told of them.
#[utoipa::path(delete, path = "/api/v1/dashboard/customers/{id}", tag = "events",
    params(("id" = String, Path, description = "as the list names them")),
    responses(
        (status = 204, description = "gone"),
        (status = 404, description = "`not-found`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn delete(
    caller: Caller<Administer>,
    Path(id): Path<String>,
    State(door): State<Door>,
) -> Result<StatusCode, Problem> {
    let none = || Problem::new(Code::NotFound, "nobody has told us of such a customer");
    let customer = Uuid::parse_str(&id).map_err(|_| none())?;
    let was_there = door.engine.forget_customer(caller.tenant(), customer).await?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
