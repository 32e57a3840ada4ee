//! The server's own rules, applied before anything is sent: what passes here is not refused there for its form.

use baton_actors::clock::{Clock as _, SystemClock};
use baton_core::ids::TenantId;
use serde_json::Value;

use crate::http::json::parse;
use crate::http::problem::{FieldError, Problem};
use crate::http::shapes::agent::SyncShape;
use crate::http::shapes::job::JobShape;

/// What is wrong with a job.
pub fn of_job(body: &Value) -> Vec<FieldError> {
    let job = parse::<JobShape>(body.to_string().as_bytes());
    told(job.map(|job| job.into_core(TenantId::DEFAULT, SystemClock.now()).map(drop)))
}

/// What is wrong with the body of a sync.
pub fn of_sync(body: &Value) -> Vec<FieldError> {
    let sync = parse::<SyncShape>(body.to_string().as_bytes());
    told(sync.map(|sync| sync.into_core(TenantId::DEFAULT, SystemClock.now()).map(drop)))
}

fn told(read: Result<Result<(), Vec<FieldError>>, Problem>) -> Vec<FieldError> {
    match read {
        Ok(Ok(())) => Vec::new(),
        Ok(Err(errors)) => errors,
        Err(problem) => problem.errors,
    }
}
