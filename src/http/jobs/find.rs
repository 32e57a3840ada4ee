//! The job that a path or a reply names: by its id, or, while it is live and alone, by its short code.

use std::sync::Arc;

use baton_core::ids::{Code as JobCode, JobId, TenantId};
use baton_core::job::Job;

use crate::http::door::Door;
use crate::http::problem::{Code, Problem};

/// The job of this name; whether there is one is seen later, by whoever asks for it.
pub fn id(door: &Door, tenant: TenantId, name: &str) -> Result<JobId, Problem> {
    if let Ok(id) = JobId::parse(tenant, name) {
        return Ok(id);
    }
    let codes = name.parse::<JobCode>().map(|code| door.engine.jobs_by_code(tenant, code)).unwrap_or_default();
    match codes.as_slice() {
        [one] => Ok(*one),
        [] => Err(not_found()),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Problem::new(Code::JobNotFound, "several live jobs share this code: name one by its id")
                .with("jobs", ids))
        }
    }
}

/// The job of this name, as it is stored.
pub fn job(door: &Door, tenant: TenantId, name: &str) -> Result<Arc<Job>, Problem> {
    let id = id(door, tenant, name)?;
    door.engine.job(id)?.map(Arc::new).ok_or_else(not_found)
}

/// There is none.
pub fn not_found() -> Problem {
    Problem::new(Code::JobNotFound, "there is no such job")
}
