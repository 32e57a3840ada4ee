//! Somebody who may have exported what is held about a person.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use baton_core::ids::TenantId;
use baton_core::job::By;

use crate::http::caller::{Caller, Operate};
use crate::http::problem::{Code, Problem};
use crate::keys::Scope;

/// Somebody whose key has the scope `operator`, and `details` beside it: who works the desk does not yet read what is sealed.
pub struct Exporter(Caller<Operate>);

impl Exporter {
    /// Whose world they see.
    pub fn tenant(&self) -> TenantId {
        self.0.tenant()
    }

    /// What the key is called.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Them as the one who stands in timelines.
    pub fn by(&self) -> By {
        self.0.by()
    }
}

impl<D: Sync> FromRequestParts<D> for Exporter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &D) -> Result<Self, Problem> {
        let caller = Caller::<Operate>::from_request_parts(parts, door).await?;
        if !caller.may(Scope::Details) {
            let lacks = format!("the key \"{}\" lacks the scope {}", caller.name(), Scope::Details);
            return Err(Problem::new(Code::Forbidden, lacks));
        }
        Ok(Self(caller))
    }
}
