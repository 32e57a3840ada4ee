//! `POST /api/v1/details/erase`: private details are erased for good.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use baton_actors::error::Failure;
use baton_core::ids::{AgentId, TenantId};
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::erasure::{self, Erased, ErasureError, How, Which};
use crate::http::caller::{Administer, Caller};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::jobs::find;
use crate::http::json::Json;
use crate::http::problem::{Body, Code, FieldError, Problem};
use crate::http::strangers::Strangers;
use crate::http::webhooks::list::moment;

/// When asking again may help where it did not come to its end.
const AGAIN: Duration = Duration::from_secs(5);

/// Whose details are to be erased, and why. One of `job`, `agent` and `before`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Erase)]
pub struct EraseShape {
    /// Those of this job: its id, or its code while it is live.
    #[schema(value_type = Option<String>, max_length = 64)]
    job: Given<String>,
    /// Those of the jobs that this agent has or had, by reference.
    #[schema(value_type = Option<String>, max_length = 100)]
    agent: Given<String>,
    /// Those of the jobs that were over before this moment, in RFC 3339; of those that are not over, of the ones that came in before it.
    #[schema(value_type = Option<String>, format = DateTime)]
    before: Given<String>,
    /// Why; it stands in the timeline of each job, so it must not hold what is to be erased.
    #[schema(value_type = String, max_length = 300)]
    reason: Given<String>,
    /// Also of jobs that are not over; false where it is left out.
    #[schema(value_type = Option<bool>)]
    force: Given<bool>,
    /// Only counts; false where it is left out.
    #[schema(value_type = Option<bool>)]
    dry_run: Given<bool>,
    /// The `next_cursor` of the answer before.
    #[schema(value_type = Option<String>, max_length = 200)]
    cursor: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! { EraseShape { job, agent, before, reason, force, dry_run, cursor } }

/// What came of it.
#[derive(Serialize, ToSchema)]
pub struct ErasedView {
    /// So many jobs' details were erased; with `dry_run`, would be.
    erased: u64,
    /// So many were left because the job is not over.
    open: u64,
    /// Where to go on: call again with it as `cursor`; `null`: nothing is left.
    next_cursor: Option<String>,
}

/// What is asked.
struct Read {
    whose: Whose,
    reason: String,
    force: bool,
    dry_run: bool,
    after: Option<Vec<u8>>,
}

enum Whose {
    Job(String),
    Many(Which),
}

/// Erases private details for good: no readable byte of them is left in the store, and no key that opens what lies about. What is
/// released is taken back. Each job's timeline says who did it and why. A call does a part of what is asked; call again with
/// `next_cursor` until it is `null`. Harmless to repeat.
#[utoipa::path(post, path = "/api/v1/details/erase", tag = "administration", request_body = EraseShape,
    responses(
        (status = 200, body = ErasedView),
        (status = 400, body = Body, content_type = "application/problem+json"),
        (status = 404, description = "`job-not-found`", body = Body, content_type = "application/problem+json"),
        (status = 409, description = "`job-open`, `details-locked`", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Administer>,
    State(door): State<Door>,
    Json(shape): Json<EraseShape>,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let read = shape.into_core(tenant).map_err(Problem::of_fields)?;
    if door.engine.is_restored() {
        return Err(Failure::Restored.into());
    }
    let how = How { reason: read.reason, by: caller.by(), although_open: read.force, dry_run: read.dry_run };
    let erased = match read.whose {
        Whose::Job(name) => {
            let job = find::id(&door, tenant, &name)?;
            erasure::of_job(&door.engine, &door.keyring, job, how).await
        }
        Whose::Many(which) => erasure::page(&door.engine, &door.keyring, tenant, (which, read.after), how).await,
    };
    let Erased { erased, open, next } = erased.map_err(problem)?;
    tracing::info!(%tenant, erased, open, dry_run = read.dry_run, "private details are erased");
    let next_cursor = next.map(|key| BASE64_URL_SAFE_NO_PAD.encode(key));
    Ok(axum::Json(ErasedView { erased, open, next_cursor }).into_response())
}

fn problem(error: ErasureError) -> Problem {
    match error {
        ErasureError::Asked(failure) => failure.into(),
        ErasureError::Stuck { locked, unreadable } => {
            tracing::warn!(locked, unreadable, "an erasure is refused: other details would be lost");
            Problem::new(Code::DetailsLocked, error.to_string())
        }
        ErasureError::NotStored(_) | ErasureError::CutOff => {
            tracing::error!(error = &error as &dyn std::error::Error, "an erasure did not come to its end");
            Problem::new(Code::NotStored, error.to_string()).retry_after(AGAIN)
        }
        error => Problem::internal(&error),
    }
}

impl EraseShape {
    fn into_core(self, tenant: TenantId) -> Result<Read, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let job = form.field("job", shape.job).line(64);
            let agent = form.field("agent", shape.agent).line(100);
            let before = form.field("before", shape.before).parsed(moment);
            let reason = form.field("reason", shape.reason).required().line(300);
            let force = form.field("force", shape.force).value().unwrap_or(false);
            let dry_run = form.field("dry_run", shape.dry_run).value().unwrap_or(false);
            let after = form.field("cursor", shape.cursor).parsed(|text| {
                let after = BASE64_URL_SAFE_NO_PAD.decode(text);
                after.map_err(|_| "give the next_cursor of the answer before, unchanged")
            });
            let whose = whose(tenant, job, agent, before);
            if whose.is_none() {
                form.blame("job", "does not say alone whose details are meant", "give one of job, agent and before");
            }
            Some(Read { whose: whose?, reason: reason?, force, dry_run, after })
        })
    }
}

fn whose(tenant: TenantId, job: Option<String>, agent: Option<String>, before: Option<Timestamp>) -> Option<Whose> {
    match (job, agent, before) {
        (Some(job), None, None) => Some(Whose::Job(job)),
        (None, Some(agent), None) => Some(Whose::Many(Which::Of(AgentId::of_reference(tenant, &agent)))),
        (None, None, Some(before)) => Some(Whose::Many(Which::Before(before))),
        _ => None,
    }
}
