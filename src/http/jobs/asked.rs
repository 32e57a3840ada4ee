//! A command on a job, as it comes over HTTP: which job, from which version, under which key. One way for all commands.

use axum::extract::{FromRequestParts, Path};
use axum::http::header::ETAG;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use baton_core::ids::TenantId;
use baton_core::job::{Ask, By, Command};

use crate::http::door::Door;
use crate::http::etag::{IfMatch, etag};
use crate::http::idempotency::IdempotencyKey;
use crate::http::jobs::find;
use crate::http::problem::Problem;
use crate::http::shapes::job_view::JobView;

/// What stands around a command.
pub struct Asked {
    name: String,
    key: IdempotencyKey,
    seen: IfMatch,
}

impl FromRequestParts<Door> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Problem> {
        let Path(name) = Path::<String>::from_request_parts(parts, door).await.map_err(|_| find::not_found())?;
        let key = IdempotencyKey::from_request_parts(parts, door).await?;
        let seen = IfMatch::from_request_parts(parts, door).await?;
        Ok(Self { name, key, seen })
    }
}

impl Asked {
    /// Has the job decide, and shows it as it is then.
    pub async fn carry_out(self, door: &Door, tenant: TenantId, by: By, command: Command) -> Result<Response, Problem> {
        let id = find::id(door, tenant, &self.name)?;
        // What a command says is all in its fields: written out, two are the same exactly when they are equal.
        let key = self.key.hashed(tenant).map(|key| (key, door.fingerprints.of(&(id, format!("{command:?}")))));
        let done = door.engine.ask(id, Ask { command, by, key, expects: self.seen.0 }).await?;
        let view = door.engine.tenants().view(tenant);
        Ok(([(ETAG, etag(done.job.version))], axum::Json(JobView::of(&done.job, &view.roster))).into_response())
    }
}
