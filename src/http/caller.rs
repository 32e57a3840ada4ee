//! Who is asking: an endpoint names the scope it needs in its signature, so that nobody without it gets as far as the body.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use baton_core::ids::TenantId;
use baton_core::job::{Actor, By, Cause};

use crate::http::notifications::intake::Asker;
use crate::http::problem::{Code, Problem};
use crate::http::request_id::RequestId;
use crate::keys::{ApiKeyRecord, Keys, Scope};

/// Somebody with a valid key that has the scope `S` asks for.
pub struct Caller<S: Need> {
    key: Arc<ApiKeyRecord>,
    scope: PhantomData<S>,
}

impl<S: Need> Caller<S> {
    /// Whose world they see. It comes from the key, never from the request.
    pub fn tenant(&self) -> TenantId {
        self.key.tenant
    }

    /// What the key is called: the actor in timelines and audits.
    pub fn name(&self) -> &str {
        &self.key.name
    }

    /// Them as the one who does something to a job. The desk's keys have the scope `operator`; others are systems.
    pub fn by(&self) -> By {
        let name = self.key.name.clone();
        let desk = S::SCOPES == [Scope::Operator];
        By { actor: if desk { Actor::Operator(name) } else { Actor::Client(name) }, cause: Cause::Request }
    }

    /// Them as those who ask for a notification.
    pub fn asker(&self) -> Asker {
        Asker { tenant: self.tenant(), by: self.by().actor, source: Arc::from(self.name()) }
    }

    /// Whether the key also has another scope.
    pub fn may(&self, scope: Scope) -> bool {
        self.key.may(scope)
    }
}

/// The scopes an endpoint asks for.
pub trait Need: Send + Sync + 'static {
    /// One of them is needed; none: any valid key will do.
    const SCOPES: &'static [Scope];
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident = $scope:expr;)*) => {
        $($(#[$doc])*
        pub struct $name;
        impl Need for $name {
            const SCOPES: &'static [Scope] = &$scope;
        })*
    };
}

needs! {
    /// Any valid key.
    AnyKey = [];
    /// Any key of somebody who works with jobs: not one that only reads metrics.
    Work = [Scope::JobsRead, Scope::JobsWrite, Scope::Operator];
    /// `jobs:read`.
    Read = [Scope::JobsRead];
    /// `jobs:write`.
    Write = [Scope::JobsWrite];
    /// `jobs:read` or `notifications:read`: whoever may see what is sent may see to whom.
    ReadPeople = [Scope::JobsRead, Scope::NotificationsRead];
    /// `jobs:write` or `notifications:write`: whoever may write to people may keep them.
    KeepPeople = [Scope::JobsWrite, Scope::NotificationsWrite];
    /// `notifications:read`.
    ReadNotifications = [Scope::NotificationsRead];
    /// `notifications:write`.
    Notify = [Scope::NotificationsWrite];
    /// `jobs:write` or `operator`: whoever brings work in.
    BringIn = [Scope::JobsWrite, Scope::Operator];
    /// `operator`.
    Operate = [Scope::Operator];
    /// `admin`.
    Administer = [Scope::Admin];
}

impl<S: Need, D: Sync> FromRequestParts<D> for Caller<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &D) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Visitor>();
        let Some(key) = visitor.and_then(|visitor| visitor.key.clone()) else {
            return Err(Problem::new(Code::Unauthorized, "the request brought no valid API key"));
        };
        match S::SCOPES {
            [scope, ..] if !S::SCOPES.iter().any(|scope| key.may(*scope)) => {
                Err(Problem::new(Code::Forbidden, format!("the key \"{}\" lacks the scope {scope}", key.name)))
            }
            _ => Ok(Self { key, scope: PhantomData }),
        }
    }
}

/// Whoever stands at the door, as the porch noted them.
#[derive(Clone)]
pub struct Visitor {
    /// The request's id.
    pub request: RequestId,
    /// Where they come from.
    pub address: IpAddr,
    /// Their key, if it is valid.
    pub key: Option<Arc<ApiKeyRecord>>,
}

impl<D: Sync> FromRequestParts<D> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &D) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Self>().cloned();
        visitor.ok_or_else(|| Problem::new(Code::Internal, "the request did not pass the porch"))
    }
}

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The record of the key a request brings, if it is valid.
pub fn recognise(headers: &HeaderMap, keys: &Keys) -> Option<Arc<ApiKeyRecord>> {
    keys.find(presented(headers)?)
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    if let Some(key) = headers.get(X_API_KEY) {
        return key.to_str().ok();
    }
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_as_bearer_or_in_its_own_header() {
        let record = ApiKeyRecord::of(&"k".repeat(32).into(), TenantId::DEFAULT, "shop", vec![], None).unwrap();
        let keys = Keys::new([record]);
        let found = |name: &'static str, value: &str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())]);
            recognise(&headers, &keys).is_some()
        };
        let key = "k".repeat(32);
        assert!(found("x-api-key", &key));
        assert!(found("authorization", &format!("Bearer {key}")));
        assert!(found("authorization", &format!("bearer  {key}")));
        assert!(!found("authorization", &key));
        assert!(!found("authorization", &format!("Basic {key}")));
        assert!(!found("x-api-key", &format!("{key}k")));
        assert!(!found("cookie", &key));
    }
}
