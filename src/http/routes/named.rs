//! Which route a path names.

use baton_core::ids::{RouteId, TenantId};

use crate::http::problem::{Code, FieldError, Problem};

/// The route of a tenant under this id.
pub fn id(tenant: TenantId, text: &str) -> Result<RouteId, Problem> {
    RouteId::parse(tenant, text).map_err(|error| {
        Problem::of_fields(vec![FieldError {
            field: "route".to_owned(),
            message: "is not a UUID".into(),
            cure: error.to_string().into(),
        }])
    })
}

/// There is none.
pub fn not_found() -> Problem {
    Problem::new(Code::RouteNotFound, "there is no such route")
}
